# ruff: noqa: E501 - a table of odd names
"""The script of the planner's page against the library: the same bytes, the same refusals."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import combinations, product
from pathlib import Path
from typing import Any

import pytest

from cmgdocs.errors import SiteError
from cmgdocs.facts import load
from cmgdocs.firewall.dialect import written
from cmgdocs.firewall.registry import dialect
from cmgdocs.plan.difference import Move, difference
from cmgdocs.plan.plan import Plan, Planner
from cmgdocs.plan.request import request
from cmgdocs.plan.rules import RuleSet, rule_set
from cmgdocs.planner.document import document
from cmgdocs.planner.effects import state_of
from cmgdocs.planner.form import Field, fields
from cmgdocs.planner.items import SITE
from cmgdocs.planner.texts import site_file
from cmgdocs.render.tables import json as table_json
from cmgdocs.site.hosts import HostKind, parse_host
from cmgdocs.site.keys import keys
from cmgdocs.site.reader import SiteReader
from cmgdocs.views.outcome_tables import summary
from cmgdocs.views.request_tables import flat_table
from cmgdocs.whatif.ask import ask

quickjs = pytest.importorskip("quickjs", reason="no wheel of QuickJS for this Python")

SCRIPT = Path(__file__).resolve().parents[2] / "book" / "_scripts" / "planner-core.js"
RUN = """
const data = JSON.parse(document_text);
globalThis.told = (text) => {
  const given = JSON.parse(text);
  const made = cmgPlanner.plan(data, given);
  const texts = ["csv", "json", "markdown", "toml"].map((form) => [form, cmgPlanner[form](data, made)]);
  const firewalls = ["nftables", "windows"].map((form) => [form, cmgPlanner[form](data, made).text ?? null]);
  const rules = made.rules.map(({ends, ports, transport, blocked, oneBlocked}) => ({ends, ports, transport, blocked, oneBlocked}));
  return JSON.stringify({errors: made.errors, doubts: made.doubts, rules, ...Object.fromEntries([...texts, ...firewalls])});
};
globalThis.moved = (text) => {
  const [one, other] = JSON.parse(text).map((given) => cmgPlanner.plan(data, given));
  const list = (a, b) => cmgPlanner.minus(a, b).flatMap(({ports, pairs}) => pairs.map((pair) => [pair, ports]));
  return JSON.stringify([list(other, one), list(one, other)]);
};
globalThis.kind = (text) => JSON.stringify(cmgPlanner.hostsOf(text));
"""
Given = dict[str, Any]
NAMES: dict[str, Given] = {
    "examples": {},
    "names": {
        "prefix": "fabrikam",
        "region": "northeurope",
        "proxy": "edge.fabrikam.example:3128",
        "hosts": {"site-server": "srv.fabrikam.example", "connection-point": "a.fabrikam.example, b.fabrikam.example"},
    },
    "one server": {
        "hosts": dict.fromkeys(
            (
                "site-server",
                "service-connection-point",
                "site-database",
                "connection-point",
                "management-point",
                "software-update-point",
            ),
            "10.1.0.10",
        )
    },
    "addresses": {
        "proxy": "10.9.9.9:8080",
        "hosts": {
            "site-server": "10.1.0.10",
            "service-connection-point": "10.1.0.11",
            "site-database": "10.1.0.12",
            "connection-point": "10.1.0.21 10.1.0.22",
            "management-point": "10.1.0.31",
            "software-update-point": "10.1.0.31",
            "console": "10.1.5.0/25",
        },
    },
}
CLOUDS = {
    "cmg": "203.0.113.10",
    "azure": "198.51.100.0/28",
    "blob-storage": "203.0.113.64, 203.0.113.128",
    "table-storage": "203.0.113.96/27",
    "key-vault": "203.0.113.130",
    "entra": "192.0.2.0/26",
    "graph": "192.0.2.128/25",
    "microsoft-crl": "192.0.2.112",
}
NAMES["addresses of all"] = {**NAMES["addresses"], "hosts": {**NAMES["addresses"]["hosts"], **CLOUDS}}


@cache
def form() -> tuple[Field, ...]:
    return fields(load())


@pytest.fixture(scope="module")
def page() -> Any:
    """The page's script with the document."""
    context = quickjs.Context()
    context.set("document_text", json.dumps(document(load())))
    context.eval(SCRIPT.read_text(encoding="utf-8"))
    context.eval(RUN)
    return context


def told(page: Any, given: Given) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(page.get("told")(json.dumps({"chosen": {}, "hosts": {}, **given})))
    return found


