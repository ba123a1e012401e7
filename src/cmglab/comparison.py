"""What was predicted next to what was seen: as differences, and as a table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cmgdocs.errors import LabError
from cmgdocs.plan.plan import Plan
from cmgdocs.views.outcome_tables import place_text, step_titles
from cmgdocs.views.table import Column, Line, Table, text
from cmgdocs.whatif.outcome import Outcome

from .observation import FailedDial, Observation

_COLUMNS = (
    Column("step", "Step", tight=True),
    Column("title", "What happens", tight=True),
    Column("predicted", "Predicted", tight=True),
    Column("seen", "Seen", tight=True),
)
_ON_HOSTS = Column("on-your-hosts", "On your hosts", tight=True)


@dataclass(frozen=True)
class Comparison:
    """
    What was predicted next to what was seen.

    *states* are those of each step, and of the upload where there is one: its title, the state as predicted and as
    seen. *differences* are one sentence for everything that was seen otherwise; empty where both agree in everything.
    """

    states: tuple[tuple[str, str, str], ...]
    differences: tuple[str, ...]


def compare(plan: Plan, outcome: Outcome, seen: Observation) -> Comparison:
    """
    Compare the states of the steps, every channel, and every connection that failed, with its cause.

    Raises:
        LabError: The facts lack one of the five steps.
    """
    predicted = [*(step.state.value for step in outcome.steps), outcome.upload.state.value if outcome.upload else ""]
    found = zip(titles(plan), predicted, (*seen.steps, seen.upload), strict=True)
    states = tuple(item for item in found if item[1] or item[2])
    return Comparison(states, tuple(_differences(plan, outcome, seen, states)))


def differences(plan: Plan, outcome: Outcome, seen: Observation) -> tuple[str, ...]:
    """Everything that was seen otherwise than predicted, as in :class:`Comparison`."""
    return compare(plan, outcome, seen).differences


def _differences(
    plan: Plan, outcome: Outcome, seen: Observation, states: tuple[tuple[str, str, str], ...]
) -> Iterator[str]:
    for title, predicted, found in states:
        if predicted != found:
            yield f"{title}: predicted {predicted or 'nothing'}, seen {found or 'nothing'}"
    if seen.anonymous is False:  # that credentials are checked is in no plan; it holds for every one
        yield "request with no credential or a made-up one: predicted 401, seen another answer"
    expected = {
        (each.connection_point, each.instance): (each.protocol, each.port) for each in outcome.channels if each.rung
    }
    for point, instance in sorted({*expected, *seen.channels}):
        one, other = (_way(channels.get((point, instance))) for channels in (expected, seen.channels))
        if one != other:
            yield f"channel from connection point {point} to VM instance {instance}: predicted {one}, seen {other}"
    failures = {FailedDial(f.source, f.destination, f.port, f.cause.value) for f in outcome.failures}
    for failed in sorted(failures - seen.failed):
        yield f"{_failed(plan, failed)}: predicted, not seen"
    for failed in sorted(seen.failed - failures):
        yield f"{_failed(plan, failed)}: seen, not predicted"


def _way(found: tuple[str, int | None] | None) -> str:
    return f"{found[0]} {found[1]}" if found else "no channel"


def _failed(plan: Plan, failed: FailedDial) -> str:
    ends = f"{place_text(plan, failed.source)} to {place_text(plan, failed.destination)}"
    return f"{ends}, port {failed.port}, {failed.cause}"


def titles(plan: Plan) -> tuple[str, ...]:
    """
    What happens in the five steps and in the upload, in this order.

    Raises:
        LabError: The facts have no connection for one of the steps, so that there is nothing to compare.
    """
    try:
        return step_titles(plan)
    except KeyError as error:
        raise LabError(f"the facts have no connection for step {error.args[0]} of the five that are played") from None


def comparison_table(found: Comparison, network: str, outcome: Outcome, on_hosts: Outcome | None = None) -> Table:
    """
    Step by step what was predicted and what was seen on a *network*.

    *on_hosts* is what is predicted for the hosts of the site themselves; it has a column where a step ends otherwise.
    """
    others = [step.state for step in on_hosts.steps] if on_hosts else []
    apart = bool(others) and others != [step.state for step in outcome.steps]
    lines = []
    for number, states in enumerate(found.states, 1):
        other = [others[number - 1].value if number <= len(others) else ""] * apart
        shown = str(number) if number <= len(outcome.steps) else ""
        lines.append(Line(str(number), tuple(map(text, (shown, *states, *other)))))
    verdict = f"Seen {'otherwise than' if found.differences else 'as'} predicted (network: {network})"
    caption = ": ".join(filter(None, (verdict, "; ".join(found.differences))))
    return Table("comparison", caption, (*_COLUMNS, *[_ON_HOSTS] * apart), tuple(lines))
