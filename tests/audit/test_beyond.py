"""What is open beyond the plan: each row means what it says, and nothing that is open and not planned is in none."""

from __future__ import annotations

from functools import cache
from itertools import product
from random import Random

import pytest
from audited import SITE, judged, plan_of

from cmgdocs.audit import between
from cmgdocs.audit.peers import Peers
from cmgdocs.audit.policy import Span
from cmgdocs.facts.model import Transport
from cmgdocs.plan.rules import rule_set
from cmgdocs.views.audit_tables import audit_report
from cmgdocs.views.documents import audit_data

HEAD = "name,action,source,destination,port"
SERVERS = ["10.10.1.11", "10.10.1.21", "10.10.1.22", "10.10.1.31", "10.10.1.41", "10.10.5.10"]
SOURCES = [*SERVERS, "10.10.1.0/24", "10.10.0.0/16", "any"]
CLOUD = ["203.0.113.10", "203.0.113.64/27", "203.0.113.64/26", "203.0.113.130", "192.0.2.0/26", "192.0.2.64/27", "any"]
PORTS = ["any", "tcp/443", "tcp/442-444", "tcp/10124-10125", "tcp/10125-10127"]
ASKED = ["203.0.113.10", "203.0.113.65", "203.0.113.97", "203.0.113.130", "192.0.2.1", "192.0.2.70", "198.51.100.17"]
POINTS = list(product(SERVERS, ASKED, [80, 442, 443, 444, 10123, 10124, 10125, 10126, 10127]))
# One network holds another one, of which more is planned.
NESTED = SITE.read_text("utf-8").replace('"203.0.113.10"', '["203.0.113.10", "203.0.113.96/29"]')


@cache
def number(address: str) -> int:
    return Span.parse(address).low


@cache
def holds(text: str, address: int) -> bool:
    """Whether an address, a network, a range or ``any`` holds an address."""
    ends = text.split("-")
    return text == "any" or Span.parse(ends[0]).low <= address <= Span.parse(ends[-1]).high


@cache
def serves(text: str, port: int) -> bool:
    """Whether ``any``, ``tcp`` or ``tcp/443-444`` holds a port."""
    transport, _, ports = text.partition("/")
    low, _, high = ports.partition("-")
    return transport in ("any", "tcp") and (not ports or int(low) <= port <= int(high or low))


@cache
def planned(text: str) -> set[tuple[str, str, int]]:
    """The connections among POINTS that the plan of a site has: source, destination and TCP port."""
    plan = plan_of(text)
    peers = Peers(plan)
    tcp = [rule for rule in rule_set(plan).rules if rule.transport is Transport.TCP]
    ends = [(peers.of_end(rule.source), peers.of_end(rule.destination), rule) for rule in tcp]
    each = [way for froms, tos, rule in ends for way in between(froms, tos, rule.transport, rule.ports)]
    return {
        (source, destination, port)
        for source, destination, port in POINTS
        for way in each
        if holds(str(way.source), number(source))
        and holds(str(way.destination), number(destination))
        and way.ports.low <= port <= way.ports.high
    }


@pytest.mark.parametrize("text", [SITE.read_text("utf-8"), NESTED], ids=["plain", "nested"])
@pytest.mark.parametrize("seed", range(5))
def test_rows_of_a_rule_are_what_it_holds_and_the_plan_does_not(seed: int, text: str) -> None:
    random = Random(seed)
    each = {f"r{i}": [random.choice(some) for some in (SOURCES, CLOUD, PORTS)] for i in range(12)}
    lines = [HEAD, *(f"{name},allow,{','.join(rule)}" for name, rule in each.items())]
    found, plan = judged("\n".join(lines), "made.csv", plan=plan_of(text)), planned(text)
    for name, (source, destination, ports) in each.items():
        rows = [row for row in found.beyond if row.outward and row.rule.startswith(f"{name} ")]
        for point in POINTS:
            one, other, port = number(point[0]), number(point[1]), point[2]
            ends = (end for row in rows for end in product(row.hosts, row.others, row.services))
            said = [holds(a, one) and holds(b, other) and serves(c, port) for a, b, c in ends].count(True)
            held = holds(source, one) and holds(destination, other) and serves(ports, port)
            if destination == "any":  # is more than any plan, and not cut into what is planned
                assert bool(said) is held, (name, point)
            else:
                assert said == (held and point not in plan), (name, point)


def test_hosts_with_different_plans_have_rows_of_their_own() -> None:
    found = judged(f"{HEAD}\nwide,allow,10.10.1.0/24,203.0.113.10,tcp/10124-10139\n", "made.csv")
    rows = [(row["hosts"], row["services"]) for row in audit_data(found)["beyond"]]
    assert rows == [
        (["10.10.1.11", "10.10.1.31", "10.10.1.41"], ["tcp/10124-10139"]),
        (["10.10.1.21", "10.10.1.22"], ["tcp/10126-10139"]),
    ]
    assert any("One rule lets through more than is planned." in text for text in audit_report(found).lead)


def test_what_is_missing_is_said_of_the_hosts_that_lack_it() -> None:
    found = judged(f"{HEAD}\none,allow,10.10.1.21,203.0.113.10,tcp/10124\n", "made.csv")
    rows = [(row["source_hosts"], row["services"]) for row in audit_data(found)["missing"] if row["flow"] == "F06"]
    assert sorted(rows) == [(["10.10.1.21"], ["tcp/10125"]), (["10.10.1.22"], ["tcp/10124-10125"])]


@pytest.mark.parametrize("ident", ["missing", "beyond"])
def test_lists_of_hosts_and_services_are_whole(ident: str) -> None:
    hosts = [f"10.10.1.{last}" for last in range(100, 140)]
    text = SITE.read_text("utf-8").replace('"10.10.1.21", "10.10.1.22"', ", ".join(f'"{host}"' for host in hosts))
    lines = f"{HEAD}\nx,deny,any,203.0.113.10,any\nwide,allow,any,192.0.2.200,tcp/443\n"
    report = audit_report(judged(lines, "made.csv", plan=plan_of(text)))
    table = next(table for table in report.tables if table.id == ident)
    assert any({*hosts} <= {span.text for cell in line.cells for span in cell} for line in table.lines)
