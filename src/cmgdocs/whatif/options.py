"""
The options of ``cmgdocs what-if``, for every face: words such as ``connection-point:cmg:10140-10147``, read strictly.

A new option is an entry in :data:`OPTIONS` and a field of :class:`.Circumstances`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from ..errors import Fault, SiteError, UnknownId, near
from ..facts.ids import GATEWAY, INSTANCE, PROXY
from ..facts.model import RoleId
from ..facts.ports import EVERY_PORT, PortRange, Ports
from ..facts.queries import Direction
from ..plan.plan import Plan, PlanRow
from ..site.hosts import HostKind, outermost, parse_host
from ..site.places import Place, places, places_by_host
from .scenario import Circumstances, Firewall, NamedTraffic, Open, OverrideFirewall, Pair

Asking = str | int | Iterable[str | int]
"""One word, or several; a number is a port. For an option that takes no word, true or false."""
_END = r"(\[[^\]]*\]|[^:]*)"
_TRAFFIC = re.compile(f"{_END}:{_END}:([^:]*)")
_PAIR = re.compile(f"{_END}:{_END}")
_NUMBERS = re.compile(r"([0-9]{1,6})(?:-([0-9]{1,6}))?")
_NETWORK = re.compile(r"[0-9a-f.:]+/[0-9]+")
_CONNECTION, _TWO = "SOURCE:DESTINATION:PORTS", "SOURCE:DESTINATION"
_NO_PROXY = "this site has no web proxy; name one as proxy in its file"
Hop = tuple[frozenset[Place], frozenset[Place], tuple[PortRange, ...]]


def hops(plan: Plan, row: PlanRow) -> Iterator[Hop]:
    """From where to where and on which ports a planned connection passes a firewall, twice where it is proxied."""
    ends = (row.flow.initiator, row.flow.responder)
    initiators, responders = (frozenset(places(plan.deployment, role)) for role in ends)
    ports = row.ports or EVERY_PORT
    if row.proxied and (proxy := plan.deployment.proxy):
        between = frozenset([Place(PROXY)])
        yield initiators, between, (PortRange(proxy.port, proxy.port),)
        yield between, responders, ports
        return
    yield initiators, responders, ports
    if row.flow.both_ways:
        yield responders, initiators, ports


def outside(plan: Plan, traffic: NamedTraffic) -> str:
    """What to say of traffic whose connections all pass no firewall of the site; empty where one does, or none is."""
    rows = [row for row in plan.rows if any(traffic.meets(*hop) for hop in hops(plan, row))]
    if not rows or any(row.direction is not Direction.OUTSIDE for row in rows):
        return ""
    flows = ", ".join(row.flow.id for row in rows)
    return f"both ends of {flows} are outside: no firewall of this site is between them"


class _WordReader:
    """Reads words against one plan, and gathers what is wrong with them, or changes nothing."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.faults: list[Fault] = []
        self.warnings: list[Fault] = []
        self._roles = {role.id for role in plan.system.roles}
        self._pairs = sorted({(row.flow.initiator, row.flow.responder) for row in plan.rows})
        self._ends = {end for pair in self._pairs for end in pair}

    @cached_property
    def _hops(self) -> list[Hop]:
        """Every hop of every planned connection."""
        return [hop for row in self.plan.rows for hop in hops(self.plan, row)]

    @cached_property
    def _hosts(self) -> dict[str, tuple[Place, ...]]:
        """Places of each host, with the names that the plan knows of roles which the site file does not name."""
        found = {host.text: at for host, at in places_by_host(self.plan.deployment).items()}
        for end in (row.responder for row in self.plan.rows if not row.responder.given):
            for host in end.hosts:
                found[host.text] = (*found.get(host.text, ()), Place(end.role))
        found.pop(HostKind.ANY.value, None)
        return found

    def things(self, option: Option, words: Iterable[str]) -> Iterator[Any]:
        """What the words of an option name."""
        for word in words:
            where = f"--{option.name} {word}"
            try:
                if not word.strip():
                    raise ValueError(f"found an empty word; allowed: {option.metavar}")
                found = tuple(option.read(self, word))
            except ValueError as error:
                self.faults.append(Fault(where, str(error)))
                continue
            reasons = [*map(self._ineffective, found)]
            if all(reasons):
                self.warnings.append(Fault(where, f"changes nothing; {reasons[0]}"))
            yield from found

    def _ineffective(self, thing: object) -> str:
        """Why something that was named changes nothing; empty where it does."""
        if isinstance(thing, Place) and thing.role not in {*self._ends, INSTANCE, PROXY}:
            return "no planned connection uses it"
        if not isinstance(thing, NamedTraffic) or any(thing.meets(*hop) for hop in self._hops):
            return ""
        proxy = self.plan.deployment.proxy
        for row in self.plan.rows:
            if proxy and row.proxied and any(thing.meets(*hop) for hop in hops(self.plan, replace(row, proxied=False))):
                asks = f"{row.flow.initiator}:{PROXY}:{proxy.port} or {PROXY}:{row.flow.responder}:PORTS"
                return f"{row.flow.id} goes through the web proxy; ask {asks}"
        return "it matches no planned connection"

    def traffic(self, word: str) -> list[NamedTraffic]:
        """Read ``SOURCE:DESTINATION:PORTS``, each end a role, ``ROLE#NUMBER``, a host of the site or ``any``."""
        if not (parts := _TRAFFIC.fullmatch(word)):
            example = "connection-point:cmg:10140-10147, or connection-point#2:cmg:443 for the second host of a role"
            raise ValueError(f"allowed: {_CONNECTION}, such as {example}")
        found: list[Any] = []
        faults: list[str] = []
        for read, part in zip((self._end, self._end, Ports.parse), parts.groups(), strict=True):
            try:
                found.append(read(part))
            except ValueError as error:
                faults.append(str(error))
        if faults:
            raise ValueError("; and ".join(faults))
        return [NamedTraffic(word, *found)]

    def _end(self, term: str) -> frozenset[Place] | None:
        """The places of one end; None for any."""
        term = term.removeprefix("[").removesuffix("]").lower()
        if term == "any":
            return None
        if term == INSTANCE or term.startswith((f"{INSTANCE}#", f"{GATEWAY}#")):
            raise ValueError(f"VM instances are reached at {GATEWAY}; write {GATEWAY} and the port of the instance")
        return frozenset(self._hosts.get(term) or self._within(term) or self._numbered(*term.partition("#")))

    def _within(self, term: str) -> list[Place]:
        """The places whose hosts are in a network; none where *term* is no network."""
        if not _NETWORK.fullmatch(term):
            return []
        network = parse_host(term)
        hosts = {text: parse_host(text) for text in self._hosts}
        inner = [text for text, host in hosts.items() if host.version == network.version]
        inner = [text for text in inner if len(outermost((network, hosts[text]))) == 1]
        return [place for text in inner for place in self._hosts[text]]

    def down(self, word: str) -> Iterable[Place]:
        """Read ``ROLE``, ``ROLE:NUMBER``, ``ROLE#NUMBER`` or a host; the gateway means all its VM instances."""
        term = word.lower()
        if term in self._hosts:
            return self._hosts[term]
        role, sign, numbers = term.partition("#" if "#" in term else ":")
        if role == PROXY and self.plan.deployment.proxy is None:
            raise ValueError(_NO_PROXY)
        return self._numbered(INSTANCE if role == GATEWAY else role, sign, numbers)

    def _numbered(self, role: str, sign: str, numbers: str) -> tuple[Place, ...]:
        """Places of a role, those of *numbers* where there is a *sign* before them."""
        whole = places(self.plan.deployment, self._role(role))
        if not sign:
            return whole
        wanted = [number for part in numbers.split(",") for number in _numbers(part.strip())]
        if not all(1 <= number <= len(whole) for number in wanted):
            raise ValueError(f"this site has {len(whole)} of {whole[0].role}; allowed: 1 to {len(whole)}")
        return tuple(whole[number - 1] for number in wanted)

    def _role(self, term: str) -> RoleId:
        if term in self._roles:
            return RoleId(term)
        if re.search("[.:/]", term):  # a host, and a similar one is another
            raise ValueError(f"no host {term!r} in this site; name one as its file does, or a role")
        proxy = {PROXY} if self.plan.deployment.proxy else set()
        raise ValueError(f"no role {term!r}; {near(term, self._ends | proxy | {INSTANCE})}")

    def pairs(self, word: str) -> list[Pair]:
        """Read ``SOURCE:DESTINATION``, each a role or ``any``."""
        if not (parts := _PAIR.fullmatch(word)):
            raise ValueError(f"allowed: {_TWO}, such as connection-point:cmg")
        names = [part.lower() for part in parts.groups()]
        if host := next((name for name in names if name in self._hosts), None):
            raise ValueError(f"found the host {host!r}; hosts are not taken here; name a role")
        one, other = (None if name == "any" else self._role(name) for name in names)
        found = [pair for pair in self._pairs if one in (None, pair[0]) and other in (None, pair[1])]
        if not found:
            own = [pair for pair in self._pairs if one in pair or other in pair]
            allowed = ", ".join(":".join(pair) for pair in own or self._pairs)
            raise ValueError(f"this site plans no such connection; allowed: {allowed}")
        return found

    def ports(self, word: str) -> Ports:
        """Read ports of the web proxy such as ``443,10124-10139``."""
        if self.plan.deployment.proxy is None:
            raise ValueError(_NO_PROXY)
        return Ports.parse(word)


