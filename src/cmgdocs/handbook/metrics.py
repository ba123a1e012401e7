"""What the handbook's fonts can show and how wide it is, read from the font files themselves."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

FONTS = Path(__file__).resolve().parent.parent / "fonts"
REGULAR, BOLD, MONO = "Inter-Regular.otf", "Inter-Bold.otf", "JetBrainsMono-Regular.ttf"
MONO_SIZE = 0.9
"""Size of code beside text, as in template.typ."""


@cache
def advances(font: str) -> Mapping[str, float]:
    """
    Give the width in em of every character that a font of the package has.

    Args:
        font: Name of an OpenType file in the package's ``fonts`` folder.

    Sources:
        OpenType specification, tables cmap (format 4), head, hhea and hmtx.
    """
    data = (FONTS / font).read_bytes()
    count = struct.unpack_from(">H", data, 4)[0]
    records = (struct.unpack_from(">4s4xLL", data, 12 + 16 * i) for i in range(count))
    table = {tag.decode(): data[start : start + size] for tag, start, size in records}
    em = struct.unpack_from(">H", table["head"], 18)[0]
    metrics = struct.unpack_from(">H", table["hhea"], 34)[0]
    widths = [struct.unpack_from(">H", table["hmtx"], 4 * i)[0] / em for i in range(metrics)]
    return {chr(code): widths[min(glyph, metrics - 1)] for code, glyph in _characters(table["cmap"])}


def _characters(cmap: bytes) -> Iterator[tuple[int, int]]:
    """Yield each character's number and glyph from the first subtable of format 4."""
    count = struct.unpack_from(">H", cmap, 2)[0]
    subtables = (cmap[struct.unpack_from(">L", cmap, 8 + 8 * i)[0] :] for i in range(count))
    sub = next(sub for sub in subtables if struct.unpack_from(">H", sub)[0] == 4)
    n = struct.unpack_from(">H", sub, 6)[0] // 2
    columns = (14, 16 + 2 * n, 16 + 4 * n, 16 + 6 * n)  # end, start, delta, offset
    for i, (end, start, delta, offset) in enumerate(
        zip(*(struct.unpack_from(f">{n}H", sub, at) for at in columns), strict=True)
    ):
        for code in range(start, min(end + 1, 0xFFFF)):
            at = columns[3] + 2 * i + offset + 2 * (code - start)
            glyph = struct.unpack_from(">H", sub, at)[0] if offset else code
            if glyph := (glyph + delta) % 0x10000 if glyph else 0:
                yield code, glyph


def missing(text: str) -> list[str]:
    """
    List the characters of *text* that neither the text font nor the code font has.

    >>> missing("10140–10155 → ✓")
    []
    >>> missing("日 and 日")
    ['日']
    """
    ignorable = "\n\t\r\u200b"
    return sorted({c for c in text if c not in advances(REGULAR) and c not in advances(MONO) and c not in ignorable})


def width(text: str, font: str = REGULAR) -> float:
    """Give the width of *text* in em of the surrounding text, kerning apart."""
    wide, spare = advances(font), advances(MONO)
    return sum(wide.get(c, spare.get(c, 0.6)) for c in text) * (MONO_SIZE if font == MONO else 1)
