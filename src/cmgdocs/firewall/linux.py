"""
Linux: a table for nft, and the chain FORWARD for iptables-restore and ip6tables-restore.

Both let the planned connections through and drop all else that the firewall forwards.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial

from ..errors import Fault, SiteError
from ..facts.ports import PortRange
from ..plan.rules import Rule, RuleSet
from ..site.hosts import outermost
from .dialect import (
    ADDRESSES,
    Dialect,
    Hosts,
    by_version,
    comment,
    comment_text,
    head,
    holds_any,
    text_file,
    unreachable,
)

_COMPLETE = (
    "Complete for a firewall that carries this site and nothing else: it drops all other traffic that it forwards."
)
_NO_NAT = "No NAT: addresses are those before source NAT and after destination NAT."
_PROVED = "loaded into a Linux kernel: of all 65,535 ports of one site exactly the planned ones passed"


def _matched(hosts: Hosts) -> Hosts:
    """Hosts without overlaps, none where any host matches."""
    return () if holds_any(hosts) else outermost(hosts)


NFT_COMMENT = 128  # bytes; nft refuses a longer one
ACCEPT = '{transport} dport {ports} ct state new counter accept comment "{comment}"'
_FAMILIES = {4: "ip", 6: "ip6"}
_NFT_HEAD = (
    _COMPLETE,
    "To add to an existing firewall, take the accept lines of the rules only.",
    "A firewall takes one such file only: that of a second site replaces this table, and under another name each",
    "would drop what the other lets through. For several sites, put the accept lines of each into one file.",
    "Load it with: nft -f FILE. Loaded again, it replaces its own table in one step and no other.",
    "Before: nft list ruleset > before.nft. To take it out again: nft delete table inet cmgdocs.",
    "A drop in any other table still drops. What is dropped here is counted and logged, ten packets and then six a",
    f"minute: journalctl -k. {_NO_NAT}",
)


def nftables(rules: RuleSet) -> bytes:
    """
    Write a file for ``nft -f``: stateful, default deny, one accept line for each rule and IP version.

    Raises:
        SiteError: There is no rule, so that it would drop everything.
    """
    if not rules.rules:
        raise SiteError([Fault("dialect nftables", "found no rule to write")])
    return text_file(
        (
            *head(rules, "#", *_NFT_HEAD),
            "",
            "add table inet cmgdocs",
            "delete table inet cmgdocs",
            "table inet cmgdocs {",
            "\tchain forward {",
            "\t\ttype filter hook forward priority filter; policy drop;",
            "\t\tct state established,related accept",
            "\t\tct state invalid counter drop",
            *(f"\t\t{line}" for rule in rules.rules for line in accept_lines(rule)),
            '\t\tlimit rate 6/minute burst 10 packets log prefix "cmgdocs drop: "',
            '\t\tcounter comment "all else, which the policy drops"',
            "\t}",
            "}",
        )
    )


def accept_lines(rule: Rule) -> Iterator[str]:
    """What nft lets through for a rule: a line for each IP version, and a comment for each host that is left out."""
    found = by_version(rule)
    yield from (f"# {rule.id}: {what}" for _, what in unreachable(rule, found))
    # From any to any, both versions give the same line.
    yield from dict.fromkeys(_accept(rule, version, *map(_matched, ends)) for version, ends in found.items())


def _accept(rule: Rule, version: int, sources: Hosts, destinations: Hosts) -> str:
    family = _FAMILIES[version]
    words = [f"{family} saddr {_set(sources)}"] if sources else []
    words += [f"{family} daddr {_set(destinations)}"] if destinations else []
    about = comment_text(comment(rule), NFT_COMMENT)
    accept = ACCEPT.format(transport=rule.transport.value.lower(), ports=_set(rule.ports), comment=about)
    return " ".join([*words, accept])


def _set(items: Iterable[object]) -> str:
    texts = [str(item) for item in items]
    return texts[0] if len(texts) == 1 else f"{{ {', '.join(texts)} }}"


MOST_SLOTS = 15  # of multiport; a range takes two
MOST_HOSTS = 20  # in a list: iptables-restore refuses a word of 1,024 bytes, and a network of IPv6 has up to 43
_TOOLS = {4: "iptables", 6: "ip6tables"}


def iptables(version: int, rules: RuleSet) -> bytes:
    """
    Write the rules of one IP version, 4 or 6; a rule that has only the other one becomes a comment.

    Raises:
        SiteError: No rule has this version, so that the file would drop everything.
    """
    tool, other = _TOOLS[version], _TOOLS[10 - version]
    found = [(rule, by_version(rule)) for rule in rules.rules]
    if not any(version in ends for _, ends in found):
        what = f"found no rule of IPv{version} to write; {other} has those of IPv{10 - version}"
        raise SiteError([Fault(f"dialect {tool}", what)])
    return text_file(
        (
            *head(rules, "#", *_iptables_head(tool, other)),
            "*filter",
            ":FORWARD DROP [0:0]",
            "-F FORWARD",
            "-A FORWARD -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT",
            "-A FORWARD -m conntrack --ctstate INVALID -j DROP",
            *(line for rule, ends in found for line in _iptables_lines(rule, ends, version)),
            '-A FORWARD -m limit --limit 6/minute --limit-burst 10 -j LOG --log-prefix "cmgdocs drop: "',
            "COMMIT",
        )
    )


def _iptables_head(tool: str, other: str) -> tuple[str, ...]:
    return (
        _COMPLETE,
        "To add to an existing firewall, take the lines with a comment only.",
        "A firewall takes one such file only: that of a second site replaces it. For several sites, put those lines of",
        "each into one file.",
        f"Before: {tool}-save > before.rules. The way back: {tool}-restore before.rules.",
        "FORWARD is emptied: jumps from it, such as Docker's, are gone until their owner starts again.",
        f"Load it with: {tool}-restore --noflush FILE. This replaces FORWARD in one step; INPUT and OUTPUT stay.",
        "Without --noflush their rules are lost, and perhaps your own way in with them.",
        f"The other IP version has a file of its own, for {other}; a firewall that forwards both needs both.",
        f"Hits: {tool} -vnL FORWARD. What is dropped is logged, ten packets and then six a minute: journalctl -k.",
        _NO_NAT,
    )


def _iptables_lines(rule: Rule, found: dict[int, tuple[Hosts, Hosts]], version: int) -> Iterator[str]:
    yield from (f"# {rule.id}: {what}" for at, what in unreachable(rule, found) if at == version)
    if version not in found:
        other = 10 - version
        yield f"# {rule.id}: IPv{other} only; see the file for {_TOOLS[other]}"
        return
    sources, destinations = map(_matched, found[version])
    for some in _chunks(sources):
        for others in _chunks(destinations):
            for ports in _slots(rule.ports):
                yield _append(rule, some, others, ports)


def _append(rule: Rule, sources: Hosts, destinations: Hosts, ports: Sequence[PortRange]) -> str:
    words = ["-A FORWARD"]
    words += [f"-s {','.join(map(str, sources))}"] if sources else []
    words += [f"-d {','.join(map(str, destinations))}"] if destinations else []
    words.append(f"-p {rule.transport.value.lower()} {_ports(ports)} -m conntrack --ctstate NEW")
    return " ".join([*words, f'-m comment --comment "{comment_text(comment(rule))}" -j ACCEPT'])


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


def _chunks(hosts: Hosts) -> list[Hosts]:
    """Lists that one line can hold; an empty one where any host matches."""
    return [hosts[i : i + MOST_HOSTS] for i in range(0, len(hosts), MOST_HOSTS)] or [()]


NFTABLES = Dialect("nftables", "Linux: a table for nft", ".nft", nftables, ADDRESSES, _PROVED)
LINUX = (
    NFTABLES,
    *(
        Dialect(
            tool, f"Linux: IPv{version} for {tool}-restore", ".rules", partial(iptables, version), ADDRESSES, _PROVED
        )
        for version, tool in _TOOLS.items()
    ),
)
