"""What of a log is not of the site: names and ports of another gateway, and what stays undecided."""

from __future__ import annotations

import pytest
from sitefiles import FACTS, planned, site_text

from cmgdocs.diagnose.diagnosis import Diagnosis, Finding, Line
from cmgdocs.facts.model import FlowId, SymptomId
from cmgdocs.views.misfits import ALIAS, CHANGED, OTHER, misfits

AZURE, OTHERS = "contoso.westeurope.cloudapp.azure.com", "fabrikam.westeurope.cloudapp.azure.com"
OWN = "cmg.contoso.example"


def said(gateway: object, hosts: tuple[str, ...], ports: tuple[int, ...], flow: str = "F06", instances: int = 2) -> str:
    """What is said of a log with these hosts and ports, for a site with that gateway."""
    plan = planned(site_text({"cmg": gateway} if gateway else {}, configmgr="2509", instances=instances))
    lines = (Line("a.log", 1, "", "x"),)
    finding = Finding(SymptomId("channel-port-blocked"), (FlowId(flow),), hosts, ports, lines, 1, None)
    found = misfits(plan, FACTS, Diagnosis((finding, finding), 1, 0, 0, ()))
    assert len(found) < 2
    assert all(item.sure == (ALIAS not in item.text and "does not need" not in item.text) for item in found)
    return found[0].text if found else ""


@pytest.mark.parametrize(
    ("gateway", "hosts", "ports"),
    [
        (AZURE, (AZURE.upper(),), (10125,)),
        ([OWN, AZURE], (OWN,), (10124,)),
        (AZURE, (OTHERS, AZURE), (10124, 10125)),
        (None, (OTHERS,), (10125,)),
        ("192.0.2.7", (OWN,), (10125,)),
        (AZURE, ("192.0.2.7",), (10125,)),
        (AZURE, (), ()),
    ],
    ids=["same", "one of two", "another gateway, too", "no gateway", "by address", "address tried", "nothing tried"],
)
def test_a_log_of_the_site_and_one_that_may_be_fit(
    gateway: object, hosts: tuple[str, ...], ports: tuple[int, ...]
) -> None:
    assert said(gateway, hosts, ports) == ""


@pytest.mark.parametrize(
    ("gateway", "hosts", "ports", "end"),
    [
        (AZURE, (OTHERS,), (10125,), OTHER),
        (OWN, ("cmg.fabrikam.example",), (10125,), OTHER),
        (AZURE, (OWN,), (10125,), ALIAS),
        (OWN, (AZURE,), (10125,), ALIAS),
        (AZURE, (OWN,), (10126,), OTHER),
        (AZURE, (AZURE,), (10126,), CHANGED),
        (None, (OWN,), (10126,), OTHER),
        (AZURE, (OTHERS,), (), OTHER),
    ],
)
def test_what_does_not_fit_is_said_with_names_and_ports_of_both(
    gateway: object, hosts: tuple[str, ...], ports: tuple[int, ...], end: str
) -> None:
    text = said(gateway, hosts, ports)
    assert text.startswith(f"The log tried {hosts[0]}")
    assert "on ports 10124-10125: " in text if gateway else "gateway has ports 10124-10125: " in text
    assert text.endswith(f": {end}")


def test_a_port_of_another_kind_of_channel_is_compared_with_that_of_the_site() -> None:
    assert said(AZURE, (AZURE,), (10125,), instances=1) == (
        f"The log tried {AZURE} on port 10125. This site's gateway is {AZURE} on port 443: {CHANGED}"
    )
    assert said(AZURE, (), (443,), "F05").startswith("The log tried port 443. This site's gateway is ")


def test_a_flow_that_the_site_does_not_need_is_named() -> None:
    assert said(AZURE, (), (), "F02").startswith("The log shows F02, which this site does not need: ")


def test_a_fault_of_another_version_is_said_to_be_one() -> None:
    plan = planned(site_text({}, configmgr="2509"))
    finding = Finding(SymptomId("install-package-link-2409"), (), (), (), (Line("a.log", 1, "", "x"),), 1, None)
    (found,) = misfits(plan, FACTS, Diagnosis((finding,), 1, 0, 0, ()))
    assert found.text.endswith(
        "only before version 2503. The site file says 2509: look at the other possible causes, or correct the file."
    )
    assert not found.sure
