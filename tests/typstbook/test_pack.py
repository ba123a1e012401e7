"""The PDF is packed, and every object in it is the one that Typst wrote."""

from __future__ import annotations

import re
import zlib

from typstbook.pack import packed

OBJECTS = (b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[]/Count 0>>", b"<</Length 2>>\nstream\nhi\nendstream")


def plain() -> bytes:
    """A file as Typst writes it: a table of objects, and nothing packed."""
    pdf, starts = b"%PDF-1.7\n%\x80\x80\x80\x80\n\n", []
    for number, text in enumerate(OBJECTS, 1):
        starts.append(len(pdf))
        pdf += b"%d 0 obj\n%b\nendobj\n\n" % (number, text)
    table = b"".join(b"%010d 00000 n\r\n" % start for start in starts)
    end = b"trailer\n<</Size 4/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % len(pdf)
    return pdf + b"xref\n0 4\n0000000000 65535 f\r\n" + table + end


def test_every_object_is_where_the_table_says() -> None:
    pdf = packed(plain())
    start = int(pdf.split(b"startxref\n")[1].split()[0])
    table = unpacked(pdf[start:])
    assert b"/Size 6/Root 1 0 R" in pdf[start:]
    rows = [table[at : at + 7] for at in range(0, len(table), 7)]
    found = []
    for row in rows[1:4]:
        where, place = int.from_bytes(row[1:5]), int.from_bytes(row[5:])
        if row[0] == 2:
            holder = pdf[int.from_bytes(rows[where][1:5]) :]
            first = int(re.search(rb"/First (\d+)", holder)[1])  # type: ignore[index]
            text = unpacked(holder)
            offset = int(text[:first].split()[2 * place + 1])
            found.append(text[first + offset :].split(b"\n")[0])
        else:
            found.append(pdf[where:].split(b" obj\n")[1].split(b"\nendobj")[0])
    assert found == [*OBJECTS]


def unpacked(text: bytes) -> bytes:
    return zlib.decompressobj().decompress(text.split(b"\nstream\n", 1)[1])


def test_what_is_no_plain_pdf_stays_as_it_is() -> None:
    assert packed(b"%PDF-1.7\nother") == b"%PDF-1.7\nother"
    assert packed(packed(plain())) == packed(plain())
