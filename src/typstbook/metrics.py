"""What the fonts of the book can show and how wide it is."""

from __future__ import annotations

from functools import cache

from dotpicture import Face

REGULAR, BOLD, MONO = Face("Inter"), Face("Inter", bold=True), Face("JetBrains Mono")
MONO_SIZE = 0.9
"""Size of code beside text, as in template.typ."""
_IGNORABLE = "\n\t\r\u200b"


def missing(text: str) -> list[str]:
    """
    List the characters of *text* that neither the text font nor the code font has.

    >>> missing("10140–10155 → ✓")
    []
    >>> missing("日 and 日")
    ['日']
    """
    return sorted({c for c in text if not (REGULAR.has(c) or MONO.has(c)) and c not in _IGNORABLE})


@cache
def width(char: str, face: Face = REGULAR) -> float:
    """Return the width of a character in em of the surrounding text; the code font supplies what a face lacks."""
    return (face if face.has(char) else MONO).width(char, 1.0) * (MONO_SIZE if face == MONO else 1)
