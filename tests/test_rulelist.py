"""Rule lists: what files mean, and every fault of the odd ones."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cmgdocs.errors import SiteError
from cmgdocs.model import Transport
from cmgdocs.ports import PortRange
from cmgdocs.rulelist import Action, RuleList, parse_rules, read_rules
from cmgdocs.rulelist.listed import MOST_RULES
from cmgdocs.rulelist.terms import EVERY_PORT, Service, TermKind, parse_services, parse_term

HEAD = "name,action,source,destination,port\n"
BACK = {"name": "b", "direction": "Outbound", "access": "Deny", "priority": 200, "protocol": "*"}
EVERYWHERE = {"sourceAddressPrefix": "*", "destinationAddressPrefix": "*", "destinationPortRange": "*"}


def listed(text: str) -> RuleList:
    return parse_rules(text.encode(), "r")


def faults(content: bytes) -> list[str]:
    with pytest.raises(SiteError) as caught:
        parse_rules(content, "r")
    return [str(fault) for fault in caught.value.faults]


def nsg(**changes: object) -> dict[str, object]:
    return {**BACK, **EVERYWHERE, **changes}


def ports(*items: tuple[int, int]) -> list[PortRange]:
    return [PortRange(*item) for item in items]


def test_a_rule_has_name_action_ends_and_services() -> None:
    (rule,) = listed(HEAD + "cp,Allow,10.1.0.21,203.0.113.10,443 10124-10139\n").rules
    assert (rule.number, rule.name, rule.where, rule.action) == (1, "cp", "r:2", Action.ALLOW)
    assert [term.text for term in (*rule.sources, *rule.destinations)] == ["10.1.0.21", "203.0.113.10"]
    assert [s.ports for s in rule.services if s.transport is Transport.TCP] == ports((443, 443), (10124, 10139))
    assert not any(service.stated for service in rule.services)


@pytest.mark.parametrize(
    "text",
    [
        "port;destination;source;action;name\n443;b.example;10.0.0.1;permit;x\n",
        "Name\tAction\tSource Address\tDestination IP\tPorts\nx\taccept\t10.0.0.1\tb.example\t443\n",
        "\ufeffNAME,ACTION,SRC,DEST,DEST_PORT\r\nx,ALLOW,10.0.0.1,b.example,443\r\n",
        "sep=;\nname;action;from;to;service\nx;pass;10.0.0.1;b.example;443\n",
        '\n\nname,action,source,destination,port\n\n"x","allow","10.0.0.1\n","b.example","443"\n,,,,\n',
        "rule,action,source,destination,port,enabled\nx,allow,10.0.0.1,b.example,https,yes\ny,allow,any,any,any,no\n",
        "priority,name,action,source,destination,port\n9,x,allow,10.0.0.1,b.example,443,\n",
    ],
    ids=["order and semicolons", "tabs and synonyms", "mark and CRLF", "Excel", "blank lines", "enabled", "trailing"],
)
def test_tables_differ_in_form_only(text: str) -> None:
    (rule,) = listed(text).rules
    assert (rule.name, rule.action) == ("x", Action.ALLOW)
    assert [term.text for term in (*rule.sources, *rule.destinations)] == ["10.0.0.1", "b.example"]
    assert {service.ports for service in rule.services} == {PortRange(443, 443)}


def test_utf_16_with_its_mark_is_text() -> None:
    assert len(parse_rules((HEAD + "x,allow,any,any,any\n").encode("utf-16"), "r").rules) == 1


def test_a_cell_holds_several_values() -> None:
    (rule,) = listed(
        HEAD + 'x,allow,"10.0.0.1, 10.0.0.2;10.1.0.0/16\n2001:db8::1",*.blob.core.windows.net,"80,443"\n'
    ).rules
    assert [term.text for term in rule.sources] == ["10.0.0.1", "10.0.0.2", "10.1.0.0/16", "2001:db8::1"]
    assert rule.destinations[0].kind is TermKind.WILDCARD
    assert {service.ports.low for service in rule.services} == {80, 443}


@pytest.mark.parametrize(
    ("words", "protocol", "found"),
    [
        ("443", "tcp", [(Transport.TCP, 443, 443)]),
        ("tcp/443", "", [(Transport.TCP, 443, 443)]),
        ("443/tcp udp/53", "", [(Transport.TCP, 443, 443), (Transport.UDP, 53, 53)]),
        ("TCP 135 445", "", [(Transport.TCP, 135, 135), (Transport.TCP, 445, 445)]),
        ("0-65535", "Udp", [(Transport.UDP, 1, 65535)]),
        ("udp", "", [(Transport.UDP, 1, 65535)]),
        ("", "icmp", [(None, 1, 65535)]),
        ("443", "17", [(Transport.UDP, 443, 443)]),
        ("any", "*", [(Transport.TCP, 1, 65535), (Transport.UDP, 1, 65535), (None, 1, 65535)]),
    ],
)
def test_services_name_their_transport(words: str, protocol: str, found: list[tuple[object, int, int]]) -> None:
    assert [(s.transport, s.ports.low, s.ports.high) for s in parse_services(words.split(), protocol)] == found


def test_a_bare_port_leaves_its_transport_open() -> None:
    both = [Service(transport, PortRange(443, 443), False) for transport in Transport]
    assert list(parse_services(["443"])) == both
    assert parse_services(["any"])[-1] == Service(None, EVERY_PORT, False)


@pytest.mark.parametrize(
    ("text", "kind", "low", "high"),
    [
        ("10.0.0.1", TermKind.ADDRESSES, 0x0A000001, 0x0A000001),
        ("10.0.0.0/30", TermKind.ADDRESSES, 0x0A000000, 0x0A000003),
        ("10.0.0.1-10.0.0.3", TermKind.ADDRESSES, 0x0A000001, 0x0A000003),
        ("10.0.0.0/255.255.255.252", TermKind.ADDRESSES, 0x0A000000, 0x0A000003),
        ("0.0.0.0/0", TermKind.ADDRESSES, 0, 2**32 - 1),
        ("224.0.0.0/4", TermKind.ADDRESSES, 0xE0000000, 0xEFFFFFFF),
        ("ALL", TermKind.ANY, 0, 0),
        ("*", TermKind.ANY, 0, 0),
        ("Internet", TermKind.OUTSIDE, 0, 0),
        ("virtualnetwork", TermKind.INSIDE, 0, 0),
        ("Srv-CP1", TermKind.NAME, 0, 0),
    ],
)
def test_hosts_of_rules_are_wider_than_those_of_sites(text: str, kind: TermKind, low: int, high: int) -> None:
    term = parse_term(text)
    assert (term.kind, term.low, term.high) == (kind, low, high)


def test_rules_without_a_name_or_with_a_shared_one_get_their_own() -> None:
    found = listed(HEAD + "a,allow,any,any,1\na,deny,any,any,2\n,deny,any,any,3\nb,deny,any,any,4\n")
    assert [rule.name for rule in found.rules] == ["a (rule 1)", "a (rule 2)", "rule 3", "b"]
    assert [str(w) for w in found.warnings] == ["r: several rules are called a; their numbers tell them apart"]


def test_priority_is_the_order_of_asking() -> None:
    found = listed("priority,name,action,source,destination,port\n20,b,deny,any,any,any\n3,a,allow,any,any,80\n")
    assert [(rule.number, rule.name, rule.where) for rule in found.rules] == [(1, "a", "r:3"), (2, "b", "r:2")]


def test_what_is_set_aside_is_told() -> None:
    text = "name,action,source,destination,port,source port,enabled,direction,owner\n"
    text += "a,allow,any,any,80,any,1,out,me\nb,allow,any,any,80,any,0,out,me\nc,allow,any,any,80,any,1,in,me\n"
    found = listed(text + "d,allow,any,any,80,1024-2048,1,out,me\n")
    assert [rule.name for rule in found.rules] == ["a", "d"]
    assert [str(w).partition(": ")[2] for w in found.warnings] == [
        "columns that are not read: owner",
        "1 disabled rules are left out",
        "d: it looks at source ports: 1024-2048; it is taken to match nothing",
    ]
    assert found.inward == ("c",)
    assert listed(HEAD + "x,allow,any,any,80\n").inward is None


def test_a_rule_for_one_application_is_told() -> None:
    found = listed("name,action,source,destination,port,App\na,allow,any,any,443,ssl\nb,deny,any,any,any,any\n")
    assert [str(w) for w in found.warnings] == [
        "r:1 app: a rule for one application is judged as if it were for all: a"
    ]
    assert listed("name,action,source,destination,port,App\na,allow,any,any,443,any\n").warnings == ()


# the place comes before the colon; what is allowed is told behind the semicolon
BAD = {
    "empty": (b"", ["r: found nothing; allowed: a header"]),
    "blank": (b" \n\n", ["r: found nothing; allowed: a header"]),
    "no header": (b"a,allow,any,any,443\n", [f"r:1: no column {c}; found: a, allow" for c in ("action", "source")]),
    "no port": (b"action,source,destination\nallow,any,any\n", ["r:1: no column port; found: action, source"]),
    "header only": (HEAD.encode(), ["r: found a header and no rule"]),
    "70000": (b"%sx,allow,any,any,70000\n" % HEAD.encode(), ["r:2 port: found '70000': port 70000 is outside"]),
    "port 0": (b"%sx,allow,any,any,0\n" % HEAD.encode(), ["r:2 port: found '0': port 0 is outside"]),
    "backwards": (b"%sx,allow,any,any,443-80\n" % HEAD.encode(), ["r:2 port: found '443-80': range 443-80 runs back"]),
    "no action": (b"%sx,,any,any,1\n" % HEAD.encode(), ["r:2 action: found nothing; allowed: allow"]),
    "action": (b"%sx,alow,any,any,1\n" % HEAD.encode(), ["r:2 action: found 'alow'; did you mean 'allow'?"]),
    "no hosts": (b"%sx,allow,,any,1\n" % HEAD.encode(), ["r:2 source: found nothing; allowed: any, an address"]),
    "host bits": (b"%sx,allow,10.0.0.1/8,any,1\n" % HEAD.encode(), ["r:2 source: found '10.0.0.1/8'; did you mean"]),
    "star": (b"%sx,allow,any,cp*.example,1\n" % HEAD.encode(), ["r:2 destination: found 'cp*.example'; a star stands"]),
    "range": (
        b"%sx,allow,10.0.0.9-10.0.0.1,any,1\n" % HEAD.encode(),
        ["r:2 source: found '10.0.0.9-10.0.0.1'; a range"],
    ),
    "all at once": (
        b"%sx,alow,!x,any,1\ny,allow,any,any,x\n" % HEAD.encode(),
        ["r:2 action: found", "r:2 source: found '!x'", "r:3 port: found 'x'"],
    ),
    "negated": (
        b"%sx,allow,any,!20.50.1.7,1\n" % HEAD.encode(),
        ["r:2 destination: found '!20.50.1.7'; negated objects are not read; write the rule above it as deny"],
    ),
    "application-default": (
        b"%sx,allow,any,any,application-default\n" % HEAD.encode(),
        ["r:2 port: found 'application-default'; export the list with services resolved, such as tcp/443"],
    ),
    "too wide": (b"%sx,allow,any,any,80,443\n" % HEAD.encode(), ["r:2: found 6 cells; allowed: 5; quote a cell"]),
    "open quote": (b'%s"x,allow,any,any,1\n' % HEAD.encode(), ["r:2: no CSV: unexpected end of data"]),
    "zero bytes": (b"\x00\x01\x02", ["r: found a file that is no text"]),
    "binary": (b"name,action\n\x89PNG\xff", ["r:2: found bytes that are no UTF-8"]),
    "not JSON": (b'{"rules": [', ["r:1 column 12: no JSON: Expecting value"]),
    "deep": (b"[" * 100_000, ["r: found JSON nested too deep"]),
    "other JSON": (b'{"a": 1}', ["r: found no rules; allowed: a template"]),
    "list of numbers": (b"[1, 2]", ["r: found no rules; allowed: a template"]),
    "two groups": (
        json.dumps([{"securityRules": []}, {"securityRules": []}]).encode(),
        ["r: found 2 network security groups; allowed: one"],
    ),
    "no outbound": (json.dumps([nsg(direction="Inbound")]).encode(), ["r: found 1 rules, none of them Outbound"]),
    "twice": (json.dumps([nsg(), nsg(name="c")]).encode(), ["r [1]: found priority 200, which b has already"]),
    "rule": (
        json.dumps([nsg(access="Perhaps", priority="1", protocol="Foo", destinationPortRange="80-"), 7]).encode(),
        [
            "r [0].access: found 'Perhaps'; allowed: Allow, Deny",
            "r [0].priority: found '1'; allowed: a whole number",
            "r [0].protocol: found 'Foo'; allowed: tcp",
            "r [0].destinationPortRange: found '80-'; allowed: any",
            "r [1]: found 7; allowed: a rule",
        ],
    ),
    "expression": (
        json.dumps([nsg(sourceAddressPrefix="[parameters('x')]")]).encode(),
        ["r [0].sourceAddressPrefix: found an expression; give what is deployed"],
    ),
}


@pytest.mark.parametrize(("content", "begin"), BAD.values(), ids=BAD)
def test_a_bad_file_is_refused_with_every_fault(content: bytes, begin: list[str]) -> None:
    found = faults(content)
    assert len(found) >= len(begin)
    for line, start in zip(found, begin, strict=False):
        assert line.startswith(start), found


def test_more_rules_than_anybody_keeps_are_refused() -> None:
    assert faults((HEAD + "x,allow,any,any,1\n" * (MOST_RULES + 1)).encode())[0].startswith("r: found 20,001 rules")


def test_a_file_that_is_not_there_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(SiteError, match=r"none\.csv: No such file"):
        read_rules(tmp_path / "none.csv")


def test_a_group_is_read_in_every_form_and_in_order_of_priority() -> None:
    allow = nsg(name="a", access="Allow", priority=100, protocol="Tcp", destinationPortRange=None)
    allow |= {"destinationPortRanges": ["443", "10124-10125"], "sourceAddressPrefixes": []}
    inner = [{"name": item["name"], "properties": item} for item in (nsg(), allow)]
    group = {"name": "g", "properties": {"securityRules": inner}}
    template = {"resources": [{"type": "Microsoft.Network/networkSecurityGroups", **group}]}
    forms = [[nsg(), allow], inner, group, {"securityRules": [nsg(), allow]}, template, {"value": inner}]
    read = [parse_rules(json.dumps(form).encode(), "r") for form in forms]
    assert {tuple((rule.name, rule.number, rule.services) for rule in found.rules) for found in read} == {
        tuple((rule.name, rule.number, rule.services) for rule in read[0].rules)
    }
    assert [rule.name for rule in read[0].rules] == ["a", "b"]
    assert "default rules of the group are not in the file" in str(read[0].warnings[-1])


def test_default_rules_stand_and_tags_are_unknown() -> None:
    group = {
        "securityRules": [nsg(destinationAddressPrefix="Storage.WestEurope"), nsg(name="in", direction="Inbound")],
        "defaultSecurityRules": [
            nsg(name="AllowInternetOutBound", priority=65001, destinationAddressPrefix="Internet")
        ],
    }
    found = parse_rules(json.dumps(group).encode(), "r")
    assert [(rule.name, rule.standing) for rule in found.rules] == [("b", False), ("AllowInternetOutBound", True)]
    assert [rule.destinations[0].kind for rule in found.rules] == [TermKind.UNKNOWN, TermKind.OUTSIDE]
    assert found.inward == ("in",)
    assert [str(warning) for warning in found.warnings] == [
        "r securityRules[0]: b: the members of service tag Storage.WestEurope are not known here and taken to match"
        " nothing; replace a service tag by its prefixes (az network list-service-tags)"
    ]


def test_names_steer_no_terminal() -> None:
    assert listed(HEAD + '"a\x1b[2J\nb",allow,any,any,1\n').rules[0].name == "a [2J b"
    group = json.dumps([nsg(name="a\x1b[2J\nb")]).encode()
    assert parse_rules(group, "r").rules[0].name == "a [2J b"
