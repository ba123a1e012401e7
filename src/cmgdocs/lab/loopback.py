"""The network that every machine has: sockets on 127.0.0.1, and a firewall that is asked in this process."""

from __future__ import annotations

import asyncio
import socket

from ..circumstances import Place
from .network import Network
from .sockets import Listening, listening, tcp_socket

_HERE = "127.0.0.1"


class Loopback(Network):
    """Each port of each place is a free port of 127.0.0.1; the firewall is asked once for each connection."""

    def address(self, place: Place, port: int) -> tuple[str, int]:
        """Where a port of a place really is, for who dials by other means."""
        host, real = self._listeners[place, port].sock.getsockname()
        return host, real

    async def _bind(self, place: Place, port: int) -> Listening:
        return listening((_HERE, 0))

    async def _connect(self, source: Place, destination: Place, port: int) -> socket.socket:
        if why := self.circumstances.firewall.refusal(source, destination, port):
            raise self.refuse(source, destination, port, "blocked", why)
        if not self.listens(destination, port):
            raise self.refuse(source, destination, port, "down", "nothing listens there")
        sock = tcp_socket()
        try:
            await asyncio.get_running_loop().sock_connect(sock, self.address(destination, port))
        except BaseException:
            sock.close()
            raise
        return sock
