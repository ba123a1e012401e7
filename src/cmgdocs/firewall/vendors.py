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

from .. import fwshift
from ..errors import Fault, FwshiftError, SiteError
from ..plan.plan import End
from ..plan.rules import Rule, RuleSet
from ..site.hosts import Host
from .dialect import FIELDS, NAMES, Dialect, comment, head, holds_any, no_family, reachable
from .names import ascii_text, full_names, site_slug, unique

LAYER = "Network"  # Check Point's own name for the first layer of access rules


@dataclass(frozen=True, slots=True)
class Vendor:
    """
    What one vendor needs.

    *target* is fwshift's word for it, empty for PAN-OS. *mark* begins a comment. *longest* are the letters of the name
    of a rule and of an object. *zones* names those of a rule, given the prefix of all names; *kept* gives the lines
    that are kept of what fwshift wrote, *removed* those that take them out again. *how* is for whoever loads it.
    """

    name: str
    title: str
    ending: str
    target: str
    mark: str
    longest: tuple[int, int]
    zones: Callable[[str, Rule], tuple[str, str]]
    kept: Callable[[list[str]], Iterable[str]]
    removed: Callable[[list[str]], Iterable[str]]
    how: tuple[str, ...]


def vendor_rules(vendor: Vendor, rules: RuleSet) -> bytes:
    """
    Write rules for one vendor.

    Raises:
        SiteError: There is no rule to write.
        MissingExtra: fwshift is needed and not installed.
        FwshiftError: fwshift left something out.
    """
    hosts = [host for rule in rules.rules for host in (*rule.source.hosts, *rule.destination.hosts)]
    names = any(host.version == 0 and not holds_any([host]) for host in hosts)
    dns = ("DNS names are FQDN objects: the device looks them up itself, and needs DNS configured.",) if names else ()
    out = (
        f"To take it out again, before the site file changes: cmgdocs rules SITE.toml --dialect {vendor.name} --remove",
    )
    return _file(vendor, rules, (*vendor.how, _NAT, *dns, *out), _body(vendor, rules))


def vendor_removal(vendor: Vendor, rules: RuleSet) -> bytes:
    """Write what takes the rules of :func:`vendor_rules` and their objects out again, and nothing else."""
    lines = ("What takes out again all that the rules of this site made, and nothing else.",)
    return _file(vendor, rules, lines, vendor.removed(_body(vendor, rules)))


def _file(vendor: Vendor, rules: RuleSet, how: Iterable[str], body: Iterable[str]) -> bytes:
    by = f"Made with fwshift {fwshift.VERSION}, not" if vendor.target else "Not"
    first = [ascii_text(line) for line in head(rules, "")]
    lines = [f"{vendor.mark} {line}" for line in (*first[:2], f"{by} run on a device.", *how, *first[2:])]
    return "".join(f"{line}\n" for line in (*lines, *body)).encode()


def _body(vendor: Vendor, rules: RuleSet) -> list[str]:
    if not rules.rules:
        raise SiteError([Fault(f"dialect {vendor.name}", "found no rule to write")])
    made = [*_commands(vendor, rules)]
    if not vendor.target:
        return made
    words = f"convert --quiet --from panos --to {vendor.target} rules -o out --report-json said".split()
    found = fwshift.run(words, {"rules": "\n".join(made).encode()}, ("out", "said"))
    _complete(json.loads(found["said"])["summary"], len(rules.rules))
    return [*vendor.kept(found["out"].decode().splitlines())]


def _complete(said: dict[str, dict[str, int]], rules: int) -> None:
    """Every rule and object has to be there and in force."""
    lost = ("needs-review", "skipped", "disabled")
    if said["rule"]["total"] != rules or any(kind.get(word) for kind in said.values() for word in lost):
        raise FwshiftError(f"fwshift does not write all of it: {said}")


def _commands(vendor: Vendor, rules: RuleSet) -> Iterator[str]:
    """Commands of PAN-OS: addresses, groups where an end has several, services, rules."""
    prefix = f"cmg-{site_slug(rules.plan.deployment.name)}_"  # no _ in a slug: where one ends is plain
    ends = [_end(rule, field) for rule in rules.rules for field in FIELDS]
    hosts = dict.fromkeys(host for _, found in ends for host in found)
    groups = dict.fromkeys((end.role, found) for end, found in ends if len(found) > 1)
    services = dict.fromkeys((rule.transport, rule.ports) for rule in rules.rules)
    wanted = [host.text.replace("/", "-") for host in hosts]
    wanted += [role for role, _ in groups]
    wanted += [f"{transport.value.lower()}-{'_'.join(map(str, ports))}" for transport, ports in services]
    labels = iter(unique((prefix + name for name in wanted), vendor.longest[1]))
    addresses = {host: next(labels) for host in hosts}
    sets = {group: next(labels) for group in groups}
    ports = {service: next(labels) for service in services}
    for host, label in addresses.items():
        yield f"set address {label} {'ip-netmask' if host.version else 'fqdn'} {host}"
    for (_, found), label in sets.items():
        yield from (f"set address-group {label} static {addresses[host]}" for host in found)
    for (transport, spans), label in ports.items():
        yield f"set service {label} protocol {transport.value.lower()} port {','.join(map(str, spans))}"
    for rule, label in zip(rules.rules, unique((prefix + r.id for r in rules.rules), vendor.longest[0]), strict=True):
        source, destination = (
            sets.get((end.role, found)) or (addresses[found[0]] if found else "any")
            for end, found in (_end(rule, field) for field in FIELDS)
        )
        zones = vendor.zones(prefix, rule)
        yield from (
            f"set rulebase security rules {label} {words}"
            for words in (
                *(f"{word} {zone}" for word, zone in zip(("from", "to"), zones, strict=True)),
                f"source {source}",
                f"destination {destination}",
                "application any",
                f"service {ports[rule.transport, rule.ports]}",
                "action allow",
                "log-end yes",
                f'description "{ascii_text(comment(rule)).partition(": ")[2]}"',
            )
        )


