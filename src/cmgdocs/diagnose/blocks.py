"""
Logs of any size: they are read in blocks, and only records that may show something are taken apart.

Most blocks have none of the texts that signs need, so all that they cost is a list of their words. The result is the
same as if every line were read.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import BinaryIO, TypeAlias

from .diagnosis import Diagnoser
from .pasted import LONGEST as PASTED
from .pasted import mended
from .record import CONTINUES, END, START, Records

SIZE = 1 << 20
LONGEST = 1 << 16
"""Bytes that are read of one line; the rest of it is passed over."""
_START, _END = START.lower().encode(), END.lower().encode()
_CONTINUES = re.compile(CONTINUES.lower().encode())
_BLANK = re.compile(rb"\n[\t\x0b\x0c\r ]*(?=\n)")
_FIELDS = b"#fields:"
_OF_IIS = re.compile(rb"\n(?:19|20)[0-9]{2}-[0-9]{2}-[0-9]{2} [0-9:]{8} (?:[^ \n]+ ){1,3}[a-z_]+ /")
_WORDS = bytes(code if chr(code).isalnum() and code < 128 else 32 for code in range(256)).lower()
"""What becomes of each byte: a letter or digit in lower case, or a space between words."""
_WHOLE, _PARTS = re.compile(rb"(?<= )[^ ]+(?= )"), re.compile(rb"^[^ ]+|[^ ]+$")
_Texts: TypeAlias = Mapping[bytes, tuple[frozenset[bytes], bytes]]
"""Texts, each with what :func:`_words` says of it."""
_ERRORS = (b'type="3"', b"error", b"failed")  # also of those that no sign names


def read(file: BinaryIO, diagnoser: Diagnoser, size: int = SIZE) -> None:
    """Give a diagnoser all that one log shows, read in blocks of *size* bytes."""
    records = Records(diagnoser.take)
    texts = {text: _words(text) for text in (*diagnoser.knowledge.texts, *_ERRORS)}
    for block in _blocks(file, size):
        done = 0
        for start, end in _regions(block.lower(), texts, records):
            if start > done:
                lines = block.count(b"\n", done, start)
                records.skip(lines)
                diagnoser.skip(lines - len(_BLANK.findall(b"\n" + block[done:start])))
            for line in block[start:end].removesuffix(b"\n").split(b"\n"):
                records.read(_text(line))
            done = end
    records.end()


def _regions(low: bytes, texts: _Texts, records: Records) -> Iterator[tuple[int, int]]:
    """
    Where in a block, in lower case, the whole records are that may show something.

    The last record is always one of them, and so is the first if it began in the block before. Each must be read
    before the next one is asked for.
    """
    if records.fields or _FIELDS in low:  # whose lines have none of the texts
        yield 0, len(low)
        return
    done = 0
    if records.held:
        done = _end(low, 0, records.held.open)
        yield 0, done
    for at in sorted({_line_start(low, len(low) - 1), *_lines(low, texts)}):
        if at >= done:
            start = max(done, _start(low, at))
            line = low[start : _line_end(low, at)]
            done = _end(low, at, line.rfind(_START) > line.rfind(_END))
            yield start, done


def _lines(low: bytes, texts: _Texts) -> Iterator[int]:
    """The beginning of each line with one of the texts, some of them twice."""
    words = {*low.translate(_WORDS).split()}  # far fewer than a block has, for a log repeats itself
    parts = b" ".join(words)
    for text in (text for text, (whole, part) in texts.items() if whole <= words and part in parts):
        at = low.find(text)
        while at >= 0:
            yield _line_start(low, at)
            at = low.find(text, _line_end(low, at))
    yield from (found.start() for found in _OF_IIS.finditer(b"\n" + low))


def _words(text: bytes) -> tuple[frozenset[bytes], bytes]:
    """The whole words of a text, and its longest one that may be only a part of a word, for it is at an end of it."""
    spaced = text.translate(_WORDS)
    return frozenset(_WHOLE.findall(spaced)), max(_PARTS.findall(spaced), key=len, default=b"")


def _line_start(low: bytes, at: int) -> int:
    return low.rfind(b"\n", 0, at) + 1


def _line_end(low: bytes, at: int) -> int:
    return low.find(b"\n", at) + 1 or len(low)


def _start(low: bytes, at: int) -> int:
    """Where the record begins that has the line at *at*."""
    while at:
        begun = low.rfind(_START, max(0, at - LONGEST), at)
        is_open = begun >= 0 and low.find(_END, begun, at) < 0
        if not is_open and not _CONTINUES.match(low, at):
            break
        at = _line_start(low, begun if is_open else at - 1)
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
    begun = b""
    for chunk in _decoded(file, size):
        lines, end, begun = (begun + chunk).rpartition(b"\n")
        begun = begun[:LONGEST]
        if end:
            yield lines + end
    if begun:
        yield begun


def _decoded(file: BinaryIO, size: int) -> Iterator[bytes]:
    """The chunks of a file without its mark, UTF-16 as UTF-8; of a short text what it was before somebody posted it."""
    first = file.read(4 * PASTED).removeprefix(codecs.BOM_UTF8)
    is_all = len(first) < 4 * PASTED
    rest = iter(lambda: file.read(size), b"")
    marked = first.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    if marked or first[1:200:2].count(0) > len(first[1:200:2]) // 2:
        decoder = codecs.getincrementaldecoder("utf-16" if marked else "utf-16-le")(errors="replace")
        first = decoder.decode(first).encode(errors="replace")
        rest = (decoder.decode(chunk).encode(errors="replace") for chunk in rest)
    if is_all and len(text := first.decode(errors="surrogateescape")) <= PASTED:
        first = mended(text).encode(errors="surrogateescape")
    return chain((first[at : at + size] for at in range(0, len(first), size)), rest)


def _text(line: bytes) -> str:
    """A line as text; a letter that the end of a long line cuts in two is left out."""
    line = line.removesuffix(b"\r")
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        return decoder.decode(line[:LONGEST], final=len(line) < LONGEST)
    except UnicodeDecodeError:
        return line[:LONGEST].decode("cp1252", errors="replace")
