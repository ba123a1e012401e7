"""
Rules for the firewalls of four vendors, written by aerleon (extra ``firewall``) and then made safe to load.

What aerleon writes would replace all policies of a Junos device, overwrite FortiGate's policies 1, 2, 3, drop an access
list that is in use, and leave out IPv6 on an ASA; what follows it here adds and nothing else. No vendor gets a deny:
each of these devices ends with its own, and a deny in the middle of other rules could close what is open.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from importlib import import_module
from typing import Any

from ...errors import Fault, SiteError
from ...model import ZoneId
from ...records import dataclass
from ...rules import Rule, RuleSet
from .dialect import NAMES, Dialect, head, no_family
from .names import full_names, plain, unique
from .terms import Terms, terms

EXTRA = "firewall"
Zones = tuple[ZoneId, ZoneId]


@dataclass(frozen=True, slots=True)
class Vendor:
    """
    What one vendor needs.

    *word* is aerleon's for it, *module* and *generator* are where aerleon writes it, *target* its options for a pair
    of zones. *longest* is the length of a rule's name, *by_version* whether an object for a DNS name is of one IP
    version. *finish* turns aerleon's text into what can be loaded, given the comment lines and the terms. *how* are
    lines for whoever loads it.
    """

    name: str
    title: str
    ending: str
    word: str
    module: str
    generator: str
    target: Callable[[Zones], str]
    longest: int
    by_version: bool
    finish: Callable[[str, list[str], Terms], str]
    how: tuple[str, ...]


def vendor_rules(vendor: Vendor, rules: RuleSet) -> bytes:
    """
    Write rules for one vendor.

    Raises:
        SiteError: aerleon is missing; the message says how to get it.
    """
    made = terms(rules, vendor.longest, vendor.by_version)
    text = _generated(vendor, made)
    lines = head(rules, "", "Made with aerleon, not run on a device.", *vendor.how)
    return vendor.finish(text, [plain(line) for line in lines], made).encode()


def _generated(vendor: Vendor, made: Terms) -> str:
    """What aerleon writes."""
    try:
        naming, policy, builder = (import_module(f"aerleon.lib.{n}") for n in ("naming", "policy", "policy_builder"))
        generator = getattr(import_module(f"aerleon.lib.{vendor.module}"), vendor.generator)
    except ImportError:
        what = f"needs the optional extra: pip install 'cmgdocs[{EXTRA}]'"
        raise SiteError([Fault(f"dialect {vendor.name}", what)]) from None
    if vendor.word == "ciscoasa":
        generator = _both_versions(generator)
    content = made.policy(lambda zones: (vendor.word, vendor.target(zones)))
    definitions = naming.Naming()
    with _silent():
        definitions.ParseDefinitionsObject(made.definitions(), "")
        return str(generator(policy.FromBuilder(builder.PolicyBuilder(content, definitions, False, False)), 0))


def _both_versions(generator: Any) -> Any:
    """The ASA generator, which writes IPv4 only, made to write each term in the IP version of its addresses."""
    term_class = import_module(generator.__module__).Term

    def translate(self: Any, policy: Any, _: int) -> None:
        self.ciscoasa_policies = []
        for header, found in policy.filters:
            name = header.FilterName("ciscoasa")
            parts = []
            for term in found:
                six = any(net.version == 6 for net in (*term.source_address, *term.destination_address))
                parts.append(str(term_class(term, name, af=6 if six else 4)))
            self.ciscoasa_policies.append((header, name, parts))

    return type(generator.__name__, (generator,), {"_TranslatePolicy": translate})


@contextmanager
def _silent() -> Iterator[None]:
    """Keep aerleon's remarks, which go through absl to standard error, to itself."""
    logging = import_module("absl.logging")
    before = logging.get_verbosity()
    logging.set_verbosity(logging.FATAL)
    try:
        yield
    finally:
        logging.set_verbosity(before)


def _named(text: str, pattern: str, made: Terms, write: Callable[[str, re.Match[str]], str]) -> str:
    """The text with *write*'s result wherever *pattern*, whose last group is an address, holds a stand-in."""

    def replace(match: re.Match[str]) -> str:
        name = made.names.get(match[match.re.groups])
        return match[0] if name is None else write(name, match)

    return re.sub(pattern, replace, text)