def _end(rule: Rule, field: str) -> tuple[End, tuple[Host, ...]]:
    """An end and its hosts; none where any host may be there."""
    end: End = getattr(rule, field)
    return end, () if holds_any(end.hosts) else reachable(rule, field)


def _own_zones(_: str, rule: Rule) -> tuple[str, str]:
    return rule.source.zone.id, rule.destination.zone.id


def _panos_removal(lines: list[str]) -> Iterator[str]:
    """Rules first, then groups: what is in use cannot be deleted."""
    names = dict.fromkeys(re.sub(r"^set (rulebase security rules \S+|\S+ \S+).*", r"\1", line) for line in lines)
    yield from (f"delete {name}" for name in reversed(names))


def _asa_lines(lines: list[str]) -> Iterator[str]:
    """Objects and entries of lists, up to what would bind them and deny all else."""
    before = takewhile(lambda line: not line.startswith("access-list global_access "), lines)
    return (line for line in before if not line.startswith("!"))


def _asa_removal(lines: list[str]) -> Iterator[str]:
    yield from (f"no {line}" for line in reversed(lines) if line.startswith("access-list "))
    objects = [line for line in lines if line.startswith("object")]
    yield from (f"no {' '.join(line.split()[:3])}" for line in reversed(objects))


def _junos_removal(lines: list[str]) -> Iterator[str]:
    pattern = r"^set (security policies .* policy \S+|security address-book global \S+ \S+|applications \S+ \S+) .*"
    names = dict.fromkeys(re.sub(pattern, r"\1", line) for line in lines)
    order = sorted(names, key=lambda name: "policies" not in name and 1 + ("address-set" not in name))
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
    yield f"#   show firewall policy | grep -f {policies[0].strip(chr(34)).partition('_')[0]}_"
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


def _faults(rule: Rule) -> Iterator[Fault]:
    yield from no_family(rule)
    yield from full_names(rule)


_NAT = "No NAT is written, and yours stays as it is: the rules name the hosts' own addresses."
_ZONES = "Zones are named as in cmgdocs; put your own names in their place."
_PASTE = "Lines with # are for you: paste what follows them in configuration mode."
VENDORS = (
    Vendor(
        "cisco-asa",
        "Cisco ASA, one access list for each zone that connections start in",
        ".cfg",
        "asa",
        "!",
        (63, 61),  # of 64, three for the IP version
        lambda prefix, rule: (prefix + rule.source.zone.id, "any"),  # a list cannot say where a packet leaves
        _asa_lines,
        _asa_removal,
        (
            "ASA 9.0 or later. An interface has room for one access list in each direction: where yours has one, give",
            "these lines its name. New entries come last: to put one before your denies, write line N behind the name.",
            "For an interface without a list: access-group NAME in interface YOURS; that denies all else there.",
        ),
    ),
    Vendor(
        "palo-alto",
        "Palo Alto PAN-OS, set commands",
        ".txt",
        "",
        "#",
        (63, 63),
        _own_zones,
        list,
        _panos_removal,
        (
            _PASTE,
            _ZONES,
            "In Panorama: device-group YOURS before objects, device-group YOURS pre-rulebase in place of rulebase.",
            "New rules come last, behind your denies: move rulebase security rules NAME before YOURS (or: top).",
            "Inside one zone PAN-OS allows what no rule denies: there these rules count only above a deny of yours.",
            "Before: save config to before-cmgdocs.xml. Then commit.",
        ),
    ),
    Vendor(
        "juniper-srx",
        "Juniper SRX (Junos), set commands",
        ".txt",
        "junos",
        "#",
        (63, 63),
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
    ),
    Vendor(
        "fortigate",
        "FortiGate (FortiOS)",
        ".conf",
        "fortios",
        "#",
        (35, 63),
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
        (63, 63),
        lambda *_: ("any", "any"),
        _check_point_lines,
        _check_point_removal,
        (
            f"Rules come first in the layer {LAYER}, above all of yours; they name no zones.",
            "Log in: mgmt_cli login user YOU > cmgdocs.sid; run: sh FILE; look at the session in SmartConsole, then",
            "mgmt_cli publish -s cmgdocs.sid, or discard. Install the policy yourself. MGMT_OPTS holds more switches.",
        ),
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
        check=_faults,
        remove=partial(vendor_removal, vendor),
    )
    for vendor in VENDORS
)
