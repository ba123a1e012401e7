"""Circumstances as people ask for them: words such as ``connection-point:cmg:10140-10147``, read strictly."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from ..errors import Fault, SiteError, near
from ..facts.model import RoleId
from ..facts.ports import EVERY_PORT, PortRange, Ports
from ..plan.plan import Plan
from ..site.hosts import HostKind, outermost, parse_host
from ..site.model import GATEWAY, PROXY
from ..site.places import INSTANCE, Place, places
from .scenario import Circumstances, Firewall, Open, OverrideFirewall, Wish, overlaps

Pair = tuple[RoleId, RoleId]
Thing = TypeVar("Thing")
_PORTS = re.compile(r"([0-9]{1,6})(?:-([0-9]{1,6}))?")
_THREE = re.compile(r"(\[[^\]]*\]|[^:]*):(\[[^\]]*\]|[^:]*):([^:]*)")
_TWO = re.compile(r"(\[[^\]]*\]|[^:]*):(\[[^\]]*\]|[^:]*)")
_NETWORK = re.compile(r"[0-9a-f.:]+/[0-9]+")


class OptionParser:
    """
    Reads words against one plan, and gathers what is wrong with them.

    *faults* are to be raised; *doubts* are words that are right and change nothing.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.faults: list[Fault] = []
        self.doubts: list[Fault] = []
        self._roles = {role.id for role in plan.system.roles}
        self._pairs = {(row.flow.initiator, row.flow.responder) for row in plan.rows}
        self._hosts = self._by_host()

    def _by_host(self) -> dict[str, set[Place]]:
        """Places of each host, with the names that the plan knows of roles which the site file does not name."""
        found: dict[str, set[Place]] = {}
        ends = [(role, hosts) for role, hosts in self.plan.deployment.hosts]
        ends += [(row.responder.role, row.responder.hosts) for row in self.plan.rows if not row.responder.given]
        given = dict(self.plan.deployment.hosts)
        for role, hosts in ends:
            for number, host in enumerate(hosts, 1):
                if host.kind is not HostKind.ANY:
                    found.setdefault(host.text, set()).add(Place(role, number if role in given else 1))
        if proxy := self.plan.deployment.proxy:
            found.setdefault(proxy.host.text, set()).add(Place(PROXY))
        return found

    def wishes(self, option: str, words: Iterable[str]) -> tuple[Wish, ...]:
        """Read ``INITIATOR:RESPONDER:PORTS``, each end a role, a host of the site or ``any``."""
        return tuple(self._each(option, words, self._wish))

    def down(self, option: str, words: Iterable[str]) -> frozenset[Place]:
        """Read ``ROLE``, ``ROLE:NUMBER`` or a host; the gateway stands for all its VM instances."""
        return frozenset(place for found in self._each(option, words, self._down) for place in found)

    def pairs(self, option: str, words: Iterable[str]) -> frozenset[Pair]:
        """Read ``INITIATOR:RESPONDER``, each a role or ``any``."""
        return frozenset(pair for pairs in self._each(option, words, self._pair) for pair in pairs)

    def ports(self, option: str, words: Iterable[str]) -> Ports | None:
        """Read ports such as ``443,10124-10139``; None where there is no word."""
        found = list(self._each(option, words, Ports.parse))
        return Ports(item for items in found for item in items) if found else None

    def _each(self, option: str, words: Iterable[str], read: Callable[[str], Thing]) -> Iterator[Thing]:
        for word in words:
            try:
                found = read(word)
            except ValueError as error:
                self.faults.append(Fault(f"{option} {word}", str(error)))
                continue
            if isinstance(found, Wish) and not self._planned(found):
                self.doubts.append(Fault(f"{option} {word}", self._in_vain(found)))
            yield found

    def _in_vain(self, wish: Wish) -> str:
        """Why a wish changes nothing: it means a connection that goes through the web proxy, or none."""
        proxy = self.plan.deployment.proxy
        for row in self.plan.rows:
            sources, destinations = self._of_role(row.flow.initiator), self._of_role(row.flow.responder)
            ports = list(overlaps(row.connection.ports or EVERY_PORT, wish.ports))
            if (
                row.proxied
                and proxy
                and any(wish.means(a, b, port) for port in ports for a in sources for b in destinations)
            ):
                hops = f"{row.flow.initiator}:{PROXY}:{proxy.port} or {PROXY}:{row.flow.responder}:PORTS"
                return f"{row.flow.id} goes through the web proxy, so that it changes nothing; ask {hops}"
        return "no planned connection is meant by it; it changes nothing"

    def _wish(self, word: str) -> Wish:
        if not (parts := _THREE.fullmatch(word)):
            raise ValueError("allowed: INITIATOR:RESPONDER:PORTS, such as connection-point:cmg:10140-10147")
        faults = []
        ends: list[frozenset[Place] | None] = []
        for part in parts.groups()[:2]:
            try:
                ends.append(self._places(part))
            except ValueError as error:
                faults.append(str(error))
        try:
            ports = Ports.parse(parts[3])
        except ValueError as error:
            faults.append(str(error))
        if faults:
            raise ValueError("; and ".join(faults))
        return Wish(word, ends[0], ends[1], ports)

    def _places(self, term: str) -> frozenset[Place] | None:
        """Places that a role, a host or ``any`` means."""
        term = term.removeprefix("[").removesuffix("]").lower()
        if term == "any":
            return None
        if term in self._hosts:
            return frozenset(self._hosts[term])
        if found := self._within(term):
            return found
        if term == INSTANCE:
            raise ValueError(f"VM instances are reached at {GATEWAY}; write {GATEWAY} and the port of the instance")
        return frozenset(self._of_role(self._role(term)))

    def _within(self, term: str) -> frozenset[Place] | None:
        """Places whose hosts lie in a network; None where *term* is none, or none of them does."""
        if not _NETWORK.fullmatch(term):
            return None
        network = parse_host(term)
        spans = {text: parse_host(text) for text in self._hosts if parse_host(text).version == network.version}
        inner = [text for text, host in spans.items() if len(outermost((network, host))) == 1]
        return frozenset(place for text in inner for place in self._hosts[text]) or None

    def _of_role(self, role: RoleId) -> tuple[Place, ...]:
        return places(self.plan.deployment, role)

    def _role(self, term: str) -> RoleId:
        if term not in self._roles:
            if any(sign in term for sign in ".:/"):  # a host, and a similar one is another
                raise ValueError(f"no host {term!r} in this site; name one as its file does, or a role")
            raise ValueError(f"no role {term!r}; {near(term, self._shown_roles())}")
        return RoleId(term)

    def _shown_roles(self) -> list[str]:
        """The roles between which connections are planned."""
        return sorted({*(end for pair in self._pairs for end in pair), *([PROXY] * bool(self.plan.deployment.proxy))})

    def _down(self, word: str) -> Iterable[Place]:
        term = word.lower()
        if term in self._hosts:
            return self._hosts[term]
        role, colon, numbers = term.partition(":")
        whole = self._of_role(INSTANCE if role == GATEWAY else self._role(role))
        if role == PROXY and self.plan.deployment.proxy is None:
            raise ValueError("this site has no web proxy; name one as proxy in its file")
        if not colon:
            return whole
        allowed = f"this site has {len(whole)} of {whole[0].role}; allowed: 1 to {len(whole)}"
        wanted = [number for part in numbers.split(",") for number in _numbers(part.strip())]
        if not all(1 <= number <= len(whole) for number in wanted):
            raise ValueError(allowed)
        return [whole[number - 1] for number in wanted]

    def _pair(self, word: str) -> Iterable[Pair]:
        if not (parts := _TWO.fullmatch(word)):
            raise ValueError("allowed: INITIATOR:RESPONDER, such as connection-point:cmg")
        names = [part.lower() for part in parts.groups()]
        if host := next((name for name in names if name in self._hosts), None):
            raise ValueError(f"found the host {host!r}; hosts are not taken here; name a role")
        ends = [None if name == "any" else self._role(name) for name in names]
        found = [pair for pair in sorted(self._pairs) if ends[0] in (None, pair[0]) and ends[1] in (None, pair[1])]
        if not found:
            own = [pair for pair in sorted(self._pairs) if ends[0] in pair or ends[1] in pair]
            allowed = ", ".join(":".join(pair) for pair in own or sorted(self._pairs))
            raise ValueError(f"this site plans no such connection; allowed: {allowed}")
        return found

    def _planned(self, wish: Wish) -> bool:
        """Whether a wish means any planned connection, or one to or from the web proxy."""
        return any(
            wish.means(source, destination, port)
            for sources, destinations, ports in self._lines()
            for source in sources
            for destination in destinations
            for port in overlaps(ports, wish.ports)
        )

    def _lines(self) -> Iterator[tuple[Iterable[Place], Iterable[Place], tuple[PortRange, ...]]]:
        proxy = self.plan.deployment.proxy
        for row in self.plan.rows:
            ends = self._of_role(row.flow.initiator), self._of_role(row.flow.responder)
            if row.proxied and proxy:
                yield ends[0], [Place(PROXY)], (PortRange(proxy.port, proxy.port),)
                yield [Place(PROXY)], ends[1], row.connection.ports or EVERY_PORT
                continue
            yield *ends, row.connection.ports or EVERY_PORT
            if row.flow.both_ways:
                yield ends[1], ends[0], row.connection.ports or EVERY_PORT


