"""Audits of rule lists: what is missing, what is open beyond need, what never matches; and the list as a firewall."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from itertools import product
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sitefiles import site_text

from cmgdocs import load
from cmgdocs.audit import Audit, RuleListFirewall, audit
from cmgdocs.circumstances import Circumstances, Firewall, Place
from cmgdocs.model import Transport
from cmgdocs.plan import Plan, Planner
from cmgdocs.prediction import Predictor
from cmgdocs.records import replace
from cmgdocs.render.firewall.dialect import written
from cmgdocs.render.firewall.registry import DIALECTS
from cmgdocs.rulelist import ListedRule, parse_rules
from cmgdocs.rules import rule_set
from cmgdocs.servicespace import service_texts
from cmgdocs.sitefile import SiteReader
from cmgdocs.views.audit_table import audit_data, audit_lead, audit_tables, beyond
from cmgdocs.views.table import plain

SYSTEM = load()
READER, PLANNER = SiteReader(SYSTEM), Planner(SYSTEM)
EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
HEAD = "name,action,source,destination,port\n"
NAMED = {"cmg": "contoso.westeurope.cloudapp.azure.com", "connection-point": "cp.corp.example"}


def example(name: str) -> Plan:
    return PLANNER.plan(READER.read(EXAMPLES / f"{name}.toml").deployment)


def site(hosts: dict[str, object], **values: object) -> Plan:
    return PLANNER.plan(READER.parse(site_text(hosts, **values)).deployment)


def lines(plan: Plan) -> list[str]:
    """The rules of a plan as lines of CSV, in the form that a firewall team keeps."""
    return [
        ",".join(
            (
                rule.id,
                "allow",
                " ".join((*(host.text for host in rule.source.hosts), *rule.source.patterns)),
                " ".join((*(host.text for host in rule.destination.hosts), *rule.destination.patterns)),
                " ".join(f"{rule.transport.value.lower()}/{ports}" for ports in rule.ports),
            )
        )
        for rule in rule_set(plan).rules
    ]


def judged(plan: Plan, rows: list[str] | str, **options: object) -> Audit:
    text = rows if isinstance(rows, str) else "\n".join(rows)
    return audit(plan, parse_rules((HEAD + text).encode(), "r.csv"), **options)  # type: ignore[arg-type]


def missing(found: Audit) -> dict[str, list[tuple[object, ...]]]:
    """By planned rule: sources, destinations, services and the name of the rule that denies, of each gap."""
    return {
        item.rule.id: [
            (
                ", ".join(gap.traffic.sources),
                ", ".join(gap.traffic.destinations),
                "; ".join(service_texts(gap.traffic.services)),
                gap.denied_by.name if gap.denied_by else None,
            )
            for gap in item.gaps
        ]
        for item in found.missing
    }


def excess(found: Audit) -> dict[str, list[str]]:
    return {item.rule.name: [*beyond(item)] for item in found.excess}


def idle(found: Audit) -> dict[str, list[str]]:
    return {item.rule.name: [rule.name for rule in item.by] for item in found.idle}


@pytest.mark.parametrize("dialect", ["csv", "azure-nsg"])
@pytest.mark.parametrize("name", ["by-address", "ipv6-inside"])
def test_own_output_is_neither_too_little_nor_too_much(name: str, dialect: str) -> None:
    plan = example(name)
    rules = rule_set(plan)
    content = written(rules, next(item for item in DIALECTS if item.name == dialect), shared)
    known = shared if (name, dialect) == ("ipv6-inside", "azure-nsg") else None
    found = audit(plan, parse_rules(content, "own"), known)
    assert missing(found) == {}
    assert excess(found) == {}
    assert idle(found) == {} or known  # where all names have the same addresses, some rules are the same, too


def shared(name: str) -> tuple[str, ...]:
    """All names have the same two addresses, as on a network for content."""
    return "192.0.2.200", "192.0.2.201"


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.toml")), ids=lambda path: path.stem)
def test_planned_rules_are_sufficient_and_needed_for_every_example(path: Path) -> None:
    plan = example(path.stem)
    found = judged(plan, [*lines(plan), "rest,deny,any,any,any"])
    assert missing(found) == {}
    assert excess(found) == {}
    hosts = {rule.id: (rule.source.hosts, rule.destination.hosts, rule.ports) for rule in rule_set(plan).rules}
    for name, by in idle(found).items():  # two roles on one host ask for the same
        assert len(by) == 1
        assert hosts[name] == hosts[by[0]]


def test_a_removed_rule_is_missing_and_nothing_else() -> None:
    plan = example("by-address")
    rules = lines(plan)
    for number, rule in enumerate(rule_set(plan).rules):
        found = judged(plan, rules[:number] + rules[number + 1 :])
        assert set(missing(found)) == {rule.id}
        assert found.missing[0].whole
        assert excess(found) == {}
        assert idle(found) == {}


def test_a_gap_names_hosts_ports_and_the_rule_that_denies() -> None:
    plan = example("by-address")
    found = judged(plan, ["no,deny,10.1.0.22,any,10125", *lines(plan)])
    assert missing(found) == {"F06": [("10.1.0.22", "203.0.113.10", "TCP 10125", "no")]}
    assert not found.missing[0].whole
    half = judged(plan, [row.replace("10.128.0.0/9", "10.128.0.0/10") for row in lines(plan)])
    assert missing(half)["F07"] == [("10.192.0.0/10", "203.0.113.10", "TCP 443", None)]


def test_what_is_wider_than_needed_is_told_in_parts() -> None:
    plan = example("by-address")
    rules = {row.partition(",")[0]: row for row in lines(plan)}

    def widened(ident: str, old: str, new: str) -> dict[str, list[str]]:
        return excess(judged(plan, [*(rules | {ident: rules[ident].replace(old, new)}).values()]))

    assert widened("F06", "10124-10125", "10124-10139") == {"F06": ["services: TCP 10126-10139"]}
    assert widened("F06", "tcp/10124-10125", "10124-10125") == {}  # the file leaves the transport open
    assert widened("F06", "203.0.113.10", "203.0.113.8/29") == {
        "F06": ["destinations: 203.0.113.8/29 but for 203.0.113.10"]
    }
    assert widened("F07", "10.128.0.0/9", "any")["F07"][0].startswith("sources: any but for 10.128.0.0/9")
    both = "both,allow,10.1.0.10 10.1.0.21,203.0.113.10 10.1.0.12 203.0.113.64/27,tcp/10124 tcp/443"
    assert excess(judged(plan, both))["both"] == [
        "destinations: 10.1.0.12",
        "not needed together: 10.1.0.10 to 203.0.113.10 on TCP 443, 10124",
        "not needed together: 10.1.0.21, 10.1.0.10 to 203.0.113.64/27 on TCP 10124",
        "and one more combination",
    ]


def test_rules_for_others_are_told_apart_from_rules_for_the_site() -> None:
    found = judged(
        example("by-address"), "a,allow,10.9.9.9,8.8.8.8,53\nb,allow,10.1.0.21,8.8.8.8,53\nc,deny,any,any,1\n"
    )
    assert [(item.rule.name, item.whole, item.touches) for item in found.excess] == [
        ("a", True, False),
        ("b", True, True),
    ]


def test_names_that_all_must_reach_are_no_excess() -> None:
    plan = example("by-address")
    assert excess(judged(plan, [*lines(plan), "always,allow,10.1.0.21,aka.ms,443"])) == {}


def test_what_earlier_rules_decide_never_matches() -> None:
    text = "a,allow,10.0.0.0/25,any,1-100\nb,deny,10.0.0.128/25,any,1-100\nc,allow,10.0.0.0/24,any,50-60\n"
    found = judged(example("by-address"), text + "d,deny,10.0.0.5,10.9.9.9,7\ne,allow,10.0.0.0/24,any,100-101\n")
    assert idle(found) == {"c": ["a", "b"], "d": ["a"]}
    assert idle(judged(example("by-address"), "x,allow,10.0.0.1,2001:db8::1,1\n")) == {"x": []}


def test_names_and_addresses_are_not_compared_without_a_look_up() -> None:
    plan = site(NAMED, instances=2, content=False)
    rules = ["cp,allow,10.1.0.21,203.0.113.10,10124-10125", "sup,allow,10.1.0.21,10.1.0.41,443"]
    blind = judged(plan, rules)
    gaps = {item.rule.id: item.gaps[0] for item in blind.missing}
    assert (gaps["F06"].denied_by, gaps["F06"].doubt.rule.name if gaps["F06"].doubt else "") == (None, "cp")
    assert any("cannot be compared" in str(warning) for warning in blind.warnings)
    known = {"cp.corp.example": ("10.1.0.21",), NAMED["cmg"]: ("203.0.113.10",)}

    def resolve(name: str) -> tuple[str, ...]:
        if name not in known:
            raise OSError("unknown name")
        return known[name]

    seen = judged(plan, rules, resolve=resolve)
    assert "F06" not in missing(seen)
    assert "cp" not in excess(seen)
    assert any(str(w).startswith("management.azure.com: has no address here") for w in seen.warnings)


def test_patterns_match_wildcards_that_hold_them() -> None:
    plan = site({"cmg": "gateway.example", "connection-point": "cp.corp.example"}, content=True)
    blob = [rule.id for rule in rule_set(plan).rules if any("blob" in p for p in rule.destination.patterns)]
    assert blob
    wide = judged(plan, "a,allow,any,*.blob.core.windows.net,any\n")
    assert not set(blob) & set(missing(wide))
    assert set(blob) <= set(missing(judged(plan, "a,allow,any,contoso.blob.core.windows.net,any\n")))


def test_tags_of_azure_are_inside_and_outside() -> None:
    plan = example("by-address")
    rule = {"direction": "Outbound", "protocol": "*", "sourceAddressPrefix": "*", "destinationPortRange": "*"}
    default = [
        rule
        | {
            "name": name,
            "access": access,
            "priority": priority,
            "destinationAddressPrefix": to,
            "id": f"/x/defaultSecurityRules/{name}",
        }
        for name, access, priority, to in (
            ("vnet", "Allow", 65000, "VirtualNetwork"),
            ("internet", "Allow", 65001, "Internet"),
            ("deny", "Deny", 65500, "*"),
        )
    ]
    found = audit(plan, parse_rules(json.dumps(default).encode(), "d"))
    assert (missing(found), idle(found)) == ({}, {})
    assert set(excess(found)) == {"vnet", "internet"}
    inner = audit(plan, parse_rules(json.dumps(default[::2]).encode(), "d"))
    outward = {rule.id for rule in rule_set(plan).rules if not rule.destination.zone.inside}
    assert set(missing(inner)) == outward
    assert all(gap[3] == "deny" for gaps in missing(inner).values() for gap in gaps)


def test_a_perimeter_firewall_is_not_asked_for_what_stays_inside() -> None:
    plan = example("by-address")
    outer = [r for r, rule in zip(lines(plan), rule_set(plan).rules, strict=True) if not rule.destination.zone.inside]
    assert missing(judged(plan, outer)) != {}
    assert missing(judged(plan, outer, perimeter=True)) == {}


POINTS = ["10.1.0.21", "10.1.0.22", "10.1.0.10", "203.0.113.10", "10.1.0.31"]
some_rules = st.lists(
    st.tuples(
        st.sampled_from(["allow", "deny"]),
        *(st.lists(st.sampled_from(["any", "10.1.0.0/24", "10.1.0.20/30", *POINTS]), min_size=1, max_size=2),) * 2,
        st.sampled_from(["any", "tcp/443", "tcp/10124-10125", "tcp/10125-65535", "udp/443"]),
    ),
    max_size=8,
)


def holds(term: str, host: str) -> bool:
    within = {"any": POINTS, "10.1.0.0/24": [p for p in POINTS if p.startswith("10.")], "10.1.0.20/30": POINTS[:2]}
    return host in within.get(term, [term])


def _numbered(rules: Iterable[ListedRule]) -> tuple[ListedRule, ...]:
    return tuple(replace(rule, number=number) for number, rule in enumerate(rules, 1))


def passes(rules: list[tuple[str, list[str], list[str], str]], source: str, destination: str, port: int) -> str:
    """The first rule's name where it denies, ``none``, or nothing where a connection gets through, host by host."""
    for number, (action, sources, destinations, service) in enumerate(rules):
        low, _, high = service.rpartition("/")[2].partition("-")
        fits = service == "any" or (service.startswith("tcp") and int(low) <= port <= int(high or low))
        if fits and any(holds(t, source) for t in sources) and any(holds(t, destination) for t in destinations):
            return "" if action == "allow" else f"r{number}"
    return "none"


