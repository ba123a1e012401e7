"""The network that every machine has: sockets on a loopback address, and a firewall that is asked in this process."""

from __future__ import annotations

import asyncio
import socket
import sys

from cmgdocs.site.places import Place

from .network import Network
from .sockets import Listening, listening, tcp_socket

# On Linux all of 127.0.0.0/8 is loopback. An address of its own keeps the lab's many ports out of the way of
# programs that look for a free one of 127.0.0.1 and take it later, as Jupyter does.
_HERE = "127.0.0.61" if sys.platform == "linux" else "127.0.0.1"
_BIND_NO_PORT = 24  # IP_BIND_ADDRESS_NO_PORT of linux/in.h: the port is chosen with the destination, from all of them


class Loopback(Network):
    """Each port of each place is a free port of this machine; the firewall is asked once for each connection."""

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
            if sys.platform == "linux":
                sock.setsockopt(socket.IPPROTO_IP, _BIND_NO_PORT, 1)
                sock.bind((_HERE, 0))
            await asyncio.get_running_loop().sock_connect(sock, self.address(destination, port))
        except BaseException:
            sock.close()
            raise
        return sock
