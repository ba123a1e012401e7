"""Names of rules and objects: safe, not too long, and those of two sites apart; and what the first lines say."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_sites import PLANNER, READER, SMALL, made, plain_site, rules_of

from cmgdocs.firewall.dialect import Dialect, comment, left_out, ready, written
from cmgdocs.firewall.names import ascii_text, shortened, site_slug, unique
from cmgdocs.firewall.registry import DIALECTS, dialect
from cmgdocs.plan.rules import rule_set

WITH_HEAD = [item for item in DIALECTS if item.complete]


@pytest.mark.parametrize("name", ["contoso", "contoso-hq", "site2", "a" * 15])
def test_a_safe_name_of_a_site_stays_as_it_is(name: str) -> None:
    assert site_slug(name) == name


@pytest.mark.parametrize(
    ("name", "start"),
    [
        ("<b>x</b>", "b-x-b-"),
        ("x" * 300, "xxxxxx-"),
        ("Contoso", "contos-"),
        ("été", "t-"),
        ("a--b", "a-b-"),
        ("--", ""),
        ("-a-", "a-"),
        ("north\udcff", "north-"),
    ],
)
def test_what_is_lost_of_a_name_becomes_a_hash(name: str, start: str) -> None:
    assert re.fullmatch(f"{start}[0-9a-f]{{8}}", site_slug(name))


@given(st.text(), st.text(), st.integers(12, 40))
def test_a_slug_is_safe_and_short_and_is_that_of_one_name_only(one: str, other: str, longest: int) -> None:
    slug = site_slug(one, longest)
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", slug)
    assert len(slug) <= longest
    assert site_slug(slug, longest) != slug or slug == one
    assert (slug == site_slug(other, longest)) == (one == other)


@given(st.text("ab ", max_size=40).map(" ".join), st.integers(5, 30))
def test_a_text_is_cut_between_words(text: str, longest: int) -> None:
    cut = shortened(text, longest)
    assert len(cut) <= longest
    assert cut == text or (cut.endswith("...") and text.startswith(cut[:-3]))


def test_the_last_word_that_fits_is_kept_whole() -> None:
    assert shortened("one two three", 13) == "one two three"
    assert shortened("one two three", 12) == "one two..."
    assert shortened("one two three", 10) == "one two..."
    assert shortened("one two three", 9) == "one..."
    assert shortened("threefold", 7) == "thre..."


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (["a/b", "a b", "A-B"], ["a-b", "a-b-2", "A-B-3"]),
        (["n-2001:db8::", "ab.cdefg.h"], ["n-2001-db8", "ab.cdefg.h"]),
        (["one-name-of-many", "one-name--ten", "One-Name.Twelve"], ["one-name-o", "one-name", "One-Name.T"]),
        (["abcdefg-ten", "abcdefg-twelve", "ABCDEFG-T"], ["abcdefg-te", "abcdefg-tw", "ABCDEFG-T"]),
        (["abcdefg-ten", "abcdefg-tenth"], ["abcdefg-te", "abcdefg-2"]),
        (["BOX", "with-a-BOX", "with-a-BOX-2"], ["BOX", "with-a-BOX", "with-a-B-2"]),
        (["abcdefgX-ten", "abcdefgX-tenth"], ["abcdefgX-t", "abcdefgX-2"]),
    ],
)
def test_names_are_safe_and_short_and_differ(wanted: list[str], found: list[str]) -> None:
    assert [*unique(wanted, 10)] == found


def test_a_text_for_a_device_keeps_its_words_and_has_nothing_that_ends_a_comment() -> None:
    assert ascii_text('"Contoso"\nnorth $x --> été ').split() == ["Contoso", "north", "x", "-", "t"]


@pytest.mark.parametrize(
    ("instances", "edition", "first", "second"),
    [
        (1, "2026", "small, made by cmgdocs, edition 2026", "1 VM instance"),
        (2, None, "small, made by cmgdocs", "2 VM instances"),
    ],
)
def test_the_first_lines_say_for_what_setup_the_rules_are(
    instances: int, edition: str | None, first: str, second: str
) -> None:
    text = SMALL.replace("instances = 3", f"instances = {instances}")
    rules = rule_set(PLANNER.plan(READER.parse(text, "small").deployment, edition))
    assert written(rules, dialect("nftables")).decode().splitlines()[:2] == [
        f"# Rules for {first}",
        f"# vmss, {second}, Configuration Manager 2603, public cloud",
    ]


def test_the_rule_to_a_proxy_names_all_connections_that_it_is_for_and_no_other_does() -> None:
    rules = rules_of(f'proxy = "10.9.9.9:8080"{SMALL}')
    found = {rule.id: comment(rule) for rule in rules.rules}
    to_proxy = "Configuration Manager console to Web proxy, Reach the internet through the web proxy"
    assert found["proxy-console"] == f"proxy-console: {to_proxy}: F14, F37, F38, F39"
    assert found["F37"] == "F37: Web proxy to Microsoft Graph, Register the apps (inferred)"
    assert found["F09"].endswith(
        ": CMG connection point to Management point, Forward client requests to the management point"
    )


@pytest.mark.parametrize("item", WITH_HEAD, ids=lambda item: item.name)
@pytest.mark.parametrize("cloud", ["public", "us-government"])
def test_what_must_be_reached_and_has_no_rule_is_told(item: Dialect, cloud: str) -> None:
    both = {"connection_point": ["10.0.1.5", "2001:db8::5"], "management_point": ["10.0.1.8", "2001:db8::8"]}
    rules = made(plain_site(graph=["192.0.2.9"], **both), proxy="10.9.9.9:8080", cloud=cloud)
    text = written(rules, item, lambda _: ("192.0.2.7",)).decode()
    (endpoint,) = [found for found in rules.plan.system.endpoints if not found.flows]
    names = endpoint.public if cloud == "public" else endpoint.us_government
    line = f"No rule for {', '.join(names)}: no source describes the connection; "
    assert f"{line}always allow them for every part of Configuration Manager" in text


def test_a_host_that_a_look_up_strands_is_named_with_its_rules() -> None:
    rules = made(plain_site(connection_point=["10.0.1.5", "2001:db8::5"], management_point=["mp.corp.example"]))
    found = ready(rules, dialect("nftables"), lambda _: ("192.0.2.7",))
    (fault,) = [item for item in left_out(found) if item.what.startswith("the source 2001:db8::5 is left out")]
    ids = fault.where.split(", ")
    assert {"F09", "F10"} <= set(ids) <= {rule.id for rule in found.rules}


def test_same_rules_same_bytes_whatever_the_hash_seed() -> None:
    code = (
        "import sys; from made_sites import made, plain_site, resolve\n"
        "from cmgdocs.firewall.dialect import written\n"
        "from cmgdocs.firewall.registry import DIALECTS\n"
        "both = {'connection_point': ['10.0.1.5', '2001:db8::5'], 'management_point': ['10.0.1.8', '2001:db8::8']}\n"
        "hosts = plain_site(site_server=['10.0.0.9', 'a.b', '10.0.7.0/24', 'c.d'], **both)\n"
        "rules = made(hosts, proxy='10.9.9.9:8080')\n"
        "for item in DIALECTS:\n"
        "    if not item.extra or item.name == 'cisco-asa':\n"
        "        sys.stdout.buffer.write(written(rules, item, resolve))"
    )
    path = os.pathsep.join(map(str, [Path(__file__).parent, *sys.path]))
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code],
            check=True,
            capture_output=True,
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": path},
        ).stdout
        for seed in ("1", "2")
    }
    assert len(outputs) == 1
    assert outputs.pop().endswith(b"\n")
