"""Small readers of what five vendors' firewalls load, written from the vendors' syntax and not from our code."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterable

from made_sites import Said, normal_texts

Ports = tuple[tuple[int, int], ...]
Hosts = set[tuple[int, str]]  # IP version, 0 for both; text as in `normal_texts`
Entry = tuple[Hosts, Hosts, str, Ports]
ANY: Hosts = {(0, "any")}


def said_of(entries: Iterable[Entry]) -> set[Said]:
    """What entries say, once for each IP version that both ends have."""
    out = set()
    for *ends, transport, ports in entries:
        for version in (4, 6):
            source, destination = ({text for own, text in end if own in (version, 0)} for end in ends)
            if source and destination:
                out.add((normal_texts(source), normal_texts(destination), transport, ports))
    return out


def _host(text: str) -> tuple[int, str]:
    return (6 if ":" in text else 4), text


def _found(name: str, *books: dict[str, Hosts]) -> Hosts:
    """The hosts of an object or group, which one book only has."""
    if name.lower() in ("any", "all"):
        return ANY
    (found,) = [book[name] for book in books if name in book]
    return found


def read_asa(text: str) -> list[Entry]:
    """Entries of access lists, with objects and groups of networks and services."""
    lines = [line for line in text.splitlines() if not line.startswith("!")]
    networks: dict[str, Hosts] = {}
    services: dict[str, tuple[str, list[tuple[int, int]]]] = {}
    out: list[Entry] = []
    name, remark = "", ""
    for line in lines:
        words = line.split()
        match words:
            case ["object", "network", name] | ["object-group", "network", name]:
                assert name not in networks | services, line
                networks[name] = set()
            case ["object", "service", name] | ["object-group", "service", name]:
                assert name not in networks | services, line
                services[name] = "", []
            case ["fqdn", version, host]:
                networks[name].add((int(version[1]), f"name {host}"))
            case ["host", host] | ["subnet", host]:
                networks[name].add(_host(host))
            case ["subnet", host, mask]:
                networks[name].add((4, f"{host}/{mask}"))
            case ["network-object", "object", other] | ["group-object", other]:
                networks[name] |= networks[other]
            case ["service" | "service-object", transport, "destination", operator, *numbers]:
                low, high = (int(number) for number in (numbers[0], numbers[-1]))
                span = {"eq": (low, low), "range": (low, high), "gt": (low + 1, 65535), "lt": (1, low - 1)}[operator]
                services[name] = transport.upper(), [*services[name][1], span]
            case ["access-list", own, "remark", *_]:
                remark = line.partition(" remark ")[2]
                assert own.startswith("cmg-")
                assert len(remark) <= 100
            case ["access-list", own, "extended", "permit", "object" | "object-group", service, *ends, "log"]:
                assert remark
                remark = ""
                hosts = iter(ends)
                both = [ANY if word == "any" else networks[next(hosts)] for word in hosts]
                transport, spans = services[service]
                out.append((both[0], both[1], transport, tuple(sorted(spans))))
            case _:
                raise AssertionError(line)
    assert all(len(name) <= 64 for name in networks | services)
    return out


def read_panos(text: str) -> list[Entry]:
    """Rules with their groups, addresses and services, from set commands."""
    addresses: dict[str, Hosts] = {}
    groups: dict[str, Hosts] = {}
    services: dict[str, tuple[str, Ports]] = {}
    rules: dict[str, dict[str, str]] = {}
    for line in text.splitlines():
        match shlex.split(line, comments=True):
            case []:
                continue
            case ["set", "address", name, kind, value]:
                assert name not in addresses
                addresses[name] = {(0, f"name {value}")} if kind == "fqdn" else {_host(value)}
            case ["set", "address-group", name, "static", member]:
                groups.setdefault(name, set()).update(addresses[member])
            case ["set", "service", name, "protocol", transport, "port", ports]:
                services[name] = transport.upper(), _ranges(ports.split(","))
            case ["set", "rulebase", "security", "rules", name, key, value]:
                assert key not in rules.setdefault(name, {})
                rules[name][key] = value
            case _:
                raise AssertionError(line)
    assert not set(addresses) & set(groups)
    assert all(len(name) <= 63 for name in [*addresses, *groups, *services, *rules])
    out = []
    for rule in rules.values():
        assert (rule["action"], rule["application"], rule["log-end"]) == ("allow", "any", "yes")
        assert {"from", "to", "description"} <= set(rule)
        ends = (_found(rule[field], addresses, groups) for field in ("source", "destination"))
        out.append((*ends, *services[rule["service"]]))
    return out  # type: ignore[return-value]


def read_junos(text: str) -> list[Entry]:
    """Policies between zones, with the global address book and the applications."""
    book: dict[str, Hosts] = {}
    sets: dict[str, Hosts] = {}
    applications: dict[str, dict[str, dict[str, str]]] = {}
    policies: dict[tuple[str, ...], dict[str, list[str]]] = {}
    for line in text.splitlines():
        match shlex.split(line, comments=True):
            case []:
                continue
            case ["set", "applications", "application", name, "term", term, key, value]:
                applications.setdefault(name, {}).setdefault(term, {})[key] = value
            case ["set", "applications", "application", name, key, value]:
                applications.setdefault(name, {}).setdefault("", {})[key] = value
            case ["set", "security", "address-book", "global", "address", name, "dns-name", host]:
                book[name] = {(0, f"name {host}")}
            case ["set", "security", "address-book", "global", "address", name, host]:
                book[name] = {_host(host)}
            case ["set", "security", "address-book", "global", "address-set", name, "address", member]:
                sets.setdefault(name, set()).update(book[member])
            case ["set", "security", "policies", "from-zone", a, "to-zone", b, "policy", name, *rest]:
                words = policies.setdefault((a, b, name), {})
                words.setdefault(" ".join(rest[:2]) if rest[0] == "match" else rest[0], []).append(" ".join(rest[1:]))
            case _:
                raise AssertionError(line)
    out: list[Entry] = []
    for policy in policies.values():
        assert policy["then"] == ["permit", "log session-close"]
        ends = []
        for field in ("source-address", "destination-address"):
            found = [_found(value.split()[1], book, sets) for value in policy[f"match {field}"]]
            ends.append(set().union(*found))
        ((application),) = policy["match application"]
        terms = [*applications[application.split()[1]].values()]
        ((transport),) = {term["protocol"] for term in terms}
        out.append((ends[0], ends[1], transport.upper(), _ranges(term["destination-port"] for term in terms)))
    assert all(len(name) <= 63 for name in [*book, *sets, *applications, *(name for *_, name in policies)])
    return out


def read_fortios(text: str) -> list[Entry]:
    """Policies with the address groups of both IP versions and their services."""
    tables: dict[str, list[tuple[str, dict[str, list[str]]]]] = {}
    table = ""
    for line in text.splitlines():
        match shlex.split(line, comments=True):
            case ["config", *words]:
                table = " ".join(words)
            case ["edit", name]:
                tables.setdefault(table, []).append((name, {}))
            case ["set", key, *values]:
                tables[table][-1][1][key] = values
            case [] | ["next"] | ["end"]:
                pass
            case _:
                raise AssertionError(line)
    known = {name: dict(found) for name, found in tables.items() if name != "firewall policy"}
    assert all(len(found) == len(tables[name]) for name, found in known.items())

    def address(found: dict[str, list[str]], version: int) -> tuple[int, str]:
        if found.get("type") == ["fqdn"]:
            return version, f"name {found['fqdn'][0]}"
        return version, "/".join(found["ip6" if version == 6 else "subnet"])

    def hosts(names: list[str], version: int) -> Hosts:
        six = "6" * (version == 6)
        addresses = known.get(f"firewall address{six}", {})
        groups = known.get(f"firewall addrgrp{six}", {})
        out: Hosts = set()
        for name in names:
            for member in groups[name]["member"] if name in groups else [name]:
                out.add((version, "any") if member == "all" else address(addresses[member], version))
        return out

    out: list[Entry] = []
    policies = tables["firewall policy"]
    labels = [found["name"][0] for _, found in policies]
    assert len(set(labels)) == len(labels)
    for number, found in policies:
        assert number == "0"
        assert len(found["name"][0]) <= 35
        assert (found["action"], found["schedule"], found["logtraffic"]) == (["accept"], ["always"], ["all"])
        assert {"srcintf", "dstintf", "comments"} <= set(found)
        ((key, ports),) = known["firewall service custom"][found["service"][0]].items()
        for version, six in ((4, ""), (6, "6")):
            if f"srcaddr{six}" in found:
                ends = (hosts(found[f"{end}addr{six}"], version) for end in ("src", "dst"))
                out.append((*ends, key.removesuffix("-portrange").upper(), _ranges(ports)))  # type: ignore[arg-type]
    return out


def read_check_point(text: str) -> list[Entry]:
    """Access rules in their positions, with hosts, networks, domains, groups and services."""
    objects: dict[str, Hosts] = {}
    services: dict[str, tuple[str, Ports]] = {}
    out: list[Entry] = []
    begun = False
    for line in text.splitlines():
        begun = begun or line.startswith(("call ", "domain ."))
        if not begun:  # functions of the shell
            continue
        words = shlex.split(line)
        if words[0] == "domain":
            objects[words[1]] = {(0, f"name {words[1].removeprefix('.')}")}
            continue
        assert words[:2] == ["call", "add"], line
        given = dict(zip(words[3::2], words[4::2], strict=True))
        members = [value for key, value in given.items() if key.startswith("members.")]
        name = given["name"]
        assert name not in objects | services
        match words[2]:
            case "host":
                objects[name] = {_host(given["ip-address"])}
            case "network":
                objects[name] = {_host(f"{given['subnet']}/{given['mask-length']}")}
            case "group":
                objects[name] = set().union(*(objects[member] for member in members))
            case "service-tcp" | "service-udp":
                services[name] = words[2][-3:].upper(), _ranges([given["port"]])
            case "service-group":
                ((transport),) = {services[member][0] for member in members}
                services[name] = transport, tuple(sorted(span for m in members for span in services[m][1]))
            case "access-rule":
                assert (given["layer"], given["action"], given["track.type"]) == ("Network", "Accept", "Log")
                assert int(given["position"]) == len(out) + 1
                ends = [_found(given[f"{field}.1"], objects) for field in ("source", "destination")]
                assert "source.2" not in given
                out.append((ends[0], ends[1], *services[given["service.1"]]))
            case _:
                raise AssertionError(line)
    return out


def _ranges(texts: Iterable[str]) -> Ports:
    return tuple(sorted(_range(text) for text in texts))


def _range(text: str) -> tuple[int, int]:
    low, _, high = text.partition("-")
    return int(low), int(high or low)


READERS: dict[str, Callable[[str], list[Entry]]] = {
    "cisco-asa": read_asa,
    "palo-alto": read_panos,
    "juniper-srx": read_junos,
    "fortigate": read_fortios,
    "check-point": read_check_point,
}


NAMES = {
    "cisco-asa": r"^(?:object(?:-group)? (?:network|service)|access-list(?: \S+ remark)?) ([^\s:]+)",
    "palo-alto": r"^set (?:rulebase security rules|\S+) (\S+)",
    "juniper-srx": r"^set .*?\b(?:global address|address-set|policy|application) (\S+)",
    "fortigate": r'^ *(?:edit|set name) "([^"\n]+)',
    "check-point": r"^call add .*?\bname (\S+)",
    "squid": r"^acl (\S+)",
}


def names(text: str, dialect: str) -> set[str]:
    """The names that a text gives to rules, objects and lists."""
    return set(re.findall(NAMES[dialect], text, flags=re.MULTILINE))
