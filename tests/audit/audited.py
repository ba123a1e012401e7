"""What the tests of the audit share: a site by addresses, and an audit of one file for it."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from cmgdocs.audit import Audit, Finding, audit
from cmgdocs.audit.configuration import read_policy
from cmgdocs.audit.policy import Policy
from cmgdocs.audit.zones import with_zones
from cmgdocs.facts import load
from cmgdocs.plan.plan import Plan, Planner
from cmgdocs.site.reader import SiteReader

HERE = Path(__file__).parent
SITE = HERE / "site.toml"
CONFIGS, LISTS = HERE / "configs", HERE / "lists"


@cache
def planner() -> Planner:
    return Planner(load())


def plan_of(text: str = "") -> Plan:
    """The plan of a site file's text, that of SITE by default."""
    return planner().plan(SiteReader(planner().system).parse(text or SITE.read_text("utf-8"), "site").deployment)


def policy_of(content: bytes | str, name: str, zones: tuple[str, ...] = ()) -> Policy:
    content = content.encode() if isinstance(content, str) else content
    return with_zones(read_policy(content, name), zones)


def judged(content: bytes | str, name: str, zones: tuple[str, ...] = (), plan: Plan | None = None) -> Audit:
    """An audit at the perimeter."""
    return audit(plan or plan_of(), policy_of(content, name, zones), perimeter=True)


def flows(findings: tuple[Finding, ...]) -> set[str]:
    return {flow for item in findings for flow in item.rule.flows}