def _asa(text: str, lines: list[str], made: Terms) -> str:
    """Objects for names first; no ``clear``, no tags of a version control system."""
    used = {address: name for address, name in made.names.items() if f" host {address} " in f"{text} "}
    labels = unique((f"cmg-{name}{'-v6' * (':' in address)}" for address, name in used.items()), 64)
    objects = dict(zip(used, labels, strict=True))
    text = _named(text, r"\bhost (\S+)", made, lambda _, match: f"object {objects[match[1]]}")
    out = [f"! {line}" for line in lines]
    for address, label in objects.items():
        out += [f"object network {label}", f" fqdn {'v6' if ':' in address else 'v4'} {used[address]}"]
    out += [line for line in text.splitlines() if line and "$" not in line and not line.startswith("clear ")]
    return "\n".join(out) + "\n"


def _panos(text: str, lines: list[str], made: Terms) -> str:
    pattern = r"<ip-netmask>([^</]+)/(?:32|128)</ip-netmask>"
    text = _named(text, pattern, made, lambda name, _: f"<fqdn>{name}</fqdn>")
    declaration, _, rest = text.partition("\n")
    return "\n".join([declaration, "<!--", *lines, "-->", rest.rstrip()]) + "\n"


def _junos(text: str, lines: list[str], made: Terms) -> str:
    """Statements to merge instead of ``replace:``."""
    indent = " " * 20
    pattern = r"(address \S+) ([0-9a-f.:]+)/(?:32|128);"
    text = _named(text, pattern, made, lambda name, m: f"{m[1]} {{\n{indent}dns-name {name};\n{indent[4:]}}}")
    text = re.sub(r"^ *\/\*\s*(?:\$\w+:\$\s*)*\*\/\n", "", text.replace("replace: ", ""), flags=re.MULTILINE)
    return "\n".join(["/*", *lines, "*/", text.rstrip()]) + "\n"


def _fortios(text: str, lines: list[str], made: Terms) -> str:
    """New policies, which ``edit 0`` asks for, instead of numbered ones."""
    for pattern in (
        r"set type ipmask\n( *)set subnet (\S+) 255\.255\.255\.255\b",
        r"set type ipprefix\n( *)set ip6 (\S+)/128\b",
    ):
        text = _named(text, pattern, made, lambda name, m: f'set type fqdn\n{m[1]}set fqdn "{name}"')
    text = re.sub(r"^    edit [0-9]+$", "    edit 0", text, flags=re.MULTILINE)
    return "\n".join([*(f"# {line}" for line in lines), text.rstrip()]) + "\n"


def _between(zones: Zones) -> str:
    return f"from-zone {zones[0]} to-zone {zones[1]} mixed"


def _faults(rule: Rule) -> Iterator[Fault]:
    yield from no_family(rule)
    yield from full_names(rule)


_ZONES = "Zones are named as in cmgdocs; put your own names in their place."
VENDORS = (
    Vendor(
        "cisco-asa",
        "Cisco ASA, one access list for each zone that connections start in",
        ".cfg",
        "ciscoasa",
        "ciscoasa",
        "CiscoASA",
        lambda zones: f"cmg-{zones[0]}",
        longest=50,
        by_version=True,
        finish=_asa,
        how=("ASA 9.0 or later. Its lines belong before the denies of the access list of the interface.",),
    ),
    Vendor(
        "palo-alto",
        "Palo Alto PAN-OS (XML)",
        ".xml",
        "paloalto",
        "paloaltofw",
        "PaloAltoFW",
        _between,
        longest=50,
        by_version=False,
        finish=_panos,
        how=(
            _ZONES,
            "A part of a configuration: merge it (load config partial, mode merge), never load it as a whole.",
        ),
    ),
    Vendor(
        "juniper-srx",
        "Juniper SRX (Junos)",
        ".conf",
        "srx",
        "junipersrx",
        "JuniperSRX",
        _between,
        longest=50,
        by_version=False,
        finish=_junos,
        how=(_ZONES, "Load it with: load merge terminal"),
    ),
    Vendor(
        "fortigate",
        "FortiGate (FortiOS)",
        ".conf",
        "fortigate",
        "fortigate",
        "Fortigate",
        _between,
        longest=35,
        by_version=True,
        finish=_fortios,
        how=(_ZONES, "FortiOS 6.4 or later. New policies come last: move them before your denies."),
    ),
)

_PROVED = "aerleon's checker and a reader of the text agree with the rules; not run on a device"
FIREWALLS = tuple(
    Dialect(
        vendor.name,
        vendor.title,
        vendor.ending,
        partial(vendor_rules, vendor),
        NAMES,
        _PROVED,
        extra=EXTRA,
        check=_faults,
    )
    for vendor in VENDORS
)