def site_text(given: Mapping[str, Any]) -> str:
    """The site file that *given* means, written by the library."""
    system, chosen, hosts = load(), given.get("chosen", {}), given.get("hosts", {})
    values: dict[str, Any] = {}
    for field in form():
        places = chosen.get(field.key.name, [i for i, o in enumerate(field.options) if o.value in field.chosen])
        found = [field.options[place].value for place in places]
        if field.key.many:
            values[field.key.name] = found
        elif field.key.name == "proxy":
            values["proxy"] = given.get("proxy", field.options[0].value) if found else None
        else:
            values[field.key.name] = found[0] if found else False
    data = document_of()
    named = {server["role"]: [server["example"]] for server in data["servers"]}
    named |= {role: text.replace(",", " ").split() for role, text in hosts.items()}
    if "cmg" not in named:
        public, vmss = values["cloud"] == "public", values["method"] == "vmss"
        prefix, region = given.get("prefix", data["gateway"]["prefix"]), given.get("region", data["gateway"]["region"])
        domain = (
            f"{region}.cloudapp.azure.com" if vmss and public else "cloudapp.net" if public else "usgovcloudapp.net"
        )
        named = {"cmg": [f"{prefix}.{domain}"], **named}
    order = ["cmg"] * ("cmg" not in hosts) + [s["role"] for s in data["servers"]] + [c["role"] for c in data["clouds"]]
    return site_file(
        {key.name: values[key.name] for key in keys(system)}, {role: named[role] for role in order if role in named}
    )


@cache
def document_of() -> Any:
    return json.loads(json.dumps(document(load())))


def rules_of(text: str) -> RuleSet:
    return rule_set(Planner(load()).plan(SiteReader(load()).parse(text, SITE).deployment))


FORMATS = {"csv": "csv", "markdown": "markdown", "nftables": "nftables", "windows": "windows-firewall"}
"""The page's names of formats, and the library's."""


def wanted(given: Given) -> dict[str, Any]:
    """What the library says."""
    text = site_text(given)
    rules = rules_of(text)
    found: dict[str, Any] = {"toml": text, "json": table_json(flat_table(request([rules])))}
    for ours, name in FORMATS.items():
        try:
            found[ours] = written(rules, dialect(name)).decode()
        except SiteError:
            found[ours] = None
    return found


def refused(given: Given) -> set[str]:
    """The keys of the site file that the library refuses."""
    try:
        rules_of(site_text(given))
    except SiteError as error:
        return {fault.where for fault in error.faults}
    return set()


def compare(page: Any, given: Given) -> None:
    """The page and the library say the same, or both refuse."""
    found, bad = told(page, given), refused(given)
    assert {item["where"] for item in found["errors"]} >= bad, given
    if not bad:
        assert found["errors"] == [], given
        for form_, text in wanted(given).items():
            assert found[form_] == text, (form_, given)


def settings(tries: int, seed: int) -> Iterator[dict[str, list[int]]]:
    """Choices of everything at random, the same each time."""
    dice = random.Random(seed)
    for _ in range(tries):
        chosen = {}
        for field in form():
            places = range(len(field.options))
            some = [place for place in places if dice.random() < 0.5]
            if field.key.least and not some:
                some = [dice.choice(places)]
            chosen[field.key.name] = some if field.many else [dice.choice(places)]
        if dice.random() < 0.9:  # most combinations of a method and a version do not exist
            classic = form()[0].options[chosen["method"][0]].value == "classic"
            chosen["configmgr"] = [dice.randrange(4, 8) if classic else dice.randrange(4)]
            chosen["proxy"] = [] if classic else chosen["proxy"]
        yield chosen


def pairs() -> Iterator[dict[str, list[int]]]:
    """Every two answers to different questions together, all others as they are at first."""
    for one, other in combinations(form(), 2):
        for a, b in product(one.options, other.options):
            chosen = {}
            for field, option in ((one, a), (other, b)):
                place = field.options.index(option)
                usual = [i for i, o in enumerate(field.options) if o.value in field.chosen]
                flipped = [i for i in range(len(field.options)) if (i in usual) != (i == place)]
                chosen[field.key.name] = (flipped or [0]) if field.many else [place]
            yield chosen


@pytest.mark.parametrize("names", NAMES.values(), ids=NAMES.keys())
def test_page_says_what_the_library_says_for_any_answers(page: Any, names: Given) -> None:
    for chosen in settings(60, 1):
        if "cmg" in names.get("hosts", {}):
            chosen["proxy"] = []
        compare(page, {**names, "chosen": chosen})


