"""The site's web proxy: it takes CONNECT to some ports, dials for who asked, and then carries bytes."""

from __future__ import annotations

import asyncio
import re

from cmgdocs.facts.ports import HIGHEST

from .network import Network
from .transcript import AZURE_AT, BLOB_AT, CRL_AT, ENTRA_AT, GATEWAY_AT, HTTP, MICROSOFT_CRL_AT, PROXY_AT
from .wire import Request, Response, Wire

_KNOWN = {f"{place.role}.lab": place for place in (AZURE_AT, GATEWAY_AT, BLOB_AT, ENTRA_AT, CRL_AT, MICROSOFT_CRL_AT)}


class WebProxy:
    """One web proxy at its port."""

    def __init__(self, network: Network, port: int) -> None:
        self._network, self._port = network, port

    async def start(self) -> None:
        """Open its port."""
        await self._network.listen(PROXY_AT, self._port, self._handle)

    async def stop(self) -> None:
        """Close its port, and with it every tunnel."""
        await self._network.hush(PROXY_AT, self._port)

    async def _handle(self, wire: Wire) -> None:
        beyond: list[Wire] = []

        async def app(request: Request) -> Response:
            return await self._connect(request, beyond)

        def told(status: int, why: str) -> None:
            self._network.tell(None, PROXY_AT, self._port, f"{status}: {why}", False)

        try:
            if await wire.serve(app, told) and beyond:
                await _carry(wire, beyond[0])
        finally:
            for other in beyond:
                other.abort()

    async def _connect(self, request: Request, beyond: list[Wire]) -> Response:
        host, _, port = request.target.rpartition(":")
        if request.method != "CONNECT" or not re.fullmatch("[0-9]{1,5}", port) or int(port) > HIGHEST:
            return Response(405, (), b"this proxy takes CONNECT to a host and a port only")
        # A request without TLS needs no CONNECT at a real proxy; here it is carried through one that is always taken.
        allowed = None if int(port) == HTTP else self._network.circumstances.connect_ports
        if allowed is not None and not any(int(port) in ports for ports in allowed):
            return Response(403, (), f"the proxy takes no CONNECT to port {port}".encode())
        if host not in _KNOWN:
            return Response(502, (), b"the proxy does not know that host")
        try:
            beyond.append(await self._network.dial(PROXY_AT, _KNOWN[host], int(port)))
        except ConnectionError as refused:
            return Response(502, (), str(refused).encode())
        return Response(200)


async def _carry(one: Wire, other: Wire) -> None:
    """Carry bytes both ways until either end has no more."""

    async def carry(source: Wire, sink: Wire) -> None:
        while data := await source.receive():
            sink.writer.write(data)
            await sink.writer.drain()
        await sink.close()

    async with asyncio.TaskGroup() as group:
        group.create_task(carry(one, other))
        group.create_task(carry(other, one))
