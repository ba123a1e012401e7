"""A device that breaks TLS open: whoever dials through it is shown a certificate of an authority of its own."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable

from .pki import pki


def middle_box(beyond: socket.socket, name: str, run: Callable[[Awaitable[None]], None]) -> socket.socket:
    """
    Put a device into a connection that stands.

    Args:
        beyond: The connection to who was dialled; the device has it now, and ends it with its own.
        name: Whom the device pretends to be.
        run: Runs the device beside.

    Returns:
        The socket on which who dialled goes on, at the other end of which the device is.
    """
    near, far = socket.socketpair()
    near.setblocking(False)
    far.setblocking(False)
    run(_show(far, beyond, name))
    return near


async def _show(far: socket.socket, beyond: socket.socket, name: str) -> None:
    """Shake hands as *name* with a foreign certificate; nobody trusts it here, so nothing is ever passed on."""
    loop = asyncio.get_running_loop()
    try:
        context = pki().server(name, foreign=True)
        transport, _ = await loop.connect_accepted_socket(asyncio.Protocol, far, ssl=context, ssl_handshake_timeout=5)
        transport.abort()
    except (OSError, TimeoutError):
        pass
    finally:
        far.close()
        beyond.close()