@pytest.mark.slow
@pytest.mark.parametrize("names", NAMES.values(), ids=NAMES.keys())
def test_page_says_what_the_library_says_for_every_two_answers(page: Any, names: Given) -> None:
    every = pairs() if not names else ()
    for chosen in [*every, *settings(100, 2)]:
        if "cmg" in names.get("hosts", {}):
            chosen["proxy"] = []
        compare(page, {**names, "chosen": chosen})


ODD_NAMES = (
    "10.0.0.1", "010.0.0.1", "10.0.0.256", "10.0.0", "0.0.0.0", "127.0.0.1", "169.254.1.1", "224.0.0.1", "255.255.255.255",
    "240.0.0.1", "10.0.0.0/24", "10.0.0.1/24", "0.0.0.0/0", "10.0.0.0/33", "10.0.0.0/024", "10.0.0.1/32", "2001:db8::1", "any", "ANY",
    "localhost", "cp1", "CP1.Corp.Example", "cp1.", "-a.example", "a-.example", "a_b.example", "a..b", "1.2.3.x", "x.123", "x.0x1f",
    "ca.fe", "*.corp.example", "http://x", "x:443", "a b", "a, a", "a,b", "a,10.0.0.1", "10.0.0.0/24,10.0.1.0/24", "ü.example",
    "<script>alert(1)</script>", "'; Remove-Item C:\\", '"&calc', "=1+1", "a" * 64, "a." * 126 + "a", "a." * 127 + "a", "x" * 10_000, "10.0.0.1\n",
    "${x}", "{source}", "{}", "$&", "\x01", "\u202egpj.exe", "",
)  # fmt: skip


@pytest.mark.parametrize("text", ODD_NAMES, ids=range(len(ODD_NAMES)))
def test_page_takes_no_name_that_the_library_reads_otherwise(page: Any, text: str) -> None:
    taken = json.loads(page.get("kind")(text))
    for host in taken or ():
        read = parse_host(host)
        assert (read.text, read.version) == (host, 0 if read.kind is HostKind.NAME else 4)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"instances": [0]}, {"instances": [1]}),
        ({"instances": [15]}, {"instances": [2]}),
        ({"cloud": [0]}, {"cloud": [1]}),
        ({"proxy": []}, {"proxy": [0]}),
        ({"content": [0]}, {"content": []}),
        ({"software-update-point": [0]}, {"software-update-point": [3]}),
        ({"method": [1], "configmgr": [5], "instances": [1]}, {"method": [0], "configmgr": [5], "instances": [1]}),
    ],
    ids=lambda chosen: " ".join(f"{key}={places}" for key, places in chosen.items()),
)
def test_page_compares_plans_as_the_library_does(page: Any, before: Given, after: Given) -> None:
    given = [{"chosen": chosen, "hosts": {}} for chosen in (before, after)]
    found = json.loads(page.get("moved")(json.dumps(given)))
    expected: dict[Move, set[Any]] = {move: set() for move in Move}
    for moved in difference(*(rules_of(site_text(one)) for one in given)):
        sources, destinations = (
            moved.source_hosts or moved.source_roles,
            moved.destination_hosts or moved.destination_roles,
        )
        for source, destination in product(sources, destinations):
            for span in moved.ports:
                pair = f"{source} {destination} {moved.transport.value}"
                expected[moved.move] |= {(pair, port) for port in {span.low, span.high}}
    for listed, move in zip(found, (Move.OPEN, Move.CLOSE), strict=True):
        assert {(pair, port) for pair, spans in listed for span in spans for port in span} == expected[move]


def effect(plan: Plan, ends: list[str], spans: list[list[int]]) -> list[str]:
    """What the library predicts if these ports between two roles are blocked."""
    blocked = [f"{ends[0]}:{ends[1]}:{low}-{high}" for low, high in spans]
    outcome = ask(plan, block=blocked, deployed=True).outcome
    return [state_of(plan, outcome), summary(plan, outcome)]


@pytest.mark.parametrize("seed", [3, 4])
def test_page_predicts_what_the_library_predicts(page: Any, seed: int) -> None:
    compared = 0
    for chosen in settings(40, seed):
        given = {"chosen": chosen}
        found = told(page, given)
        if found["errors"]:
            continue
        plan = Planner(load()).plan(SiteReader(load()).parse(site_text(given), SITE).deployment)
        for rule in found["rules"]:
            compared += 1
            assert rule["blocked"] == effect(plan, rule["ends"], rule["ports"]), (rule, chosen)
            if rule["oneBlocked"]:
                low = rule["ports"][0][0]
                assert rule["oneBlocked"] == effect(plan, rule["ends"], [[low, low]]), (rule, chosen)
    assert compared > 100
