"""The same causes through a router of the Linux kernel: packets that are dropped, rejected and reset for real."""

from __future__ import annotations

import socket

import pytest
from farends import OF_NAMES, Fault, Line, World, causes, probed, world
from test_probe import BLOB, CHANNEL, HTTPS, MADE, MP, POINT, PROXIED, PROXY, SUP, TABLE, VAULT
from tools import need_namespaces

from cmgdocs.facts.model import RoleId
from cmgdocs.plan.plan import Plan
from cmgdocs.probe.targets import targets
from cmgdocs.probe.wire import Found
from cmglab.namespaces import Router, in_router
from cmglab.network import connected, listening, tcp_socket

OWN = "10.0.0.5"
RULES = {Fault.DROPPED: "drop", Fault.UNREACHABLE: "reject with icmpx admin-prohibited"}
GIVEN_UP_MS = 1500  # time for a second packet; the kernel counts, which a loaded machine does not delay
_TABLE = "add table inet t\nadd chain inet t f { type filter hook forward priority filter; policy accept; }\n"


@pytest.fixture(scope="module", autouse=True)
def _kernel() -> None:
    need_namespaces()


class KernelWorld(World):
    """
    The network of a site with each host in a namespace of its own, joined by a router.

    What is dropped or rejected is so by rules of the router; where nothing listens, nothing does.
    """

    router: Router
    places: tuple[str, ...]

    def wire(self, router: Router, places: tuple[str, ...]) -> None:
        """Give every host of *places* an address and its sockets, and load the rules."""
        self.router, self.places = router, tuple(filter(None, (*places, self.proxy)))
        hosts = dict.fromkeys(place.rpartition(":")[0] for place in self.places)
        literal = {host for host in hosts if host[0].isdigit()}
        self.hosts = {host: host if host in literal else f"10.8.0.{number}" for number, host in enumerate(hosts, 1)}
        router.add([OWN, *self.hosts.values()])
        lines = [self._rule(place) for place in self.places]
        router.load((_TABLE + "".join(lines)).encode())
        self._sockets = {place: self._socket(place) for place in self.places if self._fault(place) is not Fault.REFUSED}

    def _rule(self, place: str) -> str:
        """What the router does with a place, for everybody or for the server that probes."""
        host, _, port = place.rpartition(":")
        fault, source = self._fault(place), ""
        if fault is None:
            fault, source = self.direct.get(place), f"ip saddr {OWN}"
        verdict = RULES.get(fault) if fault else None
        return f"add rule inet t f {source} ip daddr {self.hosts[host]} tcp dport {port} {verdict}\n" if verdict else ""

    def _socket(self, place: str) -> socket.socket:
        host, _, port = place.rpartition(":")
        with self.router.inside(self.hosts[host]):
            return listening((self.hosts[host], int(port)))

    async def start(self) -> None:
        for place, sock in self._sockets.items():
            self._serve(place, self._fault(place), sock)

    def look_up(self, name: str) -> Found:
        if self.faults.get(name) in OF_NAMES:
            return super().look_up(name)
        return Found((self.hosts[name],), self.aliases.get(name, name))

    async def connect(self, address: str, port: int) -> socket.socket:
        return await connected(_impatient(), (address, port))

    async def _dial(self, place: str) -> Line:
        host, _, port = place.rpartition(":")
        with self.router.inside(self.hosts[self.proxy.rpartition(":")[0]]):
            sock = _impatient()
        return Line(await connected(sock, (self.hosts[host], int(port))))


def _impatient() -> socket.socket:
    sock = tcp_socket()
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, GIVEN_UP_MS)
    return sock


def in_kernel(plan: Plan, faults: dict[str, Fault], direct: dict[str, Fault] | None = None) -> dict[str, str]:
    """The likely cause of each trial through a router."""

    def work(router: Router) -> dict[str, str]:
        made = world(plan, POINT, faults, direct=direct or {})
        network = KernelWorld(made.faults, made.direct, made.proxy, made.aliases, made.tls)
        listed = targets(plan, RoleId(POINT)).tried
        network.wire(router, tuple(dict.fromkeys(target.place for target in listed if not target.name_only)))
        with router.inside(OWN):
            return causes(probed(plan, POINT, network).results)

    return in_router(work)


def test_causes_are_recognised_through_a_kernel() -> None:
    faults = {
        CHANNEL[1]: Fault.DROPPED,
        CHANNEL[2]: Fault.DROPPED,
        f"{SUP}:8531": Fault.REFUSED,
        f"{SUP}:8530": Fault.UNREACHABLE,
        f"{MP}:443/CCM_STS": Fault.REDIRECTS,
        f"{MP}:443/CCM_System": Fault.ERROR,
        BLOB: Fault.FOREIGN,
        TABLE: Fault.RESETS,
        f"{VAULT}:443": Fault.PLAIN,
        "site.corp.example": Fault.DROPPED,
        "crl.contoso.example": Fault.NO_NAME,
    }
    said = {name: cause for name, cause in in_kernel(HTTPS, faults).items() if cause}
    assert said == {
        f"F06 {CHANNEL[1]}": "fewer-ports-than-instances",
        f"F06 {CHANNEL[2]}": "fewer-ports-than-instances",
        f"F10 {SUP}:8531": "nothing-listens",
        f"F29 {SUP}:8530": "rejected-on-the-way",
        f"F09 {MP}:443 /CCM_STS": "management-point-redirects",
        f"F09 {MP}:443 /CCM_System": "server-error",
        f"F17 {BLOB}:443": "tls-inspection",
        f"F18 {TABLE}:443": "closed-in-handshake",
        f"F19 {VAULT}:443": "answers-without-tls",
        "F22 site.corp.example:445": "host-does-not-answer",
        "F22 site.corp.example:135": "host-does-not-answer",
        "F32 crl.contoso.example:80": "no-dns",
    }


def test_causes_behind_a_proxy_are_recognised_through_a_kernel() -> None:
    beyond = [*CHANNEL, f"{BLOB}:443", f"{TABLE}:443", f"{VAULT}:443", "crl.contoso.example:80"]
    faults = {f"proxy {CHANNEL[2]}": Fault.PROXY_DENIES, f"{VAULT}:443": Fault.REFUSED, f"{MP}:443": Fault.CIPHERS}
    found = in_kernel(PROXIED, faults, dict.fromkeys(beyond, Fault.DROPPED))
    said = {name: cause for name, cause in found.items() if cause}
    alone = {name: cause for name, cause in said.items() if not name.endswith(" direct")}
    assert alone == {
        f"F06 {CHANNEL[2]} via {PROXY}": "fewer-ports-than-instances",
        f"F19 {VAULT}:443 via {PROXY}": "proxy-does-not-reach",
        f"F09 {MP}:443": "ciphers-differ",
    }
    compared = {name.split(" ")[1]: cause for name, cause in said.items() if name.endswith(" direct")}
    assert compared == dict.fromkeys(beyond, "proxy-needed") | {
        CHANNEL[2]: "channel-port-blocked",
        f"{VAULT}:443": "nothing-listens",
    }


@pytest.mark.slow
@pytest.mark.parametrize(("plan", "faults", "expected"), MADE.values(), ids=MADE)
def test_every_fault_is_recognised_through_a_kernel(
    plan: Plan, faults: dict[str, Fault], expected: dict[str, str]
) -> None:
    said = in_kernel(plan, faults)
    assert {name: said[name] for name in expected} == expected
