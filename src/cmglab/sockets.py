"""Sockets, and how they become wires."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

from .guard import Limits
from .wire import Wire


async def wired(
    sock: socket.socket,
    limits: Limits,
    tls: ssl.SSLContext | None,
    name: str,
    served: bool,
    forget: Callable[[Wire], None],
) -> Wire:
    """
    Make a wire of a connected socket, which belongs to it from now on, also where that fails.

    Args:
        sock: The socket.
        limits: How long a handshake may take, and everything after it.
        tls: How to shake hands; None for none.
        name: Whom a certificate has to be for, at the end that dialled.
        served: Whether this is the end that accepted.
        forget: Hears of the end of the wire.

    Raises:
        ssl.SSLError: The handshake failed.
        OSError: The other end left, or was late.
    """
    loop = asyncio.get_running_loop()
    if sock.family in (socket.AF_INET, socket.AF_INET6):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    reader = asyncio.StreamReader(loop=loop)
    protocol = _Protocol(reader, loop=loop)
    handshake_s, shutdown_s = (limits.arrive_s, limits.close_s) if tls else (None, None)
    if served:
        making = loop.connect_accepted_socket(
            lambda: protocol, sock, ssl=tls, ssl_handshake_timeout=handshake_s, ssl_shutdown_timeout=shutdown_s
        )
    else:
        making = loop.create_connection(
            lambda: protocol,
            sock=sock,
            ssl=tls,
            server_hostname=name if tls else None,
            ssl_handshake_timeout=handshake_s,
            ssl_shutdown_timeout=shutdown_s,
        )
    try:
        transport, _ = await _whole(making, protocol)
    except BaseException:
        sock.close()
        raise
    wire = Wire(reader, asyncio.StreamWriter(transport, protocol, reader, loop), protocol.gone, name, limits)
    protocol.then = partial(forget, wire)
    return wire


async def _whole(
    making: Coroutine[Any, Any, tuple[asyncio.Transport, _Protocol]], protocol: _Protocol
) -> tuple[asyncio.Transport, _Protocol]:
    """
    Wait for a handshake; where that is cancelled, end the connection at once.

    Left to itself asyncio forgets a connection whose handshake was cancelled before it began, and says a long
    good-bye where it was just over.
    """
    task = asyncio.ensure_future(making)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        for _ in range(2):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
        if protocol.transport:
            protocol.transport.abort()
        raise


class _Protocol(asyncio.StreamReaderProtocol):
    """What asyncio's streams do, with a word when the connection has ended."""

    def __init__(self, reader: asyncio.StreamReader, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(reader, loop=loop)
        self.gone = asyncio.Event()
        self.then: Callable[[], None] = lambda: None
        self.transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        assert isinstance(transport, asyncio.WriteTransport)
        self.transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self.gone.set()
        self.then()


class Listening(socket.socket):
    """
    A socket that listens, and knows whom it has accepted until somebody takes over.

    When asyncio is cancelled at the wrong moment, what was just accepted is lost on the way; here it is closed.
    """

    def __init__(self, family: int = socket.AF_INET) -> None:
        super().__init__(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        self.setblocking(False)
        self._accepted: set[socket.socket] = set()

    def accept(self) -> tuple[socket.socket, Any]:
        sock, address = super().accept()
        self._accepted.add(sock)
        return sock, address

    def take(self, sock: socket.socket) -> None:
        """Take over an accepted socket."""
        self._accepted.discard(sock)

    def close(self) -> None:
        super().close()
        while self._accepted:
            self._accepted.pop().close()


def listening(address: tuple[str, int], family: int = socket.AF_INET) -> Listening:
    """A socket that listens at *address*, for children of the network."""
    sock = Listening(family)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(address)
        sock.listen(512)
    except BaseException:
        sock.close()
        raise
    return sock


def tcp_socket(family: int = socket.AF_INET) -> socket.socket:
    """A socket that does not block; with its protocol named, for asyncio switches Nagle off by that."""
    sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    sock.setblocking(False)
    return sock
