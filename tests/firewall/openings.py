"""What the text of each dialect opens, for texts with one address on each side of a rule."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

from readers import said_of
from vendor_readers import READERS
from vendor_readers import said_of as vendor_said_of

Opening = tuple[str, str, str, str]
"""Address of the source and of the destination, transport, and ports as text."""


def _lines(pattern: str, text: str) -> Iterator[Opening]:
    """One opening for each line in which a pattern with the four groups is found."""
    for found in re.finditer(pattern, text, re.MULTILINE):
        yield found["source"], found["destination"], found["transport"].upper(), found["ports"].replace(":", "-")


_IPTABLES = (
    r"^-A FORWARD -s (?P<source>\S+) -d (?P<destination>\S+) -p (?P<transport>\w+) .*--dports? (?P<ports>[\d:,]+)"
)


def _flat(said: Iterable[tuple[Iterable[str], Iterable[str], str, Iterable[tuple[int, int]]]]) -> Iterator[Opening]:
    for (source,), (destination,), transport, spans in said:
        yield source, destination, transport, ", ".join(f"{low}-{high}" for low, high in spans)


def _azure(text: str) -> Iterator[Opening]:
    """Rules of a security group, whichever their direction, or of a policy."""

    def each(found: Any) -> Iterator[dict[str, Any]]:
        if isinstance(found, dict):
            yield found
        for inner in found.values() if isinstance(found, dict) else found if isinstance(found, list) else ():
            yield from each(inner)

    for rule in each(json.loads(text)):
        if "sourceAddressPrefixes" in rule:
            (source,), (destination,) = rule["sourceAddressPrefixes"], rule["destinationAddressPrefixes"]
            yield source, destination, rule["protocol"].upper(), ", ".join(rule["destinationPortRanges"])
        if "ipProtocols" in rule:
            (source,), (destination,) = rule["sourceAddresses"], rule["destinationAddresses"]
            yield source, destination, *rule["ipProtocols"], ", ".join(rule["destinationPorts"])


def _windows(text: str) -> Iterator[Opening]:
    """Commands of the server at either end: what both have to open, or the one that is inside."""
    for block in text.split("\n## On ")[1:]:
        own = block.partition("\n")[0].rpartition(" ")[2]
        pattern = r"-Direction (\w+) .*-Protocol (\w+) -\w+Port (\S+) -RemoteAddress '(\S+)'"
        for way, transport, ports, other in re.findall(pattern, block):
            yield (other, own, transport, ports) if way == "Inbound" else (own, other, transport, ports)


def _squid(text: str) -> Iterator[Opening]:
    """Requests that are allowed, each with its lists."""
    lists = dict(re.findall(r"^acl (\S+) (?:src|dst|port) (\S+)", text, re.MULTILINE))
    for words in re.findall(r"^http_access allow (.*)", text, re.MULTILINE):
        source, ports, destination = (lists[word] for word in words.split()[1:])
        yield source, destination, "TCP", ports


def _sheet(text: str) -> Iterator[Opening]:
    """Lines of a request with both hosts and a service such as ``TCP 443``."""
    pattern = r"(?P<source>10\.\d+\.\d+\.\d+)[^\d\n]*(?:\w.*?)??(?P<destination>10\.\d+\.\d+\.\d+)"
    return _lines(pattern + r"[^\n]*?(?P<transport>TCP|UDP) (?P<ports>[\d, -]+)", text)


OPENINGS: dict[str, Callable[[str], Iterable[Opening]]] = {
    "csv": _sheet,
    "markdown": _sheet,
    "xlsx": _sheet,
    "nftables": lambda text: _flat(said_of(text, "nftables")),
    "iptables": partial(_lines, _IPTABLES),
    "ip6tables": partial(_lines, _IPTABLES),
    "squid": _squid,
    "azure-nsg": _azure,
    "azure-firewall": _azure,
    "windows-firewall": _windows,
    **{name: lambda text, read=read: _flat(vendor_said_of(read(text))) for name, read in READERS.items()},  # type: ignore[misc]
}
"""Readers by name of the dialect; a workbook is read as its lines."""
