"""Names looked up where the command runs."""

from __future__ import annotations


def addresses(name: str) -> tuple[str, ...]:
    """Addresses of a name by the resolver of this machine, ascending."""
    import socket

    found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    return tuple(sorted({str(address[4][0]) for address in found}))