@settings(max_examples=150, deadline=None)
@given(some_rules)
def test_audit_and_firewall_agree_with_looking_host_by_host(rules: list[tuple[str, list[str], list[str], str]]) -> None:
    plan = example("by-address")
    text = "".join(f"r{n},{a},{' '.join(s)},{' '.join(d)},{p}\n" for n, (a, s, d, p) in enumerate(rules))
    listed = parse_rules((HEAD + text + "end,deny,192.0.2.1,192.0.2.1,1\n").encode(), "r")
    found, wall = audit(plan, listed), RuleListFirewall(plan, listed)
    expected = {}
    for number, port in product((1, 2), (10124, 10125)):
        why = passes(rules, f"10.1.0.2{number}", "203.0.113.10", port)
        expected[number, port] = {"": "", "none": "no rule lets it through"}.get(why, f"rule {why!r} denies it")
        assert wall.refusal(Place("connection-point", number), Place("cmg"), port) == expected[number, port]
    gaps = [gap for item in found.missing if item.rule.id == "F06" for gap in item.gaps]
    told = {
        (int(host[-1]), port): f"rule {gap.denied_by.name!r} denies it" if gap.denied_by else "no rule lets it through"
        for gap in gaps
        for host in gap.traffic.sources
        for service in gap.traffic.services
        for port in range(service.ports.low, service.ports.high + 1)
    }
    assert told == {key: why for key, why in expected.items() if why}
    for item in found.idle:  # without it nothing changes
        fewer = RuleListFirewall(plan, replace(listed, rules=_numbered(r for r in listed.rules if r != item.rule)))
        for number, port in expected:
            same = fewer.refusal(Place("connection-point", number), Place("cmg"), port)
            assert same == expected[number, port]
    for item in found.excess:
        assert item.rule.allows
        assert [*beyond(item)]


