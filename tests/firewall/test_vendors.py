"""Firewalls of five vendors: what we write, and what fwshift makes of it, says what the rules say, and no more."""

from __future__ import annotations

import dataclasses
import json
import re
from functools import cache
from importlib.metadata import version
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
from cmgdocs.site.hosts import HostKind, parse_host

HERE = Path(__file__).parent
every_vendor = pytest.mark.parametrize("item", FIREWALLS, ids=lambda item: item.name)
FEW = settings(  # each example runs a program
    max_examples=3, deadline=None, phases=[Phase.explicit, Phase.generate], suppress_health_check=[HealthCheck.too_slow]
)
PANOS = dialect("palo-alto")
CUT = "F" + "0" * 90
DNS = "DNS names are FQDN objects: the device looks them up itself, and needs DNS configured."


def text_of(rules: RuleSet, item: Dialect) -> str:
    return written(rules, item).decode("ascii")


@cache
def plain(item: Dialect) -> tuple[RuleSet, str]:
    """A site by addresses and what is written for it: several tests look at the same text."""
    found = made(plain_site(), instances=3)
    rules = dataclasses.replace(found, rules=tuple(rule for rule in found.rules if not _named(rule)))
    return rules, text_of(rules, item)


def _named(rule: Rule) -> bool:
    return any(host.kind is HostKind.NAME for end in (rule.source, rule.destination) for host in end.hosts)


def agrees(rules: RuleSet, item: Dialect) -> bool:
    return said_of(READERS[item.name](text_of(rules, item))) == said(rules.rules)


@every_vendor
@FEW
@given(text=sites())
def test_a_reader_finds_what_the_rules_say(item: Dialect, text: str) -> None:
    assert agrees(rules_of(text), item)


@settings(FEW, max_examples=15)
@given(text=sites())
def test_the_commands_that_all_others_come_from_say_what_the_rules_say(text: str) -> None:
    assert agrees(rules_of(text), PANOS)


@every_vendor
def test_rules_keep_their_order(item: Dialect) -> None:
    rules, text = plain(item)
    places = [
        found.start() for rule in rules.rules for found in [re.search(rf"site_{rule.id}(?![\w-])", text)] if found
    ]
    assert len(places) == len(rules.rules)
    assert places == sorted(places)


@every_vendor
def test_long_names_of_rules_and_groups_are_cut_and_stay_apart(item: Dialect) -> None:
    one = made(plain_site())
    end = dataclasses.replace(one.rules[0].source, role="role-" * 30)
    rules = []
    for i in range(12):
        hosts = tuple(parse_host(f"10.9.{i}.{j}") for j in range(1, 20, 3))
        source = dataclasses.replace(end, hosts=hosts)
        rules.append(dataclasses.replace(one.rules[0], id=f"{CUT}{i}", source=source))
    rules.append(dataclasses.replace(rules[0], id=f"{CUT}12", ports=one.rules[1].ports))
    assert agrees(dataclasses.replace(one, rules=tuple(rules)), item)


@every_vendor
def test_long_lists_and_all_instances_make_no_noise_and_lose_no_host(
    item: Dialect, capfd: pytest.CaptureFixture[str]
) -> None:
    many = [f"10.{9 + i // 200}.{i % 200}.5" for i in range(250)]
    assert agrees(made(plain_site(connection_point=["10.0.0.5", "cp.corp.example", *many]), instances=16), item)
    assert capfd.readouterr() == ("", "")


@every_vendor
def test_only_additions_are_written(item: Dialect) -> None:
    _, text = plain(item)
    loaded = "\n".join(line for line in text.splitlines() if not re.match(r"[#!]", line))
    for word in ("replace", "delete", "clear", "deny", "Drop", "drop", "access-group", "system zone", "FWSh"):
        assert word not in loaded
    assert "ot run on a device" in text
    assert text.endswith("\n")
    assert not text.endswith("\n\n")


@every_vendor
def test_every_rule_logs(item: Dialect) -> None:
    rules, text = plain(item)
    logs = {
        "cisco-asa": r" log$",
        "palo-alto": r" log-end yes$",
        "juniper-srx": r" then log session-close$",
        "fortigate": r" set logtraffic all$",
        "check-point": r" track\.type Log ",
    }
    assert len(re.findall(logs[item.name], text, re.MULTILINE)) == len(rules.rules)


RENAMED = {"cisco-asa": "other names", "juniper-srx": "zones", "check-point": "layer", "palo-alto": "Panorama"}


@every_vendor
def test_the_removal_names_what_was_made_and_nothing_else_and_says_what_to_rename(item: Dialect) -> None:
    rules = made(plain_site(site_server=["srv.corp.example", "2001:db8::9"], connection_point=["10.1.1.1", "10.1.1.2"]))
    assert item.remove
    text, gone = text_of(rules, item), item.remove(rules).decode("ascii")
    assert DNS in text
    assert set(re.findall(r"cmg-site_[^\s\":]+", gone)) == names(text, item.name)
    assert RENAMED.get(item.name, "") in "\n".join(line for line in gone.splitlines() if re.match("[#!]", line))
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
def test_a_site_of_one_rule_is_written_and_taken_out(item: Dialect) -> None:
    assert item.remove
    rules, _ = plain(item)
    one = dataclasses.replace(rules, rules=rules.rules[:1])
    assert agrees(one, item)
    assert names(text_of(one, item), item.name) == set(re.findall(r"cmg-site_[^\s\":]+", item.remove(one).decode()))


