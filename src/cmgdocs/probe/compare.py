"""The results in which two runs differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .judge import Judged


@dataclass(frozen=True)
class Apart:
    """A result that two runs do not have alike; None where one of them does not have it."""

    name: str
    before: Judged | None
    after: Judged | None


def differences(before: Sequence[Judged], after: Sequence[Judged]) -> tuple[Apart, ...]:
    """Results that differ, those of the earlier run first, then those that only the later one has."""
    old, new = ({item.tried.name: item for item in run} for run in (before, after))
    both = [(name, old.get(name), new.get(name)) for name in old | new]
    return tuple(Apart(*item) for item in both if _lasting(item[1]) != _lasting(item[2]))


def _lasting(item: Judged | None) -> tuple[object, ...]:
    """What of a result neither changes with each run nor comes of the facts."""
    if item is None:
        return ()
    return item.tried.status, item.seen, item.tried.alias, item.tried.tls.issuer if item.tried.tls else ""
