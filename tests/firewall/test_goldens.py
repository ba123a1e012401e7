"""A small text for each dialect, for people to read; running this file writes them again."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from made_sites import BEHIND_A_PROXY, SMALL, made, plain_site, rules_of

from cmgdocs.firewall.dialect import Dialect, written
from cmgdocs.firewall.registry import DIALECTS
from cmgdocs.plan.rules import RuleSet

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "tests" / "golden" / "firewall"
PAGE = ROOT / "book" / "developers" / "dialects.md"
MEANT = "where the change is meant: python tests/firewall/test_goldens.py"
SITES = {"nftables": SMALL, "iptables": SMALL, "ip6tables": SMALL, "squid": BEHIND_A_PROXY}  # all others: `rules`
TEXTS = [item for item in DIALECTS if item.name != "xlsx"]  # a workbook is no text
each = pytest.mark.parametrize("item", TEXTS, ids=lambda item: item.name)


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


def golden(item: Dialect) -> bytes:
    given = rules_of(SITES[item.name], "small") if item.name in SITES else rules()
    return written(given, item, lambda _: ("198.51.100.7", "2001:db8:1::7"))


@each
def test_every_dialect_has_a_text_in_the_golden_folder_and_is_written_as_before(item: Dialect) -> None:
    path = GOLDEN / f"{item.name}{item.ending}"
    repair = f"{path.name}: not what is written now; {MEANT}"
    assert path.is_file(), repair
    assert golden(item).decode() == path.read_text(encoding="utf-8"), repair


def test_no_other_text_is_in_the_golden_folder() -> None:
    others = {path.name for path in GOLDEN.iterdir()} - {f"{item.name}{item.ending}" for item in TEXTS}
    assert not others, "".join(f"{name}: no dialect writes it; {MEANT}, and remove the old file" for name in others)


@pytest.mark.parametrize("name", [item.name for item in DIALECTS])
def test_every_dialect_has_an_entry_on_the_page_of_dialects(name: str) -> None:
    assert f"`{name}`" in PAGE.read_text(encoding="utf-8"), f"say in {PAGE.relative_to(ROOT)} what {name} is for"


if __name__ == "__main__":
    for each_text in TEXTS:
        (GOLDEN / f"{each_text.name}{each_text.ending}").write_bytes(golden(each_text))
