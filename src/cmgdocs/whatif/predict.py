"""
What works, degrades or fails under given circumstances, worked out from the facts without a connection. Pure.

Besides the article this rests on assumptions, which the lab plays in the same way: each channel falls back by itself;
an instance without a channel hands nothing over; the load balancer leaves out instances that are down. No source
states these.

Where it is undecided whether a connection gets through, the steps are predicted once with all of these open and once
with all of them refused. In steps 1 to 4 opening more never makes anything worse, so that these two are the extremes.
Step 5 is judged by what reaches it, so that more channels may show more of what is closed behind them: its own
doubtful connections are opened and refused apart from those before it, which makes four runs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cached_property, partial
from itertools import permutations

from ..facts.ids import (
    AZURE,
    BLOB_STORAGE,
    BY_ENTRA,
    CLIENT,
    CONNECTION_POINT,
    ENTRA,
    GATEWAY,
    INSTANCE,
    MANAGEMENT_POINT,
    MICROSOFT_REVOCATION_LIST,
    PROXY,
    REVOCATION_LIST,
    SERVICE_CONNECTION_POINT,
    SITE_SERVER,
    SOFTWARE_UPDATE_POINT,
)
from ..facts.model import CredentialId, Protocol, RoleId, Service
from ..facts.ports import EVERY_PORT, PortRange, Ports, cut
from ..facts.queries import Rung, ladder
from ..plan.plan import Plan, PlanRow
from ..site.families import doubted_pairs
from ..site.hosts import HostKind
from ..site.places import Place, places, places_by_host
from .outcome import Cause, Channel, Closed, Failure, Outcome, State, StepOutcome, agreed
from .scenario import Circumstances

REVOCATION_LISTS = (REVOCATION_LIST, MICROSOFT_REVOCATION_LIST)
_TLS = (Protocol.HTTPS, Protocol.TCP_TLS)


def tries(row: PlanRow) -> Iterator[tuple[Service, int]]:
    """Each port of a planned connection with its service, in printed order."""
    for service, ports in row.services:
        for port in range(ports.low, ports.high + 1) if ports else ():
            yield service, port


class Predictor:
    """
    Predicts what becomes of one plan; what does not depend on circumstances is worked out once.

    Args:
        plan: All connections of a site, not only those of an edition.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        setup, proxy = plan.deployment.setup, plan.deployment.proxy
        self.proxy = (Place(PROXY), proxy.port) if proxy else None
        roles = {end for row in plan.rows for end in (row.flow.initiator, row.flow.responder)}
        self.places = {role: places(plan.deployment, role) for role in (*roles, CONNECTION_POINT, INSTANCE, CLIENT)}
        self.points, self.instances = self.places[CONNECTION_POINT], self.places[INSTANCE]
        self.ladder = ladder(plan.system, setup.method, setup.instances)
        self.by_flow = {row.flow.id: row for row in plan.rows}
        rows = [row for row in plan.rows if row.flow.step or not row.flow.rung]
        self.row = {(row.flow.initiator, row.flow.responder): row for row in rows}
        self.answering = {
            role: [row for row in plan.rows if row.flow.responder == role and row.flow.initiator == CONNECTION_POINT]
            for role in (MANAGEMENT_POINT, SOFTWARE_UPDATE_POINT)
        }
        checks = [self.row[ends] for ends in [(MANAGEMENT_POINT, ENTRA)] if ends in self.row]
        self.behind = {row.flow.id for rows in (*self.answering.values(), checks) for row in rows}  # tried in step 5
        self.same_host = self._same_host()
        self.no_version = self._without_version()

    @cached_property
    def https(self) -> int:
        """The port of most connections over HTTPS: what a proxy is asked about where no source states a port."""
        services = (item for row in self.plan.rows for item in row.services)
        known = (ports.low for service, ports in services if ports and service.protocol is Protocol.HTTPS)
        return Counter(known).most_common(1)[0][0]

    def _same_host(self) -> frozenset[tuple[Place, Place]]:
        """Pairs of places that are one host, so that no firewall is between them."""
        found = places_by_host(self.plan.deployment)
        shared = [at for host, at in found.items() if host.kind in (HostKind.ADDRESS, HostKind.NAME)]
        return frozenset(pair for at in shared for pair in permutations(at, 2))

    def _without_version(self) -> dict[tuple[Place, Place], str]:
        """Pairs of places that have no IP version in common, each with what to say of it."""
        pairs: set[tuple[RoleId, RoleId]] = set()
        for row in self.plan.rows:
            one, other = row.flow.initiator, row.flow.responder
            pairs |= {(one, PROXY), (PROXY, other)} if row.proxied else {(one, other)}
        system, deployment = self.plan.system, self.plan.deployment
        return {
            (source, destination): why for source, destination, why in doubted_pairs(deployment, system, sorted(pairs))
        }

    def predict(self, circumstances: Circumstances, *, unstated: bool = False) -> Outcome:
        """
        Say what works, degrades, fails or is undecided; nothing is opened.

        It includes what is closed besides, for which the firewall is asked about every port of every connection.
        Connections whose ports no source states are among them where *unstated*; no planned rule opens them.
        """
        found, run = self._steps(circumstances)
        rows = (row for row in self.plan.rows if row.flow.id not in found.explained)
        asked = (row for row in rows if unstated or row.ports)
        return replace(found, closed=tuple(item for row in asked if (item := run.closed(row))))

    def steps(self, circumstances: Circumstances) -> Outcome:
        """The same of the steps alone."""
        return self._steps(circumstances)[0]

    def _steps(self, circumstances: Circumstances) -> tuple[Outcome, _Run]:
        best = _Run(self, circumstances)
        found = best.outcome()
        if best.doubted:
            refused = ((True, True), (False, True), (True, False))
            found = agreed([found, *(_Run(self, circumstances, *both).outcome() for both in refused)])
        return found, best


