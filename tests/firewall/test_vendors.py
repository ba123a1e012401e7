"""Firewalls of five vendors: what we write, and what fwshift makes of it, says what the rules say, and no more."""

from __future__ import annotations

import dataclasses
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from made_sites import made, plain_site, rules_of, said, sites
from vendor_readers import READERS, names, said_of

from cmgdocs import fwshift
from cmgdocs.errors import FwshiftError, MissingExtra, SiteError
from cmgdocs.firewall.dialect import Dialect, written
from cmgdocs.firewall.registry import dialect
from cmgdocs.firewall.vendors import FIREWALLS
from cmgdocs.plan.rules import Rule, RuleSet
from cmgdocs.site.hosts import HostKind

HERE = Path(__file__).parent
every_vendor = pytest.mark.parametrize("item", FIREWALLS, ids=lambda item: item.name)
FEW = settings(  # each example runs a program
    max_examples=6, deadline=None, phases=[Phase.explicit, Phase.generate], suppress_health_check=[HealthCheck.too_slow]
)
MANY = settings(FEW, max_examples=25)


def text_of(rules: RuleSet, item: Dialect) -> str:
    return written(rules, item).decode("ascii")


def removal_of(rules: RuleSet, item: Dialect) -> str:
    assert item.remove
    return item.remove(rules).decode("ascii")


def agrees(rules: RuleSet, item: Dialect) -> bool:
    return said_of(READERS[item.name](text_of(rules, item))) == said(rules.rules)


@every_vendor
@FEW
@given(text=sites())
def test_a_reader_finds_what_the_rules_say(item: Dialect, text: str) -> None:
    assert agrees(rules_of(text), item)


@MANY
@given(text=sites())
def test_the_commands_that_all_others_come_from_say_what_the_rules_say(text: str) -> None:
    assert agrees(rules_of(text), dialect("palo-alto"))


@every_vendor
def test_rules_keep_their_order(item: Dialect) -> None:
    rules = made(plain_site(), instances=3)
    text = text_of(rules, item)
    places = [
        found.start() for rule in rules.rules for found in [re.search(rf"site_{rule.id}(?![\w-])", text)] if found
    ]
    assert len(places) == len(rules.rules)
    assert places == sorted(places)


@every_vendor
def test_names_that_share_their_beginning_stay_apart(item: Dialect) -> None:
    one = made(plain_site())
    long = "F" + "0" * 90
    rules = [dataclasses.replace(one.rules[0], id=f"{long}{i}") for i in range(17)]
    ports = [dataclasses.replace(rule, ports=one.rules[1].ports) for rule in rules[:1]]
    assert agrees(dataclasses.replace(one, rules=(*ports, *rules[1:])), item)


@every_vendor
def test_a_long_role_with_many_groups_is_cut_and_numbered(item: Dialect) -> None:
    one = made(plain_site())
    end = one.rules[0].source
    lists = [made(plain_site(site_server=[f"10.9.{i}.{j}" for j in range(1, 20, 3)])) for i in range(12)]
    hosts = [next(rule for rule in found.rules if rule.id == "F22").source.hosts for found in lists]
    role = dataclasses.replace(end, role="role-" * 30)
    rules = tuple(
        dataclasses.replace(one.rules[0], id=f"F{i}", source=dataclasses.replace(role, hosts=found))
        for i, found in enumerate(hosts)
    )
    assert agrees(dataclasses.replace(one, rules=rules), item)


@every_vendor
def test_long_lists_and_all_instances_make_no_noise_and_lose_no_host(
    item: Dialect, capfd: pytest.CaptureFixture[str]
) -> None:
    many = [f"10.{9 + i // 200}.{i % 200}.5" for i in range(600)]
    assert agrees(made(plain_site(connection_point=["10.0.0.5", "cp.corp.example", *many]), instances=16), item)
    assert capfd.readouterr() == ("", "")


@every_vendor
def test_only_additions_are_written(item: Dialect) -> None:
    text = text_of(made(plain_site()), item)
    loaded = "\n".join(line for line in text.splitlines() if not re.match(r"[#!]", line))
    for word in ("replace", "delete", "clear", "deny", "Drop", "drop", "access-group", "system zone", "FWSh"):
        assert word not in loaded
    assert "ot run on a device" in text
    assert text.endswith("\n")
    assert not text.endswith("\n\n")


@every_vendor
def test_every_rule_logs(item: Dialect) -> None:
    rules = made(plain_site())
    logs = {
        "cisco-asa": r" log$",
        "palo-alto": r" log-end yes$",
        "juniper-srx": r" then log session-close$",
        "fortigate": r" set logtraffic all$",
        "check-point": r" track\.type Log ",
    }
    assert len(re.findall(logs[item.name], text_of(rules, item), re.MULTILINE)) == len(rules.rules)