def test_the_firewall_refuses_what_is_let_through_in_part() -> None:
    plan = example("by-address")
    rules = [row.replace("10.128.0.0/9", "10.128.0.0/10") for row in lines(plan)]
    wall: Firewall = RuleListFirewall(plan, parse_rules((HEAD + "\n".join(rules)).encode(), "r"))
    assert wall.refusal(Place("client"), Place("cmg"), 443) == "no rule lets it through"
    assert wall.refusal(Place("connection-point", 2), Place("cmg"), 10125) == ""
    assert wall.refusal(Place("connection-point", 2), Place("vm-instance", 2), 10125) == ""
    assert wall.refusal(Place("connection-point", 2), Place("cmg"), 10126) == "no rule lets it through"


def test_the_firewall_is_not_between_places_outside_or_on_one_host() -> None:
    hosts = NAMED | {"site-server": "a.corp.example", "service-connection-point": "a.corp.example"}
    plan = site(hosts, content=True)
    listed = parse_rules((HEAD + "no,deny,any,any,any\n").encode(), "r")
    wall, outer = RuleListFirewall(plan, listed), RuleListFirewall(plan, listed, perimeter=True)
    assert wall.refusal(Place("client"), Place("cmg"), 443) == ""  # the site names no client, so they are outside
    assert wall.refusal(Place("site-server"), Place("service-connection-point"), 445) == ""
    assert wall.refusal(Place("site-server"), Place("connection-point"), 445) == "rule 'no' denies it"
    assert outer.refusal(Place("site-server"), Place("connection-point"), 445) == ""
    assert outer.refusal(Place("connection-point"), Place("cmg"), 443) == "rule 'no' denies it"


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.toml")), ids=lambda path: path.stem)
def test_the_firewall_with_the_planned_rules_refuses_nothing_planned(path: Path) -> None:
    plan = example(path.stem)
    wall = RuleListFirewall(plan, parse_rules((HEAD + "\n".join(lines(plan))).encode(), "r"))
    for row in (row for row in plan.rows if not row.proxied):
        counts = [max(1, len(plan.deployment.at(end.role))) for end in (row.initiator, row.responder)]
        over_tcp = [ports for item, ports in row.connection.services if ports and Transport.TCP in item.transports]
        for source, destination in product(range(1, counts[0] + 1), range(1, counts[1] + 1)):
            ends = Place(row.initiator.role, source), Place(row.responder.role, destination)
            assert [wall.refusal(*ends, ports.low) for ports in over_tcp] == [""] * len(over_tcp)


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.toml")), ids=lambda path: path.stem)
def test_with_the_planned_rules_all_is_predicted_as_with_everything_open(path: Path) -> None:
    plan = example(path.stem)
    wall = RuleListFirewall(plan, parse_rules((HEAD + "\n".join(lines(plan))).encode(), "r"))
    assert Predictor(plan).predict(Circumstances(wall)) == Predictor(plan).predict(Circumstances())


