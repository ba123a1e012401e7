"""
What works, degrades or fails under given circumstances, worked out from the facts without a connection. Pure.

Beside the article this rests on assumptions, which the lab plays in the same way: each channel falls back by itself;
an instance without a channel hands nothing over; the load balancer leaves out instances that are down. No source
tells these.

Where it is undecided whether a connection gets through, the steps are predicted once with all of these open and once
with all of them refused. In steps 1 to 4 opening more never makes anything worse, so that these two are the extremes.
Step 5 is judged by what reaches it, so that more channels may show more of what is closed behind them: its own
doubtful connections are opened and refused apart from those before it, which makes four runs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import product

from ..facts.model import CredentialId, FlowId, Protocol, RoleId
from ..facts.ports import EVERY_PORT, PortRange, Ports, cut
from ..facts.queries import ladder
from ..plan.plan import Plan, PlanRow
from ..site.families import doubted_pairs
from ..site.hosts import HostKind
from ..site.model import CONNECTION_POINT, GATEWAY, PROXY
from ..site.places import INSTANCE, Place, places
from .outcome import Cause, Channel, Closed, Failure, Outcome, State, StepOutcome, agreed
from .scenario import Circumstances

ENTRA = CredentialId("entra")
HTTPS = 443  # what a proxy is asked about where no source states a port; a firewall is asked about every port
_ONE_HOST = (HostKind.ADDRESS, HostKind.NAME)
_REVOCATION = ("crl", "microsoft-crl")
_TLS = (Protocol.HTTPS, Protocol.TCP_TLS)


@dataclass(frozen=True, slots=True)
class Dial:
    """A connection as it is dialled: one port of a planned row."""

    flow: FlowId
    initiator: RoleId
    responder: RoleId
    port: int
    protocol: str
    tls: bool
    proxied: bool


def dials_of(row: PlanRow, port: int | None = None) -> Iterator[Dial]:
    """One line for each port of a row, or the one for *port*."""
    for service, ports in row.connection.services:
        for number in range(ports.low, ports.high + 1) if ports else ():
            if port in (None, number):
                tls = service.protocol is not Protocol.HTTP
                ends = row.flow.initiator, row.flow.responder
                yield Dial(row.flow.id, *ends, number, service.protocol.value, tls, row.proxied)


def named_dials(rows: dict[tuple[RoleId, RoleId], PlanRow], initiator: str, responder: str) -> tuple[Dial, ...]:
    row = rows.get((RoleId(initiator), RoleId(responder)))
    return tuple(dials_of(row)) if row else ()


class Predictor:
    """
    Predicts what becomes of one plan; what does not depend on circumstances is worked out once.

    Args:
        plan: All connections of a site, not only those of an edition.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        setup = plan.deployment.setup
        hosts = dict(plan.deployment.hosts)
        self._hosts = {role: found for role, found in hosts.items() if found}
        self._credentials = setup.credentials
        self._gateway = Place(GATEWAY)
        proxy = plan.deployment.proxy
        self._proxy = (Place(PROXY), proxy.port) if proxy else None
        rows = {
            (row.flow.initiator, row.flow.responder): row for row in plan.rows if row.flow.step or not row.flow.rung
        }
        by_flow = {row.flow.id: row for row in plan.rows}
        self._deploy = tuple(named_dials(rows, "service-connection-point", end) for end in ("entra", "azure"))
        self._upload = tuple(named_dials(rows, "site-server", end) for end in ("entra", "blob-storage"))
        self._ask = named_dials(rows, "client", GATEWAY)
        self._download = named_dials(rows, "client", "blob-storage")
        self._sign_in = named_dials(rows, "client", "entra")
        self._check = named_dials(rows, "management-point", "entra")
        answers = [row for row in plan.rows if row.flow.initiator == CONNECTION_POINT and row.responder.zone.inside]
        self._policy = [line for row in answers if row.flow.responder == "management-point" for line in dials_of(row)]
        self._update = [
            line for row in answers if row.flow.responder == "software-update-point" for line in dials_of(row)
        ]
        lists = [row for row in plan.rows if row.flow.responder in _REVOCATION and row.flow.initiator != GATEWAY]
        self._revocation = [line for row in lists for line in dials_of(row)]
        self._ladder = tuple(
            tuple((rung.order, next(dials_of(by_flow[rung.flow.id], rung.port))) for rung in rungs)
            for rungs in ladder(plan.system, setup.method, setup.instances)
        )
        self._points = self._places(CONNECTION_POINT)
        self._instances = self._places(INSTANCE)
        self._same = self._one_host()
        self._families = self._without_version()

    def _places(self, role: RoleId | str) -> tuple[Place, ...]:
        return places(self.plan.deployment, RoleId(role))

    def _one_host(self) -> frozenset[tuple[Place, Place]]:
        """Pairs of places that are one host, so that no firewall is between them."""
        at: dict[str, list[Place]] = {}
        for role, hosts in self._hosts.items():
            for number, host in enumerate(hosts, 1):
                if host.kind in _ONE_HOST:
                    at.setdefault(host.text, []).append(Place(role, number))
        return frozenset((a, b) for places in at.values() for a in places for b in places if a != b)

    def _without_version(self) -> dict[tuple[Place, Place], str]:
        """Pairs of places that have no IP version in common, each with what to say of it."""
        ends = {(row.flow.initiator, row.flow.responder) for row in self.plan.rows}
        ends |= {end[::-1] for end in ends}
        ends |= {pair for source, destination in ends for pair in ((source, PROXY), (PROXY, destination))}
        system, deployment = self.plan.system, self.plan.deployment
        return {
            (source, destination): why
            for pair in sorted(ends)
            for source, destination, why in doubted_pairs(deployment, system, *pair)
        }

    def asks(self, place: Place) -> bool:
        """Whether any planned connection begins or ends at that place."""
        roles = {end for row in self.plan.rows for end in (row.flow.initiator, row.flow.responder)}
        return place.role in roles | {INSTANCE, PROXY}

    def predict(self, circumstances: Circumstances, *, unstated: bool = False) -> Outcome:
        """
        Say what works, degrades, fails or is undecided; nothing is opened.

        It includes what is closed besides, for which the firewall is asked about every port of every connection.
        Connections whose ports no source states are among them where *unstated*; no planned rule opens them.
        """
        found, run = self._steps(circumstances)
        rows = (row for row in self.plan.rows if row.flow.id not in found.explained)
        asked = (row for row in rows if unstated or row.connection.ports)
        return replace(found, closed=tuple(item for row in asked if (item := run.closed(row))))

    def steps(self, circumstances: Circumstances) -> Outcome:
        """The same of the steps alone, in microseconds."""
        return self._steps(circumstances)[0]

    def _steps(self, circumstances: Circumstances) -> tuple[Outcome, _Run]:
        best = _Run(self, circumstances)
        found = best.outcome()
        if best.doubted:
            runs = (_Run(self, circumstances, *refused) for refused in ((True, True), (False, True), (True, False)))
            found = agreed([found, *(run.outcome() for run in runs)])
        return found, best


