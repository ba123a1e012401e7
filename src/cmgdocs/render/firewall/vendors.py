"""
Rules for the firewalls of four vendors, written by aerleon (extra ``firewall``) and then made safe to load.

What aerleon writes would replace all policies of a Junos device, overwrite FortiGate's policies 1, 2, 3, drop an access
list that is in use, and leave out IPv6 on an ASA; what follows it here adds and nothing else. No vendor gets a deny:
each of these devices ends with its own, and a deny in the middle of other rules could close what is open.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from importlib import import_module
from typing import Any

from ...errors import Fault, SiteError
from ...records import dataclass
from ...rules import Rule, RuleSet
from .dialect import NAMES, Dialect, head, no_family
from .loadable import asa, fortios, junos, panos
from .names import ascii_text, full_names
from .terms import Terms, Zones, terms

EXTRA = "firewall"


@dataclass(frozen=True, slots=True)
class Vendor:
    """
    What one vendor needs.

    *word* is aerleon's for it, *module* and *generator* are where aerleon writes it, *target* its options for a pair
    of zones. *longest* is the length of a rule's name, *by_version* whether an object for a DNS name is of one IP
    version. *finish* turns aerleon's text into what can be loaded, given the comment lines and the terms. *how* gives
    lines for whoever loads it.
    """

    name: str
    title: str
    ending: str
    word: str
    module: str
    generator: str
    target: Callable[[Terms, Zones], str]
    longest: int
    by_version: bool
    finish: Callable[[str, list[str], Terms], str]
    how: Callable[[Terms], Iterable[str]]


def vendor_rules(vendor: Vendor, rules: RuleSet) -> bytes:
    """
    Write rules for one vendor.

    Raises:
        SiteError: There is no rule, which aerleon does not take; or aerleon is missing: the message says how to get it.
    """
    if not rules.rules:
        raise SiteError([Fault(f"dialect {vendor.name}", "found no rule to write")])
    made = terms(rules, vendor.longest, vendor.by_version)
    text = _generated(vendor, made)
    lines = head(rules, "", "Made with aerleon, not run on a device.", *vendor.how(made), *_dns(made))
    return vendor.finish(text, [ascii_text(line) for line in lines], made).encode()


def _dns(made: Terms) -> Iterator[str]:
    if made.names:
        yield "DNS names are FQDN objects: the device looks them up itself, and needs DNS configured."


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
    content = made.policy(vendor.word, vendor.target)
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


def _asa_list(made: Terms, zones: Zones) -> str:
    return f"{made.prefix}{zones[0]}"


def _asa_how(made: Terms) -> Iterator[str]:
    lists = ", ".join(dict.fromkeys(_asa_list(made, term.zones) for term in made.terms))
    yield "ASA 9.0 or later."
    yield f"Access lists here: {lists}. An interface has room for one in each direction:"
    yield "where yours has a list, give these lines its name, and put them before its denies."


def _between(_: Terms, zones: Zones) -> str:
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
        _asa_list,
        longest=50,
        by_version=True,
        finish=asa,
        how=_asa_how,
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
        finish=panos,
        how=lambda _: (
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
        finish=junos,
        how=lambda _: (_ZONES, "Load it with: load merge terminal"),
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
        finish=fortios,
        how=lambda _: (_ZONES, "FortiOS 6.4 or later. New policies come last: move them before your denies."),
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
