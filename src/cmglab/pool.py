"""Connections that one place keeps open to those that it asks, so that not every request needs a handshake."""

from __future__ import annotations

import ssl

from cmgdocs.site.places import Place

from .network import Network
from .wire import Lost, Request, Response, Wire

MOST_IDLE = 16


class Pool:
    """Idle connections of one *source*; a connection is used by one request at a time."""

    def __init__(self, network: Network, source: Place, tls: ssl.SSLContext) -> None:
        self._network, self._source, self._tls = network, source, tls
        self._idle: dict[tuple[Place, int], list[Wire]] = {}

    async def ask(
        self, request: Request, destination: Place, port: int, tls: bool = True, proxied: bool = False
    ) -> Response:
        """
        Ask over a connection that is idle, or over a new one.

        An idle connection may have ended meanwhile; then a new one is tried. A request on a new one is never repeated.

        Raises:
            Refused: No connection stands.
            Lost: It ended before the answer.
        """
        idle = self._idle.setdefault((destination, port), [])
        while idle:
            wire = idle.pop()
            if not wire.closed:
                try:
                    return self._keep(idle, wire, await wire.ask(request))
                except Lost:
                    break
        wire = await self._network.dial(self._source, destination, port, self._tls if tls else None, proxied)
        return self._keep(idle, wire, await wire.ask(request))

    def close(self) -> None:
        """End every idle connection."""
        for idle in self._idle.values():
            for wire in idle:
                wire.abort()
        self._idle.clear()

    def _keep(self, idle: list[Wire], wire: Wire, response: Response) -> Response:
        if wire.closed or len(idle) >= MOST_IDLE:
            wire.abort()
        else:
            idle.append(wire)
        return response
