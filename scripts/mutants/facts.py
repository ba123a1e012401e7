"""
Wrong facts: each value of each fact is changed, one at a time, and has to be noticed by something that ``regen`` does
not write: by loading, or by the structure of the facts that is kept a second time.

Of a text each figure, host, version, date, code and protocol is changed; of a quote as well, where it is the only one.
"""

from __future__ import annotations

import copy
import re
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from enum import Enum
from typing import Any, NamedTuple, NewType, Union, get_args, get_origin

from .copies import ROOT

sys.path.insert(0, str(ROOT / "tests"))

from test_structure import ADDRESSES, PATH, structure  # type: ignore[import-not-found]

from cmgdocs.errors import FactsError
from cmgdocs.facts import DATA
from cmgdocs.facts.evidence import TOKEN
from cmgdocs.facts.model import Evidence, System
from cmgdocs.facts.numbers import CARDINALS, cardinal
from cmgdocs.facts.ports import PortSpec
from cmgdocs.facts.reader import INFERRED, record_fields, system_of, tables

_SWAPPED = {"https": "HTTP", "http": "HTTPS", "tcp": "UDP", "udp": "TCP", "tcp-tls": "TCP", "smb": "RPC", "rpc": "SMB"}
QUOTE = "quote"
SAMPLED = 150  # of a sample each mutant of this number is tried


class Mutant(NamedTuple):
    """One wrong value: where, the *sort* of field, and the keys and places that lead to it."""

    where: str
    sort: str
    path: tuple[str | int, ...]
    old: object
    new: object


def mutants(found: dict[str, Any]) -> Iterator[Mutant]:
    """Every mutant of the facts, in the order of the files and their keys."""
    for name, (_, hint, _) in record_fields(System).items():
        if name in found:
            yield from _value(hint, found[name], (name,), found)


def _value(hint: Any, value: Any, path: tuple[str | int, ...], found: dict[str, Any]) -> Iterator[Mutant]:
    where = ".".join(map(str, path))
    if get_origin(hint) in (Union, type(int | None)):
        hint = get_args(hint)[0]
    if hint == tuple[Evidence, ...]:
        for source, passages in value.items():
            yield from _texts(passages, (*path, source))
    elif get_origin(hint) is tuple:
        for i, item in enumerate(value):
            yield from _value(get_args(hint)[0], item, (*path, i), found)
    elif isinstance(hint, NewType):
        if path[-1] != "id" or hint.__name__ in ("LogId", "Version"):
            kind = f"{hint.__name__.removesuffix('Id').lower()}s"
            ids = [item if isinstance(item, str) else item["id"] for item in found[kind]]
            if isinstance(path[-1], int) and path[0] == kind:  # a version itself
                yield Mutant(where, "version", path, value, f"{value}9")
            elif path[-1] != "id":
                yield Mutant(where, "structure", path, value, ids[(ids.index(value) + 1) % len(ids)])
    elif hint is PortSpec:
        new = re.sub(r"\d+", lambda match: str(int(match[0]) + 1), str(value))
        yield Mutant(where, "port", path, value, new if new != str(value) else "443")
    elif hasattr(hint, "__dataclass_fields__"):
        fields = dict(record_fields(hint))
        fields |= {INFERRED: fields["evidence"]} if "evidence" in fields else {}
        for key, item in value.items():
            yield from _value(fields[key][1], item, (*path, key), found)
    elif isinstance(hint, type) and issubclass(hint, Enum):
        words = [member.value for member in hint]
        yield Mutant(where, "structure", path, value, words[(words.index(value) + 1) % len(words)])
    elif hint is bool:
        yield Mutant(where, "structure", path, value, not value)
    elif hint is int:
        yield Mutant(where, "number", path, value, value + 1)
    else:
        yield from _text(value, path)


def _texts(value: Any, path: tuple[str | int, ...]) -> Iterator[Mutant]:
    for i, item in enumerate(value):
        yield from _text(item, (*path, i)) if isinstance(item, str) else _texts(item, (*path, i))


def _text(value: str, path: tuple[str | int, ...]) -> Iterator[Mutant]:
    """Each figure, host, version, date, code and protocol in a text, wrong."""
    if path[-1] in ADDRESSES:
        return
    for match in TOKEN.finditer(re.sub(r"\{[^}]*\}", lambda brace: "\0" * len(brace[0]), value)):
        kind = match.lastgroup or ""
        if (new := _wrong(kind, match[0])) != match[0]:
            text = value[: match.start()] + new + value[match.end() :]
            sort = QUOTE if {"evidence", INFERRED} & {*path} else kind
            yield Mutant(".".join(map(str, path)), sort, path, value, text)


def _wrong(kind: str, token: str) -> str:
    if kind == "count":
        return cardinal(CARDINALS[token.lower()] + 1)
    if kind == "protocol":
        return _SWAPPED.get(token.lower(), "HTTPS")
    if kind == "host":
        return re.sub(r"(?=\.[^.]+$)", "x", token)
    if kind == "log":
        return f"x{token}"
    return re.sub(r"\d(?=\D*$)", lambda digit: str((int(digit[0]) + 1) % 10), token)


def noticed(found: dict[str, Any], mutant: Mutant) -> str:
    """What notices a mutant: ``load``, ``structure``, or nothing."""
    changed = dict(found)
    changed[str(mutant.path[0])] = copy.deepcopy(found[str(mutant.path[0])])
    holder: Any = changed
    for key in mutant.path[:-1]:
        holder = holder[key]
    holder[mutant.path[-1]] = mutant.new
    try:
        system = system_of(changed)
    except FactsError:
        return "load"
    return "" if structure(system) == PATH.read_text(encoding="utf-8") else "structure"


def run(words: Sequence[str]) -> bool:
    """
    Change the files of facts that *words* name, or all; print what was noticed, by sort, and what was not, by name.

    A quote is noticed where its figure is nowhere else in the fact; the others are compared with the texts of the
    sources only, by the session ``sources``.

    Raises:
        ValueError: A word names no file of facts.
    """
    found, _ = tables(DATA)
    few = list(words) == ["sample"]
    if unknown := [] if few else sorted(set(words) - set(found)):
        raise ValueError(f"facts: found {', '.join(unknown)}; allowed: sample, {', '.join(found)}")
    every = [item for item in mutants(found) if few or not words or item.path[0] in words]
    if structure(system_of(found)) != PATH.read_text(encoding="utf-8"):
        raise ValueError(f"facts: {PATH.name} is not what they have before anything is changed")
    total, killed, live = Counter[str](), Counter[str](), list[Mutant]()
    for mutant in every[::SAMPLED] if few else every:
        total[mutant.sort] += 1
        if noticed(found, mutant):
            killed[mutant.sort] += 1
        elif mutant.sort != QUOTE:
            live.append(mutant)
    for mutant in live:
        print(f"  not noticed: {mutant.where}: {mutant.old!r} → {mutant.new!r}")
    for sort in sorted(total):
        print(f"facts: {killed[sort]} of {total[sort]} noticed: {sort}")
    return not live
