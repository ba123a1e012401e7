"""nftables: a table that lets the planned connections through a firewall and drops all else that it forwards."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..errors import Fault, SiteError
from ..plan.rules import Rule, RuleSet
from .dialect import ADDRESSES, Dialect, comment, comment_text, head, stranded
from .netfilter import Hosts, matches

MOST_COMMENT = 128  # bytes; nft refuses a longer one
_FAMILIES = {4: "ip", 6: "ip6"}
_HEAD = (
    "Complete for a firewall that carries this site and nothing else: it drops all other traffic that it forwards.",
    "To add to an existing firewall, take the accept lines of the rules only.",
    "A firewall takes one such file only: that of a second site replaces this table, and under another name each",
    "would drop what the other lets through. For several sites, put the accept lines of each into one file.",
    "Load it with: nft -f FILE. Loaded again, it replaces its own table in one step and no other.",
    "Before: nft list ruleset > before.nft. To take it out again: nft delete table inet cmgdocs.",
    "A drop in any other table still drops. What is dropped here is counted and logged, ten packets and then six a",
    "minute: journalctl -k. No NAT: addresses are those before source NAT and after destination NAT.",
)


def nftables(rules: RuleSet) -> bytes:
    """
    Write a file for ``nft -f``: stateful, default deny, one accept line for each rule and IP version.

    Raises:
        SiteError: There is no rule, so that it would drop everything.
    """
    if not rules.rules:
        raise SiteError([Fault("dialect nftables", "found no rule to write")])
    lines = [
        *head(rules, "#", *_HEAD),
        "",
        "add table inet cmgdocs",
        "delete table inet cmgdocs",
        "table inet cmgdocs {",
        "\tchain forward {",
        "\t\ttype filter hook forward priority filter; policy drop;",
        "\t\tct state established,related accept",
        "\t\tct state invalid counter drop",
        *(f"\t\t{line}" for rule in rules.rules for line in _lines(rule)),
        '\t\tlimit rate 6/minute burst 10 packets log prefix "cmgdocs drop: "',
        '\t\tcounter comment "all else, which the policy drops"',
        "\t}",
        "}",
    ]
    return "".join(f"{line}\n" for line in lines).encode()


def _lines(rule: Rule) -> Iterator[str]:
    yield from (f"# {words}" for _, words in stranded(rule))
    # From any to any, both versions give the same line.
    yield from dict.fromkeys(_accept(rule, *match) for match in matches(rule))


def _accept(rule: Rule, version: int, sources: Hosts, destinations: Hosts) -> str:
    family = _FAMILIES[version]
    words = [f"{family} saddr {_set(sources)}"] if sources else []
    words += [f"{family} daddr {_set(destinations)}"] if destinations else []
    words.append(f"{rule.transport.value.lower()} dport {_set(rule.ports)}")
    return " ".join([*words, f'ct state new counter accept comment "{comment_text(comment(rule), MOST_COMMENT)}"'])


def _set(items: Iterable[object]) -> str:
    texts = [str(item) for item in items]
    return texts[0] if len(texts) == 1 else f"{{ {', '.join(texts)} }}"


NFTABLES = Dialect(
    name="nftables",
    title="Linux: a table for nft",
    ending=".nft",
    write=nftables,
    takes=ADDRESSES,
    proved="loaded into a Linux kernel: of all 65,535 ports of one site exactly the planned ones passed",
)
