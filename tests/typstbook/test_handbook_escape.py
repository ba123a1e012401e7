"""Whatever the text, Typst shows that text."""

from __future__ import annotations

import doctest
import json
import re
from typing import Any

import pytest
import typst
from hypothesis import example, given
from hypothesis import strategies as st
from injections import texts
from tinybook import words

from typstbook import text as escape

NO_FONTS = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False)
SPECIAL = "#$*_@<>[]{}()\\`\"'~-/=+|&%^:;,.!? \n\tab1.é–\u00a0\u200b"
TEXT = st.text(st.sampled_from(SPECIAL), max_size=40) | texts


def evaluated(expression: str) -> Any:
    """Evaluate Typst code."""
    return json.loads(typst.Compiler(font_paths=NO_FONTS).eval(expression))


def collapsed(text: str) -> str:
    """Collapse white space as HTML does."""
    return re.sub("[ \t\n\x0b\x0c\r\x85\u2028\u2029]+", " ", text)


@pytest.mark.parametrize("module", [escape], ids=lambda module: module.__name__)
def test_examples_in_docstrings_hold(module: Any) -> None:
    result = doctest.testmod(module)
    assert result.attempted
    assert not result.failed


@given(TEXT)
@example("1. not a list")
@example("= no heading\n- no item\n+ none\n/ t: none")
@example("https://x // no comment /* none */ *a* _b_ `c` $d$ @e <f> #g ~ -- --- ... \"q\" 'q'")
@example("\\u{41} \\ \\\\")
def test_markup_shows_the_text(text: str) -> None:
    assert words(evaluated(f"[{escape.markup(text)}]")).strip(" ") == collapsed(text).strip(" ")


@given(TEXT, TEXT)
def test_markup_is_safe_beside_code(first: str, second: str) -> None:
    shown = words(evaluated(f"[#emph[{escape.markup(first)}]{escape.markup(second)}]"))
    assert shown.replace(" ", "") == collapsed(first + second).replace(" ", "")


@given(TEXT)
def test_literal_is_the_string(text: str) -> None:
    assert evaluated(escape.literal(text)) == text


@given(TEXT, st.integers(1, 30))
def test_breaks_change_no_letter(text: str, longest: int) -> None:
    shown = escape.breakable(text, longest).replace("\u200b", "")
    assert shown == text.replace("\u200b", "")


@given(st.text(st.sampled_from("ab/.-:"), min_size=1, max_size=99), st.integers(1, 30))
def test_no_piece_is_longer_than_allowed(word: str, longest: int) -> None:
    parts = escape.pieces(word, longest)
    assert "".join(parts) == word
    assert max(map(len, parts)) <= longest


@given(TEXT)
def test_prose_shows_the_text(text: str) -> None:
    shown = words(evaluated(f"[{escape.prose(text)}]")).replace("\u200b", "")
    assert shown.strip(" ") == collapsed(text).replace("\u200b", "").strip(" ")


def test_a_name_breaks_between_its_words_rather_than_inside_one() -> None:
    assert escape.pieces("CMGConnector_Clientcertificaterequired") == ["CMGConnector_", "Clientcertificaterequired"]
    assert escape.pieces("InvalidTemplateDeployment", 20) == ["Invalid", "Template", "Deployment"]


def test_no_new_line_without_a_mark_where_a_name_has_room() -> None:
    for name in ("ClientAlwaysOnInternet", "GRANT SELECT ON vSMS_DefaultBoundaryGroup TO"):
        rows = escape.breakable(name, eased=18).split(escape.ZERO_WIDTH_SPACE)
        assert all(row.endswith("_") for row in rows[:-1])


def test_a_range_of_ports_stays_on_one_line() -> None:
    assert "#box[10140–10155]" in escape.prose("from 10140–10155 on")
