"""What no product version does, and what is possible but doubtful, each with the answers for which it is."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any, NamedTuple

from ..facts.model import System
from ..site.checks import SETUP_DOUBTS, impossible
from ..site.keys import Key, keys
from ..site.model import Setup
from .answers import VERSION, Choice, Question, Questions, When

VERSION_MARK = "<configmgr>"
"""A placeholder in messages for the version that the reader has chosen."""


class Fault(NamedTuple):
    """What is wrong or doubtful, with the key of the site file."""

    key: str
    what: str


def faults(system: System) -> dict[Fault, tuple[When, ...]]:
    """Every reason why answers do not go together: each value by itself, then what keys have between them."""
    known = {key.name: key for key in keys(system)}
    usual = {name: key.default for name, key in known.items()}
    found: dict[Fault, dict[When, list[str]]] = {}

    def add(key: str, what: str, version: str, when: When) -> None:
        fault = Fault(key, what.replace(f"this site has {version}", f"this site has {VERSION_MARK}"))
        found.setdefault(fault, {}).setdefault(when, []).append(version)

    for version, key in product(system.versions, known.values()):
        for value in key.choices if key.name != VERSION else ():
            if what := key.lacking(value, version, system):
                add(key.name, what, version, frozenset({_answered(key, value)}))
    between = [known[name] for name in ("cloud", "method")]
    for version, cloud, method, proxy in product(system.versions, *(key.choices for key in between), (None, "p:1")):
        values = usual | {VERSION: version, "cloud": cloud, "method": method, "proxy": proxy}
        fixed = {_answered(key, value) for key, value in zip(between, (cloud, method), strict=True)}
        for name, what in impossible(values, [], system):
            add(name, what, version, frozenset({*fixed, ("proxied", frozenset({proxy is not None}))}))
    return {
        fault: tuple(when | {(VERSION, frozenset(versions))} for when, versions in whens.items())
        for fault, whens in found.items()
    }


def _answered(key: Key, value: Any) -> tuple[Question, frozenset[Any]]:
    if key.many:
        return Choice(key.decides, value), frozenset({True})
    return key.decides, frozenset({key.becomes(value)})


def doubts(asked: Questions, system: System) -> dict[Fault, tuple[When, ...]]:
    """What is doubtful about a setup, whatever its hosts."""
    found: dict[Fault, tuple[When, ...]] = {}
    for part in SETUP_DOUBTS:

        def doubted(setup: Setup, part: Any = part) -> Iterator[Fault]:
            return (Fault(*doubt) for doubt in part(setup, system))

        found |= asked.cases(lambda setup: [*doubted(setup)])
    return found
