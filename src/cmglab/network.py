"""Where connections come from: who listens where, who dials whom, and why a dial fails."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import ssl
import sys
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from functools import partial
from typing import Any

from cmgdocs.errors import CmgdocsError, LabError
from cmgdocs.site.places import Place
from cmgdocs.whatif.scenario import Circumstances

from .credentials import certificates
from .http import ANSWER_S, HttpConnection, HttpRequest, HttpResponse, Lost
from .observation import FailedDial
from .transcript import PROXY_AT

Handler = Callable[[HttpConnection], Awaitable[object]]
CLOSING_S = 2.0  # a TLS connection that an interrupt meets in its handshake never says that it has ended
_SHORT = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.EADDRNOTAVAIL}


class Refused(CmgdocsError, ConnectionError):
    """A dial that failed, and why."""

    def __init__(self, failed: FailedDial, why: str) -> None:
        self.failed, self.why = failed, why
        super().__init__(f"{failed.source} to {failed.destination}, port {failed.port}: {why}")


class Network:
    """
    Connections between places, with TLS, through the web proxy where asked, and with a record of what failed.

    A child says which sockets: :meth:`_listening` gives one that listens, :meth:`_connect` one that is connected. All
    else is the same on every network. *circumstances* may be replaced while it runs; what is connected stays connected.

    Args:
        circumstances: What is in the way of a dial.
        connect_s: After how many seconds a dial without an answer counts as blocked. Whoever refuses one says so
            at once on both networks, so the wait is long: a loaded machine that loses a packet sends it again.
    """

    def __init__(self, circumstances: Circumstances | None = None, connect_s: float = ANSWER_S) -> None:
        self.circumstances = circumstances or Circumstances()
        self.connect_s = connect_s
        self.proxy_port: int | None = None
        self.tell: Callable[[Place, Place, int, str, bool], None] = lambda *event: None
        self.failed: set[FailedDial] = set()
        self.crashes: list[Exception] = []
        self._short: LabError | None = None
        self._servers: dict[tuple[Place, int], asyncio.Server] = {}
        self._connections: list[HttpConnection] = []
        self._tasks: set[asyncio.Task[Any]] = set()

    def _listening(self, place: Place, port: int) -> socket.socket:
        """A socket that listens at *port* of *place*."""
        raise NotImplementedError

    async def _connect(self, source: Place, destination: Place, port: int) -> socket.socket:
        """
        A connected socket.

        Raises:
            Refused: By :meth:`refuse`, where the network knows why.
            OSError: Refused where nothing listens counts as down, anything else as blocked.
        """
        raise NotImplementedError

    def listens(self, place: Place, port: int) -> bool:
        """Whether somebody listens there."""
        return (place, port) in self._servers

    async def listen(self, place: Place, port: int, handler: Handler, tls: ssl.SSLContext | None = None) -> None:
        """
        Open a port; *handler* has each connection to it for as long as it runs, and then it is closed.

        Raises:
            LabError: This machine has no more sockets to give.
        """
        asyncio.get_running_loop().set_exception_handler(self._unforeseen)
        try:
            sock = self._listening(place, port)
            self._servers[place, port] = await asyncio.start_server(partial(self._welcome, handler), sock=sock, ssl=tls)
        except OSError as error:
            raise shortage(error) or error from None

    async def dial(
        self, source: Place, destination: Place, port: int, tls: ssl.SSLContext | None = None, proxied: bool = False
    ) -> HttpConnection:
        """
        Connect, through the web proxy where *proxied*, and shake hands where *tls* says how.

        Raises:
            Refused: There is no connection; what failed is in :attr:`failed`.
            LabError: This machine has no more sockets to give, for which no firewall of the lab is the reason.
        """
        name, pair = host_name(destination), (source.role, destination.role)
        if pair in self.circumstances.nameless:
            raise self.refuse(source, destination, port, "nameless", f"nobody resolves {name} there")
        way = self._through_proxy if proxied else self._reach
        connection = await way(source, destination, port)
        inspected = tls is not None and pair in self.circumstances.inspected
        try:
            if inspected:
                connection = await self._inspected(connection, name)
            if tls:
                await connection.writer.start_tls(tls, server_hostname=name, ssl_handshake_timeout=ANSWER_S)
        except ssl.SSLCertVerificationError as error:
            cause = "inspected" if inspected else "certificate"
            raise self.refuse(source, destination, port, cause, f"certificate: {error.verify_message}") from None
        except OSError as error:
            self._raise_if_short(error)
            raise self.refuse(source, destination, port, "lost", "the connection was lost") from None
        connection.host = name
        self.tell(source, destination, port, f"connected{' through the proxy' if proxied else ''}", True)
        return connection

    async def ask_once(
        self,
        source: Place,
        destination: Place,
        port: int,
        request: HttpRequest,
        tls: ssl.SSLContext | None = None,
        proxied: bool = False,
    ) -> HttpResponse | None:
        """Ask over a connection of its own, closed afterwards; None where there is none or no answer came."""
        try:
            connection = await self.dial(source, destination, port, tls, proxied)
        except Refused:
            return None
        try:
            return await connection.ask(request)
        except Lost:
            return None
        finally:
            connection.abort()

    def refuse(self, source: Place, destination: Place, port: int, cause: str, why: str) -> Refused:
        """Record and report a failed dial, and give the error to raise."""
        failed = FailedDial(source, destination, port, cause)
        self.failed.add(failed)
        self.tell(source, destination, port, f"{cause}: {why}", False)
        return Refused(failed, why)

    def spawn(self, work: Coroutine[Any, Any, object]) -> None:
        """Run something until it ends or the network is closed; an error of its own is a crash of the lab."""
        task = asyncio.create_task(self._guarded(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """End everything: ports, connections, tasks."""
        for server in self._servers.values():
            server.close()
        await asyncio.sleep(0)  # connections that were just accepted have to begin, to be able to end
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        for connection in self._connections:
            connection.abort()
        everything = asyncio.gather(*tasks, *(each.gone() for each in self._connections), return_exceptions=True)
        with suppress(TimeoutError):  # wait_for of Python 3.11 would lose an interrupt that comes as all ends
            async with asyncio.timeout(CLOSING_S):
                await everything

    async def _guarded(self, work: Awaitable[object]) -> None:
        try:
            await work
        except OSError:  # the other end has left
            pass
        except Exception as error:
            self.crashes.append(error)

    async def _welcome(self, handler: Handler, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection, task = self._kept(reader, writer), asyncio.current_task()
        assert task
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        try:
            await self._guarded(handler(connection))
        finally:
            connection.abort()

    def _kept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> HttpConnection:
        connection = HttpConnection(reader, writer)
        self._connections.append(connection)
        return connection

    def _unforeseen(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """What asyncio would only log: most likely this machine has too little to accept a connection."""
        error = context.get("exception")
        if isinstance(error, OSError):
            self._short = self._short or shortage(error)
        elif isinstance(error, Exception):
            self.crashes.append(error)

    def _raise_if_short(self, error: OSError) -> None:
        """Raise where the machine is short of something, at this end or at the one that should have accepted."""
        if short := shortage(error) or self._short:
            raise short from None

    async def _reach(self, source: Place, destination: Place, port: int) -> HttpConnection:
        try:
            async with asyncio.timeout(self.connect_s):
                sock = await self._connect(source, destination, port)
            return self._kept(*await asyncio.open_connection(sock=sock))
        except Refused:
            raise
        except TimeoutError:
            raise self.refuse(source, destination, port, "blocked", "no answer in time") from None
        except OSError as error:
            self._raise_if_short(error)
            if error.errno == errno.ECONNREFUSED and not self.listens(destination, port):
                raise self.refuse(source, destination, port, "down", "nothing listens there") from None
            why = os.strerror(error.errno).lower() if error.errno else str(error)
            raise self.refuse(source, destination, port, "blocked", why) from None

    async def _through_proxy(self, source: Place, destination: Place, port: int) -> HttpConnection:
        """Have the web proxy connect; where it could not, it has reported why itself, for that dial was its own."""
        assert self.proxy_port is not None, "a site without a proxy has no proxied connection"
        connection = await self._reach(source, PROXY_AT, self.proxy_port)
        try:
            answer = await connection.ask(HttpRequest("CONNECT", f"{host_name(destination)}:{port}"))
        except Lost:
            raise self.refuse(source, PROXY_AT, self.proxy_port, "lost", "the proxy does not answer") from None
        if answer.status == 200:
            return HttpConnection(connection.reader, connection.writer)
        connection.abort()
        if answer.status == 403:
            raise self.refuse(source, destination, port, "proxy", answer.text)
        raise Refused(FailedDial(source, destination, port, "hop"), f"the proxy answers {answer.status}: {answer.text}")

    async def _inspected(self, beyond: HttpConnection, name: str) -> HttpConnection:
        """
        Put a device into a connection that breaks TLS open: it shakes hands as *name*, with a foreign certificate.

        Nobody trusts that certificate here, so nothing is ever passed on.
        """
        beyond.abort()
        near, far = socket.socketpair()
        near.setblocking(False)
        far.setblocking(False)
        self.spawn(_break_open(far, certificates().server(name, foreign=True)))
        return self._kept(*await asyncio.open_connection(sock=near))


async def _break_open(sock: socket.socket, tls: ssl.SSLContext) -> None:
    with suppress(OSError), sock:
        loop = asyncio.get_running_loop()
        transport, _ = await loop.connect_accepted_socket(asyncio.Protocol, sock, ssl=tls)
        transport.abort()


class Loopback(Network):
    """
    The network that every machine has: each port of each place is a free port on a loopback address.

    The firewall is asked in this process, once for each connection.
    """

    # On Linux all of 127.0.0.0/8 is loopback. An address of its own keeps the lab's many ports out of the way of
    # programs that look for a free one of 127.0.0.1 and take it later, as Jupyter does.
    _HERE = "127.0.0.61" if sys.platform == "linux" else "127.0.0.1"
    _BIND_NO_PORT = (
        24  # IP_BIND_ADDRESS_NO_PORT of linux/in.h: the port is chosen with the destination, from all of them
    )

    def _listening(self, place: Place, port: int) -> socket.socket:
        return listening((self._HERE, 0))

    async def _connect(self, source: Place, destination: Place, port: int) -> socket.socket:
        if why := self.circumstances.firewall.refusal(source, destination, port):
            raise self.refuse(source, destination, port, "blocked", why)
        if not self.listens(destination, port):
            raise self.refuse(source, destination, port, "down", "nothing listens there")
        sock = tcp_socket()
        if sys.platform == "linux":
            sock.setsockopt(socket.IPPROTO_IP, self._BIND_NO_PORT, 1)
            sock.bind((self._HERE, 0))
        return await connected(sock, self._servers[destination, port].sockets[0].getsockname())


def listening(address: tuple[str, int]) -> socket.socket:
    """A socket that listens at *address*."""
    sock = tcp_socket()
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(address)
        sock.listen(512)
    except BaseException:
        sock.close()
        raise
    return sock


def tcp_socket() -> socket.socket:
    """A socket that does not block; with its protocol named, for asyncio switches Nagle off by that."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    sock.setblocking(False)
    return sock


async def connected(sock: socket.socket, address: tuple[str, int]) -> socket.socket:
    """The socket, once it is connected; it is closed where that fails."""
    try:
        await asyncio.get_running_loop().sock_connect(sock, address)
    except BaseException:
        sock.close()
        raise
    return sock


def shortage(error: OSError) -> LabError | None:
    """What to say where not a firewall but this machine keeps a connection from being made."""
    if error.errno not in _SHORT:
        return None
    more = "; allow more with: ulimit -n 4096" if error.errno == errno.EMFILE else ""
    return LabError(f"this machine has too little for the lab: {os.strerror(error.errno or 0).lower()}{more}")


def host_name(place: Place) -> str:
    """The name under which a place is dialled and has its certificate: places of one role share it."""
    return f"{place.role}.lab"
