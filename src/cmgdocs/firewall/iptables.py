"""iptables and ip6tables: the chain FORWARD, for iptables-restore; one file for each IP version."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

from ..errors import Fault, SiteError
from ..facts.ports import PortRange
from ..plan.rules import Rule, RuleSet
from ..site.hosts import Host
from .dialect import ADDRESSES, Dialect, comment, comment_text, head, stranded
from .netfilter import matches

MOST_SLOTS = 15  # of multiport; a range takes two
MOST_HOSTS = 20  # in a list: iptables-restore refuses a word of 1,024 bytes, and a network of IPv6 has up to 43
MOST_COMMENT = 255  # bytes
_NAMES = {4: "iptables", 6: "ip6tables"}
_Item = TypeVar("_Item")


def iptables(rules: RuleSet, version: int) -> bytes:
    """
    Write the rules of one IP version, 4 or 6; a rule that has only the other one becomes a comment.

    Raises:
        SiteError: No rule has this version, so that the file would drop everything.
    """
    name, other = _NAMES[version], _NAMES[10 - version]
    if not any(found == version for rule in rules.rules for found, _, _ in matches(rule)):
        what = f"found no rule of IPv{version} to write; {other} has those of IPv{10 - version}"
        raise SiteError([Fault(f"dialect {name}", what)])
    lines = [
        *head(rules, "#", *_head(name, other)),
        "*filter",
        ":FORWARD DROP [0:0]",
        "-F FORWARD",
        "-A FORWARD -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT",
        "-A FORWARD -m conntrack --ctstate INVALID -j DROP",
        *(line for rule in rules.rules for line in _lines(rule, version)),
        '-A FORWARD -m limit --limit 6/minute --limit-burst 10 -j LOG --log-prefix "cmgdocs drop: "',
        "COMMIT",
    ]
    return "".join(f"{line}\n" for line in lines).encode()


def _head(name: str, other: str) -> tuple[str, ...]:
    return (
        "Complete for a firewall that carries this site and nothing else: it drops all other traffic that it forwards.",
        "To add to an existing firewall, take the lines with a comment only.",
        "A firewall takes one such file only: that of a second site replaces it. For several sites, put those lines of",
        "each into one file.",
        f"Before: {name}-save > before.rules. The way back: {name}-restore before.rules.",
        "FORWARD is emptied: jumps from it, such as Docker's, are gone until their owner starts again.",
        f"Load it with: {name}-restore --noflush FILE. This replaces FORWARD in one step; INPUT and OUTPUT stay.",
        "Without --noflush their rules are lost, and perhaps your own way in with them.",
        f"The other IP version has a file of its own, for {other}; a firewall that forwards both needs both.",
        f"Hits: {name} -vnL FORWARD. What is dropped is logged, ten packets and then six a minute: journalctl -k.",
        "No NAT: addresses are those before source NAT and after destination NAT.",
    )


def _lines(rule: Rule, version: int) -> Iterator[str]:
    found = {match[0]: match[1:] for match in matches(rule)}
    yield from (f"# {words}" for at, words in stranded(rule) if at == version)
    if version not in found:
        other = 10 - version
        yield f"# {rule.id}: IPv{other} only; it stands in the file for {_NAMES[other]}"
        return
    sources, destinations = found[version]
    for some in _chunks(sources) or [()]:
        for others in _chunks(destinations) or [()]:
            for ports in _slots(rule.ports):
                yield _append(rule, some, others, ports)


def _append(rule: Rule, sources: Sequence[Host], destinations: Sequence[Host], ports: Sequence[PortRange]) -> str:
    words = ["-A FORWARD"]
    words += [f"-s {','.join(map(str, sources))}"] if sources else []
    words += [f"-d {','.join(map(str, destinations))}"] if destinations else []
    words.append(f"-p {rule.transport.value.lower()} {_ports(ports)} -m conntrack --ctstate NEW")
    return " ".join([*words, f'-m comment --comment "{comment_text(comment(rule), MOST_COMMENT)}" -j ACCEPT'])


def _ports(ports: Sequence[PortRange]) -> str:
    texts = [str(port).replace("-", ":") for port in ports]
    return f"--dport {texts[0]}" if len(texts) == 1 else f"-m multiport --dports {','.join(texts)}"


def _slots(ports: Sequence[PortRange]) -> Iterator[list[PortRange]]:
    """Split ports so that each part fits one multiport."""
    part: list[PortRange] = []
    used = 0
    for port in ports:
        size = 1 if port.low == port.high else 2
        if used + size > MOST_SLOTS:
            yield part
            part, used = [], 0
        part.append(port)
        used += size
    yield part


def _chunks(items: Sequence[_Item]) -> list[Sequence[_Item]]:
    return [items[i : i + MOST_HOSTS] for i in range(0, len(items), MOST_HOSTS)]


def _dialect(version: int) -> Dialect:
    def write(rules: RuleSet) -> bytes:
        return iptables(rules, version)

    return Dialect(
        name=_NAMES[version],
        title=f"Linux: IPv{version} for {_NAMES[version]}-restore",
        ending=".rules",
        write=write,
        takes=ADDRESSES,
        proved="loaded into a Linux kernel: of all 65,535 ports of one site exactly the planned ones passed",
    )


IPTABLES = (_dialect(4), _dialect(6))
