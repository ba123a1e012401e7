"""
A router in a network namespace, with a wire on each side, and packets that are sent through it.

:func:`passed` starts this file as a program in a namespace of its own; whatever it makes ends with the process.
Packets of one side are written on its wire as they are, so any address may send to any other, and those
that come out on the other wire are read there. Both ends of a wire have the same hardware address and ask for
none, so no neighbour has to answer. A packet that does not come out was dropped by the router, for every
one is accounted for: the router counts what it received, the reader what it could not keep.
"""

from __future__ import annotations

import ctypes
import json
import os
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from ipaddress import ip_address
from pathlib import Path

from tools import SBIN, need, unshare

TCP, UDP = 6, 17
BATCH = 200  # packets between two looks at the other wire
_NEW_NET = 0x40000000
_PACKET_STATISTICS, _SOL_PACKET, _RCVBUFFORCE = 6, 263, 33
_SYN = 2
_FROM = 40_000  # the port that packets come from
Seen = tuple[bytes, bytes, int, int]


@dataclass(frozen=True)
class Probe:
    """Packets from one address to ports of another, given as inclusive ranges; *inward* from the second wire."""

    source: str
    destination: str
    protocol: int
    ports: tuple[tuple[int, int], ...]
    inward: bool = False


@dataclass(frozen=True)
class Talk:
    """A real connection to one port, and what became of it and of one back to *back*."""

    source: str
    destination: str
    port: int
    back: int