@every_vendor
def test_the_removal_names_what_was_made_and_nothing_else(item: Dialect) -> None:
    rules = made(plain_site(site_server=["srv.corp.example", "2001:db8::9"], connection_point=["10.1.1.1", "10.1.1.2"]))
    text, gone = text_of(rules, item), removal_of(rules, item)
    assert set(re.findall(r"cmg-site_[^\s\":]+", gone)) == names(text, item.name)
    commands = {
        "cisco-asa": r"no (?:access-list|object|object-group) .*",
        "palo-alto": r"delete .* cmg-site_\S+",
        "juniper-srx": r"delete .* cmg-site_\S+",
        "fortigate": r'(?:config firewall .*|    delete "cmg-site_\S+"|end)',
        "check-point": r"call delete .* name cmg-site_\S+",
    }
    first = "call delete" if item.name == "check-point" else ""
    loaded = [line for line in gone[gone.index(first) :].splitlines() if not re.match(r"[#!]", line)]
    assert [line for line in loaded if not re.fullmatch(commands[item.name], line)] == []
    if item.name == "cisco-asa":
        entries = [line for line in text.splitlines() if line.startswith("access-list")]
        assert [line.removeprefix("no ") for line in loaded if "access-list" in line] == entries[::-1]


@every_vendor
@pytest.mark.parametrize(
    "name", ["x --> y", "<b>x</b>", "x" * 300, "a*/b;", 'a"b\nset x', "a?b\\", "été", "--", "$(x)"]
)
def test_the_name_of_a_site_ends_no_comment(item: Dialect, name: str) -> None:
    assert agrees(made(plain_site(), name), item)


LONGEST = {"cisco-asa": 80, "palo-alto": 63, "juniper-srx": 63, "fortigate": 63, "check-point": 100}


@every_vendor
@pytest.mark.parametrize(("one", "other"), [("<b>x</b>", "<i>x</i>"), ("x" * 300, "x" * 299), ("A", "a")])
def test_two_sites_have_no_name_in_common(item: Dialect, one: str, other: str) -> None:
    hosts = plain_site(
        site_server=["srv-01.corp.example", "2001:db8::9"], management_point=["10.0.1.8", "mp.corp.example"]
    )
    found = [names(text_of(made(hosts, name, proxy="10.9.9.9:8080"), item), item.name) for name in (one, other)]
    assert len(found[0]) == len(found[1]) > 8
    assert not {name.casefold() for name in found[0]} & {name.casefold() for name in found[1]}
    assert all(len(name) <= LONGEST[item.name] for name in found[0] | found[1])


@every_vendor
def test_a_device_that_gets_names_is_said_to_need_dns(item: Dialect) -> None:
    line = "DNS names are FQDN objects: the device looks them up itself, and needs DNS configured."
    named = made(plain_site(site_server=["srv-01.corp.example"]))
    bare = dataclasses.replace(named, rules=tuple(rule for rule in named.rules if not _named(rule)))
    assert line in text_of(named, item)
    assert line not in text_of(bare, item)


def _named(rule: Rule) -> bool:
    return any(host.kind is HostKind.NAME for end in (rule.source, rule.destination) for host in end.hosts)


@every_vendor
def test_same_rules_same_bytes_whatever_the_hash_seed(item: Dialect) -> None:
    code = (
        "import sys; from made_sites import made, plain_site\n"
        "from cmgdocs.firewall.dialect import written\n"
        "from cmgdocs.firewall.registry import dialect\n"
        "rules = made(plain_site(site_server=['10.0.0.9', 'a.b', '10.0.7.0/24', 'c.d']))\n"
        f"sys.stdout.buffer.write(written(rules, dialect({item.name!r})))"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code],
            check=True,
            capture_output=True,
            cwd=HERE,
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(map(str, [HERE, *sys.path]))},
        ).stdout
        for seed in ("1", "2")
    }
    assert len(outputs) == 1


@every_vendor
def test_names_are_whole_and_have_no_underscore(item: Dialect) -> None:
    rules = made(plain_site(site_server=["srv"], management_point=["mp_1.corp.example"]))
    with pytest.raises(SiteError) as caught:
        written(rules, item)
    found = {str(fault).split(";")[0] for fault in caught.value.faults}
    assert "F09 destination: found the name mp_1.corp.example" in found
    assert "F22 source: found the name srv" in found


@every_vendor
def test_no_common_ip_version_is_refused(item: Dialect) -> None:
    with pytest.raises(SiteError, match="F09: source and destination share no address family"):
        written(made(plain_site(management_point=["2001:db8::1"])), item)


@every_vendor
def test_a_site_without_a_rule_is_refused(item: Dialect) -> None:
    with pytest.raises(SiteError, match=f"dialect {item.name}: found no rule to write"):
        written(dataclasses.replace(made(plain_site()), rules=()), item)


@every_vendor
def test_without_fwshift_the_extra_is_named(item: Dialect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    if not item.extra:
        written(made(plain_site()), item)
        return
    with pytest.raises(MissingExtra, match=r"pip install 'cmgdocs\[firewall\]'"):
        written(made(plain_site()), item)


def test_a_rule_that_fwshift_would_disable_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    run = fwshift.run

    def without_destination(words: list[str], inputs: dict[str, bytes], outputs: tuple[str, ...]) -> dict[str, bytes]:
        given = {name: re.sub(rb"(?m)^set address \S+_10\.0\.1\.8 .*\n", b"", text) for name, text in inputs.items()}
        return run(words, given, outputs)

    monkeypatch.setattr(fwshift, "run", without_destination)
    with pytest.raises(FwshiftError, match="does not write all of it"):
        written(made(plain_site()), dialect("fortigate"))


def test_the_pinned_fwshift_is_the_one_that_files_name() -> None:
    from importlib.metadata import version

    assert version("fwshift") == fwshift.VERSION
    assert f'"fwshift=={fwshift.VERSION}"' in (HERE.parents[1] / "pyproject.toml").read_text(encoding="utf-8")
