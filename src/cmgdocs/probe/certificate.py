"""
What a certificate says of itself, read from its bytes (RFC 5280, X.690): Python shows it only if it was accepted.

Of a certificate that cannot be read, nothing is known; it was not accepted anyway.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address
from typing import NamedTuple

_UTC, _VERSION, _EXTENSIONS = 0x17, 0xA0, 0xA3
_NAMES = bytes.fromhex("551d11")  # subjectAltName, 2.5.29.17
_PARTS = {
    bytes.fromhex("550403"): "CN",
    bytes.fromhex("550405"): "SERIALNUMBER",
    bytes.fromhex("550406"): "C",
    bytes.fromhex("550407"): "L",
    bytes.fromhex("550408"): "S",
    bytes.fromhex("55040a"): "O",
    bytes.fromhex("55040b"): "OU",
    bytes.fromhex("0992268993f22c640119"): "DC",
    bytes.fromhex("2a864886f70d010901"): "E",
}
"""Parts of a name by their object identifiers, called as Windows calls them, which the script's results have."""
_QUOTED = frozenset(',+="\n<>#;')
_DNS, _ADDRESS = 0x82, 0x87


@dataclass(frozen=True)
class Certificate:
    """Subject and issuer as ``CN=..., O=...``, its DNS names and addresses, and the last day on which it is valid."""

    subject: str
    issuer: str
    names: tuple[str, ...]
    until: str


class _Item(NamedTuple):
    tag: int
    content: bytes


def certificate(der: bytes) -> Certificate | None:
    """Read a certificate; None where it is none, or says something that is not understood."""
    try:
        return _read(der)
    except (IndexError, ValueError, StopIteration):
        return None


def _read(der: bytes) -> Certificate:
    signed = next(_items(next(_items(der)).content))
    parts = [item for item in _items(signed.content) if item.tag != _VERSION]
    issuer, dates, subject = parts[2], parts[3], parts[4]
    _, until = map(_day, _items(dates.content))
    return Certificate(
        subject=_name(subject.content), issuer=_name(issuer.content), names=tuple(_names(parts)), until=until
    )


def _items(data: bytes) -> Iterator[_Item]:
    """The items one after the other; ValueError where the last one is cut off."""
    at = 0
    while at < len(data):
        tag, length, at = data[at], data[at + 1], at + 2
        if length >= 0x80:
            count = length - 0x80
            length, at = int.from_bytes(data[at : at + count], "big"), at + count
        if at + length > len(data):
            raise ValueError("cut off")
        yield _Item(tag, data[at : at + length])
        at += length


def _name(content: bytes) -> str:
    out = []
    for group in _items(content):
        for pair in _items(group.content):
            kind, value = _items(pair.content)
            if part := _PARTS.get(kind.content):
                out.append(f"{part}={_text(value)}")
    return ", ".join(reversed(out))


def _text(item: _Item) -> str:
    """The text of a part of a name, in quotes where Windows has it so."""
    text = item.content.decode("utf-16-be" if item.tag == 0x1E else "utf-8", "replace")  # 0x1E is a BMPString
    return '"{}"'.format(text.replace('"', '""')) if _QUOTED & {*text} or text != text.strip() else text


def _day(item: _Item) -> str:
    """The day of a time as ``2026-11-30``; two digits of a year before 50 are of this century (RFC 5280, 4.1.2.5.1)."""
    text = item.content.decode("ascii")
    if item.tag == _UTC:
        text = ("20" if text < "50" else "19") + text
    return f"{text[:4]}-{text[4:6]}-{text[6:8]}"


def _names(parts: list[_Item]) -> Iterator[str]:
    for extensions in (item for item in parts if item.tag == _EXTENSIONS):
        for extension in _items(next(_items(extensions.content)).content):
            kind, *_, value = _items(extension.content)
            if kind.content == _NAMES:
                for name in _items(next(_items(value.content)).content):
                    if name.tag == _DNS:
                        yield name.content.decode("ascii", "replace")
                    elif name.tag == _ADDRESS:
                        yield str(ip_address(name.content))
