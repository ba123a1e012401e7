"""
One plan: its channel, its capacity, and the system of the site that every view of it shows.

Running this file writes the golden texts again.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from sitefiles import FACTS, planned, site_text

from cmgdocs.facts.model import Sequence
from cmgdocs.plan.capacity import capacity
from cmgdocs.plan.difference import Moved, difference
from cmgdocs.plan.plan import End, Plan, PlanRow
from cmgdocs.plan.reach import loose, reach
from cmgdocs.plan.request import Asked, request
from cmgdocs.plan.rules import Rule, rule_set
from cmgdocs.plan.writer import site_text as site_file

GOLDEN = Path(__file__).parent / "golden"
MEANT = "where the change is meant: python tests/test_plan.py"
CLASSIC = {"method": "classic", "configmgr": "2309"}
POINTS = ["10.0.1.5", "10.0.1.6"]
AVAILABLE = "For high availability at least 2 VM instances; this site has 1."


def plan(**values: object) -> Plan:
    """The plan of a site with two connection points."""
    return planned(site_text({"connection-point": POINTS}, **({"configmgr": "2509"} | values)))


@pytest.mark.parametrize(
    ("values", "channel"),
    [
        ({}, {"F05": (1, "")}),
        ({"instances": 2}, {"F06": (1, "")}),
        (CLASSIC, {"F02": (1, "tried first"), "F03": (2, "fallback")}),
        (CLASSIC | {"instances": 2}, {"F02": (1, "tried first"), "F04": (2, "fallback")}),
    ],
    ids=["one", "two", "classic", "two-classic"],
)
def test_a_channel_with_two_ways_says_which_is_tried_first(
    values: dict[str, object], channel: dict[str, tuple[int, str]]
) -> None:
    found = plan(**values)
    assert {row.flow.id: (row.order, row.order_text) for row in found.rows if row.order} == channel
    assert {row.order_text for row in found.rows if not row.order} == {""}
    assert found.system.flow("F08").carried_by == tuple(channel)


@pytest.mark.parametrize(
    ("values", "points", "clients", "remarks"),
    [
        ({}, 1, [("lab", 10, 1), ("standard", 6_000, 1), ("large", 10_000, 1)], [AVAILABLE]),
        ({"instances": 16}, 4, [("lab", 160, 4), ("standard", 96_000, 6), ("large", 160_000, 10)], []),
        (CLASSIC | {"instances": 2}, 1, [("classic", 12_000, 1)], []),
        ({"configmgr": "2103"}, 1, [("preview", 2_000, 1)], [AVAILABLE]),
        ({"configmgr": "2107", "instances": 5}, 2, [("lab", 50, 2), ("standard", 30_000, 2), ("large", 50_000, 4)], []),
    ],
    ids=["one", "sixteen", "classic", "preview", "five"],
)
def test_capacity_is_that_of_the_method_the_version_and_the_instances(
    values: dict[str, object], points: int, clients: list[tuple[str, int, int]], remarks: list[str]
) -> None:
    found = capacity(plan(**values))
    assert (found.instances, found.given) == (values.get("instances", 1), 2)
    assert found.connection_points == points
    named = [
        (item.limit.id.removeprefix("clients-per-vm-"), item.number, item.connection_points) for item in found.clients
    ]
    assert named == clients
    assert list(found.remarks) == remarks


def test_a_site_with_a_single_connection_point_is_told_so() -> None:
    found = capacity(planned(site_text({"connection-point": POINTS[:1]}, configmgr="2509", instances=2)))
    assert found.remarks == ("For high availability at least 2 connection points; this site has 1.",)


SITES = {
    "entra": {"client-authentication": ["entra"], "content": False},
    "certificate": {"client-authentication": ["certificate"], "instances": 3},
    "token": {"client-authentication": ["token", "certificate"], "configmgr": "2203"},
    "classic": CLASSIC | {"instances": 2, "content": True},
    "old": {"configmgr": "1806", "method": "classic", "client-authentication": ["certificate"]},
}
each_site = pytest.mark.parametrize("values", SITES.values(), ids=SITES)


@each_site
def test_what_names_flows_names_those_of_the_site_and_goes_with_the_last_of_them(values: dict[str, object]) -> None:
    own = plan(**values).system
    ids = {flow.id for flow in own.flows} | {item.id for item in own.aside if item.outside_only}
    aside = {flow.id for flow in own.aside}
    assert ids | aside == {flow.id for flow in FACTS.flows}
    for kind in ("symptoms", "proofs"):
        kept = {item.id: tuple(flow for flow in item.flows if flow in ids) for item in getattr(FACTS, kind)}
        found = {item.id: item.flows for item in getattr(own, kind)}
        assert all(found[ident] == kept[ident] for ident in found), kind
        if kind == "symptoms":
            assert found.keys() == {item.id for item in FACTS.symptoms if not item.flows or kept[item.id]}
    for edition in own.editions:
        rows = [tuple(flow for flow in row.flows if flow in ids) for row in FACTS.edition(edition.id).rows]
        assert [row.flows for row in edition.rows] == [row for row in rows if row]
    assert {anchor.flow for anchor in own.anchors} <= ids
    assert [anchor for anchor in own.anchors if anchor.instance > own.instances] == []
    assert len(own.anchors) == len(
        [anchor for anchor in FACTS.anchors if anchor.flow in ids and anchor.instance <= own.instances]
    )


def _steps(sequence: Sequence) -> list[tuple[str, ...]]:
    return [step.flows for step in sequence.steps]


@each_site
def test_a_sequence_keeps_the_steps_of_the_site(values: dict[str, object]) -> None:
    own, content = plan(**values).system, values.get("content", True)
    ids = {flow.id for flow in own.flows} | {item.id for item in own.aside if item.outside_only}
    found = {sequence.id: _steps(sequence) for sequence in own.sequences}
    for sequence in FACTS.sequences:
        kept = [
            tuple(flow for flow in flows if flow in ids) for flows in _steps(sequence) if not flows or ids & {*flows}
        ]
        assert found.get(sequence.id, kept) == kept
        if not any(kept):
            assert (sequence.id in found) == (not any(_steps(sequence)))
    assert ("content-download" in found) == content


@pytest.mark.parametrize(
    ("values", "credentials", "method"),
    [
        (SITES["entra"], ["entra", "service-entra"], "vmss"),
        (SITES["certificate"], ["certificate", "service-entra"], "vmss"),
        (SITES["token"], ["certificate", "token", "service-entra"], "vmss"),
        (SITES["old"], ["certificate", "service-management-certificate", "service-entra"], "classic"),
    ],
    ids=["entra", "certificate", "token", "old"],
)
def test_a_site_has_its_credentials_and_its_method_and_no_others(
    values: dict[str, object], credentials: list[str], method: str
) -> None:
    own = plan(**values).system
    assert sorted(item.id for item in own.credentials) == sorted(credentials)
    assert [item.id for item in own.methods] == [method]
    assert own.instances == values.get("instances", 1)


def _end(end: End) -> str:
    hosts = " ".join(host.text for host in end.hosts)
    return f"{end.name}, {end.zone.id}, {hosts or ' '.join(end.patterns) or '-'}{'' if end.given else ' derived'}"


def _line(row: PlanRow) -> str:
    ports = ", ".join(map(str, row.ports))
    numbers = f" ({ports})" if ports not in ("", row.port_text) else ""
    marks = f"{'; proxy' * row.proxied}{'; not in the table' * (not row.in_table)}"
    return f"{row.flow.id}: {_end(row.initiator)} > {_end(row.responder)}: {row.port_text}{numbers}{marks}"


SITE_TEXTS = {
    "vmss": site_text(
        {"cmg": "contoso.westeurope.cloudapp.azure.com", "connection-point": POINTS, "site-server": "10.0.1.9"},
        configmgr="2509",
        instances=3,
        uses=[],
    ),
    "proxy": site_text(
        {"connection-point": POINTS[0]},
        configmgr="2309",
        cloud="us-government",
        proxy="proxy.corp.example:8080",
        uses=["server-revocation"],
        content=False,
        client_authentication=["certificate"],
        management_point="http",
    ),
    "one-host": site_text(
        {
            "cmg": "contoso.usgovcloudapp.net",
            "connection-point": "10.0.1.5",
            "management-point": ["10.0.1.5", "mp2.corp.example"],
            "software-update-point": ["2001:db8::9"],
            "site-server": ["10.0.1.9"],
            "service-connection-point": ["10.0.1.9"],
            "client": ["10.0.7.0/24", "any"],
        },
        configmgr="2403",
        cloud="us-government",
        instances=2,
        proxy="10.0.1.9:3128",
        uses=["remote-connection-point", "microsoft-revocation"],
        management_point="enhanced-http",
    ),
    "classic": site_text({"cmg": "contoso.cloudapp.net"}, configmgr="2203", method="classic", instances=2, uses=[]),
}


def _rule(rule: Rule) -> str:
    what = f"{rule.transport.value} {rule.ports} {rule.protocol}{' inferred' * rule.inferred}"
    return f"{rule.id} of {' '.join(rule.flows)}: {_end(rule.source)} > {_end(rule.destination)}: {what}: {rule.reason}"


def golden(name: str) -> str:
    """A plan with all that comes of it: rows, rules, names, and what needs no rule or is left out."""
    plan = planned(SITE_TEXTS[name])
    rules, directly = rule_set(plan), {item.endpoint.id for item in loose(plan)}
    parts = {
        "Connections": map(_line, plan.rows),
        "Rules": map(_rule, rules.rules),
        "Without a rule": (f"{item.flow.id}: {item.reason}" for item in rules.elsewhere),
        "Left out": (f"{item.flow.id}: {item.reason}" for item in plan.left_out),
        "Names": (
            f"{item.endpoint.id}{' loose' * (item.endpoint.id in directly)}: {' '.join((*item.names, *item.patterns))}"
            for item in reach(plan)
        ),
    }
    return "\n".join("\n".join([f"# {head}", *lines, ""]) for head, lines in parts.items())


def _moved(item: Moved) -> str:
    ends = f"{item.source} {' '.join(item.source_hosts)} > {item.destination} {' '.join(item.destination_hosts)}"
    return f"{item.move.value} {ends}: {item.transport.value} {item.ports} of {' '.join(item.flows)}"


def _asked(item: Asked) -> str:
    protocols = ", ".join(item.protocols) + " inferred" * item.inferred
    what = f"{item.rule.transport.value} {item.rule.ports} {protocols} of {' '.join(item.flows)}: {item.reason}"
    return f"{item.label} for {' '.join(item.sites)}: {item.direction.value}, {_end(item.rule.source)}: {what}"


def together() -> str:
    """What all these sites ask for together, and what changes from one to the next."""
    sets = {name: rule_set(planned(text)) for name, text in SITE_TEXTS.items()}
    named = {
        name: replace(item, plan=replace(item.plan, deployment=replace(item.plan.deployment, name=name)))
        for name, item in sets.items()
    }
    asked = request(named.values())
    parts = {"Asked together": map(_asked, asked.asked), "Of one site": map(_asked, request([sets["proxy"]]).asked)}
    parts |= {
        f"From {one} to {other}": map(_moved, difference(sets[one], sets[other])) for one, other in pairwise(sets)
    }
    parts |= {"Without a rule": asked.elsewhere, "Names for all": asked.always, "Sites": asked.sites}
    pairs = (f"{source.id} > {to.id}: {' '.join(item.label for item in found)}" for source, to, found in asked.pairs())
    return "\n".join("\n".join([f"# {head}", *lines, ""]) for head, lines in (parts | {"By zone": pairs}).items())


def commented() -> str:
    """A site file as ``init`` writes it, with more hosts of a role than a line has room for."""
    points = [f"connection-point-{number}.a-long-name.corp.example" for number in range(4)]
    hosts = {"connection-point": points, "site-database": ["db.corp.example"], "client": []}
    values = {"configmgr": "2403", "instances": 2, "uses": ["server-revocation"]}
    return site_file(FACTS, values, hosts, "../schemas/site.schema.json")


def texts() -> dict[str, str]:
    """Name -> content of each golden text of a plan."""
    plans = {f"plan-{name}.txt": golden(name) for name in SITE_TEXTS}
    return plans | {"plan-together.txt": together(), "plan-site-file.txt": commented()}


def test_sites_need_what_their_texts_in_the_golden_folder_say() -> None:
    there = {path.name: path.read_text(encoding="utf-8") for path in GOLDEN.glob("plan-*")}
    made = texts()
    other = sorted(name for name in there.keys() | made.keys() if there.get(name) != made.get(name))
    assert not other, f"{', '.join(other)}: not what is planned now; {MEANT}"


if __name__ == "__main__":
    for name, text in texts().items():
        (GOLDEN / name).write_text(text, encoding="utf-8", newline="\n")
