"""Is nothing inbound needed? Attempts from outside while everything works, with somebody there to take them."""

from __future__ import annotations

from ...circumstances import Circumstances, Firewall, Open, Place
from ...deployment import GATEWAY, Deployment
from ...model import RoleId, System
from ...staging import RuleSetFirewall, addresses
from ...views.outcome_picture import outcome_picture
from ...views.sentences import counted
from ...views.table import Column, Line, Table, text
from ..network import Refused
from ..play import apart
from ..stage import Stage
from ..wire import Wire
from .common import Result, Site

OUTSIDE = ("client", GATEWAY, "azure", "blob-storage", "entra")
_COLUMNS = (
    Column("firewall", "Firewall"),
    Column("channels", "Channels", tight=True),
    Column("tried", "Tried", tight=True),
    Column("arrived", "Arrived", tight=True),
)


def inbound(system: System, deployment: Deployment) -> Result:
    """
    Build the channels, then have everybody outside dial everybody inside, on every port that any planned rule names.

    The same with a firewall that lets everything through shows that the attempts are real ones.
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
    return Line(name, (text(name), *(text(str(number)) for number in (channels, tried, arrived))))


async def _knock(site: Site, firewall: Firewall) -> tuple[int, int, int]:
    """How many channels stood, how many attempts were made, and how many arrived."""
    async with Stage(site.plan.deployment, Circumstances(RuleSetFirewall(site.rules))) as stage:
        await stage.deploy()
        await stage.connect()
        attempts = _attempts(site)
        for _, place, port in attempts:
            if not stage.network.listens(place, port):
                await stage.network.listen(place, port, _open_door)
        stage.change(Circumstances(firewall))
        arrived = 0
        for attempt in attempts:
            try:
                (await stage.network.dial(*attempt)).abort()
            except Refused:
                continue
            arrived += 1
        held = sum(way is not None for way in stage.channels.values())
        return held, len(attempts), arrived


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