def test_a_channel_without_its_rule_is_predicted_to_fail() -> None:
    plan = example("by-address")
    rows = [row for row in lines(plan) if not row.startswith("F06")]
    wall = RuleListFirewall(plan, parse_rules((HEAD + "\n".join(rows)).encode(), "r"))
    outcome = Predictor(plan).predict(Circumstances(wall))
    assert {channel.port for channel in outcome.channels} == {None}
    assert {failure.why for failure in outcome.failures} == {"no rule lets it through"}


def test_one_network_of_a_service_outside_is_not_enough() -> None:
    plan = example("by-address")
    rows = [row.replace("203.0.113.64/27 203.0.113.128", "203.0.113.64/27") for row in lines(plan)]
    wall = RuleListFirewall(plan, parse_rules((HEAD + "\n".join(rows)).encode(), "r"))
    assert wall.refusal(Place("client"), Place("blob-storage"), 443) == "no rule lets it through"
    assert wall.refusal(Place("client"), Place("entra"), 443) == ""


def test_a_refusal_is_looked_up_in_less_than_two_microseconds() -> None:
    plan = example("by-address")
    wall = RuleListFirewall(plan, parse_rules((HEAD + "\n".join(lines(plan))).encode(), "r"))
    source, destination = Place("connection-point", 2), Place("cmg")
    best = min(_timed(lambda: wall.refusal(source, destination, 10125)) for _ in range(5))
    assert best < 2e-6


