"""The index at the end: one alphabet, numbers first, of all entries whose targets are in the book."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from sphinx.environment.adapters.indexentries import IndexEntries

from .page import INTERNAL, Book
from .text import array, breakable, literal, markup

NAME = "genindex"
NUMBERS = "Numbers"
_HOLDER = re.compile(r"^(?:<[^>]*>|[^\w])+")
_NUMBER = re.compile(r"(\d+)")
_OFTEN = 3
"""Times that a section has to use a word to explain it; a name in code is rare enough to count once."""
_COMMON = 6
"""Sections that use a word from which on only those count that have it in their heading."""


@dataclass
class Entry:
    """
    One entry of the index.

    Args:
        name: As it is printed.
        labels: Its targets in the book.
        see: It refers to another entry and has no targets of its own.
        below: The entries below it.
    """

    name: str
    labels: list[str] = field(default_factory=list)
    see: bool = False
    below: list[Entry] = field(default_factory=list)


def index(book: Book) -> str:
    """Write the index; empty if the book has no entries."""
    groups: dict[str, list[str]] = {}
    for entry in _merged(_entries(book)):
        if not any(below.see for below in entry.below):
            entry.labels += _explained(book, entry.name)
        groups.setdefault(_letter(entry.name), []).extend(_lines(entry))
    if not groups:
        return ""
    book.claim([f"{NAME}#"])
    written = [f"({literal(letter)}, {array(lines)})" for letter, lines in groups.items()]
    return f"\n#index({literal(NAME + '#')}, {array(written)})\n"


def order(name: str) -> tuple[list[tuple[int, int, str]], str]:
    """
    Return the key by which entries are sorted: numbers by value, letters whatever their case.

    Signs in front do not count, nor what is in angle brackets there: it stands for a name of the reader's own.

    >>> sorted(["Log", "443", "*.b.net", "10124-10139", "<prefix>.a.net", "F10", "F2", "80"], key=order)
    ['80', '443', '10124-10139', '<prefix>.a.net', '*.b.net', 'F2', 'F10', 'Log']
    """
    pieces = _NUMBER.split((_HOLDER.sub("", name) or name).casefold())
    return [(0, int(piece), "") if i % 2 else (1, 0, piece) for i, piece in enumerate(pieces) if piece], name


def _letter(name: str) -> str:
    first = (_HOLDER.sub("", name) or name)[0].upper()
    return NUMBERS if first.isdecimal() else first


def _entries(book: Book) -> Iterator[Entry]:
    """Yield the entries that have a target in the book, or one below them that has."""
    for _, entries in IndexEntries(book.builder.env).create_index(book.builder):
        for name, (targets, subs, _) in entries:
            below = [Entry(sub, _labels(book, found), not found) for sub, found in subs]
            entry = Entry(name, _labels(book, targets), False, [sub for sub in below if sub.labels or sub.see])
            if entry.labels or entry.below:
                yield entry


def _explained(book: Book, name: str) -> list[str]:
    """List the sections that have the name of an entry in their heading, and those that use it often."""
    if name.isdecimal() or "(" in name or name.startswith("<"):
        return []
    word = re.compile(rf"(?<![\w.-]){re.escape(name)}s?(?![\w-]|\.\w)", 0 if _is_name(name) else re.IGNORECASE)
    times = Counter(heading for _, heading, _ in book.sections)  # one that every page has, as of sources, says nothing
    headed = [label for label, heading, _ in book.sections if times[heading] == 1 and word.search(heading)]
    least = 1 if _is_name(name) else _OFTEN
    used = [label for label, _, prose in book.sections if len(word.findall(prose)) >= least]
    return headed + used * (len(used) <= _COMMON)


def _is_name(name: str) -> bool:
    """Return whether an entry is a name, as of a host, a log or an error, or in capitals."""
    return " " not in name and bool(re.search(r"\w[._]\w|\d|[a-z][A-Z]|^[A-Z]{3,}$", name))


def _labels(book: Book, targets: Any) -> list[str]:
    labels = [uri.removeprefix(INTERNAL) for _, uri in targets or () if uri]
    return [label for label in labels if label in book.labels]


def _merged(entries: Iterable[Entry]) -> list[Entry]:
    """Sort entries, and make one of those that only differ in capitals: a name and a word at the start of a line."""
    found: dict[str, Entry] = {}
    for entry in entries:
        one = found.setdefault(entry.name.casefold(), Entry(entry.name))
        one.name = max(one.name, entry.name)  # small letters are behind capitals
        one.labels += entry.labels
        one.see |= entry.see
        one.below += entry.below
    for entry in found.values():
        entry.below = _merged(entry.below)
    return sorted(found.values(), key=lambda entry: order(entry.name))


def _lines(entry: Entry, depth: int = 0) -> Iterator[str]:
    """Yield the line of an entry and those below it."""
    words = markup(breakable(entry.name))
    yield f"({depth}, [{words}], {array([literal(label) for label in dict.fromkeys(entry.labels)])})"
    for below in entry.below:
        yield from _lines(below, depth + 1)
