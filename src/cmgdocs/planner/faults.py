"""What no product version does, and what is possible but doubtful, each with the answers for which it is."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any, NamedTuple

from ..facts.model import System
from ..site.checks import SETUP_DOUBTS, impossible, name_doubts
from ..site.keys import Key, keys
from ..site.model import Setup
from .answers import VERSION, Choice, Question, Questions, When
from .form import words

VERSION_MARK = "<configmgr>"
"""A placeholder in messages for the version that the reader has chosen."""


class Fault(NamedTuple):
    """What is wrong, in the words of the form, with the key of the site file and another key that may mend it."""

    key: str
    what: str
    also: str


class Doubt(NamedTuple):
    """What is doubtful, in the words of the form, and as the command says it, after the key of the site file."""

    what: str
    line: str


def faults(system: System) -> dict[Fault, tuple[When, ...]]:
    """Every reason why answers do not go together: each value by itself, then what keys have between them."""
    known, say = {key.name: key for key in keys(system)}, words(system)
    usual = {name: key.default for name, key in known.items()}
    found: dict[Fault, dict[When, list[str]]] = {}

    def add(key: str, what: str, also: str, version: str, when: When) -> None:
        fault = Fault(key, what.replace(f"this site has {version}", f"this site has {VERSION_MARK}"), also)
        found.setdefault(fault, {}).setdefault(when, []).append(version)

    for version, key in product(system.versions, known.values()):
        for value in key.choices if key.name != VERSION else ():
            if what := key.lacking(value, version, system, say):
                add(
                    key.name,
                    what + _last(key.before.get(value), system),
                    VERSION,
                    version,
                    frozenset({_answered(key, value)}),
                )
    between = [known[name] for name in ("cloud", "method")]
    for version, cloud, method, proxy in product(system.versions, *(key.choices for key in between), (None, "p:1")):
        values = usual | {VERSION: version, "cloud": cloud, "method": method, "proxy": proxy}
        fixed = {_answered(key, value) for key, value in zip(between, (cloud, method), strict=True)}
        for name, what in impossible(values, [], system, say=say):
            also = "method" if name == "proxy" else VERSION
            add(name, what, also, version, frozenset({*fixed, ("proxied", frozenset({proxy is not None}))}))
    return {
        fault: tuple(when | {(VERSION, frozenset(versions))} for when, versions in whens.items())
        for fault, whens in found.items()
    }


def _answered(key: Key, value: Any) -> tuple[Question, frozenset[Any]]:
    if key.many:
        return Choice(key.decides, value), frozenset({True})
    return key.decides, frozenset({key.becomes(value)})


def _last(before: str | None, system: System) -> str:
    """Which versions still have what none has from *before* on."""
    return f"; choose version {system.versions[system.versions.index(before) - 1]} or earlier" if before else ""


def doubts(asked: Questions, system: System) -> dict[Doubt, tuple[When, ...]]:
    """What is doubtful about a setup, whatever its hosts."""
    found: dict[Doubt, tuple[When, ...]] = {}
    for part in SETUP_DOUBTS:
        found |= _doubts(part, asked, system)
    return found


def unsure_names(asked: Questions, system: System) -> dict[Doubt, tuple[When, ...]]:
    """Where the name that Azure gives a gateway is in doubt, and so the reader may enter another."""
    found = _doubts(name_doubts, asked, system)
    hint = " and enter it under Your names and addresses"
    return {doubt._replace(what=f"{doubt.what},{hint}"): whens for doubt, whens in found.items()}


def _doubts(part: Any, asked: Questions, system: System) -> dict[Doubt, tuple[When, ...]]:
    def doubted(setup: Setup) -> Iterator[Doubt]:
        said = part(setup, system), part(setup, system, words(system))
        return (Doubt(what, f"{key}: {line}") for (key, line), (_, what) in zip(*said, strict=True))

    return asked.cases(lambda setup: [*doubted(setup)])
