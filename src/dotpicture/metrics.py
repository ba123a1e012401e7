"""
How wide a text is, read from the bundled font files.

Graphviz sizes every box by its text. Measured here, the boxes fit the fonts that pages and pictures
show, on every machine alike, whatever fonts the machine itself has.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FONTS = Path(__file__).resolve().with_name("fonts")
"""Directory of the bundled fonts: Inter for text, JetBrains Mono for code (both OFL)."""

MISSING_EM = 1.0
"""
Width, in em, of a character the fonts lack. Whatever font then draws it, hardly any glyph is
wider than one em, so that a box comes out too large rather than too small.
"""

_FILES = {
    "Inter": "Inter-Regular.otf",
    "Inter bold": "Inter-Bold.otf",
    "Inter italic": "Inter-Italic.otf",
    "JetBrains Mono": "JetBrainsMono-Regular.ttf",
    "JetBrains Mono bold": "JetBrainsMono-Bold.ttf",
}


@dataclass(frozen=True)
class Face:
    """A bundled family with its weight and slant, such as ``Face("Inter", bold=True)``."""

    family: str
    bold: bool = False
    italic: bool = False

    @classmethod
    def named(cls, name: str) -> Face:
        """
        Split a font name of DOT, such as ``"Inter Bold"``, into family, weight and slant.

        Only a trailing ``Bold`` or ``Italic`` is a style; any other name is a family.
        """
        family, _, style = name.rpartition(" ")
        if style in {"Bold", "Italic"}:
            return cls(family, bold=style == "Bold", italic=style == "Italic")
        return cls(name)

    def __str__(self) -> str:
        return self.family + " bold" * self.bold + " italic" * self.italic

    def width(self, text: str, size_pt: float) -> float:
        """
        Add up the advance widths of one line of text.

        Kerning is left out: it narrows a text by up to 3 % and hardly ever widens it (0.3 %), so
        that a box made for the sum holds the text.

        Args:
            text: One line; a character the font lacks counts as ``MISSING_EM``.
            size_pt: Font size in points.

        Returns:
            The width in points, 0.0 for an empty text.

        Raises:
            LookupError: There is no such font; the message names those there are.
        """
        per_em, advances = _advances(self)
        missing = round(MISSING_EM * per_em)
        # Whole font units: the sum of fractions differs in its last digit from Python 3.11 to 3.12.
        return sum(advances.get(ord(char), missing) for char in text) * size_pt / per_em

    def has(self, char: str) -> bool:
        """Return whether the font has a glyph for *char*. Raises LookupError as `width` does."""
        return ord(char) in _advances(self)[1]


@cache
def _advances(face: Face) -> tuple[int, dict[int, int]]:
    """
    Return the font units per em, and the advance width by code point.

    Source: OpenType specification, tables head, hhea and hmtx.
    """
    if str(face) not in _FILES:
        raise LookupError(f"no font {str(face)!r}; available: {', '.join(_FILES)}")
    data = (FONTS / _FILES[str(face)]).read_bytes()
    directory = struct.iter_unpack(">4s3I", data[12 : 12 + 16 * _words(data, 4)[0]])  # tag, checksum, offset, length
    tables = {tag: offset for tag, _, offset, _ in directory}
    count = _words(data, tables[b"hhea"] + 34)[0]
    widths = _words(data, tables[b"hmtx"], 2 * count)[::2]  # each with a left side bearing
    glyphs = _glyphs(data, tables[b"cmap"])
    # Glyphs past the table share its last advance.
    advances = {char: widths[min(glyph, count - 1)] for char, glyph in glyphs.items()}
    return _words(data, tables[b"head"] + 18)[0], advances


def _glyphs(data: bytes, cmap: int) -> dict[int, int]:
    """
    Return the glyph number by code point, from the Unicode subtable of format 4.

    Every font has one for the characters up to U+FFFF, which is all the bundled fonts hold.
    Source: OpenType specification, "cmap - character to glyph index mapping table".
    """
    subtables = struct.iter_unpack(">HHI", data[cmap + 4 : cmap + 4 + 8 * _words(data, cmap + 2)[0]])
    (start,) = (cmap + offset for platform, encoding, offset in subtables if (platform, encoding) == (3, 1))
    table = _words(data, start, _words(data, start + 2)[0] // 2)
    segments = table[3] // 2
    glyphs = {}
    for end in range(7, 7 + segments):
        low, delta, distance = (table[end + 1 + column * segments] for column in (1, 2, 3))
        for char in range(low, table[end] + 1):
            glyph = table[end + 1 + 3 * segments + distance // 2 + char - low] if distance else char
            if glyph and (number := (glyph + delta) & 0xFFFF):
                glyphs[char] = number
    return glyphs


def _words(data: bytes, offset: int, count: int = 1) -> tuple[int, ...]:
    """Read *count* unsigned numbers of 16 bits, big-endian."""
    return struct.unpack_from(f">{count}H", data, offset)
