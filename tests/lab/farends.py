"""
Far ends that fail on purpose, on loopback: every host of a site answers as it should, except where a fault is put.

Names are the test's own, connections go to servers of this process with real TLS; nothing leaves the machine.
"""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl
import struct
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import Enum
from functools import cache

import trustme

from cmgdocs.facts.model import RoleId
from cmgdocs.plan.plan import Plan
from cmgdocs.probe.judge import Judged, Probe, judge
from cmgdocs.probe.targets import Target, targets
from cmgdocs.probe.trial import Contexts, trials
from cmgdocs.probe.tried import Tried
from cmgdocs.probe.wire import Found, Link, Wire
from cmglab.network import listening


class Fault(Enum):
    """What is wrong with one port, one name or the proxy."""

    NO_NAME = "the name has no address"
    DNS_SILENT = "DNS has no answer"
    REFUSED = "nothing listens"
    UNREACHABLE = "a router rejects"
    DROPPED = "the kernel has given up"
    HANGS = "nobody answers, and the kernel still tries"
    CLOSES = "closed when TLS begins"
    RESETS = "reset when TLS begins"
    TLS_HANGS = "TLS is not answered"
    PLAIN = "an answer without TLS"
    CIPHERS = "no suite in common"
    FOREIGN = "a certificate of the foreign authority"
    OTHER_NAME = "a certificate for another name"
    EXPIRED = "a certificate of last year"
    NOT_YET = "a certificate of next year"
    WANTS_CLIENT = "a client certificate is required, in TLS 1.2"
    WANTS_CLIENT_LATE = "a client certificate is required, in TLS 1.3"
    ASKS_LATE = "403 to who shows no client certificate once the path is known, in TLS 1.3"
    NAME_ALERT = "an alert that the name is not known"
    FOREIGN_ONCE = "a certificate of the foreign authority, and then TLS is not answered"
    REDIRECTS = "302 to elsewhere"
    UNAUTHORIZED = "401"
    FORBIDDEN = "403"
    MISSING = "404"
    ERROR = "500"
    NO_ANSWER = "closed in the place of an answer"
    NO_HTTP = "an answer that is none of HTTP"
    NO_STATUS = "an answer of HTTP without a status"
    PROXY_CREDENTIALS = "the proxy says 407"
    PROXY_DENIES = "the proxy says 403"
    PROXY_FAILS = "the proxy says 502"


OF_NAMES = (Fault.NO_NAME, Fault.DNS_SILENT)
CLOSED = (Fault.REFUSED, Fault.UNREACHABLE, Fault.DROPPED, Fault.HANGS)
STATUS = {
    Fault.REDIRECTS: "302 Found\r\nLocation: https://catalog.corp.example/",
    Fault.UNAUTHORIZED: "401 Unauthorized",
    Fault.FORBIDDEN: "403 Forbidden",
    Fault.MISSING: "404 Not Found",
    Fault.ERROR: "500 Internal Server Error",
}
PROXY_SAYS = {Fault.PROXY_CREDENTIALS: 407, Fault.PROXY_DENIES: 403, Fault.PROXY_FAILS: 502}
NOW = datetime.now(UTC)


