"""
Rules for the firewalls of five vendors: commands for PAN-OS, and what fwshift makes of these for the other four.

What is written adds and replaces nothing. No vendor gets a deny: each of these devices ends with its own, and a deny
in the middle of other rules could close what is open. So of what fwshift writes, only objects and rules are kept: not
the deny of all else and the binding of lists to interfaces (ASA), not the zones (FortiOS), not the cleanup rule
(Check Point). Names of rules and objects begin with the site's, so those of two sites stay apart, and what takes them
out again names nothing else.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import takewhile
from typing import NamedTuple

from .. import fwshift
from ..errors import Fault, FwshiftError, SiteError
from ..plan.rules import Rule, RuleSet
from ..site.hosts import HostKind
from .dialect import NAMES, Dialect, Hosts, head, holds_any, purpose, reachable, text_file
from .names import ascii_text, device_problems, site_slug, unique

LAYER = "Network"  # Check Point's own name for the first layer of access rules


@dataclass(frozen=True)
class Vendor:
    """
    What one vendor needs.

    *target* is fwshift's word for it, empty for PAN-OS. *mark* begins a comment. *longest* is the most letters that a
    name may have; FortiGate takes 35 in that of a policy, to which fwshift cuts it. *zones* names those of a rule,
    given the prefix of all names; *kept* gives the lines that are kept of what fwshift wrote, *removed* those that take
    them out again. *how* is for whoever loads it, *renamed* for whoever takes it out again: the names to change, as
    they were changed before.
    """

    name: str
    title: str
    ending: str
    target: str
    mark: str
    longest: int
    zones: Callable[[str, Rule], tuple[str, str]]
    kept: Callable[[list[str]], Iterable[str]]
    removed: Callable[[list[str]], Iterable[str]]
    how: tuple[str, ...]
    renamed: tuple[str, ...] = ()


def vendor_rules(vendor: Vendor, rules: RuleSet) -> bytes:
    """
    Write rules for one vendor.

    Raises:
        SiteError: There is no rule to write.
        MissingExtra: fwshift is needed and not installed.
        FwshiftError: fwshift left something out.
    """
    hosts = (host for rule in rules.rules for end in (rule.source, rule.destination) for host in end.hosts)
    how = (
        *vendor.how,
        _NAT,
        *((_DNS,) if any(host.kind is HostKind.NAME for host in hosts) else ()),
        f"To take it out again, before the site file changes: cmgdocs rules SITE.toml --dialect {vendor.name} --remove",
    )
    return _file(vendor, rules, how, _body(vendor, rules, _commands(vendor, rules)))


def vendor_removal(vendor: Vendor, rules: RuleSet) -> bytes:
    """Write what takes the rules of :func:`vendor_rules` and their objects out again, and nothing else."""
    how = ("What takes out again all that the rules of this site made, and nothing else.", *vendor.renamed)
    commands = _commands(vendor, rules)
    if vendor.target:
        return _file(vendor, rules, how, vendor.removed(_body(vendor, rules, commands)))
    paths = dict.fromkeys(path for path, _ in commands)
    # Rules first, then groups: what is in use cannot be deleted.
    return _file(vendor, rules, how, (f"delete {path}" for path in reversed(paths)))


def _file(vendor: Vendor, rules: RuleSet, how: Iterable[str], body: Iterable[str]) -> bytes:
    by = f"Made with fwshift {fwshift.VERSION}, not" if vendor.target else "Not"
    first = [ascii_text(line) for line in head(rules, "")]
    comments = (*first[:2], f"{by} run on a device.", *how, *first[2:])
    return text_file((*(f"{vendor.mark} {line}" for line in comments), *body))


def _body(vendor: Vendor, rules: RuleSet, commands: Iterable[tuple[str, str]]) -> list[str]:
    """The commands for PAN-OS, or what is kept of what fwshift makes of them."""
    lines = [f"set {path} {value}" for path, value in commands]
    if not vendor.target:
        return lines
    words = f"convert --quiet --from panos --to {vendor.target} rules -o out --report-json said".split()
    found = fwshift.run(words, {"rules": "\n".join(lines).encode()}, ("out", "said"))
    said, lost = json.loads(found["said"])["summary"], ("needs-review", "skipped", "disabled")
    if said["rule"]["total"] != len(rules.rules) or any(kind.get(word) for kind in said.values() for word in lost):
        raise FwshiftError(f"fwshift does not write all of it: {said}")
    return [*vendor.kept(found["out"].decode().splitlines())]


def _commands(vendor: Vendor, rules: RuleSet) -> list[tuple[str, str]]:
    """Commands of PAN-OS, each a path and a value: addresses, groups where an end has several, services, rules."""
    if not rules.rules:
        raise SiteError([Fault(f"dialect {vendor.name}", "found no rule to write")])
    prefix = f"cmg-{site_slug(rules.plan.deployment.name)}_"  # no _ in a slug: where one ends is plain
    ends = [_ends(rule) for rule in rules.rules]
    hosts = dict.fromkeys(host for both in ends for end in both for host in end.hosts)
    groups = dict.fromkeys(end for both in ends for end in both if len(end.hosts) > 1)
    services = dict.fromkeys((rule.transport, rule.ports) for rule in rules.rules)
    wanted = [host.text.replace("/", "-") for host in hosts]
    wanted += [end.role for end in groups]
    wanted += [f"{transport.value.lower()}-{'_'.join(map(str, ports))}" for transport, ports in services]
    labels = iter(unique((prefix + name for name in wanted), vendor.longest))
    addresses = {host: next(labels) for host in hosts}
    sets = {end: next(labels) for end in groups}
    ports = {service: next(labels) for service in services}
    out = [
        (f"address {label}", f"{'ip-netmask' if host.version else 'fqdn'} {host}") for host, label in addresses.items()
    ]
    for end, label in sets.items():
        members = [addresses[host] for host in end.hosts]
        # fwshift looks at all members of a group for each line of it; people read one a line.
        values = [f"[ {' '.join(members)} ]"] if vendor.target else members
        out += [(f"address-group {label}", f"static {value}") for value in values]
    for (transport, spans), label in ports.items():
        out.append((f"service {label}", f"protocol {transport.value.lower()} port {','.join(map(str, spans))}"))
    names = unique((prefix + rule.id for rule in rules.rules), vendor.longest)
    for rule, label, both in zip(rules.rules, names, ends, strict=True):
        source, destination = (sets.get(end) or (addresses[end.hosts[0]] if end.hosts else "any") for end in both)
        from_zone, to_zone = vendor.zones(prefix, rule)
        says = (
            f"from {from_zone}",
            f"to {to_zone}",
            f"source {source}",
            f"destination {destination}",
            "application any",
            f"service {ports[rule.transport, rule.ports]}",
            "action allow",
            "log-end yes",
            f'description "{ascii_text(purpose(rule))}"',
        )
        out += [(f"rulebase security rules {label}", value) for value in says]
    return out


class _End(NamedTuple):
    """The hosts at one end of a rule, none where any host may be there, and their role."""

    role: str
    hosts: Hosts


def _ends(rule: Rule) -> tuple[_End, _End]:
    source, destination = (() if holds_any(hosts) else hosts for hosts in reachable(rule))
    return _End(rule.source.role, source), _End(rule.destination.role, destination)


def _own_zones(_: str, rule: Rule) -> tuple[str, str]:
    return rule.source.zone.id, rule.destination.zone.id


def _asa_lines(lines: list[str]) -> Iterator[str]:
    """Objects and entries of lists, up to what would bind them and deny all else."""
    before = takewhile(lambda line: not line.startswith("access-list global_access "), lines)
    return (line for line in before if not line.startswith("!"))


def _asa_removal(lines: list[str]) -> Iterator[str]:
    for first in ("access-list", "object"):
        yield from (f"no {line}" for line in reversed(lines) if line.startswith(first))


def _junos_removal(lines: list[str]) -> Iterator[str]:
    pattern = r"^set (security policies .* policy \S+|security address-book global \S+ \S+|applications \S+ \S+) .*"
    names = dict.fromkeys(re.sub(pattern, r"\1", line) for line in lines)
    order = sorted(names, key=lambda name: ("policies" not in name, "address-set" not in name))
    yield from (f"delete {name}" for name in order)


def _fortios_lines(lines: list[str]) -> list[str]:
    """From the first address on: the zones above it are the device's own."""
    return lines[next(i for i, line in enumerate(lines) if line.startswith("config firewall ")) :]


