"""A question and its answer: words, the circumstances that they mean, what is predicted, and what is doubtful."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ..errors import Fault
from ..facts.model import Protocol
from ..facts.text import inner
from ..plan.plan import Plan
from .options import OptionParser, circumstances
from .outcome import Cause, Outcome, State, unsettled
from .predict import Predictor
from .scenario import Circumstances, Firewall

TCP_TLS = Protocol.TCP_TLS.value
Asking = str | int | Iterable[str | int]
"""One word, or several; a number is a port."""


@dataclass(frozen=True, slots=True)
class Answer:
    """
    What becomes of a plan.

    *doubts* are words that change nothing, *remarks* what was observed elsewhere and is not what is predicted.
    """

    plan: Plan
    given: Circumstances
    outcome: Outcome
    doubts: tuple[Fault, ...]
    remarks: tuple[Fault, ...] = ()


def ask(
    plan: Plan,
    *,
    firewall: Firewall | None = None,
    block: Asking = (),
    allow: Asking = (),
    down: Asking = (),
    proxy_ports: Asking = (),
    inspect: Asking = (),
    no_name: Asking = (),
    deployed: bool = False,
) -> Answer:
    """
    Answer what works, degrades or fails; the words are those of ``cmgdocs what-if``.

    Args:
        firewall: What a firewall has; without it, everything gets through that no word says does not.

    Raises:
        SiteError: Every word that cannot be read.
    """
    words = OptionParser(plan)
    given = circumstances(
        words,
        block=_several(block),
        allow=_several(allow),
        down=_several(down),
        proxy_ports=_several(proxy_ports),
        inspect=_several(inspect),
        no_name=_several(no_name),
        deployed=deployed,
        firewall=firewall,
    )
    predictor = Predictor(plan)
    vain = sorted({place.role for place in given.down if not predictor.asks(place)})
    doubts = [
        *words.doubts,
        *(Fault(f"--down {role}", "no planned connection leads there; it changes nothing") for role in vain),
    ]
    found = predictor.predict(given, unstated=True)
    outcome = unsettled(found, (row.flow for row in plan.rows), deployed=given.deployed)
    return Answer(plan, given, outcome, tuple(doubts), tuple(remarks(plan, found)))


def remarks(plan: Plan, outcome: Outcome) -> Iterator[Fault]:
    """What somebody has observed under such circumstances, where it is not what is predicted; ``where`` is a flow."""
    first = {row.flow.id for row in plan.rows if row.flow.rung == 1 and row.connection.protocol == TCP_TLS}
    refused = {item.flow for item in outcome.failures if item.cause is Cause.BLOCKED} & first
    if flow := next((item.flow for item in outcome.channels if refused and item.state is State.DEGRADED), None):
        dispute = plan.system.dispute("classic-fallback")
        yield Fault(flow, f"{inner(dispute.title)} is disputed. {dispute.says[-1]} {dispute.ruling}")


def _several(asked: Asking) -> tuple[str, ...]:
    return (str(asked),) if isinstance(asked, (str, int)) else tuple(map(str, asked))
