"""
HTTP/1.1 over one connection, spoken by h11: an end asks or serves, and a connection can be turned round.

The article says that the connection point "holds the connection open, and builds the channel"; how the product
carries requests from the gateway back over it is not documented. **Turning a connection round is this project's
invention**: the connection point dials, then serves; the gateway accepts, then asks. Over HTTPS the turn is an
Upgrade answered by 101, over TCP-TLS it is made at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass

import h11

CHUNK = 16 * 1024
ANSWER_S = 10.0  # how long an answer may take; whoever is stuck makes the run fail after this time

Headers = tuple[tuple[str, str], ...]


class _Message:
    __slots__ = ()
    headers: Headers

    def header(self, name: str) -> str:
        """The first header field of that name, or nothing."""
        return next((value for key, value in self.headers if key == name), "")


@dataclass(frozen=True)
class HttpRequest(_Message):
    """What is asked; header names in lower case, ``host`` and ``content-length`` are added when it is sent."""

    method: str
    target: str
    headers: Headers = ()
    body: bytes = b""


@dataclass(frozen=True)
class HttpResponse(_Message):
    """What is answered; after 101 the connection is turned round, after 200 to a CONNECT it is a tunnel."""

    status: int
    headers: Headers = ()
    body: bytes = b""

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode("utf-8", "replace")


App = Callable[[HttpRequest], Awaitable[HttpResponse]]


class Lost(ConnectionError):
    """The other end went away, was late, or did not speak HTTP; the connection is of no more use."""


class HttpConnection:
    """One end of a connection; *host* is the name that was dialled, empty at the end that accepted."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, host: str = "") -> None:
        self.reader, self.writer, self.host = reader, writer, host
        self._client: h11.Connection | None = None
        self._behind = b""  # what came behind a 101 is the first request to this end
        self._turn = asyncio.Lock()

    @property
    def peer_names(self) -> tuple[str, ...]:
        """DNS names of the other end's certificate, which TLS has checked; empty where it has shown none."""
        shown = self.writer.get_extra_info("peercert") or {}
        return tuple(value for kind, value in shown.get("subjectAltName", ()) if kind == "DNS")

    @property
    def closed(self) -> bool:
        """Whether nothing more can be asked."""
        return self.reader.at_eof() or self.writer.is_closing()

    async def gone(self) -> None:
        """Wait until the connection has ended, whoever ended it."""
        with suppress(OSError):
            await self.writer.wait_closed()

    def abort(self) -> None:
        """End the connection at once; what was not yet sent is lost."""
        if not self.writer.is_closing():  # what has ended cannot be ended again with TLS in Python 3.11.2
            self.writer.transport.abort()

    async def ask(self, request: HttpRequest) -> HttpResponse:
        """
        Send a request and wait for its answer; one at a time, others wait in turn.

        Raises:
            Lost: No answer came; the connection is closed, for a late answer must not reach the next request.
        """
        try:
            async with asyncio.timeout(ANSWER_S), self._turn:
                if self.closed:
                    raise ConnectionResetError("the connection has ended")
                self._client = self._client or h11.Connection(h11.CLIENT)
                fields = _fields(request.headers, request.body)
                head = h11.Request(method=request.method, target=request.target, headers=[("host", self.host), *fields])
                await self._send(self._client, head, request.body)
                return await self._answer(self._client)
        except (OSError, h11.RemoteProtocolError) as error:
            self.abort()
            raise Lost(str(error) or "no answer in time") from error
        except BaseException:
            self.abort()
            raise

    async def serve(self, app: App) -> bool:
        """
        Answer one request after the other until the other end leaves.

        Returns:
            True where the connection was turned round (101) or made a tunnel (CONNECT); False where it has ended.
        """
        connection = h11.Connection(h11.SERVER)
        if self._behind:
            connection.receive_data(self._behind)
        while request := await self._request(connection):
            response = await app(request)
            if response.status == 101:
                upgrade = [("upgrade", "channel"), ("connection", "upgrade")]
                self.writer.write(connection.send(h11.InformationalResponse(status_code=101, headers=upgrade)) or b"")
            else:
                fields = _fields(response.headers, response.body)
                await self._send(connection, h11.Response(status_code=response.status, headers=fields), response.body)
            if connection.our_state is h11.SWITCHED_PROTOCOL:
                return True
            connection.start_next_cycle()
        return False

    async def _send(self, connection: h11.Connection, head: h11.Request | h11.Response, body: bytes) -> None:
        parts = [connection.send(head)]
        if connection.our_state is not h11.SWITCHED_PROTOCOL:  # what accepts a CONNECT is its head alone
            parts += [connection.send(h11.Data(data=body)), connection.send(h11.EndOfMessage())]
        self.writer.write(b"".join(part for part in parts if part))
        await self.writer.drain()

    async def _event(self, connection: h11.Connection) -> h11.Event | type[h11.PAUSED]:
        while (event := connection.next_event()) is h11.NEED_DATA:
            connection.receive_data(await self.reader.read(CHUNK))
        return event  # type: ignore[return-value]

    async def _answer(self, connection: h11.Connection) -> HttpResponse:
        head = await self._event(connection)
        if not isinstance(head, (h11.Response, h11.InformationalResponse)):
            raise ConnectionResetError("the other end has left")
        body = b""
        if connection.their_state is h11.SWITCHED_PROTOCOL:
            self._behind, self._client = connection.trailing_data[0], None
        else:
            while isinstance(part := await self._event(connection), h11.Data):
                body += part.data
            connection.start_next_cycle()
        return HttpResponse(head.status_code, _texts(head.headers), body)

    async def _request(self, connection: h11.Connection) -> HttpRequest | None:
        """The next request, None where the other end has left."""
        head, body = await self._event(connection), b""
        if not isinstance(head, h11.Request):
            return None
        while isinstance(part := await self._event(connection), h11.Data):
            body += part.data
        return HttpRequest(head.method.decode(), head.target.decode(), _texts(head.headers), body)


def _fields(headers: Headers, body: bytes) -> list[tuple[str, str]]:
    return [*headers, ("content-length", str(len(body)))]


def _texts(headers: Iterable[tuple[bytes, bytes]]) -> Headers:
    return tuple((name.decode("ascii"), value.decode("latin-1")) for name, value in headers)
