"""A small text for each dialect, and for what takes its rules out; running this file writes them again."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from made_sites import BEHIND_A_PROXY, SMALL, made, plain_site, rules_of

from cmgdocs.errors import UnknownId
from cmgdocs.firewall.dialect import Dialect, written
from cmgdocs.firewall.registry import DIALECTS, dialect, dialects_table
from cmgdocs.plan.rules import RuleSet
from cmgdocs.render.tables import markdown

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "tests" / "golden" / "firewall"
PAGE = ROOT / "book" / "developers" / "dialects.md"
LISTED = GOLDEN / "dialects.md"
MEANT = "where the change is meant: python tests/firewall/test_goldens.py"
SITES = {"nftables": SMALL, "iptables": SMALL, "ip6tables": SMALL}
SITES |= {"squid": BEHIND_A_PROXY, "names": BEHIND_A_PROXY}  # all others: `rules`
TEXTS = [item for item in DIALECTS if item.name != "xlsx"]  # a workbook is no text
each = pytest.mark.parametrize("item", TEXTS, ids=lambda item: item.name)


def rules() -> RuleSet:
    """Three rules of a site with three VM instances; the gateway has a name, other ends addresses of both versions."""
    found = made(
        plain_site(connection_point=["10.0.1.5", "2001:db8::5"], management_point=["10.0.2.0/24", "2001:db8:2::/64"])
        | {"cmg": ["contoso.westeurope.cloudapp.azure.com"]},
        "golden",
        configmgr="2509",
        instances=3,
    )
    return dataclasses.replace(found, rules=tuple(rule for rule in found.rules if rule.id in ("F06", "F09", "F23")))


def texts(item: Dialect) -> dict[str, bytes]:
    """File name -> content of what a dialect writes."""
    given = rules_of(SITES[item.name], "small") if item.name in SITES else rules()
    found = {f"{item.name}{item.ending}": written(given, item, lambda _: ("198.51.100.7", "2001:db8:1::7"))}
    return found | ({f"{item.name}-removal{item.ending}": item.remove(given)} if item.remove else {})


def table() -> str:
    """The table for people, and where a page can lead to a dialect."""
    made = dialects_table()
    places = "".join(f"- {made.id}-{line.id}\n" for line in made.lines)
    return f"# {made.caption}\n\n{markdown(made)}\n{places}"


def unchanged(contents: dict[str, bytes]) -> None:
    """Compare files of the golden folder, by their names, with what is written now."""
    kept = {name: path.read_bytes() for name in contents if (path := GOLDEN / name).is_file()}
    changed = [name for name, content in contents.items() if kept.get(name) != content]
    assert not changed, "\n".join(f"{name}: not what is written now; {MEANT}" for name in changed)


@each
def test_what_every_dialect_writes_is_in_the_golden_folder_as_before(item: Dialect) -> None:
    unchanged(texts(item))


def test_the_table_of_dialects_is_as_before() -> None:
    unchanged({LISTED.name: table().encode()})


def test_an_unknown_dialect_is_refused_with_the_nearest() -> None:
    with pytest.raises(UnknownId) as caught:
        dialect("nftable")
    assert str(caught.value).startswith("no dialect 'nftable'; did you mean 'nftables'?")


def test_no_other_text_is_in_the_golden_folder() -> None:
    own = {f"{item.name}{part}{item.ending}" for item in TEXTS for part in ("", *["-removal"] * bool(item.remove))}
    others = {path.name for path in GOLDEN.iterdir()} - own - {LISTED.name}
    assert not others, "".join(f"{name}: no dialect writes it; {MEANT}, and remove the old file" for name in others)


@pytest.mark.parametrize("name", [item.name for item in DIALECTS])
def test_every_dialect_has_an_entry_on_the_page_of_dialects(name: str) -> None:
    assert f"`{name}`" in PAGE.read_text(encoding="utf-8"), f"say in {PAGE.relative_to(ROOT)} what {name} is for"


if __name__ == "__main__":
    LISTED.write_text(table(), encoding="utf-8", newline="\n")
    for each_item in TEXTS:
        for each_name, each_content in texts(each_item).items():
            (GOLDEN / each_name).write_bytes(each_content)
