"""An outcome for programs: channels, steps, failures; role ids, ports as numbers."""

from __future__ import annotations

from collections.abc import Iterable

from ..errors import Fault
from ..plan.plan import Plan
from ..site.model import CONNECTION_POINT
from ..site.places import Place
from ..views.outcome_tables import consequences, place_text, reasons, step_titles
from ..whatif.outcome import Channel, Outcome, StepOutcome
from ..whatif.scenario import Circumstances


def outcome_data(
    plan: Plan, outcome: Outcome, circumstances: Circumstances, warnings: Iterable[Fault] = ()
) -> dict[str, object]:
    """
    Everything that a prediction says, ready for JSON.

    ``channels`` has one entry for each VM instance in order: of all connection points the channel on the lowest rung,
    nulls where none stands; ``connection_points`` has those of each. ``steps`` maps ``"1"`` to ``"5"`` to a state
    (``works``, ``degraded``, ``undecided``, ``fails``) with reasons. ``closed`` are planned connections that no step
    got to, ``consequences`` what is lost with those outside the steps.
    """
    flows = {row.flow.id: row.flow for row in plan.rows}
    points = sorted({item.connection_point for item in outcome.channels})
    return {
        "site": plan.deployment.name,
        "channels": [_channel(item) for item in outcome.best()],
        "connection_points": [
            {
                "connection_point": number,
                "name": place_text(plan, Place(CONNECTION_POINT, number)),
                "channels": [_channel(item) for item in outcome.channels if item.connection_point == number],
            }
            for number in points
        ],
        "steps": {
            str(step.number): {"title": title} | _step(plan, outcome, step)
            for step, title in zip(outcome.steps, step_titles(plan), strict=False)  # the last title is the upload's
        },
        "upload": _step(plan, outcome, outcome.upload) if outcome.upload else None,
        "failures": [
            {
                "flow": item.flow,
                "source": item.source.role,
                "source_number": item.source.number,
                "destination": item.destination.role,
                "destination_number": item.destination.number,
                "port": item.port,
                "cause": item.cause.value,
                "why": item.why,
            }
            for item in outcome.failures
        ],
        "closed": [
            {
                "flow": item.flow,
                "state": item.state.value,
                "initiator": flows[item.flow].initiator,
                "responder": flows[item.flow].responder,
                "ports": [[ports.low, ports.high] for ports in item.ports] or None,
                "why": item.why,
                "purpose": flows[item.flow].purpose,
            }
            for item in outcome.closed
        ],
        "consequences": [
            {"flow": row.flow.id, "state": state.value, "consequence": words}
            for row, state, words in consequences(plan, outcome)
        ],
        "warnings": [str(item) for item in warnings],
    }


def _channel(item: Channel) -> dict[str, object]:
    way: dict[str, object] = {"instance": item.instance, "protocol": item.protocol or None, "port": item.port}
    return way | {"undecided": True} if item.undecided else way


def _step(plan: Plan, outcome: Outcome, step: StepOutcome) -> dict[str, object]:
    return {"state": step.state.value, "reasons": list(reasons(plan, outcome, step))}