def _numbers(text: str) -> range:
    """Numbers such as ``2`` or ``1-3``, both ends included."""
    ends = _NUMBERS.fullmatch(text)
    if not ends or not (found := range(int(ends[1]), int(ends[2] or ends[1]) + 1)):
        raise ValueError(f"found {text!r}; allowed as numbers: 1, 1-2, or several with commas")
    return found


@dataclass(frozen=True)
class Option:
    """
    One option: its *name* without hyphens before it, what its words look like, and what they mean.

    *field* is that of :class:`.Circumstances` which it fills, *read* gives what one word names, and *gathered* puts
    the things of all words together. An option with an empty *metavar* takes no word.
    """

    name: str
    field: str
    metavar: str
    help: str
    read: Callable[[_WordReader, str], Iterable[Any]] = lambda *_: ()
    gathered: Callable[[Iterable[Any]], Any] = tuple

    @property
    def keyword(self) -> str:
        """Its name in Python."""
        return self.name.replace("-", "_")


_BLOCK = "Connections that do not get through. Each end: a role, ROLE#NUMBER, a host, or any. May be repeated."
_ALLOW = "Only this gets through, except what is blocked."
_DOWN = "What is down: management-point, connection-point:2, vm-instance:3, or a host."
_PORTS = "The only ports to which the site's web proxy takes CONNECT."
_INSPECT = "Between these two a device inspects TLS."
_NO_NAME = "The first of these two cannot resolve the other's name."
OPTIONS = (
    Option("block", "blocks", _CONNECTION, _BLOCK, _WordReader.traffic),
    Option("allow", "allows", _CONNECTION, _ALLOW, _WordReader.traffic),
    Option("down", "down", "ROLE[:NUMBER]", _DOWN, _WordReader.down, frozenset),
    Option("proxy-ports", "connect_ports", "PORTS", _PORTS, _WordReader.ports, Ports),
    Option("inspect", "inspected", _TWO, _INSPECT, _WordReader.pairs, frozenset),
    Option("no-name", "nameless", _TWO, _NO_NAME, _WordReader.pairs, frozenset),
    Option("deployed", "deployed", "", "The gateway exists already."),
)


def circumstances(
    plan: Plan, asked: Mapping[str, Asking], firewall: Firewall | None = None
) -> tuple[Circumstances, tuple[Fault, ...]]:
    """
    Read what is asked, and warn of words that change nothing.

    Args:
        asked: Keyword of an option -> its words.
        firewall: What there is besides; without it nothing is blocked but what the words say.

    Raises:
        SiteError: Every word that cannot be read.
        UnknownId: There is no such option.
    """
    options = {option.keyword: option for option in OPTIONS}
    reader = _WordReader(plan)
    found: dict[str, Any] = {}
    for keyword, given in asked.items():
        if keyword not in options:
            raise UnknownId("option", keyword, options)
        option = options[keyword]
        words = [str(given)] if isinstance(given, (str, int)) else list(map(str, given))
        if not option.metavar:
            found[option.field] = bool(given)
        elif words:
            found[option.field] = option.gathered(reader.things(option, words))
    if reader.faults:
        raise SiteError(reader.faults)
    blocks, allows, base = found.pop("blocks", ()), found.pop("allows", None), firewall or Open()
    return Circumstances(OverrideFirewall(blocks, allows, base), **found), tuple(reader.warnings)
