"""Rules for Windows Firewall, read back from their PowerShell; and the plain list of names."""

from __future__ import annotations

import dataclasses
import re

import pytest
from hypothesis import HealthCheck, given, settings
from made_sites import made, plain_site, resolve, rules_of, sites

from cmgdocs.errors import SiteError
from cmgdocs.firewall.dialect import written
from cmgdocs.firewall.registry import dialect

WINDOWS, NAMES = dialect("windows-firewall"), dialect("names")
RELAXED = settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
NAMED = {"cmg": ["contoso.westeurope.cloudapp.azure.com"]}


def read(text: str) -> list[tuple[str, dict[str, str]]]:
    """The heading above each command, and its parameters; quotes are PowerShell's single ones."""
    out, heading = [], ""
    for line in text.splitlines():
        if line.startswith("## On "):
            heading = line
        elif not line.startswith("#") and line:
            assert line.startswith("New-NetFirewallRule ")
            found = re.findall(r" -([A-Za-z]+) ((?:'(?:[^']|'')*'|[A-Za-z]+)(?:,'[^']*')*)", line)
            assert "New-NetFirewallRule" + "".join(f" -{key} {value}" for key, value in found) == line
            out.append((heading, {key: value.replace("''", "\\") for key, value in found}))
    return out


def entries(commands: list[tuple[str, dict[str, str]]], direction: str) -> set[tuple[str, frozenset[str], object]]:
    """Rule, remote addresses and ports of the commands in one direction."""
    port = "LocalPort" if direction == "Inbound" else "RemotePort"
    return {
        (
            found["DisplayName"].strip("'").partition(":")[0],
            frozenset(text.strip("'") for text in found["RemoteAddress"].split(",")),
            tuple(text.strip("'") for text in found[port].split(",")),
        )
        for _, found in commands
        if found["Direction"] == direction
    }


@RELAXED
@given(sites(named=False))
def test_each_end_inside_gets_what_the_rules_say(text: str) -> None:
    rules = WINDOWS.stand_in(rules_of(text))
    commands = read(written(rules, WINDOWS).decode("ascii"))
    for direction, own, other in (("Inbound", "destination", "source"), ("Outbound", "source", "destination")):
        wanted = set()
        for rule in rules.rules:
            if getattr(rule, own).zone.inside:
                versions = {host.version for host in getattr(rule, own).hosts}
                met = {
                    str(host) for host in getattr(rule, other).hosts if not host.version or versions & {0, host.version}
                }
                wanted.add((rule.id, frozenset({"Any"} if "any" in met else met), tuple(map(str, rule.ports))))
        assert entries(commands, direction) == wanted


def test_a_block_names_its_hosts_by_name_though_rules_have_addresses() -> None:
    rules = made(plain_site(management_point=["mp.corp.example"]))
    text = written(rules, WINDOWS, resolve).decode()
    assert "## On Management point: mp.corp.example" in text
    (found,) = [item for heading, item in read(text) if "_F09-out" in item["Name"]]
    assert found["RemoteAddress"] == ",".join(f"'{host}'" for host in resolve("mp.corp.example")[:1])


def test_an_apostrophe_ends_no_text_of_powershell() -> None:
    one = made(plain_site())
    odd = dataclasses.replace(one, rules=(dataclasses.replace(one.rules[0], reason="Ask for 'all' that's new"),))
    ((_, found),) = read(written(odd, WINDOWS, resolve).decode())
    assert found["DisplayName"].endswith(r", Ask for \all\ that\s new'")


def test_removal_is_one_line_for_the_group_that_every_rule_has() -> None:
    text = written(made(plain_site(), "contoso"), WINDOWS).decode()
    assert "# To take them out again: Remove-NetFirewallRule -Group 'cmgdocs contoso'." in text
    assert {found["Group"] for _, found in read(text)} == {"'cmgdocs contoso'"}
    names = [found["Name"] for _, found in read(text)]
    assert len(set(names)) == len(names)


def test_what_leads_to_a_name_outside_is_left_out_and_said() -> None:
    hosts = {role: found for role, found in plain_site().items() if "storage" not in role and role != "key-vault"}
    rules = made(hosts | NAMED)
    text = written(rules, WINDOWS).decode()
    assert "# No rule for F19: Windows Firewall takes no names" in text
    assert "_F19-" not in text
    (line,) = WINDOWS.warns(WINDOWS.stand_in(rules))
    assert line.startswith("no outbound rule for F01, F05, ")
    assert "_F19-out" in written(rules, WINDOWS, resolve).decode()


def test_a_name_inside_is_refused() -> None:
    with pytest.raises(SiteError, match=r"hosts\.management-point: found mp\.corp\.example \(F09"):
        written(made(plain_site(management_point=["mp.corp.example"])), WINDOWS)


def test_the_list_has_every_name_under_its_role_and_no_rule() -> None:
    text = written(made(plain_site(**NAMED)), NAMES).decode()
    lists = {part.splitlines()[0]: part.splitlines()[1:] for part in text.split("\n\n")}
    assert lists["# CMG connection point: Build the channel, port 443"] == NAMED["cmg"]
    assert lists["# CMG connection point: The gateway's key vault, port 443"] == ["contoso.vault.azure.net"]
    assert "No rule for" not in text
    assert "<" not in "".join(line for line in text.splitlines() if not line.startswith("#"))


@pytest.mark.parametrize(
    ("cmg", "name", "how"),
    [
        ("198.51.100.9", "<prefix>.<region>.cloudapp.azure.com", "name it as cmg under [hosts]"),
        (
            "cmg.contoso.com",
            "<prefix>.vault.azure.net",
            "name it as key-vault under [hosts], or give the gateway's name as Azure has it",
        ),
        # No account of storage has a hyphen in its name.
        (
            "con-toso.westeurope.cloudapp.azure.com",
            "<prefix>.blob.core.windows.net",
            "name it as blob-storage under [hosts]",
        ),
    ],
    ids=["gateway", "vault", "storage"],
)
def test_a_name_that_is_not_known_whole_is_a_comment_that_says_what_to_give(cmg: str, name: str, how: str) -> None:
    assert f"# {name}: {how}" in written(made(plain_site(cmg=[cmg])), NAMES).decode().splitlines()


def test_the_list_has_all_ports_of_a_name_in_the_order_in_which_they_are_tried() -> None:
    text = written(made(plain_site(), method="classic", configmgr="2309"), NAMES).decode()
    assert "# CMG connection point: Build the channel, port 10140, 443\n" in text


def test_the_list_has_the_names_that_the_site_file_gives() -> None:
    given = {"cmg": ["cmg.contoso.com"], "blob-storage": ["mystore.blob.core.windows.net"]}
    text = written(made(plain_site(**given)), NAMES).decode()
    assert {line for line in text.splitlines() if "blob" in line} == set(given["blob-storage"])
