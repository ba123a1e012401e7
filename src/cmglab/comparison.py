"""What was predicted beside what was seen: as differences, and as a table."""

from __future__ import annotations

from collections.abc import Iterator

from cmgdocs.errors import LabError
from cmgdocs.plan.plan import Plan
from cmgdocs.views.outcome_tables import place_text, step_titles
from cmgdocs.views.table import Column, Line, Table, text
from cmgdocs.whatif.outcome import Outcome

from .network import Failed
from .observation import Observation

_COLUMNS = (
    Column("step", "Step", tight=True),
    Column("title", "What happens", tight=True),
    Column("predicted", "Predicted", tight=True),
    Column("seen", "Seen", tight=True),
)
_ON_HOSTS = Column("on-your-hosts", "On your hosts", tight=True)


def differences(plan: Plan, outcome: Outcome, seen: Observation) -> tuple[str, ...]:
    """
    Everything that was seen otherwise than predicted, one sentence each; empty where both agree in everything.

    Raises:
        LabError: The facts lack one of the five steps.
    """
    return tuple(_differences(plan, outcome, seen))


def _differences(plan: Plan, outcome: Outcome, seen: Observation) -> Iterator[str]:
    for title, predicted, found in _states(plan, outcome, seen):
        if predicted != found:
            yield f"{title}: predicted {predicted or 'nothing'}, seen {found or 'nothing'}"
    if seen.anonymous is False:  # that credentials are checked is in no plan; it holds for every one
        yield "request with no credential or a made-up one: predicted 401, seen another answer"
    stand = {
        (each.connection_point, each.instance): (each.protocol, each.port) for each in outcome.channels if each.rung
    }
    for point, instance in sorted({*stand, *seen.channels}):
        one, other = (_way(found.get((point, instance))) for found in (stand, seen.channels))
        if one != other:
            where = f"channel from connection point {point} to VM instance {instance}"
            yield f"{where}: predicted {one}, seen {other}"
    expected = {Failed(f.source, f.destination, f.port, f.cause.value) for f in outcome.failures}
    for failed in sorted(expected - seen.failed):
        yield f"{_failed(plan, failed)}: predicted, not seen"
    for failed in sorted(seen.failed - expected):
        yield f"{_failed(plan, failed)}: seen, not predicted"


def _way(found: tuple[str, int | None] | None) -> str:
    return f"{found[0]} {found[1]}" if found else "no channel"


def _failed(plan: Plan, failed: Failed) -> str:
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


def _states(plan: Plan, outcome: Outcome, seen: Observation) -> list[tuple[str, str, str]]:
    """Each step, and the upload where there is one: title, state as predicted, state as seen."""
    predicted = [*(step.state.value for step in outcome.steps), outcome.upload.state.value if outcome.upload else ""]
    found = zip(titles(plan), predicted, (*seen.steps, seen.upload), strict=True)
    return [(title, one, other) for title, one, other in found if one or other]


def comparison_table(plan: Plan, outcome: Outcome, seen: Observation, on_hosts: Outcome | None = None) -> Table:
    """
    Step by step what was predicted and what was seen.

    *on_hosts* is what is predicted for the hosts of the site themselves; it has a column where a step ends otherwise.
    """
    found = differences(plan, outcome, seen)
    others = [step.state for step in on_hosts.steps] if on_hosts else []
    apart = bool(others) and others != [step.state for step in outcome.steps]
    lines = []
    for number, states in enumerate(_states(plan, outcome, seen), 1):
        other = [others[number - 1].value if number <= len(others) else ""] * apart
        shown = str(number) if number <= len(outcome.steps) else ""
        lines.append(Line(str(number), tuple(map(text, (shown, *states, *other)))))
    verdict = "Seen as predicted" if not found else f"Seen otherwise than predicted: {'; '.join(found)}"
    return Table("comparison", verdict, (*_COLUMNS, *[_ON_HOSTS] * apart), tuple(lines))