def _timed(call: object) -> float:
    start = time.perf_counter()
    for _ in range(10_000):
        call()  # type: ignore[operator]
    return (time.perf_counter() - start) / 10_000


def test_five_thousand_rules_are_audited_at_once() -> None:
    random, plan = Random(4), example("by-address")
    rows = lines(plan)
    for number in range(5000):
        ends = (f"10.{random.randrange(64)}.{random.randrange(256)}.0/{random.choice((24, 28, 32))}" for _ in range(2))
        rows.append(f"x{number},{random.choice(('allow', 'deny'))},{','.join(ends)},{random.randrange(1, 65000)}")
    start = time.perf_counter()
    found = judged(plan, [*rows, "rest,deny,any,any,any"])
    assert time.perf_counter() - start < 15  # 1 s alone on this machine
    assert missing(found) == {}
    assert len(found.excess) > 2000


def test_tables_and_data_tell_the_same() -> None:
    text = "wide,allow,10.1.0.21,203.0.113.10,10124-10139\nother,allow,10.9.9.9,8.8.8.8,53\n"
    text += "vain,deny,10.1.0.21,203.0.113.10,10130\n"
    found = judged(example("by-address"), text)
    tables = {table.id: [[plain(cell) for cell in line.cells] for line in table.lines] for table in audit_tables(found)}
    data = json.loads(json.dumps(audit_data(found)))
    assert [*data] == ["missing", "open_beyond_need", "never_match", "warnings"]
    assert tables["never-match"] == [["vain", "r.csv:4", "wide"]]
    assert data["never_match"] == [{"rule": "vain", "where": "r.csv:4", "decided_by": ["wide"]}]
    assert tables["open-beyond-need"] == [
        ["wide", "r.csv:2", "services: 10126-10139"],
        ["other", "", "one rule without a host of this site: nothing of it is needed here"],
    ]
    assert [(item["rule"], item["whole"]) for item in data["open_beyond_need"]] == [("wide", False), ("other", True)]
    first = tables["missing"][0]
    assert first[0] == "F01"
    assert first[-2:] == ["TCP 443", "no rule lets it through"]
    narrow = audit_tables(found, narrow=True)[0].lines[0]
    assert [plain(cell) for cell in narrow.cells] == ["F01", f"{first[1]} to {first[2]} on TCP 443", first[-1]]
    assert data["missing"][0]["gaps"][0]["services"] == [{"transport": "TCP", "ports": [443, 443]}]
    assert audit_data(judged(example("by-address"), text)) == audit_data(found)


