"""What the handbook's fonts can show and how wide it is."""

from __future__ import annotations

from functools import cache

from dotpicture.metrics import FONTS, Face, has, text_width

REGULAR, BOLD, MONO = Face("Inter"), Face("Inter", bold=True), Face("JetBrains Mono")
MONO_SIZE = 0.9
"""Size of code beside text, as in template.typ."""
_IGNORABLE = "\n\t\r\u200b"

__all__ = ["BOLD", "FONTS", "MONO", "REGULAR", "missing", "width"]


def missing(text: str) -> list[str]:
    """
    List the characters of *text* that neither the text font nor the code font has.

    >>> missing("10140–10155 → ✓")
    []
    >>> missing("日 and 日")
    ['日']
    """
    return sorted({c for c in text if not (has(c, REGULAR) or has(c, MONO)) and c not in _IGNORABLE})


@cache
def width(char: str, face: Face = REGULAR) -> float:
    """Give the width of a character in em of the surrounding text; the code font stands in for what a face lacks."""
    drawn = face if has(char, face) else MONO
    return text_width(char, drawn.family, 1.0, drawn.bold) * (MONO_SIZE if face == MONO else 1)
