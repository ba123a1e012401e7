"""A part of a condition, or a key of a site file, that code forgets would be accepted and change nothing."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest
from sitefiles import FACTS, PLANNER, READER, planned, site_text

from cmgdocs.errors import SiteError
from cmgdocs.facts.model import Condition, MethodId, SiteMode, UseId, Version
from cmgdocs.facts.text import when_text
from cmgdocs.site.conditions import unmet
from cmgdocs.site.keys import PROXY, Key, keys
from cmgdocs.site.model import Setup
from cmgdocs.views.documents import plan_data

SITE = planned(site_text({"cmg": "contoso.example"}, instances=2)).deployment
UNMET = {
    "method": Condition(method=MethodId("classic")),
    "fewest": Condition(fewest=3, most=16),
    "most": Condition(fewest=1, most=1),
    "content": Condition(content=False),
    "since": Condition(since=Version("9999")),
    "before": Condition(before=FACTS.versions[0]),
    "credential": Condition(credential=FACTS.credentials[0].id),
    "site_modes": Condition(site_modes=(SiteMode.HTTP,)),
    "update_ports": Condition(update_ports=(80,)),
    "use": Condition(use=UseId("client-revocation")),
}


def test_every_part_of_a_condition_is_tried() -> None:
    assert [*UNMET, "inferred"] == [field.name for field in fields(Condition)]


@pytest.mark.parametrize("part", UNMET)
def test_every_part_of_a_condition_decides_and_is_said(part: str) -> None:
    system = replace(FACTS, versions=(*FACTS.versions, Version("9999")))
    assert unmet(UNMET[part], SITE.setup, system)
    assert when_text(UNMET[part], system) != "always"


NAMES, DUAL = ["a.example", "b.example"], ["a.example", "10.0.1.5", "2001:db8::5"]
FLOWS = {"F22", "F23", "F24"}
ON_SERVERS: list[tuple[dict[str, list[str]], set[str], list[str]]] = [
    ({}, set(), ["site-server", "connection-point", "service-connection-point"]),
    ({"connection-point": NAMES[:1]}, set(), ["site-server", "service-connection-point"]),
    ({"connection-point": DUAL}, set(), ["site-server", "service-connection-point"]),  # may all be one server
    ({"connection-point": NAMES}, {"F22"}, ["site-server", "service-connection-point"]),
    ({"connection-point": NAMES, "site-server": NAMES[:1]}, {"F22"}, ["service-connection-point"]),
    ({"site-server": NAMES[:1], "service-connection-point": NAMES[:1]}, set(), ["connection-point"]),
    ({"site-server": NAMES}, {"F22", "F23"}, ["service-connection-point"]),
    (dict.fromkeys(("site-server", "connection-point", "service-connection-point"), NAMES[:1]), set(), []),
]


@pytest.mark.parametrize(("hosts", "flows", "wanted"), ON_SERVERS)
def test_roles_are_on_one_server_or_on_several_or_the_role_to_name_is_said(
    hosts: dict[str, list[str]], flows: set[str], wanted: list[str]
) -> None:
    reading = READER.parse(site_text(hosts))
    plan = PLANNER.plan(reading.deployment)
    assert {row.flow.id for row in plan.rows} & FLOWS == flows
    unknown = {item.flow.id: item.reason for item in plan.left_out if "not known here: [hosts]" in item.reason}
    warned = [fault.what for fault in reading.warnings if "it is not known whether" in fault.what]
    said = f"{', '.join(unknown)}, which are left out: name {', '.join(wanted)}"
    assert warned == [f"it is not known whether the site needs {said}"] * bool(wanted)
    assert all(any(role in reason for role in wanted) for reason in unknown.values())


def test_every_key_of_a_site_file_is_in_the_plan_for_programs() -> None:
    plan = planned(site_text({"cmg": "contoso.example"}))
    assert set(plan_data(plan)["setup"]) == {key.name for key in keys(FACTS)}


def _values(key: Key) -> tuple[object, ...]:
    """What a key may be, each value of a list by itself."""
    return tuple([choice] if key.many else choice for choice in key.choices) or key.bounds or (PROXY,)


def _comes_of(**values: object) -> str:
    """The plan of a site with its warnings, or its faults, without what merely repeats the site file."""
    try:
        reading = READER.parse(site_text({"cmg": "contoso.example"}, **values))
    except SiteError as error:
        return str(error)
    return str(plan_data(PLANNER.plan(reading.deployment), reading.warnings) | {"setup": None})


def test_every_field_of_a_setup_is_decided_by_a_key() -> None:
    assert [key.decides for key in keys(FACTS)] == [field.name for field in fields(Setup)]


@pytest.mark.parametrize("key", keys(FACTS), ids=lambda key: key.name)
def test_every_key_of_a_site_file_changes_something(key: Key) -> None:
    assert len({_comes_of(), *(_comes_of(**{key.name: value}) for value in _values(key))}) > 1
