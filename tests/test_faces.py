"""
Every flow is on every face of the project, and each face says the same of it; what a face lacks has a reason.

A face is read from its own output: lines of a table, arrows of a picture, addresses and ports of a rule. What only a
built site or handbook shows is in ``browser/test_faces.py``; that the lab plays what is stated is in
``lab/test_transcript.py``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from faces import (
    FACTS,
    HOSTS,
    NO_PROXY,
    NO_ROW,
    NO_RULE,
    NOT_DRAWN,
    NOT_THROUGH,
    RIDES,
    SITES,
    SIX,
    Claim,
    Face,
    Reasons,
    changed,
    csv_said,
    faults,
    html_said,
    lines_said,
    pipes_said,
    plans,
    ports_in,
    protocols_in,
    roles_in,
    rows_said,
    sheets,
    spans_said,
)
from openings import OPENINGS

from cmgdocs.facts.model import Flow, RoleId, System
from cmgdocs.facts.ports import PortRange, PortSpec
from cmgdocs.firewall.dialect import written
from cmgdocs.firewall.registry import DIALECTS, dialect
from cmgdocs.plan.plan import Plan
from cmgdocs.plan.rules import rule_set
from cmgdocs.render import tables
from cmgdocs.render.dot import dot
from cmgdocs.render.workbook import workbook
from cmgdocs.search.index import entries
from cmgdocs.search.pages import kept
from cmgdocs.search.rank import Sort
from cmgdocs.views import registry
from cmgdocs.views.diagram import Diagram
from cmgdocs.views.documents import facts_data, outcome_data, plan_data, required_ports_data
from cmgdocs.views.explanation import explain
from cmgdocs.views.plan_tables import plan_table
from cmgdocs.whatif.ask import ask

NOTEBOOKS = Path(__file__).parents[1] / "book" / "notebooks"


def planned(form: Callable[[Plan], Iterable[Claim]], system: System) -> Iterator[Claim]:
    return (claim for plan in plans(system) for claim in form(plan))


PLANS: dict[str, Callable[[Plan], Iterable[Claim]]] = {
    "CSV": lambda plan: csv_said(tables.csv(plan_table(plan))),
    "HTML": lambda plan: html_said(tables.html(plan_table(plan))),
    "Markdown": lambda plan: pipes_said(tables.markdown(plan_table(plan))),
    "XLSX": lambda plan: lines_said(sheets(workbook([("plan", plan_table(plan))], "plan"))["plan"]),
    "JSON": lambda plan: rows_said(json.loads(tables.dump(plan_data(plan)))["rows"]),
}


def predicted(plan: Plan) -> Iterator[Claim]:
    """What a prediction says of each connection where all are blocked."""
    found = json.loads(tables.dump(outcome_data(plan, ask(plan, block="any:any:any").outcome)))
    yield from rows_said(found["closed"])
    yield from (Claim(item["flow"], (item["source"], item["destination"])) for item in found["failures"])


def table(name: str, system: System) -> Iterator[Claim]:
    return csv_said(tables.csv(registry.table(system, name)))


def printed(system: System) -> Iterator[Claim]:
    """The rows of all editions; of flows that a row also covers it says no more."""
    for edition in FACTS.editions:
        rows = json.loads(tables.dump(required_ports_data(system, edition.id)))["rows"]
        yield from rows_said(rows)
        yield from (Claim(flow) for row in rows for flow in row["covers"])


def pictures(view: str, system: System) -> Iterator[Diagram]:
    """A picture, or that of each edition."""
    return (registry.diagram(system, name, edition) for _, name, edition in registry.pictures(system) if name == view)


def drawn(view: str, system: System) -> Iterator[Claim]:
    """Arrows of DOT text, each in two parts that meet at its label."""
    for picture in pictures(view, system):
        text = dot(picture)
        ends: dict[str, dict[str, str]] = {}
        for one, other, way, flow in re.findall(r'^\s*"?(\w+)"? -> "?(\w+)"? .* dir=(\w+) id=\w+_(F\d+)_', text, re.M):
            ends.setdefault(flow, {})["tail" if way == "none" else "head"] = other if one == f"label_{flow}" else one
            # The head is where it points: forward to the second end, back to the first.
            assert way == "none" or (way == "back") == (other == f"label_{flow}")
        for flow, both in ends.items():
            label = next(line for line in text.splitlines() if f"label_{flow} [" in line)
            words = re.sub(r"\d\+? VMs?", "", " ".join(re.findall(r"<TD[^>]*>([^<]+)</TD>", label)))
            tail, head = (both[part].replace("_", "-") for part in ("tail", "head"))
            yield Claim(flow, (tail, head), protocols_in(words), ports_in(words))


def told(view: str, system: System) -> Iterator[Claim]:
    """Arrows of a picture whose two ends its description has in their order: ``A to B and C``."""
    for picture in pictures(view, system):
        clauses = (roles_in(clause) for clause in re.split("[;:]|[.] ", picture.description))
        pairs = {(first, other) for first, *others in filter(None, clauses) for other in others}
        ends = {edge.id: (edge.tail, edge.head) for edge in picture.edges}
        yield from (Claim(flow, both) for flow, both in ends.items() if both in pairs)


def explained(system: System) -> Iterator[Claim]:
    for flow in system.flows:
        found = explain(system, flow.id)
        cells = dict(found.facts)
        ends = roles_in(re.split(" over | inside ", found.lead)[0])
        yield Claim(flow.id, ends, protocols_in(cells.get("protocol", "")), ports_in(cells.get("port", "")))


def searched(system: System) -> Iterator[Claim]:
    for entry in entries(system, kept()):
        if entry.kind is Sort.FLOW:
            words = entry.title.removeprefix(system.flow(entry.id).purpose)
            yield Claim(entry.id, roles_in(words), protocols_in(words), spans_said(entry.ports))


def exported(system: System) -> Iterator[Claim]:
    for flow in json.loads(tables.dump(facts_data(system)))["flows"]:
        specs = [service["port"] for service in flow["services"]]
        spans = [f"{spec['base'] + 1}-{spec['base'] + 16}" for spec in specs if spec["base"] is not None]
        words = json.dumps([spec["fixed"] or spec["words"] for spec in specs if spec["base"] is None])
        protocols = frozenset(service["protocol"] for service in flow["services"])
        yield Claim(flow["id"], (flow["initiator"], flow["responder"]), protocols, ports_in(", ".join([*spans, words])))


def noted(_: System) -> Iterator[Claim]:
    """Flows in the outputs that are kept with the notebooks."""
    for path in NOTEBOOKS.glob("*.ipynb"):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            yield from map(Claim, re.findall(r"\bF\d\d\b", json.dumps(cell.get("outputs", ""))))


def ruled(name: str, system: System) -> Iterator[Claim]:
    """Flows of which a file of rules opens every port, in each site that has them by the facts as they are."""
    hosts = SIX if name == "ip6tables" else HOSTS
    more = {"proxy": "10.1.9.9:3128"} if name == "squid" else {}
    roles = {address: role for role, address in hosts.items()}
    opened: dict[str, bool] = {}
    for plan, right in zip(plans(system, hosts, **more), plans(FACTS, hosts, **more), strict=True):
        made = written(rule_set(plan), dialect(name))
        text = (
            "\n".join(" ".join(map(str, row)) for sheet in sheets(made).values() for row in sheet)
            if name == "xlsx"
            else made.decode()
        )
        found: dict[tuple[str | None, ...], set[int]] = {}
        for *ends, transport, ports in OPENINGS[name](text):
            way = (*(roles.get(end.partition("/")[0]) for end in ends), transport)
            found.setdefault(way, set()).update(ports_in(ports))
        for row in right.rows:
            there = (row.initiator.role, row.responder.role)
            opens = bool(row.ports) and all(
                ports_in(str(ports)) <= found.get((*way, transport.value), set())
                for service, ports in row.services
                for transport in service.transports
                for way in (there, *([there[::-1]] if row.flow.both_ways else []))
            )
            opened[row.flow.id] = opened.get(row.flow.id, True) and opens
    yield from (Claim(flow) for flow, opens in opened.items() if opens)


FACES: dict[str, tuple[Face, Reasons]] = {
    "table of flows": (partial(table, "flows"), {}),
    "table of the perimeter": (partial(table, "perimeter"), NOT_THROUGH),
    "tables of required ports": (printed, {**RIDES, **NO_ROW}),
    "picture of the data flow": (partial(drawn, "data-flow"), NO_ROW),
    "words of the data flow": (partial(told, "data-flow"), NO_ROW),
    "picture of the perimeter": (partial(drawn, "perimeter"), NOT_DRAWN),
    "words of the perimeter": (partial(told, "perimeter"), NOT_DRAWN),
    "explanation": (explained, {}),
    "search": (searched, {}),
    "facts for programs": (exported, {}),
    "notebooks": (noted, {}),
    "prediction": (partial(planned, predicted), RIDES),
    **{f"plan as {form}": (partial(planned, read), RIDES) for form, read in PLANS.items()},
    **{f"rules for {name}": (partial(ruled, name), NO_PROXY if name == "squid" else NO_RULE) for name in OPENINGS},
}


def test_rules_are_read_in_every_dialect_but_a_list_of_names() -> None:
    assert {item.name for item in DIALECTS} - {*OPENINGS} == {"names"}


@pytest.mark.parametrize("name", FACES)
def test_a_face_has_every_flow_as_the_facts_state_it(name: str) -> None:
    face, exempt = FACES[name]
    assert [*faults(face(FACTS), exempt)] == []


CHANGES: dict[str, Callable[[Flow], Flow | None]] = {
    "missing": lambda flow: None,
    "to another role": lambda flow: replace(flow, responder=RoleId("key-vault")),
    "on another port": lambda flow: replace(
        flow, services=tuple(replace(service, port=PortSpec(PortRange(444, 444))) for service in flow.services)
    ),
}
TRIED = {"notebooks": (), "words": ("missing", "to another role"), "rules": ("on another port",)}  # all else: all three
CASES = [(name, change) for name in FACES for change in TRIED.get(name.split()[0], CHANGES)]


@pytest.mark.parametrize(("name", "change"), CASES)
def test_a_flow_that_a_face_has_otherwise_is_seen(monkeypatch: pytest.MonkeyPatch, name: str, change: str) -> None:
    monkeypatch.setattr("faces.SITES", SITES[:1])
    face, exempt = FACES[name]
    flow = next(flow for flow in map(FACTS.flow, ("F25", "F12")) if not any(fits(flow) for fits in exempt.values()))
    found = [*faults(face(changed(flow.id, CHANGES[change](flow))), exempt)]
    assert [fault for fault in found if fault.startswith(f"{flow.id}: ")]


def test_a_flow_that_no_output_of_a_notebook_shows_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    read = Path.read_text
    monkeypatch.setattr(Path, "read_text", lambda *given, **more: read(*given, **more).replace("F25", ""))
    assert [*faults(noted(FACTS), {})] == ["F25: missing"]


@pytest.mark.parametrize(
    ("flow", "fault"), [("F01", "F01: there, although it is shy"), ("F99", "no flow is exempt because it is shy")]
)
def test_a_reason_that_is_not_needed_is_seen(flow: str, fault: str) -> None:
    assert [*faults(exported(FACTS), {"it is shy": lambda item: item.id == flow})] == [fault]
