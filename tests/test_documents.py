"""Documents for programs: what comes out is what the published schemas say."""

from __future__ import annotations

import json
from itertools import cycle
from pathlib import Path

import jsonschema
import pytest

from cmgdocs.audit import audit
from cmgdocs.audit.configuration import read_policy
from cmgdocs.diagnose.reading import diagnose
from cmgdocs.facts.model import RoleId, Seen, System
from cmgdocs.plan.difference import CHANGES, difference
from cmgdocs.plan.plan import Plan, Planner
from cmgdocs.plan.rules import rule_set
from cmgdocs.probe.judge import Probe, judge
from cmgdocs.probe.targets import targets
from cmgdocs.probe.tried import Status, Tls, Tried
from cmgdocs.render import schema, tables
from cmgdocs.search.index import built_in
from cmgdocs.site.reader import SiteReader
from cmgdocs.views import registry
from cmgdocs.views.documents import (
    DOCUMENTS,
    Played,
    Predicted,
    audit_data,
    diagnosis_data,
    difference_data,
    explanation_data,
    facts_data,
    found_data,
    lab_data,
    outcome_data,
    plan_data,
    plans_data,
    probe_data,
    required_ports_data,
    table_data,
)
from cmgdocs.views.explanation import explain
from cmgdocs.whatif.ask import ask
from cmgdocs.whatif.outcome import Outcome

EXAMPLES = Path(__file__).parent.parent / "examples"
LOGS = EXAMPLES / "logs"
SITES = sorted(EXAMPLES.glob("*.toml"))


@pytest.fixture(scope="module")
def made(facts: System) -> dict[str, list[object]]:
    """Documents of each kind, of all examples."""
    plans = {path.stem: Planner(facts).plan(SiteReader(facts).read(path).deployment) for path in SITES}
    policy = read_policy((EXAMPLES / "firewalls" / "by-address-asa.cfg").read_bytes(), "by-address-asa.cfg")
    one, other, *_ = plans.values()
    moved = difference(rule_set(one), rule_set(other))
    asked = [{}, {"block": "any:azure:443"}, {"down": "connection-point"}, {"no_name": "connection-point:cmg"}]
    return {
        "facts": [facts_data(facts)],
        "required-ports": [required_ports_data(facts, edition.id) for edition in facts.editions],
        "plan": [*map(plan_data, plans.values())],
        "plans": [plans_data([(one, ()), (other, ())])],
        "what-if": [outcome_data(plan, ask(plan, **words).outcome) for words in asked for plan in (one, other)]
        + [outcome_data(plan, ask(plan, block="connection-point:any:any").outcome) for plan in plans.values()],
        "diagnosis": [
            diagnosis_data(facts, rule_set(one).rules, diagnose(facts, places))
            for places in ([LOGS], [*LOGS.iterdir()])
        ],
        "audit": [audit_data(audit(plans["by-address"], policy))],
        "probe": [probe_data(_probed(plan), {"dropped": "page.html"}) for plan in (one, plans["behind-a-proxy"])],
        "lab": [lab_data(Played("loopback", lost, ("1 ✓",), *_predicted(one))) for lost in ((), ("1: seen",))],
        "explanation": [
            explanation_data(explain(facts, item.id)) for item in (*facts.flows, *facts.roles, *facts.logs)
        ],
        "found": [found_data(built_in().find(words)) for words in ("10147", "fall back", "nothing of the kind")],
        "difference": [difference_data(moved, "a", "b"), difference_data(moved, "a", "b", moves=CHANGES)],
        "table": [table_data(registry.table(facts, name)) for name in registry.table_names(facts)],
    }


def _probed(plan: Plan) -> Probe:
    """A probe of which every other trial fails, without a network."""
    listed = targets(plan, RoleId("connection-point"))
    tls = Tls("TLSv1.3", "TLS_AES_256_GCM_SHA384", "CN=a", "CN=b", ("a",), "2027-01-01", ("CN=a",))
    ends = [(Status.WORKS, None, tls), (Status.FAILS, Seen.SILENT, None)]
    pairs = zip(listed.tried, cycle(ends))
    tried = [Tried(target, "", status, seen, "", tls=shown) for target, (status, seen, shown) in pairs]
    return judge(plan, listed, tried)


def _predicted(plan: Plan) -> tuple[Outcome, Predicted]:
    outcome = ask(plan).outcome
    return outcome, Predicted(plan, outcome)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_document_is_as_its_schema_says(made: dict[str, list[object]], name: str) -> None:
    wanted = schema.schema(name)
    jsonschema.Draft202012Validator.check_schema(wanted)
    validator = jsonschema.Draft202012Validator(wanted)
    for document in made[name]:
        validator.validate(json.loads(tables.dump(document)))


def test_a_schema_refuses_what_no_document_says(made: dict[str, list[object]]) -> None:
    validator = jsonschema.Draft202012Validator(schema.schema("plan"))
    good = json.loads(tables.dump(made["plan"][0]))
    row = good["rows"][0]
    for bad in (
        {"ports": [[443, 443, 443]]},
        {"ports": [[0, 443]]},
        {"direction": "up"},
        {"step": "1"},
        {"more": True},
    ):
        assert not validator.is_valid(good | {"rows": [row | bad]})
    assert not validator.is_valid({key: value for key, value in good.items() if key != "left-out"})