class _Run:
    """
    One prediction: what was tried so far, each connection once.

    Of doubtful connections those before step 5 are *refused*, or else open, and those of step 5 *refused_behind*.
    *doubted* says whether there was any. *tried* are source, destination and port of every connection, in order.
    """

    def __init__(
        self, of: Predictor, given: Circumstances, refused: bool = False, refused_behind: bool = False
    ) -> None:
        self.of, self.given, self.firewall = of, given, given.firewall
        self.refused, self.refused_behind = refused, refused_behind
        self.doubted = False
        self.down = given.down | {Place(GATEWAY)} if given.down.issuperset(of.instances) else given.down
        self.tried: dict[tuple[Place, Place, int], Failure | None] = {}

    def outcome(self) -> Outcome:
        """What becomes of the five steps, one after the other."""
        deploy = self.deploy()
        upload = self.upload(deploy)
        if deploy.state is State.FAILS and not self.given.deployed:
            channels = tuple(Channel(p.number, i.number) for p in self.of.points for i in self.of.instances)
            rest = [StepOutcome(number, State.FAILS, before=1) for number in (2, 3, 4, 5)]
            return Outcome(channels, (deploy, *rest), upload, self.failures())
        channels, build = self.build()
        live = [place.number for place in self.of.instances if place not in self.down]
        held = [item for item in channels if item.rung and item.instance in live]
        ask, let_in = self.ask(bool(live))
        hand_over = self.hand_over(ask, live, {item.instance for item in held})
        answer = self.answer(hand_over, sorted({item.connection_point for item in held}), let_in)
        self.fetch_revocation_lists()
        return Outcome(channels, (deploy, build, ask, hand_over, answer), upload, self.failures())

    def failures(self) -> tuple[Failure, ...]:
        """Everything that failed so far, in the order of tries."""
        return tuple(filter(None, self.tried.values()))

    def deploy(self) -> StepOutcome:
        """Step 1: the service connection point signs in and makes the gateway."""
        return self.alone(1, Place(SERVICE_CONNECTION_POINT), (ENTRA, AZURE))

    def upload(self, deploy: StepOutcome) -> StepOutcome | None:
        """The upload of content outside the steps; None where there is nothing to upload to."""
        ends = (ENTRA, BLOB_STORAGE)
        if not any((SITE_SERVER, end) in self.of.row for end in ends):
            return None
        if deploy.state is State.FAILS and not self.given.deployed:
            return StepOutcome(0, State.FAILS, before=1)
        return self.alone(0, Place(SITE_SERVER), ends)

    def alone(self, number: int, source: Place, responders: Iterable[RoleId]) -> StepOutcome:
        """What one server does, in turn: without the token nothing else is tried."""
        if source in self.down:
            return StepOutcome(number, State.FAILS, down=(source,))
        for role in responders:
            if failures := self.connect_all(source, Place(role)):
                return StepOutcome(number, State.FAILS, tuple(failures))
        return StepOutcome(number, State.WORKS)

    def build(self) -> tuple[tuple[Channel, ...], StepOutcome]:
        """Step 2: every connection point tries the rungs of each VM instance until one connects."""
        channels: list[Channel] = []
        failures: list[Failure] = []
        for point in self.of.points:
            for instance, rungs in zip(self.of.instances, self.of.ladder, strict=True):
                channel, failed = self.climb(point, instance, rungs if point not in self.down else [])
                channels.append(channel)
                failures += failed
        down = [place for place in (*self.of.points, *self.of.instances) if place in self.down]
        state = _state([item.rung == 1 for item in channels], any(item.rung for item in channels))
        return tuple(channels), StepOutcome(2, state, tuple(failures), tuple(down))

    def climb(self, point: Place, instance: Place, rungs: Iterable[Rung]) -> tuple[Channel, list[Failure]]:
        """The channel from a connection point to a VM instance, and the rungs that failed before it."""
        failures: list[Failure] = []
        for rung in rungs:
            row, service = self.of.by_flow[rung.flow.id], rung.flow.services[0]
            failed = self.connect(row, service, rung.port, point, Place(GATEWAY), instance)
            if failed is None:
                way = (rung.order, rung.flow.id, service.protocol.value, rung.port)
                return Channel(point.number, instance.number, *way), failures
            failures.append(failed)
        return Channel(point.number, instance.number), failures

    def ask(self, live: bool) -> tuple[StepOutcome, list[CredentialId]]:
        """Step 3: every client asks with each of its credentials, and downloads; also which credentials get in."""
        failures: list[Failure] = []
        got_in: list[bool] = []
        reached: list[bool] = []
        let_in: dict[CredentialId, None] = {}
        clients = self.of.places[CLIENT]
        for client in clients:
            if client in self.down:
                got_in.append(False)
                continue
            for credential in self.of.plan.deployment.setup.credentials:
                failed = self.connect_all(client, Place(ENTRA)) if credential == BY_ENTRA else []
                failed = failed or self.connect_all(client, Place(GATEWAY))
                got_in.append(not failed)
                failures += failed
                if not failed:
                    let_in[credential] = None
            failed = self.connect_all(client, Place(BLOB_STORAGE))
            reached.append(not failed)
            failures += failed
        down = [*(() if live else self.of.instances), *(client for client in clients if client in self.down)]
        state = _state([*got_in, *reached], any(got_in))
        return StepOutcome(3, state, tuple(dict.fromkeys(failures)), tuple(down)), list(let_in)

    def hand_over(self, ask: StepOutcome, live: list[int], held: set[int]) -> StepOutcome:
        """Step 4: every VM instance that is up hands requests to a connection point whose channel it holds."""
        if ask.state is State.FAILS:
            return StepOutcome(4, State.FAILS, before=3)
        idle = tuple(number for number in live if number not in held)
        return StepOutcome(4, _state([number in held for number in live], bool(held)), idle=idle)

    def answer(self, hand_over: StepOutcome, points: list[int], let_in: list[CredentialId]) -> StepOutcome:
        """Step 5: every connection point that holds a channel passes on requests of each kind."""
        if hand_over.state is State.FAILS:
            return StepOutcome(5, State.FAILS, before=4)
        policy: list[bool] = []
        update: list[bool] = []
        failures: list[Failure] = []
        for point in (Place(CONNECTION_POINT, number) for number in points):
            for server, failed in self.pass_on(point, MANAGEMENT_POINT):
                checks = self.connect_all(server, Place(ENTRA)) if not failed and BY_ENTRA in let_in else []
                policy += [not failed and not (checks and credential == BY_ENTRA) for credential in let_in]
                failures += [failed] if failed else checks
            for _, failed in self.pass_on(point, SOFTWARE_UPDATE_POINT):
                update.append(not failed)
                failures += [failed] if failed else []
        return StepOutcome(5, _state([*policy, *update], any(policy)), tuple(dict.fromkeys(failures)))

    def pass_on(self, point: Place, role: RoleId) -> Iterator[tuple[Place, Failure | None]]:
        """Each server of a role that a connection point asks, once for each port, and what failed."""
        for row in self.of.answering[role]:
            for service, port in tries(row):
                for server in self.of.places[role]:
                    yield server, self.connect(row, service, port, point, server)

    def fetch_revocation_lists(self) -> None:
        """Only to record what fails: no step says what comes of a missing list, because no source does."""
        for row in self.of.plan.rows:
            if row.flow.responder in REVOCATION_LISTS and row.flow.initiator != GATEWAY:
                for service, port in tries(row):
                    for source in self.of.places[row.flow.initiator]:
                        if source not in self.down:
                            self.connect(row, service, port, source, Place(row.flow.responder))

    def connect_all(self, source: Place, destination: Place) -> list[Failure]:
        """Try every port of the planned connection between two places; what failed, nothing where none is planned."""
        row = self.of.row.get((source.role, destination.role))
        found = [self.connect(row, service, port, source, destination) for service, port in tries(row)] if row else []
        return [failure for failure in found if failure]

    def connect(
        self, row: PlanRow, service: Service, port: int, source: Place, destination: Place, end: Place | None = None
    ) -> Failure | None:
        """
        Try one connection, or recall what became of it the first time; None where it connects.

        *end* is what listens there: the destination, or a VM instance behind the gateway.
        """
        key = (source, destination, port)
        if key not in self.tried:
            self.tried[key] = self._failure(row, service, port, source, destination, end or destination)
        return self.tried[key]

    def _failure(
        self, row: PlanRow, service: Service, port: int, source: Place, destination: Place, end: Place
    ) -> Failure | None:
        """The first obstacle on the way; through the web proxy it has two hops."""
        failure, pair, last = partial(Failure, row.flow.id), (row.flow.initiator, row.flow.responder), source
        tls = service.protocol is not Protocol.HTTP
        if pair in self.given.nameless:
            return failure(source, destination, port, Cause.NAMELESS)
        if row.proxied and self.of.proxy:
            last, proxy_port = self.of.proxy
            if failed := self._hop(row, source, last, proxy_port):
                return failed
            if last in self.down:
                return failure(source, last, proxy_port, Cause.DOWN)
            if tls and not self._tunnelled(port):
                return failure(source, destination, port, Cause.PROXY)
        if failed := self._hop(row, last, destination, port):
            return failed
        if end in self.down:
            return failure(last, destination, port, Cause.DOWN)
        if tls and pair in self.given.inspected:
            return failure(source, destination, port, Cause.INSPECTED)
        return None

    def _hop(self, row: PlanRow, source: Place, destination: Place, port: int) -> Failure | None:
        """What a firewall, or the lack of a common IP version, does to one hop of a connection."""
        cause, why = self._obstacle(source, destination, port)
        if cause is Cause.UNDECIDED:
            self.doubted = True
            refused = self.refused_behind if row.flow.id in self.of.behind else self.refused
            cause = cause if refused else None
        return Failure(row.flow.id, source, destination, port, cause, why) if cause else None

    def _obstacle(self, source: Place, destination: Place, port: int) -> tuple[Cause | None, str]:
        if (source, destination) in self.of.same_host:
            return None, ""
        if why := self.firewall.refusal(source, destination, port):
            return Cause.BLOCKED, why
        why = self.of.no_version.get((source, destination)) or self.firewall.doubt(source, destination, port)
        return (Cause.UNDECIDED if why else None), why

    def _tunnelled(self, port: int) -> bool:
        """Whether the web proxy takes CONNECT to a port; a request without TLS needs none."""
        return self.given.connect_ports is None or any(port in span for span in self.given.connect_ports)

    def closed(self, row: PlanRow) -> Closed | None:
        """What of a planned connection does not get through between any two of its places, and from which."""
        sources = self.of.places[row.flow.initiator]
        spans = cut(self.firewall.spans(row.ports or EVERY_PORT), self.given.connect_ports or ())
        parts = tuple(spans)
        found = {source: list(self._closed_parts(row, source, parts)) for source in sources}
        every = [item for items in found.values() for item in items]
        if not every:
            return None
        shut = Ports(span for span, why in every if not why)
        state, why = (State.FAILS, "") if shut else (State.UNDECIDED, every[0][1])
        ports = shut or Ports(span for span, _ in every)
        if not row.ports:
            if shut and shut != EVERY_PORT:
                state, why = State.UNDECIDED, "no source states its port"
            ports = Ports()
        lost = tuple(source for source in sources if found[source] and source not in self.down)
        return Closed(row.flow.id, state, ports, why, lost if len(lost) < len(sources) else ())

    def _closed_parts(self, row: PlanRow, source: Place, parts: Iterable[PortRange]) -> Iterator[tuple[PortRange, str]]:
        """Which of *parts* fail between *source* and any responder, or else why each is undecided."""
        tls = any(service.protocol in _TLS for service, _ in row.services)
        narrow = tls and row.proxied and self.of.proxy
        hops, lost, doubt = self._hops(row, source, tls)
        for part in parts:
            if lost or (narrow and not self._tunnelled(part.low if row.ports else self.of.https)):
                yield part, ""
                continue
            obstacles = [self._obstacle(*hop, part.low) for hop in hops]
            if any(cause is Cause.BLOCKED for cause, _ in obstacles):
                yield part, ""
            elif why := next((why for cause, why in obstacles if cause), doubt):
                yield part, why

    def _hops(self, row: PlanRow, source: Place, tls: bool) -> tuple[list[tuple[Place, Place]], bool, str]:
        """
        The last hops between *source* and every responder, back as well where either end connects.

        Also whether something is in the way whatever the port, and why it is undecided whether the proxy is reached.
        """
        proxy = self.of.proxy if row.proxied else None
        others = self.of.places[row.flow.responder]
        ends = [(source, other) for other in others]
        ends += [(other, source) for other in others] if row.flow.both_ways else []
        hops: dict[tuple[Place, Place], None] = {}
        lost, doubt = False, ""
        for one, other in ends:
            if one in self.down:
                continue  # it opens nothing, and misses nothing
            pair = one.role, other.role
            lost |= pair in self.given.nameless or other in self.down or (tls and pair in self.given.inspected)
            if proxy:
                cause, why = self._obstacle(one, *proxy)
                lost |= proxy[0] in self.down or cause is Cause.BLOCKED
                doubt = doubt or why
            hops[proxy[0] if proxy else one, other] = None
        return list(hops), lost, doubt


def _state(parts: list[bool], some: bool) -> State:
    return State.FAILS if not some else State.WORKS if all(parts) else State.DEGRADED
