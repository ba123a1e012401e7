"""
One end of an HTTP/1.1 connection, by h11: it asks, or it serves, or it is turned round and does the other.

The article says that the connection point "holds the connection open, and builds the channel"; how the product
carries requests from the gateway to who dialled it is not documented. **Turning a connection round is this
project's invention**: the connection point dials, then serves; the gateway accepts, then asks. Over HTTPS the turn
is an Upgrade answered by 101, over TCP-TLS it is made at once.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

from .extras import h11
from .guard import Limits, Unfit, unfit_body, unfit_head

CHUNK = 16 * 1024

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked; header names in lower case, ``host`` and ``content-length`` are written by the wire."""

    method: str
    target: str
    headers: Headers = ()
    body: bytes = b""

    def header(self, name: str) -> str:
        """The first header field of that name, or nothing."""
        return next((value for key, value in self.headers if key == name), "")


@dataclass(frozen=True, slots=True)
class Response:
    """What is answered; 101 is the answer after which the connection is turned round."""

    status: int
    headers: Headers = ()
    body: bytes = b""

    def header(self, name: str) -> str:
        """The first header field of that name, or nothing."""
        return next((value for key, value in self.headers if key == name), "")


App = Callable[[Request], Awaitable[Response]]
Told = Callable[[int, str], None]


class Lost(ConnectionError):
    """The other end went away, was late, or said what HTTP does not allow; the connection is of no more use."""


class Wire:
    """
    One end of a connection.

    *name* is the host that was dialled, *names* are those of the certificate that the other end has shown.
    After any failure the connection is closed: an answer that comes late must not reach who asks next.
    """

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        gone: asyncio.Event,
        name: str = "",
        limits: Limits | None = None,
    ) -> None:
        self.reader, self.writer, self.name = reader, writer, name
        self.limits = limits or Limits()
        self._gone = gone
        self._rest = b""
        self._asking: h11.Connection | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """DNS names of the other end's certificate, which TLS has checked; empty where it has shown none."""
        shown = self.writer.get_extra_info("peercert") or {}
        return tuple(value for kind, value in shown.get("subjectAltName", ()) if kind == "DNS")

    @property
    def closed(self) -> bool:
        """Whether nothing more can be sent."""
        return self._gone.is_set() or self.writer.is_closing()

    async def gone(self) -> None:
        """Wait until the connection has ended, whoever ended it."""
        await self._gone.wait()

    def abort(self) -> None:
        """End the connection at once; what was not yet sent is lost."""
        if not self._gone.is_set():  # of what has ended, TLS in Python 3.11.2 knows nothing to end
            self.writer.transport.abort()

    async def close(self) -> None:
        """End the connection after everything was sent, and soon."""
        self.writer.close()
        try:
            async with asyncio.timeout(self.limits.close_s):
                await self._gone.wait()
        except TimeoutError:
            self.abort()

    async def ask(self, request: Request, within_s: float | None = None) -> Response:
        """
        Send a request and wait for its answer; one at a time.

        Args:
            request: What is asked.
            within_s: How long it may take, in seconds; as the limits say without it.

        Raises:
            Lost: No answer came; the connection is closed.
            h11.LocalProtocolError: The request is none, so nothing was sent.
        """
        head = h11.Request(method=request.method, target=request.target, headers=_fields(request, self.name))
        try:
            async with asyncio.timeout(within_s or self.limits.answer_s):
                connection = self._asking = self._asking or self._side(h11.CLIENT)
                await self._send(connection, head, request.body)
                return await self._answer(connection)
        except (OSError, TimeoutError, h11.ProtocolError) as error:
            self.abort()
            raise Lost(str(error) or "no answer in time") from error
        except BaseException:
            self.abort()
            raise

    async def serve(self, app: App, told: Told | None = None, host: str = "") -> bool:
        """
        Answer requests, one after the other, until the other end leaves or goes wrong.

        Args:
            app: Answers one request.
            told: Hears of every request that was not fit to be answered: its status and why.
            host: The only host that requests may name; empty for any.

        Returns:
            True where the connection was turned round (101) or made a tunnel (CONNECT); False where it has ended.
        """
        connection, first = self._side(h11.SERVER), True
        try:
            while (request := await self._request(connection, first, host)) is not None:
                response = await app(request)
                if response.status == 101:
                    fields = [("upgrade", "channel"), ("connection", "upgrade"), *response.headers]
                    await self._write(connection.send(h11.InformationalResponse(status_code=101, headers=fields)))
                    return True
                head = h11.Response(status_code=response.status, headers=_fields(response))
                async with asyncio.timeout(self.limits.answer_s):  # who asks and never reads is not waited for
                    await self._send(connection, head, response.body)
                if connection.our_state is h11.SWITCHED_PROTOCOL:
                    return True
                if connection.our_state is not h11.DONE:
                    break
                connection.start_next_cycle()
                first = False
        except Unfit as unfit:
            if told:
                told(unfit.status, unfit.why)
            await self._reject(connection, unfit)
        except OSError:
            pass
        await self.close()
        return False

    def turn(self) -> None:
        """Change sides; what came behind the 101 is the first request to this end."""
        if self._asking:
            self._rest, self._asking = self._asking.trailing_data[0], None

    async def receive(self) -> bytes:
        """Bytes as they come, empty at the end; for tunnels, which do not look inside."""
        return await self.reader.read(CHUNK)

    async def _write(self, data: bytes | None) -> None:
        self.writer.write(data or b"")
        await self.writer.drain()

    async def _send(self, connection: h11.Connection, head: h11.Request | h11.Response, body: bytes) -> None:
        parts = [connection.send(head)]
        if connection.our_state is not h11.SWITCHED_PROTOCOL:  # what answers a CONNECT is its head alone
            parts += [connection.send(h11.Data(data=body)), connection.send(h11.EndOfMessage())]
        await self._write(b"".join(part for part in parts if part))

    def _side(self, side: type[h11.CLIENT] | type[h11.SERVER]) -> h11.Connection:
        return h11.Connection(side, max_incomplete_event_size=self.limits.head)

    async def _answer(self, connection: h11.Connection) -> Response:
        head: h11.Response | None = None
        body = bytearray()
        while True:
            event = connection.next_event()
            if event is h11.NEED_DATA:
                connection.receive_data(await self.reader.read(CHUNK))
            elif isinstance(event, h11.InformationalResponse):
                if event.status_code == 101:
                    return Response(101, _read(event.headers))
            elif isinstance(event, h11.Response):
                head = event
            elif isinstance(event, h11.Data):
                body += event.data
                if len(body) > self.limits.body:
                    raise h11.RemoteProtocolError("the answer is too long")
            elif isinstance(event, h11.EndOfMessage) and head is not None:
                if connection.trailing_data[0]:
                    raise h11.RemoteProtocolError("more than one answer")
                if connection.our_state is h11.DONE and connection.their_state is h11.DONE:
                    connection.start_next_cycle()
                else:
                    self.writer.close()
                return Response(head.status_code, _read(head.headers), bytes(body))
            else:
                raise ConnectionResetError("the other end has left")

    async def _request(self, connection: h11.Connection, first: bool, host: str) -> Request | None:
        """The next request, None where the other end has left, or has no more of them."""
        data, self._rest = self._rest, b""
        try:
            async with asyncio.timeout(self.limits.arrive_s if first else self.limits.idle_s):
                data = data or await self.reader.read(CHUNK)
        except TimeoutError:
            if first:
                raise Unfit(408, "no request in time") from None
            return None
        if not data:
            return None
        try:
            async with asyncio.timeout(self.limits.arrive_s):
                return await self._arrival(connection, data, host)
        except TimeoutError:
            raise Unfit(408, "the request did not end in time") from None
        except h11.RemoteProtocolError as error:
            raise Unfit(error.error_status_hint, str(error)) from None

    async def _arrival(self, connection: h11.Connection, data: bytes, host: str) -> Request:
        raw, body = bytearray(data), bytearray()
        connection.receive_data(data)
        while (event := connection.next_event()) is h11.NEED_DATA:
            raw += (data := await self.reader.read(CHUNK))
            connection.receive_data(data)
        if not isinstance(event, h11.Request):
            raise Unfit(400, "no request")
        unfit_head(bytes(raw[: len(raw) - len(connection.trailing_data[0])]), event, host, self.limits)
        while not isinstance(part := connection.next_event(), h11.EndOfMessage):
            if part is h11.NEED_DATA:
                connection.receive_data(await self.reader.read(CHUNK))
            elif isinstance(part, h11.Data):
                body += part.data
                unfit_body(len(body), self.limits)
        if part.headers or connection.trailing_data[0]:
            raise Unfit(400, "more after the body of the request")
        return Request(event.method.decode(), event.target.decode(), _read(event.headers), bytes(body))

    async def _reject(self, connection: h11.Connection, unfit: Unfit) -> None:
        """Say why, then hear the other end out for a moment: closed at once, it would never see the answer."""
        if connection.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
            return
        text = unfit.why.encode()
        fields = [("content-length", str(len(text))), ("connection", "close")]
        try:
            await self._send(connection, h11.Response(status_code=unfit.status, headers=fields), text)
            async with asyncio.timeout(self.limits.close_s):
                while await self.reader.read(CHUNK):
                    pass
        except (OSError, TimeoutError, h11.LocalProtocolError):
            pass


