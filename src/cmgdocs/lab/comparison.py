"""What was predicted beside what was seen: as differences, and as a table."""

from __future__ import annotations

from collections.abc import Iterator

from ..outcome import Outcome
from ..plan import Plan
from ..views.outcome_tables import SEQUENCE, place_text
from ..views.table import Column, Line, Table, text
from ..words import find
from .network import Failed
from .observation import Observation

_COLUMNS = (
    Column("step", "Step", tight=True),
    Column("title", "What happens", tight=True),
    Column("predicted", "Predicted", tight=True),
    Column("seen", "Seen", tight=True),
)


def differences(plan: Plan, outcome: Outcome, seen: Observation) -> tuple[str, ...]:
    """Everything that was seen otherwise than predicted, one sentence each; empty where both agree in everything."""
    return tuple(_differences(plan, outcome, seen))


def _differences(plan: Plan, outcome: Outcome, seen: Observation) -> Iterator[str]:
    for title, predicted, found in _states(plan, outcome, seen):
        if predicted != found:
            yield f"{title}: predicted {predicted}, seen {found}"
    for channel in outcome.channels:
        predicted = f"{channel.protocol} {channel.port}" if channel.rung else "no channel"
        way = seen.channels[channel.connection_point, channel.instance]
        found = "no channel" if way is None else f"{way[0]} {way[1]}"
        if predicted != found:
            where = f"channel from connection point {channel.connection_point} to VM instance {channel.instance}"
            yield f"{where}: predicted {predicted}, seen {found}"
    expected = {Failed(f.source, f.destination, f.port, f.cause.value) for f in outcome.failures}
    for failed in sorted(expected - seen.failed):
        yield f"{_failed(plan, failed)}: predicted, not seen"
    for failed in sorted(seen.failed - expected):
        yield f"{_failed(plan, failed)}: seen, not predicted"


def _failed(plan: Plan, failed: Failed) -> str:
    ends = f"{place_text(plan, failed.source)} to {place_text(plan, failed.destination)}"
    return f"{ends}, port {failed.port}, {failed.cause}"


def _states(plan: Plan, outcome: Outcome, seen: Observation) -> list[tuple[str, str, str]]:
    """Each step, and the upload where there is one: title, state as predicted, state as seen."""
    titles = [step.title for step in find("sequence", plan.system.sequences, SEQUENCE).steps]
    out = [
        (title, step.state.value, state) for title, step, state in zip(titles, outcome.steps, seen.steps, strict=True)
    ]
    if outcome.upload or seen.upload:
        out.append(("Upload content", outcome.upload.state.value if outcome.upload else "", seen.upload))
    return out


def comparison_table(plan: Plan, outcome: Outcome, seen: Observation) -> Table:
    """Step by step what was predicted and what was seen."""
    found = differences(plan, outcome, seen)
    lines = [
        Line(str(number), (text(str(number) if number <= len(outcome.steps) else ""), *map(text, states)))
        for number, states in enumerate(_states(plan, outcome, seen), 1)
    ]
    verdict = "Seen as predicted" if not found else f"Seen otherwise than predicted: {'; '.join(found)}"
    return Table("comparison", verdict, _COLUMNS, tuple(lines))
