"""
A router in a network namespace, with one namespace for each place on a wire of its own, and its firewall.

Belongs into a process that was started in a network namespace of its own, which becomes the router. Everything that
is made here ends with the process. Linux only; needs ``ip`` and ``nft``.
"""

from __future__ import annotations

import ctypes
import json
import os
import socket
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from cmgdocs.errors import LabError
from cmgdocs.site.places import Place

from .sockets import tcp_socket
from .tools import tool

_NEW_NET = 0x40000000  # CLONE_NEWNET of <linux/sched.h>
_ROUTER = "10.254.0.1"  # the router's end of every wire
_TABLE = "inet cmgdocs"
# A refused dial shall fail at once and be counted. What the rules let through was accepted before this one.
_LAST = (
    f"add set {_TABLE} refused {{ type ipv4_addr . ipv4_addr . inet_service; flags dynamic; size 65535; }}\n"
    f"add rule {_TABLE} forward ct state new add @refused {{ ip saddr . ip daddr . tcp dport counter }}"
    " reject with icmpx admin-prohibited\n"
)
# Outside of user namespaces nft has the kernel lift the bound on one message, which is that of any socket else.
_TOO_LONG = "; about a hundred rules fit, for without root nft hands over some 200 kB and no more"
Attempt = tuple[Place, Place, int]


class Namespaces:
    """
    The router and its places.

    A socket belongs to the namespace in which it was made for as long as it lives, so one process, in one thread,
    can speak for every place.
    """

    def __init__(self) -> None:
        """Make a router without wires, and without a firewall."""
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._router = _here()
        self._places: dict[Place, int] = {}
        self.addresses: dict[Place, str] = {}
        _ip(["link set lo up"])
        # No limit on the rate of refusals, or those that come often would seem to be dropped.
        for key, value in (("ip_forward", "1"), ("icmp_ratemask", "0")):
            Path(f"/proc/sys/net/ipv4/{key}").write_text(value)

    def add(self, addresses: Mapping[Place, str]) -> None:
        """
        Wire up the places that are not there yet, each at its IPv4 address.

        Raises:
            ValueError: An address, or a place, is there already with another one.
        """
        new = {place: address for place, address in addresses.items() if self.addresses.get(place) != address}
        if wrong := [place for place, address in new.items() if place in self.addresses or address in self._by_address]:
            raise ValueError(f"{wrong[0]}: another address or another place is wired up already")
        lines = []
        for number, (place, address) in enumerate(new.items(), len(self._places)):
            self._places[place] = self._apart()
            lines += [
                f"link add v{number} type veth peer name eth0 netns /proc/{os.getpid()}/fd/{self._places[place]}",
                f"link set v{number} addrgenmode none up",
                f"address add {_ROUTER} peer {address} dev v{number}",
            ]
        _ip(lines)
        for place, address in new.items():
            with self.inside(place):
                _ip(
                    [
                        "link set lo up",
                        "link set eth0 addrgenmode none up",
                        f"address add {address} peer {_ROUTER} dev eth0",
                        f"route add default via {_ROUTER}",
                    ]
                )
        self.addresses |= new

    @contextmanager
    def inside(self, place: Place) -> Iterator[None]:
        """Work in the namespace of a place; nothing may be awaited meanwhile."""
        self._enter(self._places[place])
        try:
            yield
        finally:
            self._enter(self._router)

    def socket(self, place: Place) -> socket.socket:
        """A new TCP socket of a place, that does not block, and that is in nobody's way after its end."""
        with self.inside(place):
            sock = tcp_socket()
        # Else nobody could listen, for a minute, at the port that the kernel has drawn for this end.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        return sock

    def load(self, rules: bytes) -> None:
        """
        Make a file for ``nft -f`` the router's firewall, in the place of the one before; its connections stay.

        Our files drop what they do not let through, of which a dial would learn only by waiting. So another rule
        is added behind the last one of the file, that answers what would have been dropped and counts it. It does
        not change what is refused, only how.

        Raises:
            LabError: The kernel does not take the rules, or they are too many for a user namespace.
        """
        for text in (rules, _LAST.encode()):
            try:
                _run([tool("nft"), "-f", "-"], text)
            except LabError as error:
                raise LabError(f"{error}{_TOO_LONG}" if "Message too long" in str(error) else str(error)) from None

    def refused(self) -> dict[Attempt, int]:
        """How often the router refused which dials since the rules were loaded, in no order."""
        found = json.loads(_run([tool("nft"), "-j", "list", "set", *_TABLE.split(), "refused"], b""))
        places, out = self._by_address, {}
        for item in found["nftables"]:
            for element in item.get("set", {}).get("elem", ()):
                source, destination, port = element["elem"]["val"]["concat"]
                out[places[source], places[destination], port] = element["elem"]["counter"]["packets"]
        return out

    @property
    def _by_address(self) -> dict[str, Place]:
        return {address: place for place, address in self.addresses.items()}

    def _apart(self) -> int:
        if self._libc.unshare(_NEW_NET):
            raise OSError(ctypes.get_errno(), "unshare")
        made = _here()
        self._enter(self._router)
        return made

    def _enter(self, namespace: int) -> None:
        if self._libc.setns(namespace, _NEW_NET):
            raise OSError(ctypes.get_errno(), "setns")


def _here() -> int:
    return os.open("/proc/thread-self/ns/net", os.O_RDONLY)


def _ip(lines: Iterable[str]) -> None:
    _run([tool("ip"), "-batch", "-"], "".join(f"{line}\n" for line in lines).encode())


def _run(command: list[str], text: bytes) -> bytes:
    done = subprocess.run(command, input=text, capture_output=True, check=False)
    if done.returncode:
        raise LabError(f"{' '.join(command)}: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout
