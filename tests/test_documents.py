"""Documents for programs: what comes out is what the published schemas say."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import pytest

from cmgdocs.audit import audit
from cmgdocs.audit.engine import read_configuration
from cmgdocs.facts.model import System
from cmgdocs.plan.difference import CHANGES, difference
from cmgdocs.plan.plan import Plan, Planner
from cmgdocs.plan.rules import rule_set
from cmgdocs.render import schema, tables
from cmgdocs.site.reader import SiteReader
from cmgdocs.views import registry
from cmgdocs.views.documents import (
    DOCUMENTS,
    audit_data,
    difference_data,
    outcome_data,
    plan_data,
    plans_data,
    required_ports_data,
)
from cmgdocs.whatif.ask import ask

EXAMPLES = Path(__file__).parent.parent / "examples"
SITES = sorted(EXAMPLES.glob("*.toml"))


@pytest.fixture(scope="module")
def plans(facts: System) -> list[Plan]:
    """The plans of all examples."""
    return [Planner(facts).plan(SiteReader(facts).read(path).deployment) for path in SITES]


def required_ports(facts: System, plans: list[Plan]) -> Iterator[object]:
    yield from (required_ports_data(facts, edition.id) for edition in facts.editions)


def plan(facts: System, plans: list[Plan]) -> Iterator[object]:
    yield from map(plan_data, plans)


def several(facts: System, plans: list[Plan]) -> Iterator[object]:
    yield plans_data([(plan, ()) for plan in plans])


def what_if(facts: System, plans: list[Plan]) -> Iterator[object]:
    for words in ({}, {"block": "any:azure:443"}, {"down": "connection-point"}, {"no_name": "connection-point:cmg"}):
        for one in plans:
            yield outcome_data(one, ask(one, **words).outcome)


def audited(facts: System, plans: list[Plan]) -> Iterator[object]:
    policy = read_configuration((EXAMPLES / "firewalls" / "by-address-asa.cfg").read_bytes(), "by-address-asa.cfg")
    yield from (audit_data(audit(one, policy)) for one in plans if one.deployment.name in ("by-address", "ipv6-inside"))


def compared(facts: System, plans: list[Plan]) -> Iterator[object]:
    moved = difference(rule_set(plans[0]), rule_set(plans[1]))
    yield difference_data(moved, "a", "b")
    yield difference_data(moved, "a", "b", moves=CHANGES)


def shown(facts: System, plans: list[Plan]) -> Iterator[object]:
    yield from (json.loads(tables.json(registry.table(facts, name))) for name in registry.table_names(facts))


MADE = {
    "required-ports": required_ports,
    "plan": plan,
    "plans": several,
    "what-if": what_if,
    "audit": audited,
    "difference": compared,
    "table": shown,
}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_document_is_as_its_schema_says(facts: System, plans: list[Plan], name: str) -> None:
    wanted = schema.schema(name)
    jsonschema.Draft202012Validator.check_schema(wanted)
    validator = jsonschema.Draft202012Validator(wanted)
    documents = [json.loads(tables.dump(made)) for made in MADE[name](facts, plans)]
    assert documents
    for document in documents:
        validator.validate(document)


def test_a_schema_refuses_what_no_document_says(facts: System, plans: list[Plan]) -> None:
    validator = jsonschema.Draft202012Validator(schema.schema("plan"))
    good = json.loads(tables.dump(plan_data(plans[0])))
    row = good["rows"][0]
    for bad in (
        {"ports": [[443, 443, 443]]},
        {"ports": [[0, 443]]},
        {"direction": "sideways"},
        {"step": "1"},
        {"more": True},
    ):
        assert not validator.is_valid(good | {"rows": [row | bad]})
    assert not validator.is_valid({key: value for key, value in good.items() if key != "left-out"})
