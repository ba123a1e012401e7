"""
Rule lists as JSON of Azure: a network security group, as a template or as the command line tool prints it.

A group judges a connection where it leaves a host by its *Outbound* rules, and where it reaches one by its *Inbound*
rules. Which hosts a group guards does not stand in it, so the Outbound ones are judged here, as if it guarded every
host that begins a connection; the Inbound ones are set aside, and whoever asks is told so.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any

from ..errors import Fault, SiteError
from .listed import MOST_RULES, Action, ListedRule, RuleList, numbered, printable
from .terms import Service, Term, TermKind, parse_carriers, parse_services, parse_term

_TYPE = "microsoft.network/networksecuritygroups"
_TAG = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:\.[A-Za-z0-9]+)*")
_EVERY = ("*", "0-65535", "1-65535")
_WANTED = (
    "a template with a network security group, what 'az network nsg show' prints, or what 'az network nsg rule list'"
    " prints"
)
_TAGGED = "service tag "
_BY_TAG = "replace a service tag by its prefixes (az network list-service-tags)"
_BY_MEMBERS = "replace an application security group by the addresses of its members"
NO_DEFAULTS = (
    "the default rules of the group are not in the file and not judged: in Azure AllowVnetOutBound and"
    " AllowInternetOutBound let out what no other rule decides, here it is denied; 'az network nsg show' prints them"
)


def read_group(text: str, name: str) -> RuleList:
    """
    Read the rules of one group, sorted by priority.

    Raises:
        SiteError: Every fault of the file.
    """
    try:
        content = json.loads(text)
    except RecursionError:
        raise SiteError([Fault(name, "found JSON nested too deep")]) from None
    except ValueError as error:
        line, column = getattr(error, "lineno", 1), getattr(error, "colno", 1)
        what = getattr(error, "msg", str(error))
        raise SiteError([Fault(f"{name}:{line} column {column}", f"no JSON: {what}")]) from None
    items = [*_found(content, name)]
    if len(items) > MOST_RULES:
        raise SiteError([Fault(name, f"found {len(items):,} rules; allowed: {MOST_RULES:,} at most")])
    faults: list[Fault] = []
    read = [rule for where, item in items if (rule := _Item(where, item, faults).rule())]
    outward = sorted(((p, rule) for way, p, rule in read if way == "outbound"), key=lambda pair: pair[0])
    for (one, first), (other, second) in pairwise(outward):
        if one == other:
            faults.append(Fault(second.where, f"found priority {one}, which {first.name} has already"))
    if not faults and not outward:
        faults.append(Fault(name, f"found {len(items)} rules, none of them Outbound; allowed: Outbound rules"))
    if faults:
        raise SiteError(faults)
    rules = [rule for _, rule in outward]
    inward = (rule.name or rule.where for way, _, rule in read if way == "inbound" and not rule.standing)
    return numbered(name, rules, _warnings(name, rules), inward)


def _warnings(name: str, rules: Iterable[ListedRule]) -> Iterator[Fault]:
    if not any(rule.standing for rule in rules):
        yield Fault(name, NO_DEFAULTS)
    for rule in rules:
        if rule.unjudged:
            yield Fault(rule.where, f"{rule.name}: {rule.unjudged}; it is taken to match nothing")
        unknown = [term.text for term in (*rule.sources, *rule.destinations) if term.kind is TermKind.UNKNOWN]
        if unknown:
            what = f"{rule.name}: the members of {', '.join(unknown)} are not known here and taken to match nothing"
            advice = {_BY_TAG if text.startswith(_TAGGED) else _BY_MEMBERS for text in unknown}
            yield Fault(rule.where, f"{what}; {'; '.join(sorted(advice))}")


def _found(content: Any, name: str) -> Iterator[tuple[str, Any]]:
    """Give each rule with its place, whichever of the forms the file has."""
    if isinstance(content, dict) and isinstance(content.get("value"), list):
        content = content["value"]
    groups: list[Any] = []
    rules: list[Any] = []
    if isinstance(content, dict) and "resources" in content:
        resources = content["resources"]
        for item in (
            resources.values() if isinstance(resources, dict) else resources if isinstance(resources, list) else ()
        ):
            kind = str(item.get("type", "")).lower() if isinstance(item, dict) else ""
            (groups if kind == _TYPE else rules if kind == f"{_TYPE}/securityrules" else []).append(item)
    elif isinstance(content, dict):
        groups = [content] if "securityRules" in _properties(content) else []
    elif isinstance(content, list):
        held = [item for item in content if isinstance(item, dict)]
        groups = [item for item in held if "securityRules" in _properties(item)]
        rules = [*content] if not groups and any("access" in _properties(item) for item in held) else []
    if len(groups) > 1 or not (groups or rules):
        what = f"{len(groups)} network security groups; allowed: one" if groups else f"no rules; allowed: {_WANTED}"
        raise SiteError([Fault(name, f"found {what}")])
    for group in groups:
        for key in ("securityRules", "defaultSecurityRules"):
            listed = _properties(group).get(key) or []
            if not isinstance(listed, list):
                raise SiteError([Fault(f"{name} {key}", f"found {type(listed).__name__}; allowed: a list of rules")])
            yield from ((f"{name} {key}[{number}]", item) for number, item in enumerate(listed))
    yield from ((f"{name} [{number}]", item) for number, item in enumerate(rules))


def _properties(item: dict[str, Any]) -> dict[str, Any]:
    inner = item.get("properties")
    return inner if isinstance(inner, dict) else item


class _Item:
    """One rule of a group as JSON, whose faults are added to a list."""

    def __init__(self, where: str, item: Any, faults: list[Fault]) -> None:
        self.where, self.item, self.faults = where, item, faults

    def rule(self) -> tuple[str, int, ListedRule] | None:
        """Direction in lower case, priority and the rule; None with faults."""
        if not isinstance(self.item, dict):
            self.faults.append(Fault(self.where, f"found {self.item!r:.60}; allowed: a rule"))
            return None
        before = len(self.faults)
        self.given = _properties(self.item)
        direction = self._choice("direction", ("inbound", "outbound"))
        action = Action.ALLOW if self._choice("access", ("allow", "deny")) == "allow" else Action.DENY
        priority = self.given.get("priority")
        if not isinstance(priority, int) or isinstance(priority, bool):
            self._fault("priority", f"found {priority!r:.60}; allowed: a whole number")
        sources, destinations = self._hosts("source"), self._hosts("destination")
        services = self._services()
        if len(self.faults) > before or not isinstance(priority, int):
            return None
        looked = [printable(text) for text in self._texts("sourcePortRange") if text not in _EVERY]
        unjudged = f"it looks at source ports: {', '.join(looked)}" if looked else ""
        name, standing = self.item.get("name"), "defaultSecurityRules" in f"{self.where} {self.item.get('id')}"
        called = " ".join(printable(name).split()) if isinstance(name, str) else ""
        terms = sources, destinations, services
        return direction, priority, ListedRule(0, called, self.where, action, *terms, unjudged, standing)

    def _choice(self, key: str, allowed: tuple[str, ...]) -> str:
        value = str(self.given.get(key)).lower()
        if value not in allowed:
            self._fault(key, f"found {self.given.get(key)!r:.60}; allowed: {', '.join(map(str.capitalize, allowed))}")
        return value

    def _texts(self, key: str) -> list[str]:
        """What stands under *key* and under its plural."""
        plural = f"{key}es" if key.endswith("x") else f"{key}s"
        one, many = self.given.get(key), self.given.get(plural)
        out = [*([one] if one not in (None, "") else []), *(many if isinstance(many, list) else [])]
        if many is not None and not isinstance(many, list):
            self._fault(plural, f"found {many!r:.60}; allowed: a list")
        for text in out:
            if not isinstance(text, str) or text.startswith("["):
                what = "an expression; give what is deployed" if isinstance(text, str) else f"{text!r:.60}"
                self._fault(key, f"found {what}; allowed: text")
        return [part.strip() for text in out if isinstance(text, str) and text[:1] != "[" for part in text.split(",")]

    def _hosts(self, end: str) -> tuple[Term, ...]:
        key, before = f"{end}AddressPrefix", len(self.faults)
        groups = self.given.get(f"{end}ApplicationSecurityGroups") or []
        out = [Term(f"application security group {_last(group)}", TermKind.UNKNOWN) for group in groups]
        for text in self._texts(key):
            try:
                term = parse_term(text)
            except ValueError as error:
                self._fault(key, str(error))
                continue
            if term.kind in (TermKind.NAME, TermKind.WILDCARD):  # a group knows no names, but Azure's own tags
                if not _TAG.fullmatch(text):
                    self._fault(key, f"found {text!r}; allowed: *, an address, a network or a service tag")
                term = Term(f"{_TAGGED}{text}", TermKind.UNKNOWN)
            out.append(term)
        if not out and len(self.faults) == before:
            self._fault(key, "found nothing; allowed: *, an address, a network or a service tag")
        return tuple(out)

    def _services(self) -> tuple[Service, ...]:
        protocol = self.given.get("protocol")
        try:
            parse_carriers(str(protocol))
        except ValueError as error:
            self._fault("protocol", str(error))
            protocol = "*"
        try:
            return parse_services(self._texts("destinationPortRange"), str(protocol))
        except ValueError as error:
            self._fault("destinationPortRange", str(error))
            return ()

    def _fault(self, key: str, what: str) -> None:
        self.faults.append(Fault(f"{self.where}.{key}", what))


def _last(group: Any) -> str:
    found = group.get("id") or group.get("name") if isinstance(group, dict) else group
    return printable(str(found).rpartition("/")[2])
