"""Sockets, and how they become wires."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable
from functools import partial

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
    try:
        if served:
            transport, _ = await loop.connect_accepted_socket(
                lambda: protocol,
                sock,
                ssl=tls,
                ssl_handshake_timeout=handshake_s,
                ssl_shutdown_timeout=shutdown_s,
            )
        else:
            transport, _ = await loop.create_connection(
                lambda: protocol,
                sock=sock,
                ssl=tls,
                server_hostname=name if tls else None,
                ssl_handshake_timeout=handshake_s,
                ssl_shutdown_timeout=shutdown_s,
            )
    except BaseException:
        sock.close()
        raise
    wire = Wire(reader, asyncio.StreamWriter(transport, protocol, reader, loop), protocol.gone, name, limits)
    protocol.then = partial(forget, wire)
    return wire


class _Protocol(asyncio.StreamReaderProtocol):
    """What asyncio's streams do, with a word when the connection has ended."""

    def __init__(self, reader: asyncio.StreamReader, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(reader, loop=loop)
        self.gone = asyncio.Event()
        self.then: Callable[[], None] = lambda: None

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self.gone.set()
        self.then()


def listening(address: tuple[str, int], family: int = socket.AF_INET) -> socket.socket:
    """A socket that listens, for children of the network."""
    sock = tcp_socket(family)
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
