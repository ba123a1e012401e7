"""
Configurations of firewalls, read by fwshift into its neutral model and from there into rules.

Nothing that is missing or unknown is taken for *any*: an object without known members, an application, a schedule or
a match that has no place in the model makes the rule one that may match.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from typing import Any

from .. import fwshift
from ..errors import Fault, FwshiftError, SiteError, UnknownId, near
from ..facts.ports import EVERY_PORT, PortRange, Ports
from .policy import (
    ANYWHERE,
    EVERY_SERVICE,
    EVERY_V4,
    EVERY_V6,
    AddressSet,
    Policy,
    PolicyRule,
    Redirect,
    ServiceSet,
    Span,
    merged,
    port_range,
)
from .strict_csv import read_csv

PLATFORMS = (
    *("panos", "fortios", "checkpoint", "asa", "ios", "huawei", "stormshield", "meraki", "fmc", "fdm", "sophos"),
    *("pfsense", "opnsense", "sonicwall", "watchguard", "barracuda", "junos", "iptables", "ip6tables", "nftables"),
    *("nsx", "aws", "azure", "terraform-aws", "terraform-azure", "terraform-google", "gcp", "routeros", "forcepoint"),
)
READ = ("csv", *PLATFORMS)
PARTS = {
    "vsys": "panos",
    "device-group": "panos",
    "vdom": "fortios",
    "layer": "checkpoint",
    "policy": "fmc forcepoint gcp stormshield terraform-aws terraform-google",
}
"""What a configuration may have several of, with the platforms that do."""
_WITH_PARTS = frozenset(" ".join(PARTS.values()).split())
_AZURE_TAG = "azure-tag:"  # how fwshift's model marks a service tag
_ANY = ["any"]
# What fwshift passes over without a word: platforms, a pattern that shows it, and what it is.
_OVERLOOKED = (
    ("iptables ip6tables", r"(?ms)^\*(?!filter)\w+\s(?:(?!^COMMIT).)*^:\S+ DROP", "tables besides filter that drop"),
    ("junos", r"\bfilter (input|output)", "stateless filters of interfaces"),
    ("ios", r"(?s)\bip access-group .*\bip access-group ", "replies, which a second access list may deny"),
    ("checkpoint", r'"install-on"\s*:\s*\[\s*"(?!6c488338-8eec-4103-ad21-cd461ac2c476)', "where rules are installed"),
    ("panos", r"rulebase (pbf|dos)\b|<(pbf|dos)>", "rules that forward or drop by policy (PBF, DoS)"),
    ("fortios", r"(?m)^\s*config router policy", "policy routes"),
)
_SHOWN = 3  # values of a limit
# What fwshift takes a file of text, XML or JSON for that it knows nothing else of, and then misses in it.
_UNRECOGNISED = re.compile(r"no ('config' sections|<config> element|Management API response) found; ")
# What these say of the file as a whole is said by the audit in its own way, or holds for every file of the platform.
_ANSWERED = {"AZURE_DYNAMIC"}
_OUTSIDE_FILE = {"HOST_CHAIN_NOT_CONVERTED", "IMPLIED_RULES", "IOS_STATELESS", "NO_NAT_RULEBASE"}


def read_policy(content: bytes, name: str, platform: str = "", parts: Collection[str] = ()) -> Policy:
    """
    Read a configuration, or a rule list as CSV.

    Args:
        content: The file.
        name: What the file is called in messages; one that ends with ``.csv`` is a rule list.
        platform: ``csv`` or one of :data:`PLATFORMS`; by default it is found out.
        parts: Which part to read of a file with several, such as ``vdom=dmz``; kinds are those of :data:`PARTS`.

    Raises:
        SiteError: The file cannot be read, or has no such part.
        UnknownId: There is no such platform.
        MissingExtra: fwshift is needed and not installed.
    """
    if platform not in ("", *READ):
        raise UnknownId("platform", platform, READ)
    if not content.strip():
        raise SiteError([Fault(name, "is empty")])
    if platform == "csv" or (not platform and name.lower().endswith(".csv")):
        if parts:
            raise SiteError(Fault(f"--part {part}", "a CSV has no such part") for part in parts)
        return read_csv(content, name)
    chosen = _chosen(parts)
    words = ["convert", "input", "--to", "json", "-o", "model.json", "--report-json", "report.json", "--quiet"]
    words += ["--from", platform] if platform else []
    words += [f"--{kind}={part}" for kind, part in chosen.items()]
    try:
        made = fwshift.run(words, {"input": _with_schema(content)}, ("model.json", "report.json"))
    except FwshiftError as error:
        if not platform and _UNRECOGNISED.match(str(error)):
            what = f"the platform is not recognised; give --from: {', '.join(sorted(READ))}"
            raise SiteError([Fault(name, what)]) from None
        said = re.sub(rf"--({'|'.join(PARTS)})\b", r"--part \1=NAME", str(error))
        named = "; name its platform with --from" * (not platform) + "; the page on audits says what to export"
        hint = "" if said != str(error) or "not found" in said else named
        raise SiteError([Fault(name, f"cannot be read as a configuration: {said}{hint}")]) from None
    policy = _policy(json.loads(made["model.json"]), json.loads(made["report.json"]), name)
    if wrong := [kind for kind in chosen if policy.platform not in PARTS[kind].split()]:
        what = f"a file of {policy.platform} has no such part"
        raise SiteError(Fault(f"--part {kind}={chosen[kind]}", what) for kind in wrong)
    text = content.decode(errors="replace")
    passed_over = ((pattern, what) for where, pattern, what in _OVERLOOKED if policy.platform in where.split())
    missed = [what for pattern, what in passed_over if re.search(pattern, text)]
    missed += ["no rule was found in it"] * (not policy.rules)
    return replace(policy, unread=(*policy.unread, *missed))


def _chosen(words: Iterable[str]) -> dict[str, str]:
    chosen: dict[str, str] = {}
    for word in words:
        kind, _, part = word.partition("=")
        if kind not in PARTS:
            raise SiteError([Fault(f"--part {word}", f"no kind {kind!r} of part; {near(kind, PARTS)}")])
        if not part or kind in chosen:
            raise SiteError([Fault(f"--part {word}", f"allowed: one name for each kind, as {kind}=NAME")])
        chosen[kind] = part
    return chosen


def _with_schema(content: bytes) -> bytes:
    """A template of Azure without ``$schema`` is one all the same; fwshift knows it by that."""
    if not content.lstrip().startswith(b"{"):
        return content
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        return content
    if isinstance(found.get("NewNSG"), dict):  # what az network nsg create prints
        return json.dumps(found["NewNSG"]).encode()
    if isinstance(found.get("resources"), list) and "$schema" not in found:
        kind = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
        return json.dumps({"$schema": kind, "contentVersion": "1.0.0.0", **found}).encode()
    return content


def _policy(model: dict[str, Any], report: dict[str, Any], name: str) -> Policy:
    reader = _ModelReader(model)
    notes = [note for note in report["notes"] if note["severity"] != "info" and note["code"] not in _ANSWERED]
    unread = [note for note in notes if note["severity"] == "needs-review" and note["code"] not in _OUTSIDE_FILE]
    rules = [reader.rule(rule) for rule in model["rules"] if rule["enabled"]]
    if model["default_interzone"] == "allow":
        rules.append(PolicyRule("what no rule matches", True, ANYWHERE, ANYWHERE, EVERY_SERVICE))
    return Policy(
        name=name,
        platform=model["vendor"],
        rules=tuple(rules),
        part=model["scope"] if model["vendor"] in _WITH_PARTS else "",
        redirects=tuple(
            reader.redirect(rule)
            for rule in model["nat_rules"]
            if rule["enabled"] and (rule["destination_translation"] or rule["unsupported"])
        ),
        zones=tuple((zone, reader.addresses(texts)) for zone, texts in model["zone_networks"].items()),
        allows_inside_zone=model["default_intrazone"] == "allow",
        allows_between_zones=model["default_interzone"] == "allow",
        unread=tuple(note["message"] for note in unread),
        limits=tuple(note["message"].partition(". The converted")[0] for note in notes if note not in unread),
    )


class _ModelReader:
    """Turns rules of the neutral model into ours; the same list of members is looked up once."""

    def __init__(self, model: dict[str, Any]) -> None:
        self._model = model
        self._known: dict[tuple[str, ...], AddressSet] = {}

    def rule(self, rule: dict[str, Any]) -> PolicyRule:
        """An enabled rule."""
        return PolicyRule(
            name=rule["name"],
            allows=rule["action"] == "allow",
            sources=self.addresses(rule["sources"], rule["negate_source"]),
            destinations=self.addresses(rule["destinations"], rule["negate_destination"]),
            services=self._services(rule["services"], rule["negate_service"]),
            limits=tuple(_limits(rule)),
            source_zones=_zones(rule["src_zones"]),
            destination_zones=_zones([] if rule["egress_implied"] else rule["dst_zones"]),
            inside_zone={"intrazone": True, "interzone": False}.get(rule["scope"]),
        )

    def redirect(self, rule: dict[str, Any]) -> Redirect:
        """A rule with destination NAT, or one that is not understood."""
        matching = PolicyRule(
            name=rule["name"],
            allows=False,
            sources=self.addresses(rule["sources"]),
            destinations=self.addresses(rule["destinations"]),
            services=self._services([rule["service"]]),
            limits=tuple(map(_not_understood, rule["unsupported"])),
            source_zones=_zones(rule["src_zones"]),
        )
        to = rule["destination_translation"]
        return Redirect(matching, self.addresses([to["address"]] if to else []))

    def _each(self, members: Iterable[str], groups: str) -> Iterator[str]:
        """Members, and those of the groups among them, each once."""
        todo, seen = list(members), set[str]()
        while todo:
            if (member := todo.pop()) not in seen:
                seen.add(member)
                todo += self._model[groups].get(member, {}).get("members", ())
                yield member

    def addresses(self, members: Iterable[str], negated: bool = False) -> AddressSet:
        """The addresses, names and tags of objects and groups."""
        key = tuple(members)
        if key not in self._known:
            self._known[key] = self._address_set(key)
        return replace(self._known[key], negated=True) if negated else self._known[key]

    def _address_set(self, members: Iterable[str]) -> AddressSet:
        spans: list[Span] = []
        names, tags, unknown = set[str](), set[str](), dict[str, None]()
        every = False
        for member in self._each(members, "address_groups"):
            group, address = self._model["address_groups"].get(member), self._model["addresses"].get(member)
            if group:
                if group["dynamic_filter"].startswith(_AZURE_TAG):
                    tags.add(group["dynamic_filter"].removeprefix(_AZURE_TAG))
                elif group["dynamic_filter"] or group["unsupported"]:
                    unknown[member] = None
            elif member == "any":
                every = True
            elif address and address["kind"] == "fqdn":
                names.add(address["value"].lower().rstrip("."))
            elif found := _span(address["value"] if address else member):
                spans.append(found)
            else:
                unknown[member] = None
        every = every or (EVERY_V4 in spans and EVERY_V6 in spans)
        return AddressSet(merged(spans), frozenset(names), frozenset(tags), tuple(unknown), every)

    def _services(self, members: Iterable[str], negated: bool = False) -> ServiceSet:
        known: dict[str, list[PortRange]] = {"tcp": [], "udp": []}
        unknown: dict[str, None] = {}
        for member in self._each(members, "service_groups"):
            service = self._model["services"].get(member)
            if member in self._model["service_groups"]:
                continue
            if member == "any":
                service = {"unsupported": (), "entries": [_EVERY]}
            if service is None or service["unsupported"] or not service["entries"]:
                unknown[member] = None
                continue
            for entry in service["entries"]:
                if entry["src_ports"]:
                    unknown[f"{member} (source ports {entry['src_ports']})"] = None
                    continue
                every = entry["protocol"] == "ip" and entry["ip_protocol"] is None
                for transport, ports in known.items():  # no planned connection uses another protocol
                    if every or entry["protocol"] == transport:
                        ports += EVERY_PORT if every else _ports(entry["dst_ports"])
        return ServiceSet(Ports(known["tcp"]), Ports(known["udp"]), tuple(unknown), negated)


_EVERY = {"src_ports": "", "protocol": "ip", "ip_protocol": None}


def _ports(text: str) -> Iterable[PortRange]:
    """Destination ports with commas between; all where there are none."""
    ends = [[int(number) for number in part.split("-")] for part in text.split(",") if part]
    return [port_range(numbers[0], numbers[-1]) for numbers in ends if numbers[-1]] if ends else EVERY_PORT


def _zones(names: list[str]) -> frozenset[str]:
    return frozenset() if "any" in names else frozenset(names)


def _limits(rule: dict[str, Any]) -> Iterable[str]:
    """What restricts a rule although no plan speaks of it, as clauses."""
    for key, word in (("applications", "applications"), ("users", "users"), ("url_categories", "URL categories")):
        if rule[key] != _ANY:
            shown = ", ".join(rule[key][:_SHOWN]) + ", ..." * (len(rule[key]) > _SHOWN)
            yield f"it is for {word} {shown} only"
    if deep := next((value for value in rule["profiles"].values() if "deep" in value.lower()), ""):
        yield f"it opens TLS by {deep}, which the channel does not tolerate (inferred)"
    if rule["schedule"]:
        yield f"it is for the schedule {rule['schedule']} only"
    yield from map(_not_understood, rule["unsupported"])


def _not_understood(what: str) -> str:
    return f"{what!r} in it is not understood"


def _span(text: str) -> Span | None:
    try:
        first, _, last = text.partition("-")
        low, high = Span.parse(first), Span.parse(last or first)
    except ValueError:
        return None
    return low._replace(high=high.high) if low.version == high.version else None
