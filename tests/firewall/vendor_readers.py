"""Small readers of what four vendors' firewalls load, written from the vendors' syntax and not from our code."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import product
from xml.etree import ElementTree

from made_sites import Said, normal_texts

Ports = tuple[tuple[int, int], ...]
WELL_KNOWN = {"https": 443, "www": 80, "domain": 53}  # Cisco ASA command reference, TCP and UDP ports


def read_asa(text: str) -> set[Said]:
    """Access list entries below each rule's remark; in each IP version hosts and ports must be all combinations."""
    names: dict[str, str] = {}
    entries: dict[tuple[str, int], list[tuple[str, str, str, tuple[int, int]]]] = {}
    remark, remarks = "", []
    lines = iter(text.splitlines())
    for line in lines:
        words = line.split()
        if line.startswith("!"):
            continue
        if line.startswith("object network "):
            fqdn, version, name = next(lines).split()
            assert (fqdn, words[2] not in names) == ("fqdn", True)
            assert len(words[2]) <= 64
            names[words[2]] = f"{version} {name}"
            continue
        assert words[0] == "access-list", line
        assert words[1].startswith("cmg-")
        if words[2] == "remark":
            remark = line.partition(" remark ")[2]
            remarks.append(remark)
            assert len(remark) <= 100
            continue
        assert words[2:4] == ["extended", "permit"], line
        rest = words[5:]
        (one, source), (two, destination) = _asa_host(rest, names), _asa_host(rest, names)
        low = rest[1]
        high = rest[2] if rest[0] == "range" else low
        assert (rest[0], len(rest)) in (("eq", 2), ("range", 3)), line
        ports = (WELL_KNOWN.get(low) or int(low), WELL_KNOWN.get(high) or int(high))
        entries.setdefault((remark, one or two), []).append((source, destination, words[4].upper(), ports))
    assert len(remarks) == len({remark.partition(":")[0] for remark, _ in entries})
    out = set()
    for (_, version), found in entries.items():
        sources, destinations, transports, ports = (dict.fromkeys(part) for part in zip(*found, strict=True))
        (transport,) = transports
        assert set(found) == set(product(sources, destinations, transports, ports))
        out.add((version, normal_texts(sources), normal_texts(destinations), transport, tuple(sorted(ports))))
    return out


def _asa_host(rest: list[str], names: dict[str, str]) -> tuple[int, str]:
    """IP version, 0 for any, and a host as text."""
    word = rest.pop(0)
    if word == "any":
        return 0, "any"
    if word == "object":
        version, name = names[rest.pop(0)].split()
        return int(version[1]), f"name {name}"
    if word == "host":
        word = rest.pop(0)
        return 6 if ":" in word else 4, word
    return (6, word) if ":" in word else (4, f"{word}/{rest.pop(0)}")


def read_panos(text: str) -> set[Said]:
    """Rules of vsys1 with their groups, addresses and services."""
    (vsys,) = ElementTree.fromstring(text).iter("vsys")
    home = vsys.find("entry")
    assert home is not None

    def entries(path: str) -> dict[str, ElementTree.Element]:
        found = home.findall(f"{path}/entry")
        assert all(len(entry.attrib["name"]) <= 63 for entry in found)
        out = {entry.attrib["name"]: entry for entry in found}
        assert len(out) == len(found)
        return out

    def members(entry: ElementTree.Element, path: str) -> list[str]:
        return [item.text or "" for item in entry.findall(f"{path}/member")]

    def address(name: str) -> str:
        entry = addresses[name]
        fqdn = entry.findtext("fqdn")
        return f"name {fqdn}" if fqdn else entry.findtext("ip-netmask") or ""

    def hosts(entry: ElementTree.Element, path: str) -> frozenset[str]:
        found = members(entry, path)
        if found == ["any"]:
            return frozenset({"any"})
        return normal_texts(address(name) for group in found for name in members(groups[group], "static"))

    addresses, groups, services = entries("address"), entries("address-group"), entries("service")
    out = set()
    for rule in entries("rulebase/security/rules").values():
        assert rule.findtext("action") == "allow"
        assert members(rule, "application") == ["any"]
        for name in members(rule, "service"):
            ((protocol,),) = services[name].findall("protocol")
            ports = _ranges((protocol.findtext("port") or "").split(","))
            out.add((0, hosts(rule, "source"), hosts(rule, "destination"), protocol.tag.upper(), ports))
    return out


