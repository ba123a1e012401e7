"""
Bindings of claims in files without roles, and what is no claim: ``book/claims.toml``.

A binding names a file, words of it, and the role that asserts them with its target::

    [[claims]]
    files = ["README.md"]
    words = "five steps"
    count = "sequences.data-flow.steps"

    [[no-claims]]
    words = "second one"
    kinds = ["ordinal"] # any without it
    files = ["README.md"] # every file and page without it
    reason = "which of two things was just said"
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from ..errors import ClaimsError, CmgdocsError, Fault, UnknownId, near
from .documents import Block
from .find import Finder, Kind
from .judge import Judgement, NoClaim, judge
from .prose import Bound

Assertions = Mapping[str, Callable[[str, str], None]]
"""Role -> what compares words with a target of it, and raises an error of this library if they do not agree."""
_KINDS = [kind.value for kind in Kind]


@dataclass(frozen=True)
class Binding:
    """*words* of *files*, wherever they are there, say what *role* says of *target*."""

    files: tuple[str, ...]
    words: str
    role: str
    target: str

    def spans(self, text: str) -> Iterator[tuple[int, int]]:
        """Where the words are in a text, however its lines are broken."""
        pattern = r"\s+".join(map(re.escape, self.words.split()))
        return (found.span() for found in re.finditer(rf"(?<!\w){pattern}(?!\w)", text, re.IGNORECASE))


@dataclass(frozen=True)
class Ledger:
    """What is bound and what is no claim."""

    bindings: tuple[Binding, ...] = ()
    listed: tuple[NoClaim, ...] = ()


def read(text: str, name: str = "claims.toml") -> Ledger:
    """Read a ledger, the text of the file *name*; :class:`ClaimsError` has everything that is wrong with it."""
    faults: list[Fault] = []
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ClaimsError([Fault("", str(error), name)]) from None
    bindings, listed = [], []
    for i, item in enumerate(data.get("claims", [])):
        named = [key for key in item if key not in ("files", "words")]
        if not item.get("files") or not item.get("words") or len(named) != 1:
            faults.append(Fault(f"claims[{i}]", "needs files, words and one role", name))
        else:
            bindings.append(Binding(tuple(item["files"]), item["words"], named[0], item[named[0]]))
    for i, item in enumerate(data.get("no-claims", [])):
        kinds = tuple(item.get("kinds", ()))
        if not item.get("words") or not item.get("reason"):
            faults.append(Fault(f"no-claims[{i}]", "needs words and a reason", name))
        for kind in kinds:
            if kind not in _KINDS:
                faults.append(Fault(f"no-claims[{i}]", f"no kind {kind!r}; {near(kind, _KINDS)}", name))
        listed.append(NoClaim(item.get("words", ""), item.get("reason", ""), kinds, tuple(item.get("files", ()))))
    if faults:
        raise ClaimsError(faults)
    return Ledger(tuple(bindings), tuple(listed))


def ledger_at(path: Path) -> Ledger:
    """Read the ledger at *path*; an empty one where there is none."""
    return read(path.read_text(encoding="utf-8"), path.name) if path.is_file() else Ledger()


@dataclass(frozen=True)
class Placed:
    """A judgement and its place: file, part of the file, line."""

    file: str
    part: str
    line: int
    judgement: Judgement

    def __str__(self) -> str:
        where = f"{self.file}, {self.part}" if self.part else f"{self.file}:{self.line}"
        return f"{where}: {self.judgement.advice}"


def judge_file(
    file: str, blocks: Iterable[Block], ledger: Ledger, finder: Finder, assertions: Assertions
) -> tuple[list[Placed], list[Fault]]:
    """Judge the claims of a file by the ledger; a binding that is wrong, or whose words are not there, is a fault."""
    mine = [item for item in ledger.bindings if file in item.files]
    found: dict[Binding, bool] = dict.fromkeys(mine, False)
    faults = list(_wrong(file, mine, assertions))
    placed = []
    for part, line, prose in blocks:
        bound = []
        for item in mine:
            for start, end in item.spans(prose.text):
                found[item] = True
                bound.append(Bound(start, end, item.role, item.target))
        for judgement in judge(replace(prose, bound=tuple(bound)), finder, ledger.listed, file):
            placed.append(Placed(file, part, line + judgement.line, judgement))
    faults += [
        Fault(f"claims {item.words!r}", f"not in {file} any more; take it out or correct it", "claims.toml")
        for item, there in found.items()
        if not there
    ]
    return placed, faults


def _wrong(file: str, bindings: Iterable[Binding], assertions: Assertions) -> Iterator[Fault]:
    for item in bindings:
        try:
            _assertion(assertions, item.role)(item.target, item.words)
        except CmgdocsError as error:
            yield Fault(f"claims {item.words!r}", f"{item.role} {error}", file)


def _assertion(assertions: Assertions, role: str) -> Callable[[str, str], None]:
    """The assertion of a role; :class:`UnknownId` names the near match."""
    if role not in assertions:
        raise UnknownId("role", role, assertions)
    return assertions[role]


def unused(ledger: Ledger, placed: Iterable[Judgement]) -> list[Fault]:
    """Entries of what is no claim that no text has any more."""
    used = {judgement.listed for judgement in placed}
    return [
        Fault(f"no-claims {item.words!r}", "excuses nothing any more; take it out", "claims.toml")
        for item in ledger.listed
        if item not in used
    ]
