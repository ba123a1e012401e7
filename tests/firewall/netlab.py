"""
Packets that are sent through rules in the kernel, from and to any address, and which of them come out.

Packets are written on the wire of their source as they are, and read on that of their destination. One that does not
come out was dropped by the router, for every one is accounted for: the router counts what it received and what it sent
on, the reader what it could not keep.
"""

from __future__ import annotations

import os
import socket
import struct
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

from tools import need, need_namespaces

from cmglab.namespaces import Router, in_router

TCP, UDP = 6, 17
BATCH = 200  # packets between two looks at the other wire
_PACKET_STATISTICS, _SOL_PACKET, _RCVBUFFORCE = 6, 263, 33
_SYN = 2
_FROM = 40_000  # the port that packets come from
Seen = tuple[bytes, bytes, int, int]


@dataclass(frozen=True)
class Probe:
    """Packets from one address to ports of another, given as inclusive ranges."""

    source: str
    destination: str
    protocol: int
    ports: tuple[tuple[int, int], ...]


def passed(command: Sequence[str], rules: bytes, probes: Iterable[Probe]) -> list[set[int]]:
    """Have *command* load the rules on a router, and give the ports of each probe that came through."""
    need(command[0])
    need_namespaces()
    probes = list(probes)

    def work(router: Router) -> list[set[int]]:
        addresses = sorted({address for probe in probes for address in (probe.source, probe.destination)})
        router.add(addresses, bare=True)
        router.load(rules, command)
        wires = Wires(router, {address: f"v{number}" for number, address in enumerate(addresses)})
        return [wires.send(probe) for probe in probes]

    return in_router(work)


class Wires:
    """A socket at the far end of the wire of every address."""

    def __init__(self, router: Router, devices: Mapping[str, str]) -> None:
        self._router, self._devices = router, devices
        # On one processor nothing is half done while this process runs, so that what the router counts is final.
        mine = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {mine[os.getpid() % len(mine)]})
        self._wires: dict[str, socket.socket] = {}

    def _wire(self, address: str) -> socket.socket:
        if address not in self._wires:
            with self._router.inside(address):
                wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
                wire.bind(("eth0", 3))
            wire.setblocking(False)
            for option in (_RCVBUFFORCE, socket.SO_RCVBUF):
                try:
                    wire.setsockopt(socket.SOL_SOCKET, option, 1 << 23)
                    break
                except PermissionError:
                    continue
            self._wires[address] = wire
        return self._wires[address]

    def send(self, probe: Probe) -> set[int]:
        """Send the packets of a probe and give the ports of those that came out."""
        near, far = self._wire(probe.source), self._wire(probe.destination)
        _read(far)
        came: list[Seen] = []
        sent = 0
        arrived, forwarded = received(), transmitted(self._devices[probe.destination])
        for packet in packets(probe):
            near.send(packet)
            sent += 1
            if sent % BATCH == 0:
                came += _read(far)
        until = time.monotonic() + 30
        while True:
            reached = received() - arrived
            left = transmitted(self._devices[probe.destination]) - forwarded
            came += _read(far)
            if reached == sent and len(came) >= left:
                break
            if time.monotonic() > until:
                unread = struct.unpack("II", far.getsockopt(_SOL_PACKET, _PACKET_STATISTICS, 8))[1]
                raise RuntimeError(
                    f"{reached} of {sent} packets reached the router, {left} left it, {len(came)} came "
                    f"out, {unread} could not be kept"
                )
            time.sleep(0.001)
        seen = {packet for packet in came if packet[2] in (TCP, UDP)}  # routers speak of groups, too
        ends = ip_address(probe.source).packed, ip_address(probe.destination).packed, probe.protocol
        if strange := {packet for packet in seen if packet[:3] != ends}:
            raise RuntimeError(f"packets that nobody sent: {sorted(strange)[:3]}")
        return {packet[3] for packet in seen}


def _read(wire: socket.socket) -> list[Seen]:
    """Give source, destination, protocol and port of what has come out of a wire."""
    found = []
    while True:
        try:
            frame, (_, _, kind, _, _) = wire.recvfrom(128)
        except BlockingIOError:
            return found
        if kind == socket.PACKET_OUTGOING:
            continue
        if frame[12:14] == b"\x08\x00":
            found.append((frame[26:30], frame[30:34], frame[23], int.from_bytes(frame[36:38])))
        elif frame[12:14] == b"\x86\xdd":
            found.append((frame[22:38], frame[38:54], frame[20], int.from_bytes(frame[56:58])))


def received() -> int:
    """How many IP packets the router has received."""
    lines = [line.split() for line in Path("/proc/self/net/snmp").read_text().splitlines() if line.startswith("Ip:")]
    four = int(dict(zip(*lines, strict=True))["InReceives"])
    return four + int(Path("/proc/self/net/snmp6").read_text().split()[1])


def transmitted(device: str) -> int:
    """How many packets the router has sent out of a device."""
    lines = (line.split(":") for line in Path("/proc/self/net/dev").read_text().splitlines()[2:])
    return next(int(counts.split()[9]) for name, counts in lines if name.strip() == device)


def packets(probe: Probe) -> Iterator[bytes]:
    """Give one frame for each port: the first packet of a TCP connection, or an empty datagram."""
    source, destination = ip_address(probe.source).packed, ip_address(probe.destination).packed
    if probe.protocol == TCP:
        inner = bytearray(struct.pack("!HHIIBBHHH", _FROM, 0, 1, 0, 5 << 4, _SYN, 1024, 0, 0))
    else:
        inner = bytearray(struct.pack("!HHHH", _FROM, 0, 8, 0))
    if len(source) == 4:
        header = struct.pack(
            "!BBHHHBBH4s4s", 0x45, 0, 20 + len(inner), 0, 0, 64, probe.protocol, 0, source, destination
        )
        header = header[:10] + struct.pack("!H", _checksum(_sum(header))) + header[12:]
        kind = b"\x08\x00"
    else:
        header = struct.pack("!IHBB16s16s", 6 << 28, len(inner), probe.protocol, 64, source, destination)
        kind = b"\x86\xdd"
    base = _sum(source) + _sum(destination) + probe.protocol + len(inner) + _sum(bytes(inner))
    frame = bytearray(b"\x02\0\0\0\0\x01" * 2 + kind + header + inner)
    port_at = len(frame) - len(inner) + 2
    sum_at = port_at + (14 if probe.protocol == TCP else 4)
    for low, high in probe.ports:
        for port in range(low, high + 1):
            struct.pack_into("!H", frame, port_at, port)
            struct.pack_into("!H", frame, sum_at, _checksum(base + port) or 0xFFFF)
            yield frame


def _sum(data: bytes) -> int:
    return sum(struct.unpack(f"!{len(data) // 2}H", data))


def _checksum(total: int) -> int:
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF
