"""Looks, in one place: what each shape, stroke and area is drawn like, in light and in dark."""

from __future__ import annotations

from dataclasses import dataclass

from ..views.diagram import Shape, Stroke

FONT = "Inter"
SIZE, SMALL = 9.0, 8.5  # pt; 8.5 pt are 11.3 px at natural size
TEXT, LINE, ZONE, FRAME, LABEL = "#1B1F23", "#1B1F23", "#5F6B76", "#8B96A2", "#F0F2F4"
DARK_TEXT, DARK_LINE, DARK_ZONE, DARK_FRAME, DARK_LABEL = "#E6EDF3", "#C9D1D9", "#8B96A2", "#6E7883", "#21262D"


@dataclass(frozen=True)
class Look:
    """A node's Graphviz shape and style, its line and fill, and both again for dark pages."""

    shape: str
    style: str
    line: str
    fill: str
    dark_line: str
    dark_fill: str
    meaning: str


# Contrast of line and text was computed against white and against the dark page (tests/test_style.py).
LOOKS = {
    Shape.STARTER: Look("box", "rounded,filled", "#0072B2", "#E3F0FA", "#58A6FF", "#10263D", "starts connections"),
    Shape.SERVICE: Look("box", "filled", "#00785A", "#DDF3EC", "#3FB98F", "#0C2B22", "answers"),
    Shape.ENTRY: Look("hexagon", "filled", "#C45500", "#FBE6D9", "#F0883E", "#3A1F0B", "faces the internet"),
    Shape.STORE: Look("cylinder", "filled", "#8F3F86", "#F6E6EF", "#D38BC9", "#33152F", "stores"),
    Shape.QUESTION: Look("diamond", "filled", "#5F6B76", "#F3F5F7", "#8B96A2", "#1C232B", "question"),
    Shape.FAILURE: Look("octagon", "filled", "#B3261E", "#FBE4E2", "#FF7B72", "#3B1210", "failure"),
    Shape.ASKED: Look("box", "rounded,filled", "#5F6B76", "#F3F5F7", "#8B96A2", "#1C232B", "question"),
    Shape.CAUSE: Look("box", "filled", "#B3261E", "#FBE4E2", "#FF7B72", "#3B1210", "cause"),
    Shape.ELSEWHERE: Look("box", "rounded,filled", "#0072B2", "#E3F0FA", "#58A6FF", "#10263D", "goes on elsewhere"),
}
KEYED = (Shape.STARTER, Shape.SERVICE, Shape.ENTRY, Shape.STORE)  # others say what they are in their own words


@dataclass(frozen=True)
class Pen:
    """
    A line's Graphviz style, head, width and size of head, its colour in light and in dark, and its meaning.

    *sign* is written before the label, so that no outcome is told by colour alone.
    """

    style: str
    head: str
    meaning: str
    line: str = LINE
    dark: str = DARK_LINE
    width: float = 1.1
    size: float = 0.7
    sign: str = ""


SIGNS = {"works": "✓", "degraded": "▲", "undecided": "?", "fails": "✗"}
"""The sign before each state, so that colour alone distinguishes none."""

# Dashes are for conditions alone, dots for what opens no connection; an outcome has a head and a sign of its own.
STROKES = {
    Stroke.ALWAYS: Pen("solid", "normal", "always opened"),
    Stroke.CONDITIONAL: Pen("dashed", "normal", "depends on your deployment"),
    Stroke.CARRIED: Pen("dotted", "vee", "inside an open connection", ZONE, DARK_ZONE, 1.0, 0.5),
    Stroke.WORKS: Pen("solid", "normal", "works", "#00785A", "#3FB98F", sign=SIGNS["works"]),
    Stroke.BROKEN: Pen("solid", "tee", "fails", "#B3261E", "#FF7B72", 1.6, sign=SIGNS["fails"]),
    Stroke.UNDECIDED: Pen("solid", "odot", "undecided", "#8A5A00", "#E3B341", sign=SIGNS["undecided"]),
    Stroke.IDLE: Pen("dotted", "onormal", "not tried", ZONE, DARK_ZONE, sign="–"),
}


def dark_css(prefix: str = "") -> str:
    """
    Rules that recolour a diagram on a dark page; *prefix* is put before every selector.

    CSS wins over the presentation attributes that the light colours are written in.
    """
    rules = [
        f"text{{fill:{DARK_TEXT}}}",
        f".cluster polygon,.cluster path{{stroke:{DARK_FRAME}}}",
        f".cluster text,.zone text{{fill:{DARK_ZONE}}}",
        f".label path{{fill:{DARK_LABEL}}}",
    ]
    for stroke, pen in STROKES.items():
        edge = f".edge.{stroke.value}"
        lines = [f"{edge} {part}" for part in ("path", "polygon", "polyline", "ellipse")]
        rules.append(f"{','.join(lines)}{{stroke:{pen.dark}}}")
        rules.append(f"{edge} polygon{{fill:{'none' if pen.head.startswith('o') else pen.dark}}}")
        if pen.sign:
            rules.append(f".label.{stroke.value} path{{stroke:{pen.dark}}}")
    for shape, look in LOOKS.items():
        for part in ("polygon", "path", "ellipse"):
            rules.append(f".node.{shape.value} {part}{{stroke:{look.dark_line};fill:{look.dark_fill}}}")
    return "".join(_prefixed(rule, prefix) + "\n" for rule in rules)


def _prefixed(rule: str, prefix: str) -> str:
    selectors, body = rule.split("{")
    return ",".join(prefix + selector for selector in selectors.split(",")) + "{" + body
