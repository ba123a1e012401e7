"""Experiments by name: each one question of the part "Proof", answered by playing it on loopback."""

from __future__ import annotations

from collections.abc import Callable

from cmgdocs.errors import UnknownId
from cmgdocs.facts.model import System
from cmgdocs.site.model import Deployment

from .channel import fallback, hold, proxy
from .inbound import inbound
from .rules import history, matrix
from .trial import Result as Result

EXPERIMENTS: dict[str, Callable[[System, Deployment], Result]] = {
    "inbound": inbound,
    "matrix": matrix,
    "fallback": fallback,
    "hold": hold,
    "proxy": proxy,
    "history": history,
}


def experiment(system: System, name: str, deployment: Deployment) -> Result:
    """
    Do an experiment with a site.

    Raises:
        UnknownId: There is none of that name.
        LabError: Something was seen otherwise than predicted, or it cannot be done with that site.
    """
    if name not in EXPERIMENTS:
        raise UnknownId("experiment", name, EXPERIMENTS)
    return EXPERIMENTS[name](system, deployment)
