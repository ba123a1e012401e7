"""
Rules for Azure as templates of Azure Resource Manager: a network security group, or rules of an Azure Firewall.

A **network security group** is at the servers: one group for every subnet or network interface that holds hosts
of the site. It judges a connection where it leaves a host and where it reaches one, so a rule becomes an *Outbound*
one where its source is inside the perimeter, and an *Inbound* one where its destination is; a connection between two
servers of the site has both. Each names its sources and destinations, so that the same group may be used everywhere.

An **Azure Firewall** sits in between: every rule once, in a rule collection group of a policy that exists. It takes
names as destinations; a rule cannot hold names and addresses, so one for each.

Both are split by IP version, which no rule may mix, and only allow: they close nothing that is open. Where no address
and, for a firewall, no whole name of a destination is known, its service tag takes its place, one to a rule; but not
the one for the whole cloud, behind which the gateway itself is: it would open everything that anybody runs there.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

from ..errors import Fault, SiteError
from ..plan.plan import End, Plan
from ..plan.rules import Rule, RuleSet
from ..site.hosts import Host, HostKind, outermost
from ..site.names import endpoint_names
from .dialect import ADDRESSES, NAMES, Dialect, Hosts, by_version, comment, head, holds_any, no_family
from .names import device_problems, shortened, site_slug, unique, version_suffix

API = "2025-07-01"
TEMPLATE = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
FIRST, LAST, STEP = 100, 4096, 10  # priorities of a security rule, from Microsoft's schema; the step leaves room
LONGEST_NAME, LONGEST_TEXT = 80, 140
_NOT_RUN = "Templates like this are tested against Microsoft's schema; this one was not deployed."
WHOLE_CLOUD = "AzureCloud"
_REPLACES = "Deployed under the name of a group that exists, the template replaces all rules of that group."
_NSG_HEAD = (
    _NOT_RUN,
    _REPLACES,
    "For every subnet or network interface with hosts of the site: associate the group with them yourself.",
    "What leaves a host inside has an Outbound rule, what reaches one an Inbound rule, what does both has two.",
    "These rules only allow: the default rules of the group still let out all traffic to the internet.",
    "A group logs nothing: turn on the flow logs of the virtual network. It sees addresses before source NAT.",
    "To take it out again: take it from its subnets and interfaces, then az network nsg delete --name GROUP.",
)
_IPV6 = "IPv6 in an Azure Firewall is a preview, and needs one in dual stack mode."


def nsg(rules: RuleSet) -> bytes:
    """
    Write a template with one network security group.

    Raises:
        SiteError: There are more rules than priorities.
    """
    group = {
        "type": "Microsoft.Network/networkSecurityGroups",
        "apiVersion": API,
        "name": "[parameters('networkSecurityGroupName')]",
        "location": "[parameters('location')]",
        "properties": {"securityRules": _security_rules(rules.rules)},
    }
    parameters = {
        "networkSecurityGroupName": _text(
            "Name of the group. One that exists under this name loses its own rules.", f"nsg-{_site(rules)}"
        ),
        "location": _text("Region of the group.", "[resourceGroup().location]"),
    }
    return _template(rules, (*_NSG_HEAD, *_tags_said(rules)), parameters, group)


def _security_rules(rules: Iterable[Rule]) -> list[dict[str, Any]]:
    items = [*_directed(rules)]
    most = (LAST - FIRST) // STEP + 1
    if len(items) > most:
        raise SiteError([Fault("azure-nsg", f"found {len(items)} security rules; allowed: {most} in one group")])
    names = unique((name for name, *_ in items), LONGEST_NAME)
    return [
        {"name": name, "properties": {"priority": FIRST + STEP * i, "direction": direction, "access": "Allow", **rest}}
        for i, (name, (_, direction, rest)) in enumerate(zip(names, items, strict=True))
    ]


def _directed(rules: Iterable[Rule]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Name, direction and what else a security rule says, for each rule, IP version and direction."""
    for rule in rules:
        for version, (sources, destinations) in _versions(rule).items():
            for tag, hosts in _by_tag(destinations):
                rest = {
                    "protocol": rule.transport.value.capitalize(),
                    **_prefixes("source", sources),
                    "sourcePortRange": "*",
                    **_prefixes("destination", hosts),
                    "destinationPortRanges": [str(ports) for ports in rule.ports],
                    "description": shortened(comment(rule), LONGEST_TEXT),
                }
                for end, direction in ((rule.source, "Outbound"), (rule.destination, "Inbound")):
                    if end.zone.inside:
                        yield f"{rule.id}{version_suffix(version)}{tag}-{direction}", direction, rest