def test_a_device_that_gets_addresses_only_is_not_said_to_need_dns() -> None:
    assert DNS not in text_of(plain(PANOS)[0], PANOS)


ODD = ["x --> y", "<b>x</b>", "x" * 300, "a*/b;", 'a"b\nset x', "a?b\\", "été", "--", "$(x)"]


@pytest.mark.parametrize(
    ("item", "name"),
    [
        *((PANOS, name) for name in ODD),
        *((item, "".join(ODD)) for item in FIREWALLS),
        *((item, 'a"b\n$(x)') for item in FIREWALLS),
    ],
    ids=lambda value: getattr(value, "name", "name"),
)
def test_the_name_of_a_site_ends_no_comment(item: Dialect, name: str) -> None:
    assert agrees(made(plain_site(), name), item)


LONGEST = {"cisco-asa": 80, "palo-alto": 63, "juniper-srx": 63, "fortigate": 63, "check-point": 100}


@pytest.mark.parametrize(
    ("item", "one", "other"),
    [(PANOS, "<b>x</b>", "<i>x</i>"), (PANOS, "A", "a"), *((item, "x" * 300, "x" * 299) for item in FIREWALLS)],
    ids=lambda value: getattr(value, "name", "name"),
)
def test_two_sites_have_no_name_in_common(item: Dialect, one: str, other: str) -> None:
    hosts = plain_site(
        site_server=["srv-01.corp.example", "2001:db8::9"], management_point=["10.0.1.8", "mp.corp.example"]
    )
    found = [names(text_of(made(hosts, name, proxy="10.9.9.9:8080"), item), item.name) for name in (one, other)]
    assert len(found[0]) == len(found[1]) > 8
    assert not {name.casefold() for name in found[0]} & {name.casefold() for name in found[1]}
    assert all(len(name) <= LONGEST[item.name] for name in found[0] | found[1])


@every_vendor
def test_what_no_device_can_do_is_refused(item: Dialect) -> None:
    with pytest.raises(SiteError) as caught:
        written(made(plain_site(site_server=["srv"], management_point=["mp_1.corp.example"])), item)
    found = str(caught.value)
    assert re.search(r"^F09\b.* destination: found the name mp_1\.corp\.example;", found, re.MULTILINE)
    assert re.search(r"\bF22\b.* source: found the name srv;", found)
    with pytest.raises(SiteError, match=r"F09.*: source and destination share no address family"):
        written(made(plain_site(management_point=["2001:db8::1"])), item)
    with pytest.raises(SiteError, match=f"dialect {item.name}: found no rule to write"):
        written(dataclasses.replace(made(plain_site()), rules=()), item)


def test_without_fwshift_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    for item in FIREWALLS:
        if item.extra:
            with pytest.raises(MissingExtra, match=r"pip install 'cmgdocs\[firewall\]'"):
                written(made(plain_site()), item)
    assert written(made(plain_site()), PANOS)


def test_a_rule_that_fwshift_would_disable_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    run = fwshift.run

    def without_destination(words: list[str], inputs: dict[str, bytes], outputs: tuple[str, ...]) -> dict[str, bytes]:
        given = {name: re.sub(rb"(?m)^set address \S+_10\.0\.1\.8 .*\n", b"", text) for name, text in inputs.items()}
        return run(words, given, outputs)

    monkeypatch.setattr(fwshift, "run", without_destination)
    with pytest.raises(FwshiftError, match="does not write all of it"):
        written(made(plain_site()), dialect("fortigate"))


@pytest.mark.parametrize("word", ["needs-review", "skipped", "disabled"])
def test_what_fwshift_says_that_it_left_out_is_an_error(word: str, monkeypatch: pytest.MonkeyPatch) -> None:
    run = fwshift.run

    def saying_more(words: list[str], inputs: dict[str, bytes], outputs: tuple[str, ...]) -> dict[str, bytes]:
        found = run(words, inputs, outputs)
        said = json.loads(found["said"])
        said["summary"]["service"][word] = 1
        return found | {"said": json.dumps(said).encode()}

    monkeypatch.setattr(fwshift, "run", saying_more)
    with pytest.raises(FwshiftError, match=f"'{word}': 1"):
        written(made(plain_site()), dialect("fortigate"))


def test_the_pinned_fwshift_is_the_one_that_files_name() -> None:
    assert version("fwshift") == fwshift.VERSION
    assert f'"fwshift=={fwshift.VERSION}"' in (HERE.parents[1] / "pyproject.toml").read_text(encoding="utf-8")
