"""A part of a condition that code forgets would be accepted and change nothing."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest
from sitefiles import FACTS, planned, site_text

from cmgdocs.facts.model import Condition, MethodId, SiteMode, UseId, Version
from cmgdocs.facts.text import when_text
from cmgdocs.site.conditions import unmet
from cmgdocs.site.keys import keys
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


def test_every_key_of_a_site_file_is_in_the_plan_for_programs() -> None:
    plan = planned(site_text({"cmg": "contoso.example"}))
    assert set(plan_data(plan)["setup"]) == {key.name for key in keys(FACTS)}