class Keys:
    """An authority that everybody trusts, the one of a device that opens TLS, and a file with the first."""

    def __init__(self) -> None:
        self.public, self.foreign = trustme.CA(), trustme.CA(organization_name="Inspection")

    @cache  # noqa: B019 - as long-lived as the process
    def server(self, name: str, fault: Fault | None) -> ssl.SSLContext:
        """What a server called *name* shows."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority = self.foreign if fault in (Fault.FOREIGN, Fault.FOREIGN_ONCE) else self.public
        dates = {
            Fault.EXPIRED: {"not_before": NOW - timedelta(days=365), "not_after": NOW - timedelta(days=1)},
            Fault.NOT_YET: {"not_before": NOW + timedelta(days=2), "not_after": NOW + timedelta(days=365)},
        }
        shown = "elsewhere.example" if fault is Fault.OTHER_NAME else name
        authority.issue_cert(shown, **dates.get(fault, {})).configure_cert(context)
        if fault in (Fault.CIPHERS, Fault.WANTS_CLIENT):
            context.maximum_version = ssl.TLSVersion.TLSv1_2
        if fault is Fault.CIPHERS:
            context.set_ciphers("ECDHE-RSA-AES128-GCM-SHA256")  # for a key that the certificate does not have
        if fault in (Fault.WANTS_CLIENT, Fault.WANTS_CLIENT_LATE):
            self.public.configure_trust(context)
            context.verify_mode = ssl.CERT_REQUIRED
        if fault is Fault.ASKS_LATE:
            self.public.configure_trust(context)
            context.verify_mode, context.post_handshake_auth = ssl.CERT_OPTIONAL, True
        return context


@cache
def keys() -> Keys:
    """The keys of this process."""
    return Keys()


class Trusting(Contexts):
    """Trusts the public authority of the test and no other."""

    def of(self, target: Target) -> ssl.SSLContext:
        context = super().of(target)
        if context is not self.blind:
            keys().public.configure_trust(context)
        return context


@dataclass
class World(Wire):
    """
    The network of a site as one server sees it.

    *faults* are by host, by ``host:port``, or by ``host:port/path``. A fault of the proxy is by ``proxy`` for all it is
    asked for, or by ``proxy host:port``; *direct* are faults that only what does not come from the proxy meets, by
    ``host:port``. *log* has whom the probe has asked for.
    """

    faults: dict[str, Fault] = field(default_factory=dict)
    direct: dict[str, Fault] = field(default_factory=dict)
    proxy: str = ""
    aliases: dict[str, str] = field(default_factory=dict)
    tls: frozenset[str] = frozenset()
    log: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._names: dict[str, str] = {}
        self._servers: dict[tuple[str, Fault | None], int] = {}
        self._open: list[socket.socket] = []
        self._tasks: list[asyncio.Future[None]] = []  # or they would be thrown away as they run
        self._shown: set[str] = set()

    async def close(self) -> None:
        """End all servers, and with them whatever still hangs."""
        hanging = asyncio.all_tasks() - {asyncio.current_task()}
        for task in hanging:
            task.cancel()
        await asyncio.gather(*hanging, return_exceptions=True)
        for sock in self._open:
            sock.close()

    def look_up(self, name: str) -> Found:
        self.log.append(name)
        match self.faults.get(name):
            case Fault.NO_NAME:
                raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
            case Fault.DNS_SILENT:
                raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
        address = f"192.0.2.{len(self._names) + 1}"
        self._names[address] = name
        return Found((address,), self.aliases.get(name, name))

    async def connect(self, address: str, port: int) -> socket.socket:
        host = self._names.get(address, address)
        place = f"{host}:{port}"
        self.log.append(place)
        fault = self._fault(place) or self.direct.get(place)
        if place == self.proxy:
            return await super().connect("127.0.0.1", await self._server(place, fault))
        return await super().connect("127.0.0.1", await self._far_end(place, fault))

    def _fault(self, place: str) -> Fault | None:
        host = place.rpartition(":")[0]
        return self.faults.get(place) or self.faults.get(host)

    async def _far_end(self, place: str, fault: Fault | None) -> int:
        """The port of a server that plays the far end, or the error of one that cannot be reached."""
        match fault:
            case Fault.REFUSED:
                raise ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused")
            case Fault.UNREACHABLE:
                raise OSError(errno.EHOSTUNREACH, "No route to host")
            case Fault.DROPPED:
                raise OSError(errno.ETIMEDOUT, "Connection timed out")
            case Fault.HANGS:
                await asyncio.Event().wait()
        return await self._server(place, fault)

    async def _server(self, place: str, fault: Fault | None) -> int:
        loop = asyncio.get_running_loop()
        key = (f"{place} {id(loop)}", fault)
        if place == self.proxy and fault in CLOSED:
            return await self._far_end("", fault)
        if key not in self._servers:
            sock = listening(("127.0.0.1", 0))
            self._serve(place, fault, sock)
            self._servers[key] = sock.getsockname()[1]
        return self._servers[key]

    def _serve(self, place: str, fault: Fault | None, sock: socket.socket) -> None:
        """Have a far end answer at a socket that listens."""
        self._open.append(sock)
        loop = asyncio.get_running_loop()

        async def accept() -> None:
            while True:
                line = Line((await loop.sock_accept(sock))[0])
                self._tasks.append(asyncio.ensure_future(self._handle(place, fault, line)))

        self._tasks.append(asyncio.ensure_future(accept()))

    async def _handle(self, place: str, fault: Fault | None, line: Line) -> None:
        try:
            with suppress(OSError, EOFError):
                await (self._relay if place == self.proxy else self._answer)(place, fault, line)
            await line.end()
        finally:
            line.close()

    async def start(self) -> None:
        """Start what has to run before the probe; here each far end starts when it is asked for."""

    async def _dial(self, place: str) -> Line:
        """What the proxy connects to."""
        return Line(await super().connect("127.0.0.1", await self._far_end(place, self._fault(place))))

    async def _relay(self, _: str, fault: Fault | None, line: Line) -> None:
        if fault is Fault.NO_ANSWER:
            return
        method, asked, _ = (await line.head()).split(" ", 2)
        place = asked.removeprefix("http://").rstrip("/")
        if said := self.faults.get(f"proxy {place}") or self.faults.get("proxy"):
            await line.answer(f"{PROXY_SAYS[said]} No")
            return
        try:
            far = await self._dial(place)
        except OSError:
            await line.answer("502 Bad Gateway")
            return
        try:
            if method == "CONNECT":
                await line.send(b"HTTP/1.1 200 Connection established\r\n\r\n")
                await asyncio.gather(_carry(line, far), _carry(far, line))
            else:
                await line.answer("200 OK")
        finally:
            far.close()

    async def _answer(self, place: str, fault: Fault | None, line: Line) -> None:
        match fault:
            case Fault.CLOSES:
                await line.receive()
                return
            case Fault.RESETS:
                await line.receive()
                line.reset()
                return
            case Fault.TLS_HANGS:
                await asyncio.Event().wait()
            case Fault.FOREIGN_ONCE if place in self._shown:
                await asyncio.Event().wait()
            case Fault.NAME_ALERT:
                await line.receive()
                await line.send(bytes.fromhex("15 0303 0002 02 70"))  # an alert, TLS 1.2, two bytes: fatal, 112
                return
            case Fault.PLAIN:
                await line.receive()
                await line.answer("400 Bad Request")
                return
        self._shown.add(place)
        if place in self.tls:
            await line.secure(keys().server(place.rpartition(":")[0], fault))
        path = (await line.head()).split(" ")[1]
        if fault is Fault.ASKS_LATE:
            line.ask_for_certificate()
            await line.answer("403 Forbidden")
            return
        match self.faults.get(f"{place}{path}"):
            case Fault.NO_ANSWER:
                return
            case Fault.NO_HTTP:
                await line.send(b"220 ready\r\n\r\n")
            case Fault.NO_STATUS:
                await line.send(b"HTTP/1.1\r\n\r\n")
            case Fault.HANGS:
                await asyncio.Event().wait()
            case other:
                folder = f"301 Moved Permanently\r\nLocation: https://{place}{path}/"
                await line.answer(STATUS[other] if other else folder)


class Line(Link):
    """A far end's side of a connection."""

    async def secure(self, context: ssl.SSLContext) -> None:
        tls = context.wrap_bio(self._in, self._out, server_side=True)
        await self._through(tls.do_handshake)
        self._tls = tls

    def ask_for_certificate(self) -> None:
        assert self._tls
        self._tls.verify_client_post_handshake()  # type: ignore[attr-defined]

    async def head(self) -> str:
        data = b""
        while b"\r\n\r\n" not in data:
            if not (more := await self.receive()):
                raise EOFError
            data += more
        return data.decode()

    async def answer(self, status: str) -> None:
        await self.send(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode())

    def reset(self) -> None:
        self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()

    def shut(self) -> None:
        """Say that nothing more comes."""
        self._sock.shutdown(socket.SHUT_WR)

    async def end(self) -> None:
        """Say so, and read on: what is left unread would make a reset of the end."""
        with suppress(OSError):
            self.shut()
            while await self._loop.sock_recv(self._sock, 65536):
                pass


async def _carry(one: Line, other: Line) -> None:
    with suppress(OSError):
        while data := await one.receive():
            await other.send(data)
    with suppress(OSError):
        other.shut()


def world(plan: Plan, role: str, faults: dict[str, Fault] | None = None, **more: object) -> World:
    """The network of a site from a server of *role*, with these faults."""
    listed = targets(plan, RoleId(role))
    proxy = str(plan.deployment.proxy) if plan.deployment.proxy else ""
    tls = frozenset(target.place for target in listed.tried if target.tls)
    return World(faults=faults or {}, proxy=proxy, tls=tls, **more)  # type: ignore[arg-type]


def probed(plan: Plan, role: str, network: World, timeout_s: float = 20) -> Probe:
    """Probe that network."""
    listed = targets(plan, RoleId(role))

    async def run() -> tuple[Tried, ...]:
        try:
            await network.start()
            return await trials(listed.tried, timeout_s, wire=network, contexts=Trusting())
        finally:
            await network.close()

    return judge(plan, listed, asyncio.run(run()))


def causes(items: Iterable[Judged]) -> dict[str, str]:
    """The likely cause of each result, by its name; empty where there is none."""
    return {item.tried.name: item.cause.id if item.cause else "" for item in items}
