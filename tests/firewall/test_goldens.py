"""One small text for each kind of dialect, for people to read; running this file writes them again."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from made_sites import made, plain_site

from cmgdocs.firewall.dialect import written
from cmgdocs.firewall.registry import dialect
from cmgdocs.plan.rules import RuleSet

GOLDEN = Path(__file__).parents[1] / "golden" / "firewall"
NAMES = (
    "azure-nsg",
    "azure-firewall",
    "cisco-asa",
    "palo-alto",
    "juniper-srx",
    "fortigate",
    "check-point",
    "windows-firewall",
    "names",
)
REPAIR = "where the change is meant: python tests/firewall/test_goldens.py"


def rules() -> RuleSet:
    """Two rules of a site with three VM instances; the gateway has a name, a connection point an IPv6 address."""
    found = made(
        plain_site(connection_point=["10.0.1.5", "2001:db8::5"], management_point=["10.0.2.0/24", "2001:db8:2::9"])
        | {"cmg": ["contoso.westeurope.cloudapp.azure.com"]},
        "golden",
        configmgr="2509",
        instances=3,
    )
    return dataclasses.replace(found, rules=tuple(rule for rule in found.rules if rule.id in ("F06", "F09")))


def golden(name: str) -> bytes:
    return written(rules(), dialect(name), lambda _: ("198.51.100.7", "2001:db8:1::7"))


@pytest.mark.parametrize("name", NAMES)
def test_a_small_site_is_written_as_before(name: str) -> None:
    item = dialect(name)
    assert golden(name).decode() == (GOLDEN / f"{name}{item.ending}").read_text(encoding="utf-8"), REPAIR


if __name__ == "__main__":
    for each in NAMES:
        (GOLDEN / f"{each}{dialect(each).ending}").write_bytes(golden(each))
