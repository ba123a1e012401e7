"""
Windows Firewall: PowerShell for the servers themselves, a block for each role.

What reaches a server has an inbound rule there; what leaves it an outbound one, for shops that block what leaves. A
rule of Windows Firewall has no names: a connection to one outside has none here, and the first lines say so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from ..facts.ids import PROXY
from ..plan.plan import End, Plan
from ..plan.rules import Rule, RuleSet
from ..plan.system import LeftOut
from .dialect import ADDRESSES, Dialect, Hosts, comment, head, holds_any, reachable, text_file
from .names import ascii_text, site_slug

_HEAD = (
    "Not run on Windows. Give each server the block of every role that it bears, in an elevated PowerShell; for a",
    r"policy of the domain add to each line: -PolicyStore 'corp.example\NAME OF THE GPO'",
    "They only allow. A block rule of Windows beats every allow rule, whatever their order.",
    "Before: netsh advfirewall export before.wfw. What is dropped: Set-NetFirewallProfile -All -LogBlocked True.",
)
LEFT = "Windows Firewall takes no names; where servers may not connect outward, give addresses or open the port there"
ON = "## On {}: {}"
COMMAND = (
    "New-NetFirewallRule -Group '{group}' -Name '{name}_{id}-{way}' -DisplayName '{comment}' -Direction {direction}"
    " -Action Allow -Protocol {transport} -{side}Port {ports} -RemoteAddress {hosts}"
)
OUTWARD = "# Only where outbound connections are blocked:"


def without_names(rules: RuleSet) -> RuleSet:
    """The same rules without those that lead to names outside; these go to the ones elsewhere."""
    left = [rule for rule in rules.rules if not rule.destination.zone.inside and not _known(rule.destination)]
    flows = {flow for rule in left for flow in rule.flows}
    elsewhere = (LeftOut(row.flow, LEFT) for row in rules.plan.rows if row.flow.id in flows)
    kept = tuple(rule for rule in rules.rules if rule not in left)
    return replace(rules, rules=kept, elsewhere=(*rules.elsewhere, *elsewhere))


def _known(end: End) -> bool:
    return bool(end.hosts) and not end.patterns and all(host.kind in ADDRESSES for host in end.hosts)


def windows(rules: RuleSet) -> bytes:
    """Write a file of commands; a role's block says on which hosts they belong."""
    group = group_of(rules.plan)
    undo = f"To take them out again: Remove-NetFirewallRule -Group '{group}'. Do so before you load a new state."
    lines = [ascii_text(line) for line in head(rules, "")]
    out = [f"# {line}" for line in (*lines[:2], *_HEAD, undo, *lines[2:])]
    for role, end in _ends(rules.rules).items():
        inward = [command(rule, group, inward=True) for rule in rules.rules if rule.destination.role == role]
        outward = [command(rule, group, inward=False) for rule in rules.rules if rule.source.role == role]
        hosts = ", ".join(map(str, rules.plan.deployment.at(role) or end.hosts))
        out += ["", ON.format(end.name, hosts), *inward]
        out += [OUTWARD, *outward] if outward else []
    return text_file(out)


def _ends(rules: Iterable[Rule]) -> dict[str, End]:
    """The ends inside by role, in order of first use; a web proxy is no server of the site."""
    both = (end for rule in rules for end in (rule.source, rule.destination))
    return {end.role: end for end in both if end.zone.inside and end.role != PROXY}


def group_of(plan: Plan) -> str:
    """The group to which all rules of a site belong."""
    return f"cmgdocs {site_slug(plan.deployment.name)}"


def command(rule: Rule, group: str, *, inward: bool) -> str:
    """The command that makes one rule at its destination, or at its source."""
    sources, destinations = reachable(rule)
    return COMMAND.format(
        group=group,
        name=group.replace(" ", "-"),
        id=rule.id,
        way="in" if inward else "out",
        comment=ascii_text(comment(rule)).replace("'", "''"),
        direction="Inbound" if inward else "Outbound",
        transport=rule.transport.value,
        side="Local" if inward else "Remote",
        ports=_list(rule.ports),
        hosts=_addresses(sources if inward else destinations),
    )


def _addresses(hosts: Hosts) -> str:
    return "Any" if holds_any(hosts) else _list(hosts)


def _list(items: Iterable[object]) -> str:
    """Ports, or hosts, which are addresses here."""
    return ",".join(f"'{item}'" for item in items)


def _warns(rules: RuleSet) -> Iterator[str]:
    if flows := ", ".join(item.flow.id for item in rules.elsewhere if item.reason == LEFT):
        yield f"no outbound rule for {flows}: {LEFT}"


WINDOWS = Dialect(
    name="windows-firewall",
    title="Windows Firewall: PowerShell for each server, by role",
    ending=".ps1",
    write=windows,
    takes=ADDRESSES,
    proved="read back in the tests; not run on Windows",
    stand_in=without_names,
    warns=_warns,
)
