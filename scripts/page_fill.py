"""
Measure the largest empty band on each page of a PDF; fail where one is over half of the page.

Usage: ``python scripts/page_fill.py HANDBOOK.pdf``; needs ``pdftoppm`` of poppler. The first page is the
cover, and the last one ends where the book ends: neither counts.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from itertools import groupby

DPI = 20
TOP, BOTTOM = 24 / 25.4, 21 / 25.4  # inches that running head and page number take
MOST = 1 / 2


def gaps(pdf: str) -> Iterator[float]:
    """Yield for each page the height of its largest empty band, as a part of the room between head and foot."""
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
        yield max(len(list(run)) for empty, run in groupby([*inside, b""], _empty) if empty) / len(inside)


def _empty(row: bytes) -> bool:
    return min(row, default=255) >= 245


def main() -> int:
    """Report pages that are half empty in one place, and the number of pages."""
    found = [*gaps(sys.argv[1])]
    wide = [(number, gap) for number, gap in enumerate(found, 1) if gap > MOST and 1 < number < len(found)]
    for number, gap in wide:
        print(f"page {number}: {gap:.0%} of it empty in one place")
    print(f"{len(found)} pages, {len(wide)} of them more than half empty in one place")
    return bool(wide)


if __name__ == "__main__":
    sys.exit(main())
