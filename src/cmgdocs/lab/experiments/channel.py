"""How the channel behaves: which way it takes, what a held one survives, and what a narrow proxy does to it."""

from __future__ import annotations

import asyncio

from ...asked import Asked, Words
from ...circumstances import Circumstances
from ...deployment import Deployment
from ...errors import LabError
from ...model import System
from ...ports import PortRange, merged
from ...records import replace
from ...staging import RuleSetFirewall
from ...views.outcome_picture import outcome_picture
from ...views.outcome_tables import summary
from ...views.sentences import listed
from ...views.table import Cell, Column, Line, Mark, Span, Table, joined, plain, text
from ...words import find
from ..client import Client
from ..connection_point import Pace
from ..network import Failed
from ..play import apart
from ..stage import Stage
from .common import Played, Result, Site

NO_CHANNEL = "no channel"
_WAYS = (
    Column("blocked", "Blocked to the gateway"),
    Column("first", "Tried first"),
    Column("then", "Fallback"),
    Column("none", "No channel"),
    Column("step-2", "Step 2", tight=True),
    Column("step-4", "Step 4", tight=True),
)
_PHASES = (
    Column("phase", "What is done"),
    Column("channels", "Channels", tight=True),
    Column("answer", "A client gets"),
    Column("failed", "Failed dials"),
)
_PROXIES = (
    Column("instances", "VM instances", tight=True),
    Column("connect", "Proxy takes CONNECT to"),
    Column("channels", "Channels", tight=True),
    Column("refused", "Refused by the proxy", tight=True),
    Column("steps", "Outcome"),
)
WAIT_S = 5.0