@pytest.mark.parametrize("name", sorted(path.stem for path in EXAMPLES.glob("*.toml")))
def test_a_rule_may_name_roles_in_the_place_of_their_hosts(name: str) -> None:
    plan = example(name)
    rows = [
        f"{rule.id},allow,{rule.source.role},{rule.destination.role},"
        + " ".join(f"{rule.transport.value.lower()}/{ports}" for ports in rule.ports)
        for rule in rule_set(plan).rules
    ]
    found = judged(plan, rows)
    assert found.missing == ()
    firewall = RuleListFirewall(plan, parse_rules((HEAD + "\n".join(rows)).encode(), "r.csv"))
    outcome = Predictor(plan).predict(Circumstances(firewall))
    assert {step.state.value for step in outcome.steps} == {"works"}


def test_a_host_of_the_site_that_is_called_like_a_role_stays_a_host() -> None:
    plan = site({**NAMED, "management-point": "proxy"})
    found = judged(plan, ["one,allow,cp.corp.example,proxy,tcp/443"])
    assert "F09" not in missing(found)


OUTBOUND = {"direction": "Outbound", "protocol": "*", "sourceAddressPrefix": "*", "destinationPortRange": "*"}


def group(*rules: dict[str, object]) -> bytes:
    """A network security group: the first rule has the lowest priority; what is called default stands."""
    made = [
        OUTBOUND | {"priority": number, "destinationAddressPrefix": "*"} | rule for number, rule in enumerate(rules)
    ]
    own = [rule for rule in made if not str(rule["name"]).startswith("Default")]
    return json.dumps({"securityRules": own, "defaultSecurityRules": [r for r in made if r not in own]}).encode()


CLOSED = group(
    {"name": "cm-to-azure", "access": "Allow", "destinationAddressPrefix": "AzureCloud", "destinationPortRange": "443"},
    {"name": "deny-inet", "access": "Deny", "destinationAddressPrefix": "Internet"},
    {"name": "no-cp", "access": "Deny", "direction": "Inbound", "sourceAddressPrefix": "10.1.0.21"},
    {"name": "DefaultVnet", "access": "Allow", "destinationAddressPrefix": "VirtualNetwork"},
    {"name": "DefaultVnetIn", "access": "Allow", "direction": "Inbound"},
)


def test_what_comes_in_is_not_judged_by_a_group_and_the_first_lines_say_so() -> None:
    plan = example("by-address")
    found = audit(plan, parse_rules(CLOSED, "g"))
    inner = {r.id for r in rule_set(plan).rules if r.destination.zone.inside}
    assert {"F09", "F10"} <= inner
    assert not inner & set(missing(found))
    first, second, *_ = audit_lead(found)
    assert first.startswith("This list judges only what leaves the subnet or interface that it guards; not judged: ")
    assert "F09, F10" in first
    assert "between servers inside; F06, F07 into the gateway" in first
    assert second == "Inbound rules that are set aside: no-cp."
    said = audit_data(found)["warnings"]
    assert isinstance(said, list)
    assert {f"g: t{first[1:-1]}", f"g: i{second[1:-1]}"} <= set(said)
    outer = audit_lead(audit(plan, parse_rules(CLOSED, "g"), perimeter=True))
    assert "servers inside" not in outer[0]
    assert not audit_lead(judged(plan, lines(plan)))  # without a direction it judges every connection


