"""Looks that can be read: contrast of text and lines in light and in dark."""

from __future__ import annotations

import pytest

from cmgdocs.render import style
from cmgdocs.render.style import KEYED, LOOKS, STROKES, dark_css

LIGHT_PAGE, DARK_PAGE = "#FFFFFF", "#14181C"  # as the site has them


def linear(colour: str) -> tuple[float, ...]:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    return tuple(p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)


def contrast(a: str, b: str) -> float:
    """Ratio of WCAG 2.2, 1 to 21."""
    light, dark = sorted((0.2126 * r + 0.7152 * g + 0.0722 * b for r, g, b in map(linear, (a, b))), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("shape", LOOKS, ids=lambda shape: shape.value)
def test_text_and_outline_of_a_node_stand_out(shape: style.Shape) -> None:
    look = LOOKS[shape]
    assert contrast(style.TEXT, look.fill) >= 7
    assert contrast(style.DARK_TEXT, look.dark_fill) >= 7
    assert contrast(look.line, LIGHT_PAGE) >= 3
    assert contrast(look.dark_line, DARK_PAGE) >= 3


def test_text_and_lines_stand_out_on_the_page() -> None:
    for ink in (style.TEXT, style.LINE, style.ZONE):
        assert contrast(ink, LIGHT_PAGE) >= 4.5
    for ink in (style.DARK_TEXT, style.DARK_LINE, style.DARK_ZONE):
        assert contrast(ink, DARK_PAGE) >= 4.5
    assert contrast(style.TEXT, style.LABEL) >= 7
    assert contrast(style.DARK_TEXT, style.DARK_LABEL) >= 7


@pytest.mark.parametrize("stroke", STROKES, ids=lambda stroke: stroke.value)
def test_lines_of_every_kind_stand_out(stroke: style.Stroke) -> None:
    assert contrast(STROKES[stroke].line, LIGHT_PAGE) >= 4.5
    assert contrast(STROKES[stroke].dark, DARK_PAGE) >= 4.5


def test_frames_are_quieter_than_arrows_and_can_be_seen() -> None:
    assert 2.9 <= contrast(style.FRAME, LIGHT_PAGE) < contrast(style.ZONE, LIGHT_PAGE)
    assert 2.9 <= contrast(style.DARK_FRAME, DARK_PAGE) < contrast(style.DARK_ZONE, DARK_PAGE)


def test_only_conditions_are_dashed() -> None:
    assert [stroke for stroke, pen in STROKES.items() if pen.style == "dashed"] == [style.Stroke.CONDITIONAL]


def test_colour_only_repeats_what_shape_says() -> None:
    shapes = [(LOOKS[shape].shape, "rounded" in LOOKS[shape].style) for shape in KEYED]
    assert len(set(shapes)) == len(KEYED)


def test_dark_rules_reach_every_shape_under_their_prefix() -> None:
    rules = dark_css("html .x ").splitlines()
    assert all(rule.startswith("html .x ") for rule in rules)
    assert all(any(f".node.{shape.value} " in rule for rule in rules) for shape in LOOKS)