def _versions(rule: Rule) -> dict[int, tuple[Hosts, Hosts]]:
    """The ends by IP version, but once where both would be written alike: of names, tags and ``any`` only."""
    found = by_version(rule)
    if any(host.version for ends in found.values() for end in ends if not holds_any(end) for host in end):
        return found
    return dict([*found.items()][:1])


def _by_tag(hosts: Hosts) -> Iterator[tuple[str, Hosts]]:
    """What ends a rule's name, and hosts that one rule can hold: each service tag is alone."""
    rest = tuple(host for host in hosts if host.kind is not HostKind.TAG)
    if rest:
        yield "", rest
    yield from ((f"-{host}", (host,)) for host in hosts if host.kind is HostKind.TAG)


def tagged(rules: RuleSet, names: bool = True) -> RuleSet:
    """The same rules with service tags in the place of destinations without an address; where *names*, of names too."""
    return replace(
        rules, rules=tuple(replace(rule, destination=_tagged(rule, rules.plan, names)) for rule in rules.rules)
    )


def _tagged(rule: Rule, plan: Plan, names: bool) -> End:
    end = rule.destination
    tags = {
        name: item.service_tag
        for item in plan.system.endpoints
        if item.service_tag not in ("", WHOLE_CLOUD) and set(rule.flows) & set(item.flows)
        for name in endpoint_names([item], plan.deployment.setup.cloud, plan.gateway)
    }
    texts = {host.text for host in end.hosts if names and host.kind is HostKind.NAME} | set(end.patterns)
    used = {text: Host(tags[text], HostKind.TAG) for text in (*end.patterns, *map(str, end.hosts)) if text in tags}
    hosts = (used.get(host.text, host) if host.text in texts else host for host in end.hosts)
    more = (used[text] for text in end.patterns if text in used)
    patterns = tuple(text for text in end.patterns if text not in used)
    return replace(end, hosts=tuple(dict.fromkeys((*hosts, *more))), patterns=patterns)


def _tags_said(rules: RuleSet) -> Iterator[str]:
    """What to know of the tags in rules, if there are any."""
    hosts = (host for rule in rules.rules for host in rule.destination.hosts if host.kind is HostKind.TAG)
    if tags := ", ".join(dict.fromkeys(map(str, hosts))):
        yield f"Service tags are inferred, and wider than the names: they open these services of all customers: {tags}."


def _prefixes(field: str, hosts: Hosts) -> dict[str, Any]:
    """One ``*`` or service tag, which no list may hold, or a list without overlaps, which Azure refuses."""
    if holds_any(hosts):
        return {f"{field}AddressPrefix": "*"}
    if hosts[0].kind is HostKind.TAG:
        return {f"{field}AddressPrefix": hosts[0].text}
    return {f"{field}AddressPrefixes": [host.text for host in outermost(hosts)]}


def firewall(rules: RuleSet) -> bytes:
    """Write a template with one group of rule collections of an existing firewall policy."""
    items = [*_network_rules(rules.rules)]
    names = unique((name for name, _ in items), LONGEST_NAME)
    found = [{"ruleType": "NetworkRule", "name": name, **rest} for name, (_, rest) in zip(names, items, strict=True)]
    collection = {
        "ruleCollectionType": "FirewallPolicyFilterRuleCollection",
        "name": f"{_site(rules)}-allow",
        "priority": 100,
        "action": {"type": "Allow"},
        "rules": found,
    }
    group = {
        "type": "Microsoft.Network/firewallPolicies/ruleCollectionGroups",
        "apiVersion": API,
        "name": f"[concat(parameters('firewallPolicyName'), '/', '{_site(rules)}')]",
        "properties": {"priority": "[parameters('priority')]", "ruleCollections": [collection]},
    }
    parameters = {
        "firewallPolicyName": _text("Name of the existing firewall policy."),
        "priority": {
            "type": "int",
            "defaultValue": 200,
            "minValue": 100,
            "maxValue": 65000,
            "metadata": {"description": "Priority of the group among those of the policy."},
        },
    }
    return _template(rules, _firewall_head(rules), parameters, group)