def _fortios_removal(lines: list[str]) -> Iterator[str]:
    """Policies go by number, which only the device knows; all else goes by name."""
    tables: dict[str, list[str]] = {}
    for line in lines:
        if line.startswith("config "):
            names = tables.setdefault(line, [])
        elif line.startswith(('    edit "', "        set name ")):
            names.append(line.split()[-1])
    policies = tables.pop("config firewall policy")
    yield "# A policy is deleted by its number: this command shows those of this site, then put them in for N."
    yield f"#   show firewall policy | grep -f {policies[0].split('_')[0][1:]}_"
    yield "# config firewall policy"
    yield from (f"#     delete N for {name}" for name in policies)
    yield "# end"
    for table, names in reversed(tables.items()):
        yield from (table, *(f"    delete {name}" for name in names), "end")


_PROLOGUE = r"""
SID="${SID:-cmgdocs.sid}"
call() {
    said=$(mgmt_cli "$@" $MGMT_OPTS -s "$SID" 2>&1) && return
    printf '%s\n' "$said" "Stopped at: mgmt_cli $*" "Nothing is published. Undo: mgmt_cli discard -s $SID" >&2
    exit 1
}
domain() { # rules of others may have it already
    mgmt_cli show dns-domain name "$1" $MGMT_OPTS -s "$SID" >/dev/null 2>&1 ||
        call add dns-domain name "$1" is-sub-domain false
}"""


