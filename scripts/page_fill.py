"""
Measure how full the pages of a PDF are; fail where one is under a third full.

Usage: ``python scripts/page_fill.py HANDBOOK.pdf``; needs ``pdftoppm`` of poppler. The first page is the
cover, and the last one ends where the book ends: neither counts.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

DPI = 20
TOP, BOTTOM = 24 / 25.4, 21 / 25.4  # inches that running head and page number take
LEAST = 1 / 3


def fills(pdf: str) -> Iterator[float]:
    """Yield for each page how far down its text or pictures go, as a part of the room between head and foot."""
    command = ["pdftoppm", "-r", str(DPI), "-gray", pdf]
    data = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout
    at = 0
    while at < len(data):  # pictures in the form P5, one after the other: "P5\nWIDTH HEIGHT\n255\n", then the bytes
        _, size, _, _ = data[at : at + 40].split(b"\n", 3)
        width, height = map(int, size.split())
        at += len(b"P5\n") + len(size) + len(b"\n255\n")
        rows = [data[row : row + width] for row in range(at, at + width * height, width)]
        at += width * height
        inside = rows[int(TOP * DPI) : height - int(BOTTOM * DPI)]
        inked = [number for number, row in enumerate(inside, 1) if min(row) < 245]
        yield max(inked, default=0) / len(inside)


def main() -> int:
    """Report pages that are under a third full, and the number of pages."""
    found = [*fills(sys.argv[1])]
    short = [(number, fill) for number, fill in enumerate(found, 1) if fill < LEAST and 1 < number < len(found)]
    for number, fill in short:
        print(f"page {number}: {fill:.0%} full")
    print(f"{len(found)} pages, {len(short)} of them under a third full")
    return bool(short)


if __name__ == "__main__":
    sys.exit(main())
