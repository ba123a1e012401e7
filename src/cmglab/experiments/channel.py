"""How the channel behaves: which way it takes, what a held one survives, and what a narrow proxy does to it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace

from cmgdocs.errors import LabError
from cmgdocs.facts.model import System
from cmgdocs.facts.ports import PortRange, Ports
from cmgdocs.site.model import Deployment
from cmgdocs.views.outcome_picture import outcome_picture
from cmgdocs.views.outcome_tables import state_cell, summary
from cmgdocs.views.sentences import listed
from cmgdocs.views.table import Cell, Column, Line, Mark, Span, Table, joined, plain, text
from cmgdocs.whatif.options import circumstances
from cmgdocs.whatif.outcome import State
from cmgdocs.whatif.scenario import Circumstances, Firewall

from ..observation import FailedDial, Observation
from ..play import finished
from ..stage import Stage
from ..staging import RuleSetFirewall
from .trial import Result, Run, Trial

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
    Column("failed", "Failed connections"),
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
    trial = Trial(system, deployment)
    ways = [row.ports[0] for row in trial.plan.rows if row.flow.rung]
    if len(ways) < 2:
        raise LabError(f"{deployment.name}: its channel has one way, and nothing to fall back to; wanted: classic")
    first, then = ways
    number = deployment.setup.instances
    one = min(2, number - 1)  # the third instance, or the last one
    half = PortRange(first.low, first.low + max(1, number // 2) - 1)
    alone = [PortRange(way.low + one, way.low + one) for way in ways]
    blocks = ((), (alone[0],), (half,), (first,), tuple(alone), (first, then))
    runs = {ports: trial.play(firewall=_but(trial, ports)) for ports in dict.fromkeys(blocks)}  # some may be the same
    lines = [_way_line((first, then), ports, run.seen) for ports, run in runs.items()]
    caption = "Each channel falls back by itself, and only where it has to"
    table = Table("fallback", caption, _WAYS, tuple(lines))
    return Result((table,), outcome_picture(trial.real, runs[half,].outcome))


def _but(trial: Trial, ports: Iterable[PortRange]) -> Firewall:
    """The planned rules without these ports to the gateway."""
    words = [f"connection-point:cmg:{span}" for span in ports]
    return circumstances(trial.plan, {"block": words}, RuleSetFirewall(trial.rules))[0].firewall


def _way_line(ways: tuple[PortRange, PortRange], ports: Iterable[PortRange], seen: Observation) -> Line:
    """On which of the *ways*, first and fallback, channels were seen, of whichever connection point."""
    by_way: dict[int | None, list[int]] = {}
    for (_, instance), found in sorted(seen.channels.items()):
        way = next((n for n, span in enumerate(ways) if found[1] in span), None) if found else None
        by_way.setdefault(way, []).append(instance)
    shown = joined(_tight(ports), ", ") or text("nothing")
    states = (state_cell(State(seen.steps[step])) for step in (1, 3))
    return Line(plain(shown), (shown, *(_instances(by_way.get(way, ())) for way in (0, 1, None)), *states))


def _instances(numbers: Collection[int]) -> Cell:
    if not numbers:
        return ()
    named = "instance" if len(set(numbers)) == 1 else "instances"
    return joined([text(named), joined(_tight(Ports.of(numbers)), " and ")], " ")


def hold(system: System, deployment: Deployment) -> Result:
    """
    Remove the channel's rules while it is up, cut it, and put the rules back. The picture is that after the cut.

    Raises:
        LabError: A phase did not come in time, or a client was answered what no phase has.
    """
    trial = Trial(system, deployment)
    trial.play()  # that all works with the rules is where it begins
    lost = trial.play(trial.without(*trial.channel))
    lines = finished(_hold(trial, lost.seen.failed))
    caption = "What is connected needs no rule; what has to be connected again does"
    return Result((Table("hold", caption, _PHASES, tuple(lines)),), outcome_picture(trial.real, lost.outcome))


@dataclass(frozen=True)
class Phase:
    """What a client is answered after something was done, how many channels there are, and what failed meanwhile."""

    what: str
    status: int
    channels: int
    failed: tuple[FailedDial, ...]


async def held(
    stage: Stage, take: Callable[[], None], give: Callable[[], None], fails: frozenset[FailedDial]
) -> list[Phase]:
    """
    Build the channels, *take* their rules, cut them, and *give* the rules back.

    *fails* are the dials that have to fail before it counts that no channel can be built.

    Raises:
        LabError: A phase did not come in time, or a client was answered what no phase has.
    """

    def rebuilt() -> None:
        give()
        stage.network.failed.clear()  # what was tried while they were missing

    def lost() -> bool:
        return not any(stage.channels.values()) and fails <= stage.network.failed

    await stage.deploy()
    await stage.connect()
    return [
        await _phase(stage, "The channel is built by the planned rules"),
        await _phase(stage, "The channel's rules are taken away", take),
        await _phase(stage, "The channel is cut", stage.cut, lost),
        await _phase(stage, "The rules are given back", rebuilt, lambda: all(stage.channels.values())),
    ]


async def _phase(
    stage: Stage, what: str, act: Callable[[], object] = lambda: None, until: Callable[[], object] = lambda: True
) -> Phase:
    """Do something, wait for what comes of it, then see what a client gets; each failed dial is reported once."""
    named = f"{what[0].lower()}{what[1:]}"
    act()
    wait_s = WAIT_S + MORE_S * len(stage.channels)
    try:
        async with asyncio.timeout(wait_s):
            while not until():
                await asyncio.sleep(0.001)
            status = await _ask(stage)
    except TimeoutError:
        raise LabError(f"{named}: this took longer than {wait_s:g} seconds") from None
    if status not in _ANSWERS:
        raise LabError(f"{named}: a client was answered {status}")
    failed = tuple(sorted(stage.network.failed))
    stage.network.failed.clear()
    return Phase(what, status, sum(way is not None for way in stage.channels.values()), failed)


async def _ask(stage: Stage) -> int:
    """The status of what a client is answered over a new connection."""
    client = stage.clients[0]
    identity = await client.sign_in(stage.script.credentials[0])
    assert identity, "the client's own rules stay"
    connection = await client.dial(identity)
    return (await client.ask(connection, identity, stage.script.policies[0].target)).status


async def _hold(trial: Trial, fails: frozenset[FailedDial]) -> list[Line]:
    planned = Circumstances(RuleSetFirewall(trial.rules))
    fewer = Circumstances(RuleSetFirewall(trial.without(*trial.channel)))
    async with Stage(trial.plan.deployment, planned, retry_s=0.01) as stage:

        def change(given: Circumstances) -> None:
            stage.network.circumstances = given

        phases = await held(stage, lambda: change(fewer), lambda: change(planned), fails)
        return [_phase_line(trial.plan.system, phase, len(stage.channels)) for phase in phases]


def _phase_line(system: System, phase: Phase, channels: int) -> Line:
    failed: dict[str, list[int]] = {}
    for item in phase.failed:
        failed.setdefault(system.role(item.destination.role).name, []).append(item.port)
    lost = joined([joined([text(name), *_tight(Ports.of(ports))], ", ") for name, ports in failed.items()], "; ")
    cells = (phase.what, f"{phase.channels} of {channels}", _ANSWERS[phase.status])
    return Line(phase.what, (*map(text, cells), lost))


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
        trial = Trial(system, replace(deployment, setup=setup))
        channel = next(row.ports for row in trial.plan.rows if row.flow.rung)
        usual = Ports(trial.plan.rows[0].ports)  # deployment goes to the usual port
        for ports in dict.fromkeys((usual, Ports((*usual, *channel)))):
            run = trial.play(connect_ports=ports)
            lines.append(_proxy_line(trial, number, ports, run))
            pictures.append(outcome_picture(trial.real, run.outcome))
    caption = "Behind a proxy for the usual port alone, one VM instance has its channel and two have none"
    return Result((Table("proxy", caption, _PROXIES, tuple(lines)),), pictures[1])


def _proxy_line(trial: Trial, number: int, ports: Ports, run: Run) -> Line:
    ways: dict[str, list[int]] = {}
    for way in filter(None, run.seen.channels.values()):
        ways.setdefault(way[0], []).append(way[1])
    channels = listed(f"{protocol} {Ports.of(found)}" for protocol, found in ways.items()) or NO_CHANNEL
    refused = str(Ports.of(item.port for item in run.seen.failed)) or "nothing"
    cells = (str(number), str(ports), channels, refused, summary(trial.real, run.outcome))
    return Line(f"{number}-{ports}", tuple(map(text, cells)))


def _tight(ports: Iterable[object]) -> list[Cell]:
    return [(Span(str(each), Mark.TIGHT),) for each in ports]