def _check_point_lines(lines: list[str]) -> Iterator[str]:
    """The calls that add objects and rules, without the cleanup rule that would drop all that follows."""
    yield from _PROLOGUE.splitlines()
    for line in lines:
        if line.startswith("m add dns-domain "):
            yield f"domain {line.split()[4]}"
        elif line.startswith("m add ") and " name 'FWShift cleanup' " not in line:
            yield f"call {line.removeprefix('m ')}"


def _check_point_removal(lines: list[str]) -> Iterator[str]:
    yield from _PROLOGUE.splitlines()[:7]
    for line in reversed(lines):
        if line.startswith("call add "):
            yield re.sub(r"^call add (\S+) (layer \S+ )?(?:position \d+ )?(name \S+) .*", r"call delete \1 \2\3", line)
    yield "# Domain objects stay: rules of others may use them."


_NAT = "No NAT is written, and yours stays as it is: the rules name the hosts' own addresses."
_ZONES = "Zones are named as in cmgdocs; put your own names in their place."
_DNS = "DNS names are FQDN objects: the device looks them up itself, and needs DNS configured."
_RENAMED = "Where you put your own zones in the place of those of cmgdocs, do the same here."
VENDORS = (
    Vendor(
        "cisco-asa",
        "Cisco ASA, one access list for each zone that connections start in",
        ".cfg",
        "asa",
        "!",
        61,  # of 64, three for the IP version
        lambda prefix, rule: (prefix + rule.source.zone.id, "any"),  # a list cannot say where a packet leaves
        _asa_lines,
        _asa_removal,
        (
            "ASA 9.0 or later. An interface has room for one access list in each direction: where yours has one, give",
            "these lines its name. New entries come last: to put one before your denies, write line N behind the name.",
            "For an interface without a list: access-group NAME in interface YOURS; that denies all else there.",
        ),
        ("Where you gave the lists other names, give their lines here the same.",),
    ),
    Vendor(
        "palo-alto",
        "Palo Alto PAN-OS, set commands",
        ".txt",
        "",
        "#",
        63,
        _own_zones,
        list,
        list,
        (
            "Lines with # are for you: paste what follows them in configuration mode.",
            _ZONES,
            "In Panorama: device-group YOURS before objects, device-group YOURS pre-rulebase in place of rulebase.",
            "New rules come last, behind your denies: move rulebase security rules NAME before YOURS (or: top).",
            "Inside one zone PAN-OS allows what no rule denies: there these rules count only above a deny of yours.",
            "Before: save config to before-cmgdocs.xml. Then commit.",
        ),
        ("In Panorama: device-group YOURS before objects, device-group YOURS pre-rulebase in place of rulebase.",),
    ),
    Vendor(
        "juniper-srx",
        "Juniper SRX (Junos), set commands",
        ".txt",
        "junos",
        "#",
        63,
        _own_zones,
        list,
        _junos_removal,
        (
            "Lines with # are for you: give what follows them to load set terminal, in configuration mode.",
            _ZONES,
            "New policies come last between their zones, behind your denies:",
            "insert security policies from-zone A to-zone B policy NAME before policy YOURS",
            "Then show | compare and commit confirmed 5; rollback 1 is the way back. Needs the global address book.",
        ),
        (_RENAMED,),
    ),
    Vendor(
        "fortigate",
        "FortiGate (FortiOS)",
        ".conf",
        "fortios",
        "#",
        63,
        _own_zones,
        _fortios_lines,
        _fortios_removal,
        (
            "FortiOS 6.4 or later. Zones are named as in cmgdocs; put your own interfaces or zones in their place.",
            "New policies come last: move each before your denies, config firewall policy, move N before M.",
            "Each load adds them again: remove the old ones first. Where servers leave through NAT, and not through",
            "central NAT, add set nat enable to the policies that lead outside.",
        ),
    ),
    Vendor(
        "check-point",
        "Check Point, a script of mgmt_cli calls",
        ".sh",
        "checkpoint",
        "#",
        63,
        lambda *_: ("any", "any"),
        _check_point_lines,
        _check_point_removal,
        (
            f"Rules come first in the layer {LAYER}, above all of yours; they name no zones.",
            "Log in: mgmt_cli login user YOU > cmgdocs.sid; run: sh FILE; look at the session in SmartConsole, then",
            "mgmt_cli publish -s cmgdocs.sid, or discard. Install the policy yourself. MGMT_OPTS holds more switches.",
        ),
        (f"Where your layer has another name than {LAYER}, put it in the place of that.",),
    ),
)

_PROVED = "a reader of the text agrees with the rules; not run on a device"
FIREWALLS = tuple(
    Dialect(
        vendor.name,
        vendor.title,
        vendor.ending,
        partial(vendor_rules, vendor),
        NAMES,
        _PROVED,
        extra=fwshift.EXTRA if vendor.target else "",
        check=device_problems,
        remove=partial(vendor_removal, vendor),
    )
    for vendor in VENDORS
)