def fallback(system: System, deployment: Deployment) -> Result:
    """
    Block parts of the first way, then of both: on which way the channel to each VM instance ends.

    The picture is with half of the first way blocked.

    Raises:
        LabError: The channel of this site has one way and nothing to fall back to.
    """
    site = Site(system, deployment)
    ways = [row.connection.ports[0] for row in site.plan.rows if row.flow.rung]
    if len(ways) == 1:
        raise LabError(f"{deployment.name}: its channel has one way, and nothing to fall back to; wanted: classic")
    first, then = ways
    number = deployment.setup.instances
    one = min(2, number - 1)  # the third instance, or the last one
    half = (PortRange(first.low, first.low + max(1, number // 2) - 1),)
    single = tuple(PortRange(way.low + one, way.low + one) for way in (first, then))
    blocks = dict.fromkeys(((), single[:1], half, (first,), single, (first, then)))  # one instance: some are the same
    runs = {ports: site.play(firewall=_but(site, ports)) for ports in blocks}
    lines = [_way_line(ports, played) for ports, played in runs.items()]
    caption = "Each channel falls back by itself, and only where it has to"
    return Result((Table("fallback", caption, _WAYS, tuple(lines)),), outcome_picture(site.real, runs[half].outcome))


def _but(site: Site, ports: tuple[PortRange, ...]) -> Asked:
    """The planned rules without these ports to the gateway."""
    words = [f"connection-point:cmg:{','.join(map(str, ports))}"] if ports else []
    return Asked(Words(site.plan).wishes("--block", words), None, RuleSetFirewall(site.rules))


def _way_line(ports: tuple[PortRange, ...], played: Played) -> Line:
    by_rung: dict[int, list[int]] = {}
    for channel in played.outcome.channels:
        if channel.connection_point == 1:
            by_rung.setdefault(channel.rung, []).append(channel.instance)
    spans = [merged(PortRange(i, i) for i in by_rung.get(rung, ())) for rung in (1, 2, 0)]
    shown = joined(map(_tight, ports), ", ") or text("nothing")
    states = map(text, (played.seen.steps[1], played.seen.steps[3]))
    return Line(plain(shown), (shown, *map(_instances, spans), *states))


def _instances(spans: tuple[PortRange, ...]) -> Cell:
    if not spans:
        return ()
    one = len(spans) == 1 and spans[0].low == spans[0].high
    return joined([text("instance" if one else "instances"), joined(map(_tight, spans), " and ")], " ")


def hold(system: System, deployment: Deployment) -> Result:
    """Take the channel's rules away while it stands, cut it, and give them back. The picture is that after the cut."""
    site = Site(system, deployment)
    lost = site.play(site.without(*site.channel))
    lines = apart(_hold(site, lost.seen.failed))
    caption = "What is connected needs no rule; what has to be connected again does"
    return Result((Table("hold", caption, _PHASES, tuple(lines)),), outcome_picture(site.real, lost.outcome))


async def _hold(site: Site, fails: frozenset[Failed]) -> list[Line]:
    """The phases; *fails* are the dials that have to fail before it counts that nothing stands any more."""
    planned = Circumstances(RuleSetFirewall(site.rules))
    fewer = Circumstances(RuleSetFirewall(site.without(*site.channel)))
    lines: list[Line] = []
    async with (
        asyncio.timeout(WAIT_S),
        Stage(site.plan.deployment, planned, pace=Pace(retry_s=0.01, longest_retry_s=0.02)) as stage,
    ):
        await stage.deploy()
        await stage.connect()
        lines.append(await _phase(site, stage, "The channel is built by the planned rules"))
        stage.change(fewer)
        lines.append(await _phase(site, stage, "The channel's rules are taken away"))
        stage.cut()
        while any(stage.channels.values()) or not fails <= set(stage.network.failed):
            await asyncio.sleep(0.001)
        lines.append(await _phase(site, stage, "The channel is cut"))
        stage.change(planned)
        while not all(stage.channels.values()):
            await asyncio.sleep(0.001)
        stage.network.failed.clear()
        lines.append(await _phase(site, stage, "The rules are given back"))
    return lines


async def _phase(site: Site, stage: Stage, what: str) -> Line:
    """What a client sees now; the dials that failed are told once."""
    status = await _ask(stage, stage.clients[0])
    held = sum(way is not None for way in stage.channels.values())
    failed: dict[str, list[PortRange]] = {}
    for item in sorted(stage.network.failed):
        name = find("role", site.plan.system.roles, item.destination.role).name
        failed.setdefault(name, []).append(PortRange(item.port, item.port))
    stage.network.failed.clear()
    lost = joined([joined([text(name), *map(_tight, merged(ports))], ", ") for name, ports in failed.items()], "; ")
    answers = {200: "an answer", 503: "503, no channel"}
    return Line(what, (*map(text, (what, f"{held} of {len(stage.channels)}", answers[status])), lost))


async def _ask(stage: Stage, client: Client) -> int:
    given = await client.sign_in(stage.script.credentials[0])
    assert given is not None, "the client's own rules stay"
    wire = await client.dial(given)
    try:
        return (await client.ask(wire, given, stage.script.policies[0].target)).status
    finally:
        wire.abort()


def proxy(system: System, deployment: Deployment) -> Result:
    """
    One and two VM instances behind a proxy that takes CONNECT to the usual port, and to those of the channel too.

    The picture is of two behind the proxy for the usual port alone.

    Raises:
        LabError: The site has no web proxy.
    """
    if deployment.proxy is None:
        raise LabError(f"{deployment.name}: it has no web proxy; name one as proxy in its file")
    lines = []
    pictures = []
    for number in (1, 2):
        setup = replace(deployment.setup, instances=number)
        site = Site(system, replace(deployment, setup=setup))
        channel = site.plan.rows[[bool(row.flow.rung) for row in site.plan.rows].index(True)].connection.ports
        usual = site.plan.rows[0].connection.ports  # deployment goes to the usual port
        for ports in dict.fromkeys((usual, merged((*usual, *channel)))):
            played = site.play(connect_ports=ports)
            lines.append(_proxy_line(site, number, ports, played))
            pictures.append(outcome_picture(site.real, played.outcome))
    caption = "Behind a proxy for the usual port alone, one VM instance has its channel and two have none"
    return Result((Table("proxy", caption, _PROXIES, tuple(lines)),), pictures[1])


def _proxy_line(site: Site, number: int, ports: tuple[PortRange, ...], played: Played) -> Line:
    held: dict[str, list[PortRange]] = {}
    for way in filter(None, played.seen.channels.values()):
        held.setdefault(way[0], []).append(PortRange(way[1], way[1]))
    channels = listed(f"{protocol} {_list(merged(found))}" for protocol, found in held.items()) or NO_CHANNEL
    refused = merged(PortRange(item.port, item.port) for item in played.seen.failed)
    cells = (str(number), _list(ports), channels, _list(refused) or "nothing", summary(played.outcome))
    return Line(f"{number}-{_list(ports)}", tuple(map(text, cells)))


def _list(ports: tuple[PortRange, ...]) -> str:
    return ", ".join(map(str, ports))


def _tight(ports: object) -> Cell:
    return (Span(str(ports), Mark.TIGHT),)