def circumstances(
    words: OptionParser,
    *,
    block: Iterable[str] = (),
    allow: Iterable[str] = (),
    down: Iterable[str] = (),
    proxy_ports: Iterable[str] = (),
    inspect: Iterable[str] = (),
    no_name: Iterable[str] = (),
    deployed: bool = False,
    firewall: Firewall | None = None,
) -> Circumstances:
    """
    Put words together.

    Args:
        firewall: What there is besides; without it nothing is blocked but what the words say.

    Raises:
        SiteError: Every word that cannot be read.
    """
    blocks, allows = words.wishes("--block", block), words.wishes("--allow", allow)
    made = Circumstances(
        firewall=OverrideFirewall(blocks, allows or None, firewall) if blocks or allows else firewall or Open(),
        down=words.down("--down", down),
        connect_ports=words.ports("--proxy-ports", proxy_ports),
        inspected=words.pairs("--inspect", inspect),
        nameless=words.pairs("--no-name", no_name),
        deployed=deployed,
    )
    if made.connect_ports is not None and words.plan.deployment.proxy is None:
        words.faults.append(Fault("--proxy-ports", "this site has no web proxy; name one as proxy in its file"))
    if words.faults:
        raise SiteError(words.faults)
    return made


def _numbers(text: str) -> range:
    """Numbers such as ``2`` or ``1-3``, both ends included."""
    if not (ends := _PORTS.fullmatch(text)):
        raise ValueError(f"found {text!r}; allowed as numbers: 1, 1-2, or several with commas")
    return range(int(ends[1]), int(ends[2] or ends[1]) + 1)
