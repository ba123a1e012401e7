"""Is nothing inbound needed? Attempts from outside while everything works, with somebody there to take them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from cmgdocs.errors import LabError
from cmgdocs.facts.model import System
from cmgdocs.site.model import Deployment
from cmgdocs.site.places import Place
from cmgdocs.views.outcome_picture import outcome_picture
from cmgdocs.views.sentences import counted
from cmgdocs.views.table import Column, Line, Table, text
from cmgdocs.whatif.scenario import Circumstances, Firewall, Open

from ..http import HttpConnection
from ..network import Refused
from ..play import finished
from ..stage import Stage
from ..staging import RuleSetFirewall, addresses
from ..transcript import AZURE_AT, BLOB_AT, CLIENT, ENTRA_AT, GATEWAY_AT
from .trial import Result, Trial

Attempt = tuple[Place, Place, int]
OUTSIDE = (Place(CLIENT), GATEWAY_AT, AZURE_AT, BLOB_AT, ENTRA_AT)
_COLUMNS = (
    Column("firewall", "Firewall"),
    Column("channels", "Channels", tight=True),
    Column("tried", "Tried", tight=True),
    Column("arrived", "Arrived", tight=True),
    Column("answered", "Requests answered meanwhile", tight=True),
)


def inbound(system: System, deployment: Deployment) -> Result:
    """
    Build the channels, then have everybody outside dial everybody inside, on the ends of each range of planned ports.

    A client asks through the gateway all the while. The same with a firewall that lets everything through shows that
    the attempts are real ones.

    Raises:
        LabError: A channel or an answer was missing meanwhile, so that not everything worked.
    """
    trial = Trial(system, deployment)
    run = trial.play()
    attempts = _attempts(trial)
    planned, opened = (
        finished(_knock(trial, attempts, firewall)) for firewall in (RuleSetFirewall(trial.rules), Open())
    )
    channels, tried = len(run.seen.channels), len(attempts)
    lines = [_line("Planned rules", channels, tried, planned), _line("All open", channels, tried, opened)]
    caption = (
        f"While {counted(channels, 'channel was', 'channels were')} up, "
        f"{tried} attempts were made from outside and {planned or 'none'} arrived"
    )
    return Result((Table("inbound", caption, _COLUMNS, tuple(lines)),), outcome_picture(trial.real, run.outcome))


def _line(name: str, channels: int, tried: int, arrived: int) -> Line:
    # a request went with each attempt, and all were answered
    cells = (name, str(channels), str(tried), str(arrived), f"{tried} of {tried}")
    return Line(name, tuple(map(text, cells)))


async def _knock(trial: Trial, attempts: list[Attempt], firewall: Firewall) -> int:
    """How many attempts arrive behind another firewall than the one behind which the channels were built."""
    async with Stage(trial.plan.deployment, Circumstances(RuleSetFirewall(trial.rules))) as stage:
        await stage.deploy()
        await stage.connect()
        stage.network.circumstances = Circumstances(firewall)
        return len(await knocked(stage, attempts))


async def knocked(stage: Stage, attempts: Iterable[Attempt]) -> list[Attempt]:
    """
    The attempts that arrive, with somebody to take each, while a client asks over one connection that it made before.

    Raises:
        LabError: A client was not answered meanwhile, or in the end not all channels were up.
    """
    for _, place, port in attempts:
        if not stage.network.listens(place, port):
            await stage.network.listen(place, port, HttpConnection.gone)
    client = stage.clients[0]
    identity = await client.sign_in(stage.script.credentials[0])
    assert identity, "the channels are up, so Entra can be asked"
    connection = await client.dial(identity)
    arrived = []
    for attempt in attempts:
        asking = client.ask(connection, identity, stage.script.policies[0].target)
        answer, came = await asyncio.gather(asking, _arrives(stage, attempt))
        if answer.status != 200:
            raise LabError(f"a client was answered {answer.status} meanwhile: {answer.text}")
        arrived += [attempt] * came
    if not all(stage.channels.values()):
        raise LabError("a channel was lost meanwhile")
    return arrived


async def _arrives(stage: Stage, attempt: Attempt) -> bool:
    try:
        (await stage.network.dial(*attempt)).abort()
    except Refused:
        return False
    return True


def _attempts(trial: Trial) -> list[Attempt]:
    ports = sorted({port for rule in trial.rules.rules for span in rule.ports for port in (span.low, span.high)})
    ends = [end for row in trial.plan.rows for end in (row.initiator, row.responder)]
    # a staged client is behind the perimeter, too, but is no part of the site
    roles = {end.role for end in ends if end.zone.inside and end.role != CLIENT}
    inside = [place for place in addresses(trial.plan.deployment) if place.role in roles]
    return [(source, place, port) for source in OUTSIDE for place in inside for port in ports]
