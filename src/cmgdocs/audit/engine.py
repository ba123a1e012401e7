"""
Configurations of firewalls, read by fwshift into its neutral model and from there into rules.

Nothing that is missing or unknown is taken for *any*: an object without known members, an application, a schedule or
a match that the engine has no place for makes the rule one that may match.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from .. import fwshift
from ..errors import Fault, FwshiftError, SiteError, near
from .policy import (
    ALL_PORTS,
    EVERY_V4,
    EVERY_V6,
    Ends,
    Entry,
    Policy,
    Redirect,
    Service,
    Services,
    Span,
    merged,
    network,
)

PLATFORMS = (
    *("panos", "fortios", "checkpoint", "asa", "ios", "huawei", "stormshield", "meraki", "fmc", "fdm", "sophos"),
    *("pfsense", "opnsense", "sonicwall", "watchguard", "barracuda", "junos", "iptables", "ip6tables", "nftables"),
    *("nsx", "aws", "azure", "terraform-aws", "terraform-azure", "terraform-google", "gcp", "routeros", "forcepoint"),
)
PARTS = {
    "vsys": "panos",
    "device-group": "panos",
    "vdom": "fortios",
    "layer": "checkpoint",
    "policy": "fmc forcepoint gcp stormshield terraform-aws terraform-google",
}
"""What a configuration may have several of, with the platforms that do."""
_ANY = ["any"]
# What the engine passes over without a word: platforms, a pattern that shows it, and what it is.
_OVERLOOKED = (
    ("iptables ip6tables", r"(?ms)^\*(?!filter)\w+\s(?:(?!^COMMIT).)*^:\S+ DROP", "tables besides filter that drop"),
    ("junos", r"\bfilter (input|output)", "stateless filters of interfaces"),
    ("ios", r"(?s)\bip access-group .*\bip access-group ", "replies, which a second access list may deny"),
    ("checkpoint", r'"install-on"\s*:\s*\[\s*"(?!6c488338-8eec-4103-ad21-cd461ac2c476)', "where rules are installed"),
    ("panos", r"rulebase (pbf|dos)\b|<(pbf|dos)>", "rules that forward or drop by policy (PBF, DoS)"),
    ("fortios", r"(?m)^\s*config router policy", "policy routes"),
)
_SHOWN = 3  # values of a limit
# What these say of the file as a whole is said by the audit in its own way, or holds for every file of the platform.
_ANSWERED = {"AZURE_DYNAMIC"}
_OUTSIDE_FILE = {"HOST_CHAIN_NOT_CONVERTED", "IMPLIED_RULES", "IOS_STATELESS", "NO_NAT_RULEBASE"}


def read_configuration(content: bytes, name: str, platform: str = "", parts: Iterable[str] = ()) -> Policy:
    """
    Read a configuration.

    Args:
        content: The file.
        name: What the file is called in messages.
        platform: One of :data:`PLATFORMS`; by default the engine finds out.
        parts: Which part to read of a file with several, such as ``vdom=dmz``; kinds are those of :data:`PARTS`.

    Raises:
        SiteError: The engine cannot read the file.
        MissingExtra: The engine is not installed.
    """
    words = ["convert", "input", "--to", "json", "-o", "model.json", "--report-json", "report.json", "--quiet"]
    if platform:
        words += ["--from", platform]
    chosen = _chosen(parts)
    words += [f"--{kind}={part}" for kind, part in chosen.items()]
    try:
        made = fwshift.run(words, {"input": _with_schema(content)}, ("model.json", "report.json"))
    except FwshiftError as error:
        said = re.sub(rf"--({'|'.join(PARTS)})\b", r"--part \1=NAME", str(error))
        named = "; name its platform with --from" * (not platform) + "; the page on audits says what to export"
        hint = "" if said != str(error) or "not found" in said else named
        raise SiteError([Fault(name, f"cannot be read as a configuration: {said}{hint}")]) from None
    policy = _policy(json.loads(made["model.json"]), json.loads(made["report.json"]), name)
    for kind, part in chosen.items():
        if policy.platform not in PARTS[kind].split():
            raise SiteError([Fault(f"--part {kind}={part}", f"a file of {policy.platform} has no such part")])
    text = content.decode(errors="replace")
    missed = [what for where, pattern, what in _OVERLOOKED if policy.platform in where and re.search(pattern, text)]
    missed += ["no rule was found in it"] * (not policy.entries)
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
    """A template of Azure without ``$schema`` is one all the same; the engine knows it by that."""
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
    reader = _Reader(model)
    enabled = [rule for rule in model["rules"] if rule["enabled"]]
    notes = [note for note in report["notes"] if note["severity"] != "info" and note["code"] not in _ANSWERED]
    unread = [note for note in notes if note["severity"] == "needs-review" and note["code"] not in _OUTSIDE_FILE]
    entries = list(map(reader.entry, enabled))
    if model["default_interzone"] == "allow":
        every = Ends(every=True)
        entries.append(Entry("what no rule matches", True, every, every, Services((Service(""),))))
    return Policy(
        name=name,
        platform=model["vendor"],
        entries=tuple(entries),
        redirects=tuple(
            reader.redirect(rule)
            for rule in model["nat_rules"]
            if rule["enabled"] and (rule["destination_translation"] or rule["unsupported"])
        ),
        zones=tuple((zone, reader.ends(texts)) for zone, texts in model["zone_networks"].items()),
        allows_inside_zone=model["default_intrazone"] == "allow",
        allows_between_zones=model["default_interzone"] == "allow",
        unread=tuple(note["message"] for note in unread),
        limits=tuple(note["message"].partition(". The converted")[0] for note in notes if note not in unread),
    )


class _Reader:
    """Turns rules of the neutral model into ours; the same list of members is looked up once."""

    def __init__(self, model: dict[str, Any]) -> None:
        self._model = model
        self._ends: dict[tuple[str, ...], Ends] = {}
        self._services: dict[tuple[str, ...], Services] = {}

    def entry(self, rule: dict[str, Any]) -> Entry:
        zones = rule["src_zones"], [] if rule["egress_implied"] else rule["dst_zones"]
        return Entry(
            name=rule["name"],
            allows=rule["action"] == "allow",
            sources=self.ends(rule["sources"], rule["negate_source"]),
            destinations=self.ends(rule["destinations"], rule["negate_destination"]),
            services=self.services(rule["services"], rule["negate_service"]),
            limits=tuple(_limits(rule)),
            source_zones=_zones(zones[0]),
            destination_zones=_zones(zones[1]),
            inside_zone={"intrazone": True, "interzone": False}.get(rule["scope"]),
        )

    def redirect(self, rule: dict[str, Any]) -> Redirect:
        to = rule["destination_translation"]
        entry = Entry(
            name=rule["name"],
            allows=False,
            sources=self.ends(rule["sources"]),
            destinations=self.ends(rule["destinations"]),
            services=self.services([rule["service"]]),
            limits=tuple(f"the engine cannot judge {what!r}" for what in rule["unsupported"]),
            source_zones=_zones(rule["src_zones"]),
        )
        return Redirect(entry, self.ends([to["address"]] if to else []))

    def _each(self, members: Iterable[str], groups: str) -> Iterator[str]:
        """Members, and those of the groups among them, each once."""
        todo, seen = list(members), set[str]()
        while todo:
            if (member := todo.pop()) not in seen:
                seen.add(member)
                todo += self._model[groups].get(member, {}).get("members", ())
                yield member

    def ends(self, members: Iterable[str], negated: bool = False) -> Ends:
        key = (*members, "!" * negated)
        if key not in self._ends:
            self._ends[key] = self._end(key[:-1], negated)
        return self._ends[key]

    def _end(self, members: Iterable[str], negated: bool) -> Ends:
        spans: list[Span] = []
        names: set[str] = set()
        tags: set[str] = set()
        unknown: dict[str, None] = {}
        every = False
        for member in self._each(members, "address_groups"):
            group, address = self._model["address_groups"].get(member), self._model["addresses"].get(member)
            if group:
                if group["dynamic_filter"].startswith("azure-tag:"):
                    tags.add(group["dynamic_filter"].partition(":")[2])
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
        return Ends(merged(spans), frozenset(names), frozenset(tags), tuple(unknown), every, negated)

    def services(self, members: Iterable[str], negated: bool = False) -> Services:
        key = (*members, "!" * negated)
        if key not in self._services:
            self._services[key] = self._service(key[:-1], negated)
        return self._services[key]

    def _service(self, members: Iterable[str], negated: bool) -> Services:
        known: dict[Service, None] = {}
        unknown: dict[str, None] = {}
        for member in self._each(members, "service_groups"):
            service = self._model["services"].get(member)
            if member in self._model["service_groups"]:
                continue
            if member == "any":
                known[Service("")] = None
            elif service is None or service["unsupported"] or not service["entries"]:
                unknown[member] = None
            else:
                for entry in service["entries"]:
                    if entry["src_ports"]:
                        unknown[f"{member} (source ports {entry['src_ports']})"] = None
                    else:
                        known |= dict.fromkeys(_of_entry(entry))
        return Services(tuple(known), tuple(unknown), negated)


def _zones(names: list[str]) -> frozenset[str]:
    return frozenset() if "any" in names else frozenset(names)


def _limits(rule: dict[str, Any]) -> Iterable[str]:
    """What restricts a rule although no plan speaks of it, as clauses."""
    for key, word in (("applications", "applications"), ("users", "users"), ("url_categories", "URL categories")):
        if rule[key] != _ANY:
            shown = ", ".join(rule[key][:_SHOWN]) + ", ..." * (len(rule[key]) > _SHOWN)
            yield f"it is for {word} {shown} only"
    if deep := next((value for value in rule["profiles"].values() if "deep" in value.lower()), ""):
        yield f"it opens TLS by {deep}, which the channel does not stand (inferred)"
    if rule["schedule"]:
        yield f"it is for the schedule {rule['schedule']} only"
    yield from (f"the engine cannot judge {what!r}" for what in rule["unsupported"])


def _span(text: str) -> Span | None:
    try:
        first, _, last = text.partition("-")
        low, high = network(first), network(last or first)
    except ValueError:
        return None
    return (low[0], low[1], high[2]) if low[0] == high[0] else None


def _of_entry(entry: dict[str, Any]) -> Iterable[Service]:
    if entry["protocol"] == "ip" and entry["ip_protocol"] is None:
        yield Service("")
    elif entry["protocol"] in ("tcp", "udp"):
        for part in filter(None, entry["dst_ports"].split(",")):
            low, _, high = part.partition("-")
            yield Service(entry["protocol"], (int(low), int(high or low)))
        if not entry["dst_ports"]:
            yield Service(entry["protocol"], ALL_PORTS)
    # No planned connection uses another protocol.
