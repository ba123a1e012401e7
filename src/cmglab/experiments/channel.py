"""How the channel behaves: which way it takes, what a held one survives, and what a narrow proxy does to it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial

from cmgdocs.errors import LabError
from cmgdocs.facts.model import System
from cmgdocs.facts.ports import PortRange, Ports
from cmgdocs.site.model import Deployment
from cmgdocs.views.outcome_picture import outcome_picture
from cmgdocs.views.outcome_tables import summary
from cmgdocs.views.sentences import listed
from cmgdocs.views.table import Cell, Column, Line, Mark, Span, Table, joined, plain, text
from cmgdocs.whatif.options import circumstances
from cmgdocs.whatif.scenario import Circumstances, Firewall

from ..client import Client
from ..connection_point import Pace
from ..network import Failed
from ..observation import Observation
from ..play import apart
from ..stage import Stage
from ..staging import RuleSetFirewall
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
_ANSWERS = {200: "an answer", 503: "503, no channel"}
WAIT_S, MORE_S = 5.0, 0.5  # how long a phase may take, and how much longer for each channel


def fallback(system: System, deployment: Deployment) -> Result:
    """
    Block parts of the first way, then of both: on which way the channel to each VM instance ends.

    The picture is with half of the first way blocked.

    Raises:
        LabError: The channel of this site has one way, or none, and nothing to fall back to.
    """
    site = Site(system, deployment)
    ways = [row.ports[0] for row in site.plan.rows if row.flow.rung]
    if len(ways) < 2:
        raise LabError(f"{deployment.name}: its channel has one way, and nothing to fall back to; wanted: classic")
    first, then = ways
    number = deployment.setup.instances
    one = min(2, number - 1)  # the third instance, or the last one
    half = Ports([PortRange(first.low, first.low + max(1, number // 2) - 1)])
    alone = [way.low + one for way in ways]
    every = (Ports(), Ports.of(alone[:1]), half, Ports([first]), Ports.of(alone), Ports(ways))
    blocks = dict.fromkeys(every)  # with one instance some are the same
    runs = {ports: site.play(firewall=_but(site, ports)) for ports in blocks}
    lines = [_way_line((first, then), ports, played.seen) for ports, played in runs.items()]
    caption = "Each channel falls back by itself, and only where it has to"
    return Result((Table("fallback", caption, _WAYS, tuple(lines)),), outcome_picture(site.real, runs[half].outcome))


def _but(site: Site, ports: Ports) -> Firewall:
    """The planned rules without these ports to the gateway."""
    words = [f"connection-point:cmg:{','.join(map(str, ports))}"] if ports else []
    return circumstances(site.plan, {"block": words}, RuleSetFirewall(site.rules))[0].firewall


def _way_line(ways: tuple[PortRange, PortRange], ports: Ports, seen: Observation) -> Line:
    """On which of the *ways*, first and fallback, channels were seen, of whichever connection point."""
    by_way: dict[int | None, list[PortRange]] = {}
    for (_, instance), stands in sorted(seen.channels.items()):
        way = next((n for n, span in enumerate(ways) if stands[1] in span), None) if stands else None
        by_way.setdefault(way, []).append(PortRange(instance, instance))
    shown = joined(map(_tight, ports), ", ") or text("nothing")
    states = map(text, (seen.steps[1], seen.steps[3]))
    return Line(plain(shown), (shown, *(_instances(Ports(by_way.get(way, ()))) for way in (0, 1, None)), *states))


def _instances(spans: Ports) -> Cell:
    if not spans:
        return ()
    one = len(spans) == 1 and spans[0].low == spans[0].high
    return joined([text("instance" if one else "instances"), joined(map(_tight, spans), " and ")], " ")


def hold(system: System, deployment: Deployment) -> Result:
    """
    Take the channel's rules away while it stands, cut it, and give them back. The picture is that after the cut.

    Raises:
        LabError: A phase did not come in time, or a client was answered what no phase has.
    """
    site = Site(system, deployment)
    site.play()  # that all works with the rules is where it begins
    lost = site.play(site.without(*site.channel))
    lines = apart(_hold(site, lost.seen.failed))
    caption = "What is connected needs no rule; what has to be connected again does"
    return Result((Table("hold", caption, _PHASES, tuple(lines)),), outcome_picture(site.real, lost.outcome))


async def _hold(site: Site, fails: frozenset[Failed]) -> list[Line]:
    """The phases; *fails* are the dials that have to fail before it counts that nothing stands any more."""
    planned = Circumstances(RuleSetFirewall(site.rules))
    fewer = Circumstances(RuleSetFirewall(site.without(*site.channel)))
    lines: list[Line] = []
    async with Stage(site.plan.deployment, planned, pace=Pace(retry_s=0.01, longest_retry_s=0.02)) as stage:
        phase = partial(_phase, stage, lines, site.plan.system)
        async with phase("The channel is built by the planned rules"):
            await stage.deploy()
            await stage.connect()
        async with phase("The channel's rules are taken away"):
            stage.change(fewer)
        async with phase("The channel is cut"):
            stage.cut()
            while any(stage.channels.values()) or not fails <= set(stage.network.failed):
                await asyncio.sleep(0.001)
        async with phase("The rules are given back"):
            stage.change(planned)
            while not all(stage.channels.values()):
                await asyncio.sleep(0.001)
            stage.network.failed.clear()
    return lines


@asynccontextmanager
async def _phase(stage: Stage, lines: list[Line], system: System, what: str) -> AsyncIterator[None]:
    """Wait for a phase, which is done in the block, and then keep what a client sees; failed dials are told once."""
    wait_s = WAIT_S + MORE_S * len(stage.channels)
    try:
        async with asyncio.timeout(wait_s):
            yield
            status = await _ask(stage, stage.clients[0])
    except TimeoutError:
        raise LabError(f"{what[0].lower()}{what[1:]}: this took longer than {wait_s:g} seconds") from None
    if status not in _ANSWERS:
        raise LabError(f"{what[0].lower()}{what[1:]}: a client was answered {status}")
    held = sum(way is not None for way in stage.channels.values())
    failed: dict[str, list[PortRange]] = {}
    for item in sorted(stage.network.failed):
        name = system.role(item.destination.role).name
        failed.setdefault(name, []).append(PortRange(item.port, item.port))
    stage.network.failed.clear()
    lost = joined([joined([text(name), *map(_tight, Ports(ports))], ", ") for name, ports in failed.items()], "; ")
    lines.append(Line(what, (*map(text, (what, f"{held} of {len(stage.channels)}", _ANSWERS[status])), lost)))


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
        channel = site.plan.rows[[bool(row.flow.rung) for row in site.plan.rows].index(True)].ports
        usual = Ports(site.plan.rows[0].ports)  # deployment goes to the usual port
        for ports in dict.fromkeys((usual, Ports((*usual, *channel)))):
            played = site.play(connect_ports=ports)
            lines.append(_proxy_line(site, number, ports, played))
            pictures.append(outcome_picture(site.real, played.outcome))
    caption = "Behind a proxy for the usual port alone, one VM instance has its channel and two have none"
    return Result((Table("proxy", caption, _PROXIES, tuple(lines)),), pictures[1])


def _proxy_line(site: Site, number: int, ports: Ports, played: Played) -> Line:
    held: dict[str, list[PortRange]] = {}
    for way in filter(None, played.seen.channels.values()):
        held.setdefault(way[0], []).append(PortRange(way[1], way[1]))
    channels = listed(f"{protocol} {_list(Ports(found))}" for protocol, found in held.items()) or NO_CHANNEL
    refused = Ports.of(item.port for item in played.seen.failed)
    cells = (str(number), _list(ports), channels, _list(refused) or "nothing", summary(site.real, played.outcome))
    return Line(f"{number}-{_list(ports)}", tuple(map(text, cells)))


def _list(ports: Ports) -> str:
    return ", ".join(map(str, ports))


def _tight(ports: object) -> Cell:
    return (Span(str(ports), Mark.TIGHT),)