def read_junos(text: str) -> set[Said]:
    """Policies between zones, with the global address book and the applications."""
    tree = _braces(re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL))
    assert "replace:" not in text
    assert set(tree) == {"security", "applications"}
    book = tree["security"]["address-book"]["global"]
    applications = tree["applications"]

    def hosts(words: str) -> frozenset[str]:
        if words == "any":
            return frozenset({"any"})
        return normal_texts(
            address(name) for group in words.strip("[] ").split() for name in book[f"address-set {group}"]
        )

    def address(word: str) -> str:
        name = word.removeprefix("address ")
        inner = book.get(f"address {name}")
        if isinstance(inner, dict):
            ((dns,),) = (list(inner),)
            return dns.replace("dns-name ", "name ")
        (found,) = [key.split()[2] for key in book if key.startswith(f"address {name} ")]
        return found

    out = set()
    for zones, policies in tree["security"]["policies"].items():
        assert re.fullmatch(r"from-zone \S+ to-zone \S+", zones)
        for policy in policies.values():
            assert list(policy["then"]) == ["permit"]
            found = dict(key.split(" ", 1) for key in policy["match"])
            used = [key.split()[1] for key in applications[f"application-set {found['application']}"]]
            terms = [next(iter(applications[f"application {name}"])).split() for name in used]
            ((transport,),) = ({words[words.index("protocol") + 1] for words in terms},)
            ports = _ranges(words[words.index("destination-port") + 1] for words in terms)
            ends = hosts(found["source-address"]), hosts(found["destination-address"])
            out.add((0, *ends, transport.upper(), ports))
    return out


def _braces(text: str) -> dict[str, dict]:  # type: ignore[type-arg]
    """Statements as keys, blocks as values; the same block may come again."""
    root: dict = {}  # type: ignore[type-arg]
    stack = [root]
    for head, sign in re.findall(r"([^{};]*)([{};])", text):
        words = " ".join(head.split())
        if sign == "{":
            stack.append(stack[-1].setdefault(words, {}))
        elif sign == ";":
            stack[-1][words] = None
        else:
            assert not words
            stack.pop()
    assert len(stack) == 1
    return root


def read_fortios(text: str) -> set[Said]:
    """Policies with the address groups of both IP versions and their services."""
    tables: dict[str, list[tuple[str, dict[str, str]]]] = {}
    table = ""
    for line in text.splitlines():
        words = line.split(maxsplit=2)
        match words[0]:
            case "config":
                table = line.removeprefix("config ")
            case "edit":
                tables.setdefault(table, []).append((words[1], {}))
            case "set":
                tables[table][-1][1][words[1]] = words[2]
            case "next" | "end":
                pass
            case _:
                assert line.startswith("#"), line
    known = {name: dict(found) for name, found in tables.items() if name != "firewall policy"}
    assert all(len(found) == len(tables[name]) for name, found in known.items())

    def hosts(word: str, six: str) -> frozenset[str]:
        if word == '"all"':
            return frozenset({"any"})
        group = known[f"firewall addrgrp{six}"][word.strip('"')]["member"]
        return normal_texts(address(known[f"firewall address{six}"][name.strip('"')]) for name in group.split())

    def address(found: dict[str, str]) -> str:
        match found["type"]:
            case "fqdn":
                return f"name {found['fqdn'].strip(chr(34))}"
            case "ipmask":
                return found["subnet"].replace(" ", "/")
        assert found["type"] == "ipprefix"
        return found["ip6"]

    out = set()
    policies = tables["firewall policy"]
    labels = [found["name"] for _, found in policies]
    assert len(set(labels)) == len(labels)
    for number, found in policies:
        assert number == "0"
        assert len(found["name"].strip('"')) <= 35
        assert (found["action"], found["schedule"]) == ("accept", '"always"')
        assert found["comments"].count('"') == 2
        service = known["firewall service custom"][found["service"].strip('"')]
        ((key, ports),) = service.items()
        transport = key.removesuffix("-portrange").upper()
        versions = {"": "srcaddr" in found, "6": "srcaddr6" in found}
        for six in [six for six, there in versions.items() if there]:
            ends = hosts(found[f"srcaddr{six}"], six), hosts(found[f"dstaddr{six}"], six)
            alike = all(versions.values())
            assert not alike or set(ends) == {frozenset({"any"})}
            out.add((0 if alike else int(six or 4), *ends, transport, _ranges(ports.split())))
    return out


def _ranges(texts: Iterable[str]) -> Ports:
    return tuple(sorted(_range(text) for text in texts))


def _range(text: str) -> tuple[int, int]:
    low, _, high = text.partition("-")
    return int(low), int(high or low)


READERS: dict[str, Callable[[str], set[Said]]] = {
    "cisco-asa": read_asa,
    "palo-alto": read_panos,
    "juniper-srx": read_junos,
    "fortigate": read_fortios,
}


NAMES = {
    "cisco-asa": r"^(?:object network|access-list) (\S+)",
    "palo-alto": r'<entry name="(?!localhost\.localdomain"|vsys1")([^"]+)"',
    "juniper-srx": r"\b(?:address|address-set|policy|application|application-set) ([^\s;\[]+)",
    "fortigate": r'^ *(?:edit|set name) "?(?!0$)([^"\n]+)',
    "squid": r"^acl (\S+)",
}


def names(text: str, dialect: str) -> set[str]:
    """The names that a text gives to rules, objects and lists."""
    return set(re.findall(NAMES[dialect], text, flags=re.MULTILINE))


def words(text: str) -> Iterator[str]:
    """Every word of a text without quotes."""
    yield from re.findall(r"[^\s\"<>;]+", text)