def test_a_tag_leaves_undecided_what_it_may_hold() -> None:
    plan = example("by-address")
    listed = parse_rules(CLOSED, "g")
    found = audit(plan, listed)
    why = "rule 'deny-inet' denies it, unless rule 'cm-to-azure' covers Azure (Resource Manager)"
    wall = RuleListFirewall(plan, listed)
    assert wall.refusal(Place("service-connection-point"), Place("azure"), 443) == why
    assert wall.refusal(Place("connection-point", 2), Place("cmg"), 10125) == "rule 'deny-inet' denies it"
    gaps = [gap for item in found.missing for gap in item.gaps]
    count = sum(1 for gap in gaps if gap.doubt)
    assert 0 < count < len(gaps)
    assert audit_lead(found)[-1] == (
        f"{count} of {len(gaps)} gaps are undecided and taken to be closed: "
        "the members of service tag AzureCloud are not known here."
    )
    assert not any("--resolve" in str(warning) for warning in found.warnings)
    assert "cm-to-azure" not in excess(found)


def test_a_rule_that_may_be_needed_is_not_called_beyond_need() -> None:
    plan = site(NAMED, instances=2, content=False)
    rows = ["cp,allow,10.1.0.21,203.0.113.10,tcp/10124-10139", "sup,allow,10.1.0.21,10.1.0.41,tcp/443"]
    found = judged(plan, rows)
    assert {item.rule.name: (item.whole, item.undecided) for item in found.excess} == {
        "cp": (False, True),
        "sup": (False, True),
    }
    (table,) = [table for table in audit_tables(found) if table.id == "open-beyond-need"]
    assert [[plain(cell) for cell in line.cells] for line in table.lines] == [
        ["cp", "r.csv:2", "services: TCP 10126-10139"],
        ["sup", "", "may be needed: its hosts and those of the site cannot be compared"],
    ]
    data = audit_data(found)["open_beyond_need"]
    assert isinstance(data, list)
    assert [item["undecided"] for item in data] == [True, True]


def test_names_in_the_rules_against_addresses_of_the_site_have_their_own_advice() -> None:
    found = judged(example("by-address"), ["a,allow,10.1.0.21 10.1.0.22,gateway.corp.example,tcp/10124-10125"])
    assert any("give addresses in the rules, or names in the site file" in str(w) for w in found.warnings)
    assert not any("--resolve" in str(w) for w in found.warnings)


def test_a_word_without_a_dot_is_an_object_of_the_firewall() -> None:
    plan = example("by-address")
    found = judged(plan, ["ok,allow,connection-point,cmg,tcp/10124", "a,allow,grp_cmgcp,203.0.113.10,tcp/10125"])
    assert [str(w) for w in found.warnings if "grp" in str(w)] == [
        "r.csv:3: 'grp_cmgcp' has no dot and is no host of the site; export the list with its objects resolved"
    ]
    (gap,) = [gap for item in found.missing if item.rule.id == "F06" for gap in item.gaps]
    assert gap.doubt
    assert gap.doubt.rule.name == "a"
    assert audit_lead(found)[0].endswith("what 'grp_cmgcp' stands for is not known here.")
    assert (excess(found), idle(found)) == ({}, {})
    many = judged(plan, [f"a{n},allow,grp{n},any,1" for n in range(7)])
    assert str([w for w in many.warnings if "grp" in str(w) or "more" in str(w)][-1]) == (
        "r.csv: 2 more names without a dot are no hosts of the site either"
    )


def test_default_rules_are_wide_by_design_in_one_line() -> None:
    rules = group(
        {"name": "DefaultVnet", "access": "Allow", "destinationAddressPrefix": "VirtualNetwork"},
        {"name": "DefaultInternet", "access": "Allow", "destinationAddressPrefix": "Internet"},
    )
    found = audit(example("by-address"), parse_rules(rules, "g"))
    (table,) = audit_tables(found)
    assert [[plain(cell) for cell in line.cells] for line in table.lines] == [
        ["DefaultVnet, DefaultInternet", "", "wide by design: it comes with the firewall"]
    ]
    data = audit_data(found)["open_beyond_need"]
    assert isinstance(data, list)
    assert [item["standing"] for item in data] == [True, True]
