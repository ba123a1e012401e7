"""Where connections come from: who listens where, who dials whom, and why a dial fails."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from cmgdocs.errors import CmgdocsError, LabError
from cmgdocs.site.places import Place
from cmgdocs.whatif.scenario import Circumstances

from .guard import Limits
from .inspection import middle_box
from .sockets import Listening, wired
from .transcript import PROXY_AT
from .wire import Lost, Wire, ask_proxy

_SHORT = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.EADDRNOTAVAIL}

Handler = Callable[[Wire], Awaitable[None]]
Tell = Callable[[Place | None, Place, int, str, bool], None]


@dataclass(frozen=True, slots=True, order=True)
class Failed:
    """A dial that failed: on the way, for want of a listener, at the proxy, by inspection or for want of a name."""

    source: Place
    destination: Place
    port: int
    cause: str


class Refused(CmgdocsError, ConnectionError):
    """A dial that failed, and why."""

    def __init__(self, failed: Failed, why: str) -> None:
        self.failed, self.why = failed, why
        super().__init__(f"{failed.source} to {failed.destination}, port {failed.port}: {why}")


class Listener:
    """One port of one place: its socket, and everything that was accepted there."""

    def __init__(self, sock: Listening, handler: Handler, tls: ssl.SSLContext | None) -> None:
        self.sock, self.handler, self.tls = sock, handler, tls
        self.accepting: asyncio.Task[None] | None = None
        self.tasks: set[asyncio.Task[None]] = set()

    async def close(self) -> None:
        """Close the port and end every connection that came through it."""
        if self.accepting:
            self.accepting.cancel()
            await asyncio.wait([self.accepting])
        self.sock.close()
        await asyncio.sleep(0)  # who was accepted just now has to start, to be able to end
        for task in self.tasks:
            task.cancel()
        if self.tasks:
            await asyncio.wait(self.tasks)


class Network:
    """
    Connections between places, with TLS, through the web proxy where asked, and with a record of what failed.

    A child says which sockets: :meth:`_bind` gives one that listens, :meth:`_connect` one that is connected. All else
    is the same on every network. *circumstances* may be replaced while it runs; what is connected stays connected.
    """

    def __init__(self, circumstances: Circumstances, connect_s: float = 1.0, limits: Limits | None = None) -> None:
        self.circumstances = circumstances
        self.connect_s = connect_s
        self.limits = limits or Limits()
        self.proxy_port: int | None = None
        self.tell: Tell = lambda source, destination, port, what, ok: None
        self.failed: dict[Failed, None] = {}
        self.crashes: list[Exception] = []
        self._short: LabError | None = None
        self._listeners: dict[tuple[Place, int], Listener] = {}
        self._wires: set[Wire] = set()
        self._helpers: set[asyncio.Task[None]] = set()

    async def _bind(self, place: Place, port: int) -> Listening:
        """A socket that listens at *port* of *place*, made by :func:`~.sockets.listening`."""
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
        return (place, port) in self._listeners

    async def listen(self, place: Place, port: int, handler: Handler, tls: ssl.SSLContext | None = None) -> None:
        """
        Open a port; *handler* has each connection to it for as long as it runs, and then it is closed.

        Raises:
            LabError: This machine has no more sockets to give.
        """
        try:
            listener = Listener(await self._bind(place, port), handler, tls)
        except OSError as error:
            self._raise_if_short(error)
            raise
        self._listeners[place, port] = listener
        listener.accepting = asyncio.create_task(self._accept(place, port, listener))

    async def hush(self, place: Place, port: int) -> None:
        """Close a port, with every connection that came through it; nothing where it is closed."""
        if listener := self._listeners.pop((place, port), None):
            await listener.close()

    async def dial(
        self, source: Place, destination: Place, port: int, tls: ssl.SSLContext | None = None, proxied: bool = False
    ) -> Wire:
        """
        Connect, through the web proxy where *proxied*, and shake hands where *tls* says how.

        Raises:
            Refused: The connection does not stand; what failed is in :attr:`failed`.
            LabError: This machine has no more sockets to give, which no firewall of the lab is the reason of.
        """
        name, pair = host_name(destination), (source.role, destination.role)
        if pair in self.circumstances.nameless:
            raise self.refuse(source, destination, port, "nameless", f"nobody resolves {name} there")
        if proxied:
            sock = await self._through_proxy(source, destination, port)
        else:
            sock = await self._reach(source, destination, port)
        inspected = tls is not None and pair in self.circumstances.inspected
        try:
            if inspected:
                sock = middle_box(sock, name, self._help)
            wire = await self._wire(sock, tls, name)
        except ssl.SSLCertVerificationError as error:
            cause = "inspected" if inspected else "certificate"
            raise self.refuse(source, destination, port, cause, f"certificate: {error.verify_message}") from None
        except (OSError, TimeoutError) as error:
            self._raise_if_short(error)
            raise self.refuse(source, destination, port, "lost", "the connection was lost") from None
        self.tell(source, destination, port, f"connected{' through the proxy' if proxied else ''}", True)
        return wire

    def refuse(self, source: Place, destination: Place, port: int, cause: str, why: str) -> Refused:
        """Record and tell a failed dial, and give the error to raise."""
        failed = Failed(source, destination, port, cause)
        self.failed[failed] = None
        self.tell(source, destination, port, f"{cause}: {why}", False)
        return Refused(failed, why)

    async def close(self) -> None:
        """End everything: ports, connections, tasks."""
        while self._listeners:  # who is deploying just now opens more of them
            await self.hush(*next(iter(self._listeners)))
        await asyncio.sleep(0)
        for task in self._helpers:
            task.cancel()
        if self._helpers:
            await asyncio.wait(self._helpers)
        wires = tuple(self._wires)
        for wire in wires:
            wire.abort()
        await asyncio.gather(*(wire.gone() for wire in wires))

    def _raise_if_short(self, error: OSError) -> None:
        """Raise where the machine is short of something, at this end or at the one that should have accepted."""
        if short := shortage(error) or self._short:
            raise short from None

    async def _reach(self, source: Place, destination: Place, port: int) -> socket.socket:
        try:
            async with asyncio.timeout(self.connect_s):
                return await self._connect(source, destination, port)
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

    async def _through_proxy(self, source: Place, destination: Place, port: int) -> socket.socket:
        """Have the web proxy connect; where it could not, it has told why itself, for that dial was its own."""
        assert self.proxy_port is not None, "a site without a proxy has no proxied connection"
        sock = await self._reach(source, PROXY_AT, self.proxy_port)
        try:
            async with asyncio.timeout(self.limits.answer_s):
                status, text = await ask_proxy(sock, host_name(destination), port)
        except (Lost, OSError, TimeoutError):
            sock.close()
            raise self.refuse(source, PROXY_AT, self.proxy_port, "lost", "the proxy does not answer") from None
        except BaseException:
            sock.close()
            raise
        if status == 200:
            return sock
        sock.close()
        if status == 403:
            raise self.refuse(source, destination, port, "proxy", text)
        raise Refused(Failed(source, destination, port, "hop"), f"the proxy answers {status}: {text}")

    async def _accept(self, place: Place, port: int, listener: Listener) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                sock, _ = await loop.sock_accept(listener.sock)
            except OSError as error:  # who has hung up before being accepted, or too many open files for now
                self._short = shortage(error)
                await asyncio.sleep(0.01)
                continue
            self._short = None
            listener.sock.take(sock)
            task = asyncio.create_task(self._welcome(place, port, listener, sock))
            listener.tasks.add(task)
            task.add_done_callback(listener.tasks.discard)

    async def _welcome(self, place: Place, port: int, listener: Listener, sock: socket.socket) -> None:
        try:
            wire = await self._wire(sock, listener.tls, served=True)
        except ssl.SSLError as error:
            self.tell(
                None, place, port, f"refused: no TLS ({(error.reason or 'unknown').replace('_', ' ').lower()})", False
            )
            return
        except ConnectionAbortedError:  # asyncio's word for a handshake that took too long
            self.tell(None, place, port, "refused: no handshake in time", False)
            return
        except OSError:  # left without a word
            return
        try:
            await listener.handler(wire)
        except (OSError, TimeoutError):  # the other end has left
            pass
        except Exception as error:
            self.crashes.append(error)
        finally:
            wire.abort()

    async def _wire(
        self, sock: socket.socket, tls: ssl.SSLContext | None, name: str = "", served: bool = False
    ) -> Wire:
        wire = await wired(sock, self.limits, tls, name, served, self._wires.discard)
        self._wires.add(wire)
        return wire

    def _help(self, box: Awaitable[None]) -> None:
        """Run something beside until it ends or the network does."""
        task = asyncio.ensure_future(box)
        self._helpers.add(task)
        task.add_done_callback(self._helpers.discard)


def shortage(error: OSError) -> LabError | None:
    """What to say where not a firewall but this machine keeps a connection from standing."""
    if error.errno not in _SHORT:
        return None
    more = "; allow more with: ulimit -n 4096" if error.errno == errno.EMFILE else ""
    return LabError(f"this machine has too little for the lab: {os.strerror(error.errno or 0).lower()}{more}")


def host_name(place: Place) -> str:
    """The name under which a place is dialled and has its certificate: places of one role share it."""
    return f"{place.role}.lab"
