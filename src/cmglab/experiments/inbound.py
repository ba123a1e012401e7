"""Is nothing inbound needed? Attempts from outside while everything works, with somebody there to take them."""

from __future__ import annotations

import asyncio

from cmgdocs.errors import LabError
from cmgdocs.facts.model import RoleId, System
from cmgdocs.site.model import GATEWAY, Deployment
from cmgdocs.site.places import Place
from cmgdocs.views.outcome_picture import outcome_picture
from cmgdocs.views.sentences import counted
from cmgdocs.views.table import Column, Line, Table, text
from cmgdocs.whatif.scenario import Circumstances, Firewall, Open

from ..network import Refused
from ..play import apart
from ..stage import Stage
from ..staging import RuleSetFirewall, addresses
from ..wire import Wire
from .common import Result, Site

OUTSIDE = ("client", GATEWAY, "azure", "blob-storage", "entra")
_COLUMNS = (
    Column("firewall", "Firewall"),
    Column("channels", "Channels", tight=True),
    Column("tried", "Tried", tight=True),
    Column("arrived", "Arrived", tight=True),
    Column("answered", "Requests answered meanwhile", tight=True),
)


def inbound(system: System, deployment: Deployment) -> Result:
    """
    Build the channels, then have everybody outside dial everybody inside, on every port that any planned rule names.

    A client asks through the gateway all the while. The same with a firewall that lets everything through shows that
    the attempts are real ones.

    Raises:
        LabError: A channel or an answer was missing meanwhile, so that not everything worked.
    """
    site = Site(system, deployment)
    played = site.play()
    planned = apart(_knock(site, RuleSetFirewall(site.rules)))
    open_ = apart(_knock(site, Open()))
    lines = [_line("Planned rules", *planned), _line("All open", *open_)]
    caption = (
        f"While {counted(planned[0], 'channel')} stood, "
        f"{planned[1]} attempts were made from outside and {planned[2] or 'none'} arrived"
    )
    return Result((Table("inbound", caption, _COLUMNS, tuple(lines)),), outcome_picture(site.real, played.outcome))


def _line(name: str, channels: int, tried: int, arrived: int) -> Line:
    # a request went with each attempt, and all were answered
    cells = (str(channels), str(tried), str(arrived), f"{tried} of {tried}")
    return Line(name, (text(name), *map(text, cells)))


async def _knock(site: Site, firewall: Firewall) -> tuple[int, int, int]:
    """How many channels stood, how many attempts were made, and how many arrived, while each request was answered."""
    async with Stage(site.plan.deployment, Circumstances(RuleSetFirewall(site.rules))) as stage:
        await stage.deploy()
        await stage.connect()
        attempts = _attempts(site)
        for _, place, port in attempts:
            if not stage.network.listens(place, port):
                await stage.network.listen(place, port, _open_door)
        stage.change(Circumstances(firewall))
        arrived = await _tried(stage, attempts)
        held = sum(way is not None for way in stage.channels.values())
        if held < len(stage.channels):
            raise LabError(f"{site.real.deployment.name}: {held} of {len(stage.channels)} channels stood meanwhile")
        return held, len(attempts), sum(arrived)


async def _tried(stage: Stage, attempts: list[tuple[Place, Place, int]]) -> list[bool]:
    """Which attempts arrived, a client asking during each; all over one connection, which it made before."""
    client = stage.clients[0]
    given = await client.sign_in(stage.script.credentials[0])
    assert given is not None, "the channels stand, so Entra can be asked"
    wire = await client.dial(given)
    try:
        out = []
        for attempt in attempts:
            asking = client.ask(wire, given, stage.script.policies[0].target)
            arrived, answer = await asyncio.gather(_arrives(stage, attempt), asking)
            if answer.status != 200:
                raise LabError(f"a client was answered {answer.status} meanwhile: {answer.text}")
            out.append(arrived)
        return out
    finally:
        wire.abort()


async def _arrives(stage: Stage, attempt: tuple[Place, Place, int]) -> bool:
    try:
        (await stage.network.dial(*attempt)).abort()
    except Refused:
        return False
    return True


def _attempts(site: Site) -> list[tuple[Place, Place, int]]:
    ports = sorted({port for rule in site.rules.rules for span in rule.ports for port in {span.low, span.high}})
    inside = [place for place in addresses(site.plan.deployment) if _inside(site, place.role)]
    return [(Place(RoleId(role)), place, port) for role in OUTSIDE for place in inside for port in ports]


def _inside(site: Site, role: RoleId) -> bool:
    """Roles behind the perimeter; a staged client stands there, too, but is no part of the site."""
    ends = [end for row in site.plan.rows for end in (row.initiator, row.responder)]
    return role != "client" and any(end.role == role and end.zone.inside for end in ends)


async def _open_door(wire: Wire) -> None:
    """Take whoever comes, and say no more."""
