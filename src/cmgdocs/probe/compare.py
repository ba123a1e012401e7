"""Two runs of a probe: what the one saw otherwise than the other, result by result."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class KeptResult:
    """What one result of a run says, without what changes with each run; texts are empty where there is none."""

    name: str
    status: str
    seen: str
    cause: str
    alias: str
    issuer: str


@dataclass(frozen=True)
class Run:
    """A run as it was kept: of which site and role, and its results in order, each name once."""

    site: str
    role: str
    results: tuple[KeptResult, ...]


@dataclass(frozen=True)
class Apart:
    """A result that two runs do not have alike; None where one of them does not have it."""

    name: str
    before: KeptResult | None
    after: KeptResult | None


def differences(before: Run, after: Run) -> tuple[Apart, ...]:
    """Results that differ, those of the earlier run first, then those that only the later one has."""
    return tuple(_apart(before, after))


def _apart(before: Run, after: Run) -> Iterator[Apart]:
    old = {item.name: item for item in before.results}
    new = {item.name: item for item in after.results}
    for name in old | new:
        if old.get(name) != new.get(name):
            yield Apart(name, old.get(name), new.get(name))
