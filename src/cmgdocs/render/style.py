"""Looks, in one place: what each shape, stroke and area is drawn like, in light and in dark."""

from __future__ import annotations

from dataclasses import dataclass

from ..views.diagram import Shape, Stroke

FONT, MONO = "Inter", "JetBrains Mono"
SIZE, SMALL = 9.0, 8.5  # pt; 8.5 pt are 11.3 px at natural size
TEXT, LINE, ZONE, LABEL = "#1B1F23", "#1B1F23", "#5F6B76", "#F0F2F4"
DARK_TEXT, DARK_LINE, DARK_ZONE, DARK_LABEL = "#E6EDF3", "#C9D1D9", "#8B96A2", "#21262D"


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
}
KEYED = (Shape.STARTER, Shape.SERVICE, Shape.ENTRY, Shape.STORE)  # others say what they are in their own words
STROKES = {  # Graphviz style, the same in characters of MONO for the legend, meaning
    Stroke.ALWAYS: ("solid", "──▶", "always opened"),
    Stroke.CONDITIONAL: ("dashed", "╌╌▶", "depends on your deployment"),
    Stroke.CARRIED: ("bold", "━━▶", "inside an open connection"),
    Stroke.ANSWER: ("dotted", "┈┈▶", "answer"),
    Stroke.WORKS: ("solid", "──▶", "works"),
    Stroke.BROKEN: ("dashed", "╌╌┤", "does not get through"),
    Stroke.UNDECIDED: ("dashed", "╌╌○", "undecided"),
    Stroke.IDLE: ("dotted", "···▶", "not tried"),
}
BROKEN, DARK_BROKEN = LOOKS[Shape.FAILURE].line, LOOKS[Shape.FAILURE].dark_line


def dark_css(prefix: str = "") -> str:
    """
    Rules that recolour a diagram on a dark page; *prefix* is put before every selector.

    CSS wins over the presentation attributes that the light colours are written in.
    """
    rules = [
        f"text{{fill:{DARK_TEXT}}}",
        f".edge path{{stroke:{DARK_LINE}}}",
        f".edge polygon{{stroke:{DARK_LINE};fill:{DARK_LINE}}}",
        f".cluster polygon,.cluster path{{stroke:{DARK_ZONE}}}",
        f".cluster text,.zone text{{fill:{DARK_ZONE}}}",
    ]
    broken = ",".join(f".edge.{Stroke.BROKEN.value} {part}" for part in ("path", "polygon", "polyline"))
    rules.append(f"{broken}{{stroke:{DARK_BROKEN}}}")
    rules.append(f".label path{{fill:{DARK_LABEL}}}")
    for shape, look in LOOKS.items():
        for part in ("polygon", "path", "ellipse"):
            rules.append(f".node.{shape.value} {part}{{stroke:{look.dark_line};fill:{look.dark_fill}}}")
    return "".join(_prefixed(rule, prefix) + "\n" for rule in rules)


def _prefixed(rule: str, prefix: str) -> str:
    selectors, body = rule.split("{")
    return ",".join(prefix + selector for selector in selectors.split(",")) + "{" + body
