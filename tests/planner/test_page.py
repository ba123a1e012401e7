# ruff: noqa: E501 - a table of odd names
"""The script of the planner's page against the library: the same bytes, the same refusals."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import combinations, product
from pathlib import Path
from typing import Any

import pytest
from injections import BY_KIND

from cmgdocs.errors import Fault, SiteError
from cmgdocs.facts import load
from cmgdocs.firewall.dialect import written
from cmgdocs.firewall.registry import dialect
from cmgdocs.firewall.requests import request_bytes
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
from cmgdocs.views.request_tables import flat_table, notes
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
            "connection-point": "10.1.0.21, 10.1.0.22",
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
NAMES["own domain"] = {"service": "CMG.fabrikam.example", "prefix": "fabrikam", "region": "West Europe"}
NAMES["deployment name"] = {
    "service": "cmg.fabrikam.example",
    "prefix": "fabrikam.usgovvirginia.cloudapp.usgovcloudapi.net",
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


def fitting(names: Given, chosen: dict[str, list[int]]) -> Given:
    """These choices with *names*, changed where the planner takes such names for other choices only."""
    if "cmg" in names.get("hosts", {}):
        chosen = chosen | {"proxy": []}
    if "." in names.get("prefix", ""):
        chosen = chosen | {"cloud": [1], "method": [0], "configmgr": [chosen["configmgr"][0] % 4]}
    return {**names, "chosen": chosen}


def site_text(given: Mapping[str, Any]) -> str:
    """The site file that *given* means, written by the library."""
    text = bare_text(given)
    try:
        return bare_text(given, [f"{fault.where}: {fault.what}" for fault in setup_doubts(text)])
    except SiteError:
        return text


def setup_doubts(text: str) -> list[Fault]:
    """What the library finds doubtful in a site file, hosts left out."""
    keys = {"method", "cloud", "proxy", "management-point", "client-authentication"}
    return [fault for fault in SiteReader(load()).parse(text, SITE, f"{SITE}.toml").warnings if fault.where in keys]


def bare_text(given: Mapping[str, Any], doubts: Sequence[str] = ()) -> str:
    """The site file that *given* means, with these doubts."""
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
    first = {server["example"]: server["role"] for server in reversed(data["servers"])}
    leaders = {server["role"]: first[server["example"]] for server in data["servers"]}
    hosts = {role: hosts[leader] for role, leader in leaders.items() if leader in hosts} | hosts
    named |= {role: text.replace(",", " ").split() for role, text in hosts.items()}
    public, vmss = values["cloud"] == "public", values["method"] == "vmss"
    prefix, region = given.get("prefix", data["gateway"]["prefix"]), given.get("region", data["gateway"]["region"])
    region = region.replace(" ", "").lower()
    domain = f"{region}.cloudapp.azure.com" if vmss and public else "cloudapp.net" if public else "usgovcloudapp.net"
    service = [given["service"].lower()] if "service" in given else []
    named.setdefault("cmg", [prefix if "." in prefix else f"{prefix}.{domain}", *service])
    order = ["cmg", *(part["role"] for part in (*data["servers"], *data["clouds"]))]
    whole = {role: named[role] for role in order if role in named}
    answers = {key.name: values[key.name] for key in keys(system)}
    text = site_file(answers, whole, doubts)
    return site_file(answers, whole | derived(text, prefix), doubts) if "." in prefix else text


def derived(text: str, azure: str) -> dict[str, list[str]]:
    """Hosts of all roles whose names follow from the usual name of the gateway, where the site file has another."""
    try:
        rows = rules_of(text).plan.rows
    except SiteError:
        return {}
    found: dict[str, list[str]] = {}
    for row in rows:
        names = [name.replace("<prefix>", azure.partition(".")[0]) for name in row.responder.patterns]
        found[row.responder.role] = [*dict.fromkeys((*found.get(row.responder.role, ()), *names))]
    return {cloud["role"]: found[cloud["role"]] for cloud in document_of()["clouds"] if found.get(cloud["role"])}


@cache
def document_of() -> Any:
    return json.loads(json.dumps(document(load())))


def rules_of(text: str) -> RuleSet:
    return rule_set(Planner(load()).plan(SiteReader(load()).parse(text, SITE).deployment))


FORMATS = {"csv": "csv", "nftables": "nftables", "windows": "windows-firewall"}
"""The page's names of formats, and the library's."""


def wanted(given: Given) -> dict[str, Any]:
    """What the library says."""
    text = site_text(given)
    rules, warnings = rules_of(text), [*map(str, setup_doubts(text))]
    made = request([rules])
    rows = json.loads(table_json(flat_table(made)))
    whole = {**rows, "notes": [*notes(made)], "warnings": warnings, "rows": rows["rows"]}
    markdown = request_bytes([rules], "markdown", lambda: warnings).decode()
    found: dict[str, Any] = {"toml": text, "markdown": markdown, "json": whole}
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
        found["json"] = json.loads(found["json"])
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
        compare(page, fitting(names, chosen))


@pytest.mark.slow
@pytest.mark.parametrize("names", NAMES.values(), ids=NAMES.keys())
def test_page_says_what_the_library_says_for_more_answers(page: Any, names: Given) -> None:
    for chosen in settings(100, 2):
        compare(page, fitting(names, chosen))


@pytest.mark.long
def test_page_says_what_the_library_says_for_every_two_answers(page: Any) -> None:
    for chosen in pairs():
        compare(page, fitting({}, chosen))


ODD_NAMES = (
    "10.0.0.1", "010.0.0.1", "10.0.0.256", "10.0.0", "0.0.0.0", "127.0.0.1", "169.254.1.1", "224.0.0.1", "255.255.255.255",
    "240.0.0.1", "10.0.0.0/24", "10.0.0.1/24", "0.0.0.0/0", "10.0.0.0/33", "10.0.0.0/024", "10.0.0.1/32", "2001:db8::1", "any", "ANY",
    "localhost", "cp1", "CP1.Corp.Example", "cp1.", "-a.example", "a-.example", "a_b.example", "a..b", "1.2.3.x", "x.123", "x.0x1f",
    "ca.fe", "*.corp.example", "http://x", "x:443", "a b", "a, a", "a,b", "a,10.0.0.1", "10.0.0.0/24,10.0.1.0/24", "ü.example",
    "<script>alert(1)</script>", "'; Remove-Item C:\\", '"&calc', "=1+1", "a" * 64, "a." * 126 + "a", "a." * 127 + "a", "x" * 10_000, "10.0.0.1\n",
    "${x}", "{source}", "{}", "$&", "\x01", "\u202egpj.exe", "",
)  # fmt: skip
WRONG_HOSTS = {
    "my server.contoso.com": "my server.contoso.com: no host has a space in it.",
    "2001:db8::1": "2001:db8::1: IPv6 is not taken here; the command takes it.",
    "https://cm1.corp.example/": "https://cm1.corp.example/: leave out the scheme and the path: a name, an address or a network is enough.",
    "cm1.corp.example/sms": "cm1.corp.example/sms: leave out the path.",
    "cm1.corp.example:443": "cm1.corp.example:443: leave out the port: the plan knows which one.",
    "*.corp.example": "*.corp.example: patterns are not taken; name each host.",
    "a.example, b.example, A.example": "a.example: entered twice.",
    "10.0.5.7/24": "10.0.5.7/24: write the network 10.0.5.0/24 or the address 10.0.5.7.",
    "cm1.corp.example.": "cm1.corp.example.: take off the dot at the end.",
    "a." * 127 + "a": "a." * 28 + "a...: has 255 characters; allowed are 253.",
    "a.example, 10.0.0.1": "Use DNS names, or IPv4 addresses, or one IPv4 network such as 10.0.5.0/24; commas between several.",
}


@pytest.mark.parametrize("text", ODD_NAMES, ids=range(len(ODD_NAMES)))
def test_page_takes_no_name_that_the_library_reads_otherwise(page: Any, text: str) -> None:
    taken = json.loads(page.get("kind")(text))
    for host in taken or ():
        read = parse_host(host)
        assert (read.text, read.version) == (host, 0 if read.kind is HostKind.NAME else 4)


def said(page: Any, where: str, given: Given) -> str:
    """What the page says of one field."""
    return " ".join(item["what"] for item in told(page, given)["errors"] if item["where"] == where)


@pytest.mark.parametrize(("text", "what"), WRONG_HOSTS.items(), ids=range(len(WRONG_HOSTS)))
def test_page_says_what_is_wrong_with_a_host(page: Any, text: str, what: str) -> None:
    assert said(page, "n.site-server", {"hosts": {"site-server": text}}) == what


@pytest.mark.parametrize(
    ("chosen", "name", "hosts"),
    [
        ({}, "fabrikam.northeurope.cloudapp.azure.com", ["fabrikam.northeurope.cloudapp.azure.com"]),
        ({"method": [1], "configmgr": [5]}, "fabrikam.cloudapp.net", ["fabrikam.cloudapp.net"]),
        ({"cloud": [1]}, "fabrikam.usgovcloudapp.net", ["fabrikam.usgovcloudapp.net"]),
    ],
)
def test_page_takes_a_whole_deployment_name(page: Any, chosen: Given, name: str, hosts: list[str]) -> None:
    found = told(page, {"chosen": chosen, "prefix": name})
    assert found["errors"] == []
    assert f"cmg = {json.dumps(hosts[0])}\n" in found["toml"]
    assert "fabrikam.blob.core." in found["csv"]


@pytest.mark.parametrize(
    ("where", "given"),
    [
        ("prefix", {"prefix": "cmg.fabrikam.example"}),
        ("prefix", {"prefix": "fabrikam.cloudapp.net"}),
        ("service", {"service": "fabrikam.cloudapp.net"}),
        ("service", {"service": "mp1.corp.example"}),
        ("service", {"service": "203.0.113.10"}),
        ("service", {"service": "login.microsoftonline.com"}),
        ("service", {"service": "cmg.fabrikam.example", "hosts": {"cmg": "203.0.113.10"}}),
        ("service", {"service": "proxy.corp.example", "chosen": {"proxy": [0]}}),
    ],
)
def test_page_refuses_a_name_of_the_gateway_that_cannot_be(page: Any, where: str, given: Given) -> None:
    assert said(page, f"n.{where}", given)


def test_page_speaks_in_the_words_of_its_form(page: Any) -> None:
    versions = [
        option["label"]
        for field in document_of()["fields"]
        for option in field["options"]
        if field["key"] == "configmgr"
    ]
    classic, http = {"method": [1]}, {"management-point": [2]}
    scale_set = {"cloud": [1], "configmgr": [versions.index("2103")]}
    assert said(page, "method", {"chosen": classic}) == (
        "Cloud service (classic) does not run from version 2403 on; this site has 2603; choose version 2309 or earlier"
    )
    assert said(page, "cloud", {"chosen": scale_set}).startswith(
        "Virtual machine scale set in Azure US Government needs"
    )
    assert said(page, "management-point", {"chosen": http}).startswith("HTTP does not run from version 2403 on")
    proxied = said(page, "proxy", {"chosen": {"method": [1], "configmgr": [5], "proxy": [0]}})
    assert "leave out the web proxy and open the ports directly, or use Virtual machine scale set" in proxied
    faults = document_of()["faults"]
    assert {item["also"] for item in faults} == {"configmgr", "method"}
    texts = [item["what"] for part in ("faults", "doubts") for item in document_of()[part]]
    assert not [text for text in texts if re.search("vmss|us-government|enhanced-http", text)]


def test_page_says_once_that_a_proxy_takes_no_address_of_the_gateway(page: Any) -> None:
    given = {"chosen": {"proxy": [0]}, "hosts": {"cmg": "203.0.113.10"}}
    assert said(page, "n.cmg", given) == "Behind a web proxy the planner takes no addresses here; use the command."


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


@pytest.mark.parametrize("kind", BY_KIND)
def test_no_text_gets_past_the_page_that_the_library_refuses(page: Any, kind: str) -> None:
    for text in BY_KIND[kind]:
        given = ({"hosts": {"connection-point": text}}, {"prefix": text}, {"region": text}, {"service": text})
        for answers in (*given, {"proxy": text, "chosen": {"proxy": [0]}}):
            found = told(page, answers)
            if not found["errors"]:
                assert found["csv"] == written(rules_of(found["toml"]), dialect("csv")).decode(), answers
