"""
Logs of any size: read in blocks, of which only the records that may show something are looked at closely.

A block without any text that a sign needs costs no more than a list of its words. The records that are looked at are
those of a reading of every line.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import BinaryIO

from .diagnosis import Diagnoser
from .knowledge import Knowledge
from .pasted import LONGEST as PASTED
from .pasted import mended
from .record import Record, Records

SIZE = 1 << 20
LONGEST = 1 << 16
"""Bytes of one line that are read; the rest of it is passed over."""
_START, _END = b"<![log[", b"]log]!>"
_CONTINUES = re.compile(rb"[ \t]+at |[ \t]*--->|[ \t]*--- end of")
_BLANK = re.compile(rb"\n[ \t\r]*(?=\n)")
_OF_IIS = re.compile(rb"\n(?:19|20)[0-9]{2}-[0-9]{2}-[0-9]{2} [0-9:]{8} (?:[^ \n]+ ){1,3}[a-z_]+ /")
_OTHERS = (b'type="3"', b"error", b"failed", b"#fields:")  # errors that no sign names, and what IIS begins with
_WORDS = bytes(code if chr(code).isalnum() and code < 128 else 32 for code in range(256)).lower()
"""What becomes of each byte: a letter or digit in lower case, or a space between words."""
_WHOLE, _PARTS = re.compile(rb"(?<= )[^ ]+(?= )"), re.compile(rb"^[^ ]+|[^ ]+$")
_MARKS = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be", b"\xef\xbb\xbf": "utf-8"}


class Blocks:
    """Gives a diagnoser the records of a log; *size* is that of a block in bytes."""

    def __init__(self, knowledge: Knowledge, size: int = SIZE) -> None:
        self._knows, self._size = knowledge, size
        self._texts = {text: _words(text) for text in (*knowledge.texts, *_OTHERS)}

    def read(self, file: BinaryIO, diagnoser: Diagnoser) -> None:
        """Read one log to its end."""
        records, number = Records(), 1
        for block in _blocks(file, self._size):
            done = 0
            for start, end in self._regions(block.lower(), records):
                if start > done:
                    _give(records.end(), diagnoser)
                    number += _passed(block[done:start], diagnoser)
                for line in block[start:end].removesuffix(b"\n").split(b"\n"):
                    _give(records.read(number, _text(line)), diagnoser)
                    number += 1
                done = end
        _give(records.end(), diagnoser)

    def _regions(self, low: bytes, records: Records) -> Iterator[tuple[int, int]]:
        """Whole records that may show something, as places in a block in lower case: the first of them, if it began
        before the block, and the last one always. Each is read before the next one is asked for."""
        if not all(look.texts for look in self._knows.looks):
            yield 0, len(low)
            return
        done = 0
        if records.held:
            done = _end(low, 0, records.held.open)
            yield 0, done
        last = low.rfind(b"\n", 0, len(low) - 1) + 1
        for at in sorted({last, *self._lines(low)}):
            while records.in_table and done < at:  # its lines have none of the texts
                start, done = done, _line_end(low, done)
                yield start, done
            if at >= done:
                start = max(done, _start(low, at))
                line = low[start : _line_end(low, at)]
                done = _end(low, at, line.rfind(_START) > line.rfind(_END))
                yield start, done

    def _lines(self, low: bytes) -> Iterator[int]:
        """The beginning of each line with one of the texts, some of them twice."""
        words = {*low.translate(_WORDS).split()}  # far fewer than a block has, for a log repeats itself
        parts = b" ".join(words)
        for text in (text for text, (whole, part) in self._texts.items() if whole <= words and part in parts):
            at = low.find(text)
            while at >= 0:
                yield low.rfind(b"\n", 0, at) + 1
                at = low.find(text, _line_end(low, at))
        yield from (found.start() for found in _OF_IIS.finditer(b"\n" + low))


def _words(text: bytes) -> tuple[frozenset[bytes], bytes]:
    """The whole words of a text, and its longest one that may be only a part of a word, for it is at an end of it."""
    spaced = text.translate(_WORDS)
    return frozenset(_WHOLE.findall(spaced)), max(_PARTS.findall(spaced), key=len, default=b"")


def _line_end(low: bytes, at: int) -> int:
    return low.find(b"\n", at) + 1 or len(low)


def _start(low: bytes, at: int) -> int:
    """Where the record begins that has the line at *at*."""
    while at:
        begun = low.rfind(_START, max(0, at - LONGEST), at)
        if begun >= 0 and low.find(_END, begun, at) < 0:
            at = low.rfind(b"\n", 0, begun) + 1
        elif _CONTINUES.match(low, at):
            at = low.rfind(b"\n", 0, at - 1) + 1
        else:
            break
    return at


def _end(low: bytes, at: int, is_open: bool) -> int:
    """Where the record ends that has the line at *at*."""
    if is_open:
        found = low.find(_END, at)
        at = len(low) if found < 0 else found
    at = _line_end(low, at) if at < len(low) else at
    while at < len(low) and _CONTINUES.match(low, at):
        at = _line_end(low, at)
    return at


def _blocks(file: BinaryIO, size: int) -> Iterator[bytes]:
    """The file as UTF-8, or in whatever encoding of one byte it has, in blocks of whole lines; a long line is cut."""
    carried, cut = b"", False
    for chunk in _decoded(file, size):
        end = chunk.rfind(b"\n") + 1
        if cut:
            begin = chunk.find(b"\n")
            cut = begin < 0
            chunk = b"" if cut else chunk[begin:]
            end = 0 if cut else end - begin
        if end:
            yield carried + chunk[:end]
            carried = chunk[end:]
        else:
            carried += chunk
        if len(carried) > LONGEST:
            carried, cut = carried[:LONGEST], True
    if carried:
        yield carried


def _decoded(file: BinaryIO, size: int) -> Iterator[bytes]:
    """The chunks of a file without its mark, UTF-16 as UTF-8; of a short text what it was before somebody posted it."""
    first = file.read(4 * PASTED)
    found = next((mark for mark in _MARKS if first.startswith(mark)), b"")
    encoding = _MARKS.get(found) or ("utf-16-le" if first[1:200:2].count(0) > len(first[1:200:2]) // 2 else "")
    first = first[len(found) :]
    rest = iter(lambda: file.read(size), b"")
    if encoding.startswith("utf-16"):
        decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
        first = decoder.decode(first).encode(errors="replace")
        rest = (decoder.decode(chunk).encode(errors="replace") for chunk in rest)
    if len(first) < 4 * PASTED and len(text := first.decode(errors="surrogateescape")) <= PASTED:
        first = mended(text).encode(errors="surrogateescape")
    yield from (first[at : at + size] for at in range(0, len(first), size))
    yield from rest


def _text(line: bytes) -> str:
    line = line[:LONGEST].removesuffix(b"\r")
    try:
        return line.decode()
    except UnicodeDecodeError:
        return line.decode("cp1252", errors="replace")


def _give(records: Iterator[Record], diagnoser: Diagnoser) -> None:
    for record in records:
        diagnoser.take(record)


def _passed(block: bytes, diagnoser: Diagnoser) -> int:
    """Count lines that show nothing, and those of them that are blank."""
    lines = block.count(b"\n")
    diagnoser.skip(lines - len(_BLANK.findall(b"\n" + block)))
    return lines
