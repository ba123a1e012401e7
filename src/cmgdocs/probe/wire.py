"""What a trial needs of the system: addresses of names, connections, and bytes over them, with or without TLS."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable, Sequence
from contextlib import suppress
from ipaddress import ip_address
from threading import Thread
from typing import NamedTuple, TypeAlias, TypeVar

T = TypeVar("T")
STAGGER_S = 0.25  # RFC 8305, section 5: until the next address of a name is tried as well
_CHUNK = 16 * 1024
_KEPT = 64 * 1024  # bytes of the other end's part of a handshake, to see how it failed

_Attempt: TypeAlias = "asyncio.Task[socket.socket]"


class Found(NamedTuple):
    """Addresses of a name in the resolver's order, and the name at the end of its aliases."""

    addresses: tuple[str, ...]
    canonical: str = ""


class Wire:
    """The system's own resolver and sockets; a child plays others."""

    def look_up(self, name: str) -> Found:
        """
        Addresses of a name; called in a thread of its own.

        Raises:
            socket.gaierror: There are none, or nobody answers.
        """
        found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM, flags=socket.AI_CANONNAME)
        canonical = next((item[3] for item in found if item[3]), "").rstrip(".").lower()
        return Found(tuple(dict.fromkeys(str(item[4][0]) for item in found)), canonical)

    async def connect(self, address: str, port: int) -> socket.socket:
        """
        A connected socket that does not block.

        Raises:
            OSError: There is no connection.
        """
        version = socket.AF_INET6 if ":" in address else socket.AF_INET
        sock = socket.socket(version, socket.SOCK_STREAM)
        try:
            sock.setblocking(False)
            await asyncio.get_running_loop().sock_connect(sock, (address, port))
        except BaseException:
            sock.close()
            raise
        return sock


class Resolver:
    """Look up each name once; a slow look-up holds up only the trials that need that name."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._found: dict[str, asyncio.Future[Found]] = {}

    async def find(self, host: str) -> Found:
        """Addresses of a host, which is its own where it is one; raises what the look-up raised."""
        with suppress(ValueError):
            return Found((str(ip_address(host)),))
        if host not in self._found:
            self._found[host] = _in_thread(lambda: self._wire.look_up(host))
        return await asyncio.shield(self._found[host])


def _in_thread(work: Callable[[], T]) -> asyncio.Future[T]:
    """Work in a thread that nobody waits for at the end: the system's resolver cannot be interrupted."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def settle(result: T | None, error: OSError | None) -> None:
        if future.done():
            return
        if error is None:
            future.set_result(result)  # type: ignore[arg-type]
        else:
            future.set_exception(error)
            future.exception()  # whoever waited may have left

    def run() -> None:
        result, failed = None, None
        try:
            result = work()
        except OSError as error:
            failed = error
        except UnicodeError as error:  # a label that is too long for IDNA
            failed = socket.gaierror(socket.EAI_NONAME, str(error))
        with suppress(RuntimeError):  # the loop has ended
            loop.call_soon_threadsafe(settle, result, failed)

    Thread(target=run, daemon=True).start()
    return future


async def connected(
    wire: Wire, addresses: Sequence[str], port: int, errors: list[OSError]
) -> tuple[socket.socket, str] | None:
    """
    Connect to the first of several addresses that answers; each is tried once the one before has failed or is late.

    Returns:
        The socket and its address; None where every address failed. *errors* gets why, even where the caller gives up.
    """
    left, tried, names = list(addresses), set[_Attempt](), dict[_Attempt, str]()
    try:
        while left or tried:
            if left:
                task = asyncio.ensure_future(wire.connect(left[0], port))
                names[task] = left.pop(0)
                tried.add(task)
            done, tried = await asyncio.wait(
                tried, timeout=STAGGER_S if left else None, return_when=asyncio.FIRST_COMPLETED
            )
            errors += [error for task in done if isinstance(error := task.exception(), OSError)]
            for task in (task for task in done if not isinstance(task.exception(), OSError)):
                tried |= done - {task}  # to be closed
                return task.result(), names[task]
        return None
    finally:
        for task in tried:
            task.cancel()
            task.add_done_callback(_drop)


def _drop(task: _Attempt) -> None:
    if not task.cancelled() and task.exception() is None:
        task.result().close()


class Link:
    """
    One connection, of which it closes the socket; without TLS until :meth:`start_tls`.

    Args:
        sock: A connected socket that does not block.
    """

    def __init__(self, sock: socket.socket) -> None:
        self._sock, self._loop = sock, asyncio.get_running_loop()
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls: ssl.SSLObject | None = None
        self.heard = b""
        """The other end's part of the handshake, or its beginning."""

    def close(self) -> None:
        """Close at once."""
        self._sock.close()

    async def start_tls(self, context: ssl.SSLContext, server_name: str) -> ssl.SSLObject:
        """
        Shake hands.

        Raises:
            OSError: It came to nothing; an :class:`ssl.SSLError` where the other end had answered.
        """
        tls = context.wrap_bio(self._in, self._out, server_hostname=server_name or None)
        await self._through(tls.do_handshake)
        self._tls = tls
        return tls

    async def send(self, data: bytes) -> None:
        """Send all of it."""
        if self._tls is None:
            await self._loop.sock_sendall(self._sock, data)
        else:
            tls = self._tls
            await self._through(lambda: tls.write(data))

    async def receive(self) -> bytes:
        """The next bytes; none where the other end has closed."""
        if self._tls is None:
            return await self._loop.sock_recv(self._sock, _CHUNK)
        tls = self._tls
        try:
            return await self._through(lambda: tls.read(_CHUNK))
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
            return b""

    async def _through(self, work: Callable[[], T]) -> T:
        """Do something with TLS that may have to hear from the other end first."""
        while True:
            try:
                result = work()
            except ssl.SSLWantReadError:
                await self._flush()
            except ssl.SSLError:
                with suppress(OSError):
                    await self._flush()  # the alert that says why
                raise
            else:
                await self._flush()
                return result
            data = await self._loop.sock_recv(self._sock, _CHUNK)
            if self._tls is None:
                self.heard = (self.heard + data)[:_KEPT]
            if data:
                self._in.write(data)
            else:
                self._in.write_eof()

    async def _flush(self) -> None:
        if data := self._out.read():
            await self._loop.sock_sendall(self._sock, data)