def _firewall_head(rules: RuleSet) -> Iterator[str]:
    """What to know of these rules before they are deployed."""
    yield _NOT_RUN
    yield "For a policy that exists; every rule of the site, also those between its own servers."
    yield "A group with a lower priority number comes first: give this one a lower number than those with your denies."
    yield "The firewall logs by its diagnostic settings (AZFWNetworkRule). Its NAT stays as it is."
    group = f"--policy-name POLICY --name {_site(rules)}"
    yield f"To take it out again: az network firewall policy rule-collection-group delete {group}"
    if any(host.kind is HostKind.NAME for rule in rules.rules for host in rule.destination.hosts):
        yield "Names need the DNS proxy of the policy (dnsSettings.enableProxy), and hosts that ask it for names."
    yield from _firewall_warns(rules)


def _firewall_warns(rules: RuleSet) -> Iterator[str]:
    if any(6 in _versions(rule) for rule in rules.rules):
        yield _IPV6
    yield from _tags_said(rules)


def _network_rules(rules: Iterable[Rule]) -> Iterator[tuple[str, dict[str, Any]]]:
    for rule in rules:
        for version, (sources, destinations) in _versions(rule).items():
            named = tuple(host for host in destinations if host.kind is HostKind.NAME)
            for hosts, field, suffix in (
                (tuple(host for host in destinations if host not in named), "destinationAddresses", ""),
                (named, "destinationFqdns", "-names"),
            ):
                if hosts:
                    yield (
                        f"{rule.id}{version_suffix(version)}{suffix}",
                        {
                            "description": comment(rule),
                            "ipProtocols": [rule.transport.value],
                            "sourceAddresses": _texts(sources),
                            field: _texts(hosts),
                            "destinationPorts": [str(ports) for ports in rule.ports],
                        },
                    )


def _texts(hosts: Hosts) -> list[str]:
    return ["*"] if holds_any(hosts) else [host.text for host in hosts]


def _text(description: str, default: str | None = None) -> dict[str, Any]:
    given = {} if default is None else {"defaultValue": default}
    return {"type": "string", **given, "metadata": {"description": description}}


def _site(rules: RuleSet) -> str:
    """The site's name as it may appear in names in Azure."""
    return site_slug(rules.plan.deployment.name, LONGEST_NAME - len("-allow"))


def _template(rules: RuleSet, more: Iterable[str], parameters: dict[str, Any], resource: dict[str, Any]) -> bytes:
    lines = [line.strip() for line in head(rules, "", *more)]
    content = {
        "$schema": TEMPLATE,
        "contentVersion": "1.0.0.0",
        "metadata": {"comments": lines},
        "parameters": parameters,
        "resources": [resource],
    }
    return (json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode()


_PROVED = f"validated against Microsoft's schema of {API} and read back in the tests; not deployed"
AZURE = (
    Dialect(
        "azure-nsg",
        "Azure network security group (ARM template)",
        ".json",
        nsg,
        ADDRESSES | {HostKind.TAG},
        _PROVED,
        stand_in=tagged,
        check=no_family,
        warns=lambda rules: (_REPLACES, *_tags_said(rules)),
    ),
    Dialect(
        "azure-firewall",
        "Azure Firewall: rules of a policy (ARM template)",
        ".json",
        firewall,
        NAMES | {HostKind.TAG},
        _PROVED,
        sources=ADDRESSES,
        stand_in=partial(tagged, names=False),
        check=device_problems,
        warns=_firewall_warns,
    ),
)
