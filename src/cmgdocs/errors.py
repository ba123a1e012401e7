"""The exceptions of the library: one base, each child also a built-in kind, each with its facts."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from unicodedata import category

_LISTED = 32  # a longer list of ids is no help in a message
_NUMBERED = re.compile("[A-Za-z][0-9]+")


class CmgdocsError(Exception):
    """Base of every error that the library raises on purpose."""


class UnknownId(CmgdocsError, KeyError):
    """
    An id that names nothing.

    Args:
        kind: What was looked for, such as ``"flow"``.
        found: The id as given.
        known: The ids there are; the nearest one is offered.
    """

    def __init__(self, kind: str, found: str, known: Iterable[str]) -> None:
        self.kind, self.found, self.known = kind, found, tuple(known)
        super().__init__(found)

    def __str__(self) -> str:
        return f"no {self.kind} {self.found!r}; {near(self.found, self.known)}"


class OutOfRange(CmgdocsError, ValueError):
    """A number that is too small or too large; both ends of what is allowed are included."""

    def __init__(self, what: str, found: int, low: int, high: int) -> None:
        self.what, self.found, self.low, self.high = what, found, low, high
        super().__init__(f"{what}: found {found}; allowed: {low} to {high}")


@dataclass(frozen=True, order=True)
class Fault:
    """
    One thing that is wrong or doubtful: where, what was found and what is allowed.

    *file* is what *where* is a place in, such as a site file; *where* is empty for the file as a whole. As text it is
    one line of printable characters.
    """

    where: str
    what: str
    file: str = ""

    def __str__(self) -> str:
        return printable(": ".join(filter(None, (self.file, self.where, self.what))))


class _Faults(CmgdocsError, ValueError):
    """Faults that were gathered before they were raised."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(map(str, self.faults)))


class FactsError(_Faults):
    """Everything that is wrong with a set of fact files."""


class SiteError(_Faults):
    """Everything that is wrong with a site file, or with what was asked of it."""


class ClaimsError(_Faults):
    """Everything that is wrong with the list of claims in prose."""


class MissingExtra(CmgdocsError, ImportError):
    """Something that only an extra of the package brings; *module* is what was looked for."""

    def __init__(self, extra: str, module: str | None) -> None:
        self.extra, self.module = extra, module
        super().__init__(f"no module {module!r}; install it with: pip install 'cmgdocs[{extra}]'")


class FwshiftError(CmgdocsError, RuntimeError):
    """The program that reads and writes the configurations of firewalls could not do it; the message is its own."""


class LabError(CmgdocsError, RuntimeError):
    """This machine cannot play what was asked of it, or broke off."""


class NotRead(CmgdocsError, OSError):
    """The system did not give a file that is there: permission is missing, or the disk is broken."""


class OutputError(CmgdocsError, OSError):
    """A result cannot be written where it was asked for, or not in that form; nothing was changed."""


class NotWritten(OutputError):
    """The system did not take a result: the disk is full, the folder is read-only; nothing was left half done."""


def printable(text: str) -> str:
    """Show each character that is neither a sign nor a space as its escape; a line break becomes a space."""
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() or category(char) == "Zs" else char.encode("unicode_escape").decode()
        for char in " ".join(text.splitlines())
    )


def text_of(value: object, how: Callable[[object], str]) -> str:
    """What *how* makes of a value; Python writes no number of thousands of digits, no table of thousands of levels."""
    try:
        return how(value)
    except (ValueError, RecursionError):
        return "a value too large to show"


def near(found: str, known: Iterable[str]) -> str:
    """
    Say which of the *known* words was probably meant, or list them (sorted) if none is close.

    Of ids that are a letter and a number none is close to another: F40 is no likelier than any other for F50.
    """
    words = sorted(set(known))
    same = [word for word in words if _unpadded(word) == _unpadded(found)]  # F02 for F2
    series = [word for word in words if word[:1] == found[:1] and _NUMBERED.fullmatch(word)]
    if series and not same and _NUMBERED.fullmatch(found):
        return _listed(series)
    close = same or difflib.get_close_matches(found, words, n=1, cutoff=0.6)
    begun = [word for word in words if found and word.startswith(found)][:3]
    if begun and not (same or (close and close[0].startswith(found))):
        close = begun
    match = close or [word for word in words if found and found.lower() in word.lower()][:3]
    if match:
        return f"did you mean {' or '.join(map(repr, match))}?"
    return _listed(words)


def _unpadded(word: str) -> str:
    return re.sub("(?<![0-9])0+(?=[0-9])", "", word)


def _listed(words: list[str]) -> str:
    if len(words) > _LISTED:
        return f"there are {len(words)}, from {words[0]} to {words[-1]}"
    return f"allowed: {', '.join(words)}" if words else "there are none"