def passed(
    load: Sequence[str], rules: bytes, probes: Iterable[Probe], talk: Talk | None = None
) -> tuple[list[set[int]], str]:
    """
    Load *rules* on the router and say which ports of each probe came through, and how the talk went.

    Args:
        load: The command that reads *rules* from its standard input.
        talk: Is tried after the probes.
    """
    need("ip")
    work = {
        "load": list(load),
        "rules": rules.decode(),
        "probes": [asdict(probe) for probe in probes],
        "talk": talk and asdict(talk),
    }
    command = [*unshare(), sys.executable, __file__]
    done = subprocess.run(
        command,
        input=json.dumps(work),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    return [set(ports) for ports in found["ports"]], found["talk"]


class Lab:
    """The three namespaces, made when it is made."""

    def __init__(self) -> None:
        self.libc = ctypes.CDLL(None, use_errno=True)
        self.router = self._here()
        self.sides = [self._apart(), self._apart()]
        ip("link set lo up")
        for wire, side in zip(("c0", "s0"), self.sides, strict=True):
            there = f"/proc/{os.getpid()}/fd/{side}"
            same = "address 02:00:00:00:00:01"
            ip(f"link add {wire} {same} type veth peer name eth0 {same} netns {there}")
            ip(f"link set {wire} arp off addrgenmode none up")
            with_in(self, side, _near_end)
        for key in ("ipv4/ip_forward", "ipv6/conf/all/forwarding"):
            Path(f"/proc/sys/net/{key}").write_text("1")
        for wire in ("all", "c0", "s0"):
            Path(f"/proc/sys/net/ipv4/conf/{wire}/rp_filter").write_text("0")
        for family in ("-4", "-6"):
            for number, (wire, out) in enumerate((("c0", "s0"), ("s0", "c0")), 100):
                ip(f"{family} route add default dev {out} table {number}")
                ip(f"{family} rule add iif {wire} lookup {number}")
        self.wires = [with_in(self, side, _wire) for side in self.sides]

    def _here(self) -> int:
        return os.open("/proc/self/ns/net", os.O_RDONLY)

    def _apart(self) -> int:
        if self.libc.unshare(_NEW_NET):
            raise OSError(ctypes.get_errno(), "unshare")
        made = self._here()
        self.enter(self.router)
        return made

    def enter(self, namespace: int) -> None:
        """Work in a namespace from here on; sockets stay where they were made."""
        if self.libc.setns(namespace, _NEW_NET):
            raise OSError(ctypes.get_errno(), "setns")

    def send(self, probe: Probe) -> list[int]:
        """Send the packets of a probe and give the ports of those that came out, ascending."""
        wire, other = (self.wires[1], self.wires[0]) if probe.inward else self.wires
        before, sent, seen = received(), 0, set()
        for packet in packets(probe):
            wire.send(packet)
            sent += 1
            if sent % BATCH == 0:
                seen |= _read(other)
        until = time.monotonic() + 5
        while received() - before < sent and time.monotonic() < until:
            time.sleep(0.001)
        seen |= _read(other)
        lost = sent - (received() - before)
        unread = struct.unpack("II", other.getsockopt(_SOL_PACKET, _PACKET_STATISTICS, 8))[1]
        if lost or unread:
            raise RuntimeError(f"{lost} of {sent} packets did not reach the router, {unread} could not be kept")
        ends = ip_address(probe.source).packed, ip_address(probe.destination).packed, probe.protocol
        strange = {packet for packet in seen if packet[:3] != ends}
        if strange:
            raise RuntimeError(f"packets that nobody sent: {sorted(strange)[:3]}")
        return sorted(packet[3] for packet in seen)

    def talk(self, talk: Talk) -> str:
        """Connect, ask and answer; then try the other way round."""
        for side, address in zip(self.sides, (talk.source, talk.destination), strict=True):
            with_in(self, side, lambda here=address: _settle(here))
        client, server = self.sides
        doors = [
            with_in(self, server, lambda: socket.create_server((talk.destination, talk.port))),
            with_in(self, client, lambda: socket.create_server((talk.source, talk.back))),
        ]
        out = []
        for start, (here, there, port), door in (
            (client, (talk.source, talk.destination, talk.port), doors[0]),
            (server, (talk.destination, talk.source, talk.back), doors[1]),
        ):
            try:
                near = with_in(self, start, lambda a=here, b=there, p=port: socket.create_connection((b, p), 1, (a, 0)))
            except TimeoutError:
                out.append("no answer")
                continue
            door.settimeout(1)
            far, _ = door.accept()
            near.sendall(b"question")
            far.recv(8)
            far.sendall(b"answer")
            out.append(near.recv(6).decode())
        return ", ".join(out)


def with_in(lab, namespace, work):  # type: ignore[no-untyped-def]
    """Do something in a namespace, then come back to the router's."""
    lab.enter(namespace)
    try:
        return work()
    finally:
        lab.enter(lab.router)


def ip(words: str) -> None:
    """Run one command of iproute2."""
    subprocess.run(["ip", *words.split()], check=True, env={"PATH": SBIN})


def _near_end() -> None:
    """Bring up the near end of a wire; without IPv6, which would speak of itself and spoil the router's count."""
    ip("link set eth0 arp off addrgenmode none")
    Path("/proc/sys/net/ipv6/conf/eth0/disable_ipv6").write_text("1")
    ip("link set eth0 up")


def _settle(address: str) -> None:
    Path("/proc/sys/net/ipv6/conf/eth0/disable_ipv6").write_text("0")
    ip(f"addr add {address} dev eth0")
    ip("route add default dev eth0")


def _wire() -> socket.socket:
    """A socket on the near end of a wire, that sees what comes in there."""
    wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    wire.bind(("eth0", 3))
    wire.setblocking(False)
    for option in (_RCVBUFFORCE, socket.SO_RCVBUF):
        try:
            wire.setsockopt(socket.SOL_SOCKET, option, 1 << 23)
            break
        except PermissionError:
            continue
    return wire


def _read(wire: socket.socket) -> set[Seen]:
    found = set()
    while True:
        try:
            frame, (_, _, kind, _, _) = wire.recvfrom(128)
        except BlockingIOError:
            return {packet for packet in found if packet[2] in (TCP, UDP)}  # IPv6 routers tell of groups, too
        if kind == socket.PACKET_OUTGOING:
            continue
        if frame[12:14] == b"\x08\x00":
            found.add((frame[26:30], frame[30:34], frame[23], int.from_bytes(frame[36:38])))
        elif frame[12:14] == b"\x86\xdd":
            found.add((frame[22:38], frame[38:54], frame[20], int.from_bytes(frame[56:58])))


def received() -> int:
    """How many IP packets the router has received."""
    lines = [line.split() for line in Path("/proc/self/net/snmp").read_text().splitlines() if line.startswith("Ip:")]
    four = int(dict(zip(*lines, strict=True))["InReceives"])
    return four + int(Path("/proc/self/net/snmp6").read_text().split()[1])


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


def main() -> None:
    """Read the work from standard input, write what came through to standard output."""
    work = json.load(sys.stdin)
    lab = Lab()
    subprocess.run(work["load"], input=work["rules"], text=True, check=True, stdout=sys.stderr)
    ports = [lab.send(Probe(**probe)) for probe in work["probes"]]
    talk = lab.talk(Talk(**work["talk"])) if work["talk"] else ""
    json.dump({"ports": ports, "talk": talk}, sys.stdout)


if __name__ == "__main__":
    main()