def _fields(message: Request | Response, host: str = "") -> list[tuple[str, str]]:
    first = [("host", host)] if isinstance(message, Request) else []
    return [*first, *message.headers, ("content-length", str(len(message.body)))]


def _read(headers: Iterable[tuple[bytes, bytes]]) -> Headers:
    return tuple((name.decode("ascii"), value.decode("latin-1")) for name, value in headers)


async def ask_proxy(sock: socket.socket, host: str, port: int) -> tuple[int, str]:
    """
    Ask a proxy at the other end of *sock* for a tunnel; with 200 the socket is one.

    Returns:
        The status of the answer, and its text.

    Raises:
        Lost: The answer was none.
    """
    loop = asyncio.get_running_loop()
    connection = h11.Connection(h11.CLIENT)
    target = f"{host}:{port}"
    head = connection.send(h11.Request(method="CONNECT", target=target, headers=[("host", target)]))
    await loop.sock_sendall(sock, (head or b"") + (connection.send(h11.EndOfMessage()) or b""))
    status, text = 0, b""
    try:
        while not isinstance(event := connection.next_event(), h11.EndOfMessage):
            if event is h11.NEED_DATA:
                connection.receive_data(await loop.sock_recv(sock, CHUNK))
            elif isinstance(event, h11.Response):
                status = event.status_code
                if status == 200:
                    break
            elif isinstance(event, h11.Data):
                text += event.data
            else:
                raise Lost("the proxy has left")
    except h11.ProtocolError as error:
        raise Lost(str(error)) from None
    if status == 200 and connection.trailing_data[0]:
        raise Lost("bytes before the tunnel was used")
    return status, text.decode("utf-8", "replace")