class _Run:
    """
    One prediction: what was tried so far, each connection once.

    Of doubtful connections those before step 5 are *refused*, or else open, and those of step 5 *refused_behind*.
    *doubted* says whether there was any.
    """

    def __init__(
        self, of: Predictor, circumstances: Circumstances, refused: bool = False, refused_behind: bool = False
    ) -> None:
        self.of, self.given = of, circumstances
        self.refusal, self.doubt = circumstances.firewall.refusal, circumstances.firewall.doubt
        self.refuses = self.refuses_before = refused
        self.refuses_behind = refused_behind
        self.doubted = False
        instances = circumstances.down.issuperset(of._instances)
        self.down = circumstances.down | {of._gateway} if instances else circumstances.down
        self.tried: dict[tuple[Place, Place, int], Failure | None] = {}
        self.failed: list[Failure] = []

    def outcome(self) -> Outcome:
        deploy, upload = self.deploy()
        if deploy.state is State.FAILS and not self.given.deployed:
            rest = tuple(StepOutcome(n, State.FAILS, before=1) for n in (2, 3, 4, 5))
            channels = tuple(Channel(p.number, i.number) for p in self.of._points for i in self.of._instances)
            return Outcome(channels, (deploy, *rest), upload, tuple(self.failed))
        channels, build = self.build()
        live = [place.number for place in self.of._instances if place not in self.down]
        held = [item for item in channels if item.rung and item.instance in live]
        ask, let_in = self.ask(bool(live))
        hand_over = _hand_over(ask, live, {item.instance for item in held})
        answer = self.answer(hand_over, sorted({item.connection_point for item in held}), let_in)
        self.revocation()
        return Outcome(channels, (deploy, build, ask, hand_over, answer), upload, tuple(self.failed))

    def dial(self, line: Dial, source: Place, destination: Place) -> Failure | None:
        """Try one connection, or tell what became of it the first time; None where it stands."""
        key = (source, destination, line.port)
        if key not in self.tried:
            self.tried[key] = self._dial(line, source, destination, destination)
        return self.tried[key]

    def _dial(self, line: Dial, source: Place, destination: Place, end: Place) -> Failure | None:
        """*end* is who listens there: the destination, or a VM instance behind the gateway."""
        found = self._way(line, source, destination)
        if found is None and end in self.down:
            found = Failure(line.flow, self._last(line, source), destination, line.port, Cause.DOWN)
        if found is None and line.tls and (line.initiator, line.responder) in self.given.inspected:
            found = Failure(line.flow, source, destination, line.port, Cause.INSPECTED)
        if found is not None:
            self.failed.append(found)
        return found

    def _way(self, line: Dial, source: Place, destination: Place) -> Failure | None:
        if (line.initiator, line.responder) in self.given.nameless:
            return Failure(line.flow, source, destination, line.port, Cause.NAMELESS)
        if not line.proxied or self.of._proxy is None:
            return self._passes(line, source, destination, line.port)
        proxy, port = self.of._proxy
        if found := self._passes(line, source, proxy, port):
            return found
        if proxy in self.down:
            return Failure(line.flow, source, proxy, port, Cause.DOWN)
        if line.tls and not self._tunnelled(line.port):
            return Failure(line.flow, source, destination, line.port, Cause.PROXY)
        return self._passes(line, proxy, destination, line.port)

    def _tunnelled(self, port: int) -> bool:
        """Whether the web proxy takes CONNECT to a port; a request without TLS needs none."""
        allowed = self.given.connect_ports
        return allowed is None or any(port in ports for ports in allowed)

    def _passes(self, line: Dial, source: Place, destination: Place, port: int) -> Failure | None:
        cause, why = self._obstacle(source, destination, port)
        if cause is Cause.UNDECIDED:
            self.doubted = True
            cause = cause if self.refuses else None
        return Failure(line.flow, source, destination, port, cause, why) if cause else None

    def _obstacle(self, source: Place, destination: Place, port: int) -> tuple[Cause | None, str]:
        if (source, destination) in self.of._same:
            return None, ""
        if why := self.refusal(source, destination, port):
            return Cause.BLOCKED, why
        why = self.of._families.get((source, destination)) or self.doubt(source, destination, port)
        return (Cause.UNDECIDED if why else None), why

    def closed(self, row: PlanRow) -> Closed | None:
        """What of a planned connection does not get through between any two of its places, and from which."""
        if found := self._closed(row, sources := self.of._places(row.flow.initiator)):
            lost = tuple(source for source in sources if source not in self.down and self._closed(row, (source,)))
            found = replace(found, sources=lost) if len(lost) < len(sources) else found
        return found

    def _closed(self, row: PlanRow, sources: tuple[Place, ...]) -> Closed | None:
        proxy = self.of._proxy if row.proxied else None
        ends = row.flow.initiator, row.flow.responder
        tls = any(service.protocol in _TLS for service, _ in row.connection.services)
        lost = False  # something is in the way of every port
        middle: list[str] = []  # doubts about the way to the proxy
        hops: dict[tuple[Place, Place], None] = {}
        for pair in (ends, ends[::-1]) if row.flow.both_ways else (ends,):
            both = (sources, self.of._places(pair[1])) if pair is ends else (self.of._places(pair[0]), sources)
            for source, destination in product(*both):
                if source in self.down:
                    continue  # it opens nothing, and misses nothing
                lost |= (
                    pair in self.given.nameless or destination in self.down or (tls and pair in self.given.inspected)
                )
                if proxy:
                    cause, why = self._obstacle(source, *proxy)
                    lost |= proxy[0] in self.down or cause is Cause.BLOCKED
                    middle.append(why)
                hops[proxy[0] if proxy else source, destination] = None
        asked = [hop for hop in hops if hop not in self.of._same]
        families = (self.of._families.get(hop, "") for hop in asked)
        doubts = dict.fromkeys(why for why in (*families, *middle) if why)
        shut: list[PortRange] = []
        doubtful: list[PortRange] = []
        spans = self.given.firewall.spans(row.connection.ports or EVERY_PORT)
        for span in cut(spans, self.given.connect_ports or ()):
            unfit = lost or (proxy and tls and not self._tunnelled(span.low if row.connection.ports else HTTPS))
            if unfit or any(self.refusal(*hop, span.low) for hop in asked):
                shut.append(span)
            elif doubts or any(self.doubt(*hop, span.low) for hop in asked):
                doubtful.append(span)
        if not row.connection.ports and shut and Ports(shut) != EVERY_PORT:
            shut, doubtful, doubts = [], shut, {"no source states its port": None}
        ports = Ports(shut or doubtful if row.connection.ports else ())
        if shut or not doubtful:
            return Closed(row.flow.id, State.FAILS, ports) if shut else None
        why = next(iter(doubts), "") or next(filter(None, (self.doubt(*hop, doubtful[0].low) for hop in asked)))
        return Closed(row.flow.id, State.UNDECIDED, ports, why)

    def _last(self, line: Dial, source: Place) -> Place:
        return self.of._proxy[0] if line.proxied and self.of._proxy else source

    def dial_all(self, lines: Iterable[Dial], source: Place, destination: Place) -> list[Failure]:
        return [found for line in lines if (found := self.dial(line, source, destination))]

    def deploy(self) -> tuple[StepOutcome, StepOutcome | None]:
        """Step 1, and the upload of content outside the steps."""
        of = self.of
        point = Place(RoleId("service-connection-point"))
        failures = self._one_after_the_other(of._deploy, point) if point not in self.down else []
        down = (point,) if point in self.down else ()
        step = StepOutcome(1, State.FAILS if failures or down else State.WORKS, tuple(failures), down)
        if not any(of._upload):
            return step, None
        if step.state is State.FAILS and not self.given.deployed:
            return step, StepOutcome(0, State.FAILS, before=1)
        server = Place(RoleId("site-server"))
        if server in self.down:
            return step, StepOutcome(0, State.FAILS, down=(server,))
        failures = self._one_after_the_other(of._upload, server)
        return step, StepOutcome(0, State.FAILS if failures else State.WORKS, tuple(failures))

    def _one_after_the_other(self, parts: Iterable[tuple[Dial, ...]], source: Place) -> list[Failure]:
        """First the token, then what it is for: without it nothing else is tried."""
        tries = ([self.dial(line, source, Place(line.responder)) for line in lines] for lines in parts)
        return next((found for tried in tries if (found := [*filter(None, tried)])), [])

    def build(self) -> tuple[tuple[Channel, ...], StepOutcome]:
        """Step 2: every connection point tries the rungs of each VM instance until one stands."""
        channels, failures, down = [], [], []
        for point in self.of._points:
            if point in self.down:
                down.append(point)
                channels += [Channel(point.number, instance.number) for instance in self.of._instances]
                continue
            for instance, rungs in zip(self.of._instances, self.of._ladder, strict=True):
                for order, line in rungs:
                    found = self._dial(line, point, self.of._gateway, instance)
                    if found is None:
                        item = Channel(point.number, instance.number, order, line.flow, line.protocol, line.port)
                        break
                    failures.append(found)
                else:
                    item = Channel(point.number, instance.number)
                channels.append(item)
        down += [place for place in self.of._instances if place in self.down]
        return tuple(channels), StepOutcome(
            2,
            _state([item.rung == 1 for item in channels], any(c.rung for c in channels)),
            tuple(failures),
            tuple(down),
        )

    def ask(self, live: bool) -> tuple[StepOutcome, list[CredentialId]]:
        """Step 3: every client asks with each of its credentials, and downloads; also which credentials get in."""
        of, blob, entra = self.of, Place(RoleId("blob-storage")), Place(RoleId("entra"))
        failures: list[Failure] = []
        got_in: list[bool] = []
        reached: list[bool] = []
        let_in: dict[CredentialId, None] = {}
        down = [] if live else list(of._instances)
        for client in of._places("client"):
            if client in self.down:
                down.append(client)
                got_in.append(False)
                continue
            for credential in of._credentials:
                found = self.dial_all(of._sign_in, client, entra) if credential == ENTRA else []
                if not found:
                    found = self.dial_all(of._ask, client, of._gateway)
                got_in.append(not found)
                if not found:
                    let_in[credential] = None
                failures += found
            found = self.dial_all(of._download, client, blob)
            reached.append(not found)
            failures += found
        state = _state([*got_in, *reached], any(got_in))
        return StepOutcome(3, state, tuple(dict.fromkeys(failures)), tuple(down)), list(let_in)

    def answer(self, before: StepOutcome, points: list[int], let_in: list[CredentialId]) -> StepOutcome:
        """Step 5: every connection point that holds a channel passes on requests of each kind."""
        if before.state is State.FAILS:
            return StepOutcome(5, State.FAILS, before=4)
        self.refuses = self.refuses_behind
        policy: list[bool] = []
        update: list[bool] = []
        failures: list[Failure] = []
        for number in points:
            point = Place(CONNECTION_POINT, number)
            for line in self.of._policy:
                for place in self.of._places(line.responder):
                    failed = self.dial(line, point, place)
                    checks = [] if failed or ENTRA not in let_in else self.check(place)
                    failures += [failed] if failed else checks
                    policy += [not failed and not (checks and credential == ENTRA) for credential in let_in]
            for line in self.of._update:
                for place in self.of._places(line.responder):
                    failed = self.dial(line, point, place)
                    failures += [failed] if failed else []
                    update.append(not failed)
        state = _state([*policy, *update], any(policy))
        return StepOutcome(5, state, tuple(dict.fromkeys(failures)))

    def revocation(self) -> None:
        """Revocation lists are fetched; no step says what comes of a missing one, because no source does."""
        self.refuses = self.refuses_before
        for line in self.of._revocation:
            for place in self.of._places(line.initiator):
                if place not in self.down:
                    self.dial(line, place, Place(line.responder))

    def check(self, place: Place) -> list[Failure]:
        """The management point checks the token of a client that signed in with Microsoft Entra ID."""
        return self.dial_all(self.of._check, place, Place(RoleId("entra")))


def _hand_over(before: StepOutcome, live: list[int], held: set[int]) -> StepOutcome:
    """Step 4: every VM instance that is up hands requests to a connection point whose channel it holds."""
    if before.state is State.FAILS:
        return StepOutcome(4, State.FAILS, before=3)
    idle = tuple(number for number in live if number not in held)
    return StepOutcome(4, _state([number in held for number in live], bool(held)), idle=idle)


def _state(parts: list[bool], some: bool) -> State:
    return State.FAILS if not some else State.WORKS if all(parts) else State.DEGRADED
