"""The PDF as Typst writes it, with all that is not compressed yet in compressed object streams."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator

GROUP = 500
"""Objects in one stream: a reader unpacks all of them to see one."""
_TRAILER = re.compile(rb"\ntrailer\s*<<(.*)>>\s*startxref\s+(\d+)\s+%%EOF\s*$", re.DOTALL)
_SIZE = re.compile(rb"/Size \d+")
_ENTRY = re.compile(rb"(\d{10}) \d{5} n")


def packed(pdf: bytes) -> bytes:
    """
    The same document, smaller: half of what Typst writes are tags and links, none of them compressed.

    A file without a plain table of its objects comes back as it is.

    Source:
        ISO 32000-1, 7.5.7 and 7.5.8.
    """
    trailer = _TRAILER.search(pdf)
    if not trailer:
        return pdf
    objects = dict(_objects(pdf, int(trailer[2])))
    loose = {number: text for number, text in objects.items() if not text.endswith(b"endstream")}
    out = bytearray(pdf[: pdf.index(b"\n", pdf.index(b"\n") + 1) + 1])  # version, and a line that is not text
    places: dict[int, tuple[int, int, int]] = {0: (0, 0, 65535)}

    def write(number: int, text: bytes) -> None:
        places[number] = (1, len(out), 0)
        out.extend(b"%d 0 obj\n%b\nendobj\n" % (number, text))

    for number in objects.keys() - loose.keys():
        write(number, objects[number])
    free = max(objects) + 1
    waiting = [*loose.items()]
    for first in range(0, len(waiting), GROUP):
        group = waiting[first : first + GROUP]
        head, body = b"", b""
        for place, (number, text) in enumerate(group):
            head += b"%d %d " % (number, len(body))
            body += text + b"\n"
            places[number] = (2, free, place)
        write(free, _stream(b"/Type/ObjStm/N %d/First %d" % (len(group), len(head)), head + body))
        free += 1
    start = len(out)
    places[free] = (1, start, 0)
    rows = (places.get(number, (0, 0, 65535)) for number in range(free + 1))
    table = b"".join(kind.to_bytes(1) + where.to_bytes(4) + place.to_bytes(2) for kind, where, place in rows)
    entries = _SIZE.sub(b"/Size %d" % (free + 1), trailer[1])
    write(free, _stream(b"/Type/XRef/W[1 4 2]" + entries, table))
    return bytes(out) + b"startxref\n%d\n%%%%EOF\n" % start


def _stream(entries: bytes, content: bytes) -> bytes:
    short = zlib.compress(content, 9)
    return b"<<%b/Filter/FlateDecode/Length %d>>\nstream\n%b\nendstream" % (entries, len(short), short)


def _objects(pdf: bytes, table: int) -> Iterator[tuple[int, bytes]]:
    """Every object by its number, in the order of the file."""
    starts = sorted(int(entry[1]) for entry in _ENTRY.finditer(pdf, table))
    for start, end in zip(starts, [*starts[1:], table], strict=True):
        head, _, text = pdf[start:end].partition(b" obj")
        yield int(head.split()[0]), text.strip().removesuffix(b"endobj").strip()
