"""The network that every machine has: sockets on 127.0.0.1, and a firewall that is asked in this process."""

from __future__ import annotations

import asyncio
import socket

from ..circumstances import Place
from .network import Network
from .sockets import listening, tcp_socket

_HERE = "127.0.0.1"


class Loopback(Network):
    """Each port of each place is a free port of 127.0.0.1; the firewall is asked once for each connection."""

    async def _bind(self, place: Place, port: int) -> socket.socket:
        return listening((_HERE, 0))

    async def _connect(self, source: Place, destination: Place, port: int) -> socket.socket:
        if why := self.circumstances.firewall.refusal(source, destination, port):
            raise self.refuse(source, destination, port, "blocked", why)
        if not (listener := self._listeners.get((destination, port))):
            raise self.refuse(source, destination, port, "down", "nothing listens there")
        sock = tcp_socket()
        try:
            await asyncio.get_running_loop().sock_connect(sock, listener.sock.getsockname())
        except BaseException:
            sock.close()
            raise
        return sock
