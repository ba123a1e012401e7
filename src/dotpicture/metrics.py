"""
How wide a text is, read from the bundled font files.

Graphviz sizes every box by its text. Measured here, the boxes fit the fonts that the site, the
handbook and the pictures show, on every machine alike, whatever fonts the machine itself has.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

FONTS = Path(__file__).resolve().with_name("fonts")
"""Directory of the bundled fonts: Inter for text, JetBrains Mono for code (both OFL)."""

MISSING_EM = 1.0
"""
Width, in em, of a character the fonts lack. Whatever font then draws it, hardly any glyph is
wider than one em, so that a box comes out too large rather than too small.
"""

_FILES = {
    ("Inter", "regular"): "Inter-Regular.otf",
    ("Inter", "bold"): "Inter-Bold.otf",
    ("Inter", "italic"): "Inter-Italic.otf",
    ("JetBrains Mono", "regular"): "JetBrainsMono-Regular.ttf",
    ("JetBrains Mono", "bold"): "JetBrainsMono-Bold.ttf",
}


@dataclass(frozen=True, slots=True)
class Face:
    """A family with its weight and slant, such as ``Face("Inter", bold=True)``."""

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

    @property
    def file(self) -> Path:
        """The font file. Raises LookupError, naming the fonts there are, for any other face."""
        style = {(True, False): "bold", (False, True): "italic", (False, False): "regular"}
        try:
            return FONTS / _FILES[self.family, style[self.bold, self.italic]]
        except KeyError:
            slant = " bold" * self.bold + " italic" * self.italic
            there = ", ".join(f"{family} {style}" for family, style in _FILES)
            raise LookupError(f"no font {self.family!r}{slant}; there are {there}") from None


def text_width(text: str, family: str, size_pt: float, bold: bool = False, italic: bool = False) -> float:
    """
    Add up the advance widths of one line of text.

    Kerning is left out: it narrows a text by up to 3 % and hardly ever widens it (0.3 %), so
    that a box made for the sum holds the text.

    Args:
        text: One line; a character the font lacks counts as ``MISSING_EM``.
        family: ``"Inter"`` or ``"JetBrains Mono"``.
        size_pt: Font size in points.
        bold: Whether the text is bold.
        italic: Whether the text is italic (Inter only, and not with *bold*).

    Returns:
        The width in points, 0.0 for an empty text.

    Raises:
        LookupError: There is no such font; the message names those there are.
    """
    per_em, advances = _metrics(Face(family, bold, italic).file)
    missing = round(MISSING_EM * per_em)
    # Whole font units: the sum of fractions differs in its last digit from Python 3.11 to 3.12.
    return sum(advances.get(ord(char), missing) for char in text) * size_pt / per_em


def has(char: str, face: Face) -> bool:
    """Say whether a face has a glyph for *char*."""
    return ord(char) in _metrics(face.file)[1]


@cache
def _metrics(path: Path) -> tuple[int, dict[int, int]]:
    """Font units per em, and advance by code point, from the tables cmap, head, hhea and hmtx."""
    data = path.read_bytes()
    directory = _records(">4s3I", data, 12, _u16(data, 4))  # tag, checksum, offset, length
    tables = {tag: offset for tag, _, offset, _ in directory}
    count = _u16(data, tables[b"hhea"] + 34)
    pairs = _records(">Hh", data, tables[b"hmtx"], count)  # advance, left side bearing
    last = count - 1  # glyphs past the table share its last advance
    glyphs = _glyphs(data, tables[b"cmap"])
    advances = {char: pairs[min(glyph, last)][0] for char, glyph in glyphs.items()}
    return _u16(data, tables[b"head"] + 18), advances


def _glyphs(data: bytes, cmap: int) -> dict[int, int]:
    """
    Glyph number by code point, from the Unicode subtable of format 4.

    Every font has one for the characters up to U+FFFF, which is all the bundled fonts hold.
    Source: OpenType specification, "cmap - character to glyph index mapping table".
    """
    subtables = _records(">HHI", data, cmap + 4, _u16(data, cmap + 2))
    (start,) = {
        cmap + offset
        for platform, encoding, offset in subtables
        if (platform, encoding) == (3, 1) and _u16(data, cmap + offset) == 4
    }
    segments = _u16(data, start + 6) // 2
    ends, starts, deltas, ranges = (
        start + 14 + pad + 2 * segments * column
        for column, pad in enumerate((0, 2, 2, 2))  # two unused bytes follow the ends
    )
    glyphs = {}
    for row in range(0, 2 * segments, 2):
        low, high = _u16(data, starts + row), _u16(data, ends + row)
        delta, distance = _u16(data, deltas + row), _u16(data, ranges + row)
        for char in range(low, high + 1):
            glyph = _u16(data, ranges + row + distance + 2 * (char - low)) if distance else char
            if glyph and (number := (glyph + delta) & 0xFFFF):
                glyphs[char] = number
    return glyphs


def _records(form: str, data: bytes, offset: int, count: int) -> list[tuple[Any, ...]]:
    size = struct.calcsize(form) * count
    return list(struct.iter_unpack(form, data[offset : offset + size]))


def _u16(data: bytes, offset: int) -> int:
    return int(struct.unpack_from(">H", data, offset)[0])
