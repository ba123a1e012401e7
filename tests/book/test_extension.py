"""The extension on a small book: what pages show, where links lead, and what is warned about."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import pytest
from sphinx.errors import ExtensionError
from sphinx.testing.util import SphinxTestApp

from cmgdocs import book as extension
from cmgdocs import facts as catalogue
from cmgdocs.book.sections import told_before
from cmgdocs.errors import FactsError, Fault
from cmgdocs.facts.queries import is_elsewhere
from cmgdocs.facts.text import fill
from cmgdocs.views.table import plain

Build = Callable[..., SphinxTestApp]
CONF = """
extensions = ["myst_parser", "cmgdocs.book"]
source_suffix = {".md": "markdown"}
nitpicky = True
numfig = True
"""
LISTS = "".join(f"\n## {name}\n\n```{{{name}-list}}\n```\n" for name in ("flow", "role", "endpoint"))
TABLES = "".join(f"\n## {name}\n\n```{{facts-table}} {name}\n```\n" for name in ("sources", "symptoms"))
NOTES = "".join(f"\n```{{port-notes}} {edition}\n```\n" for edition in ("2020-11-30", "2022-04-08", "2026"))
HOMES = f"# Homes\n{LISTS}{TABLES}{NOTES}"
HOSTS = '[hosts]\ncmg = "contoso.westeurope.cloudapp.azure.com"\nconnection-point = "10.0.1.5"\n'
RULES = "name,action,source,destination,port\nchannel,allow,10.0.1.0/24,any,tcp/10124\n"
BLOCK = ":block: connection-point:cmg:10125 client:blob-storage:443 any:any:53\n"


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A book with a page that is home to everything, and next to it examples with one and two VM instances."""
    top = tmp_path_factory.mktemp("top")
    (top / "book").mkdir()
    (top / "book" / "conf.py").write_text(CONF, encoding="utf-8")
    (top / "book" / "homes.md").write_text(HOMES, encoding="utf-8")
    (top / "examples").mkdir()
    for name, number in (("one", 1), ("two", 2)):
        (top / "examples" / f"{name}.toml").write_text(f"instances = {number}\n{HOSTS}", encoding="utf-8")
    (top / "examples" / "two.csv").write_text(RULES, encoding="utf-8")
    return top / "book"


@pytest.fixture(scope="module")
def build(book: Path) -> Build:
    """Build the book with another first page; the page of homes is read once, as Sphinx does it."""

    def run(page: str, builder: str = "html", **config: object) -> SphinxTestApp:
        (book / "index.md").write_text(f"# Page\n\n{page}\n\n```{{toctree}}\nhomes\n```\n", encoding="utf-8")
        app = SphinxTestApp(builder, book, confoverrides=config)
        app.build()
        app.cleanup()
        return app

    return run


def warnings(app: SphinxTestApp) -> list[str]:
    """Warnings without colours, each from the name of its file on."""
    plain = re.sub(r"\x1b\[[0-9;]*m", "", app.warning.getvalue())
    return [line.rpartition("/")[2] if ".md:" in line else line for line in plain.splitlines() if line.strip()]


def text(html: str) -> str:
    return re.sub(r"<[^>]+>", "", html)


class Page(HTMLParser):
    """Every id and every link of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if found.get("id"):
            self.ids.append(str(found["id"]))
        if tag == "a" and found.get("href"):
            self.links.append(str(found["href"]))


ROLES = [
    ("{port}`F02`", "10140-10155"),
    ("{port}`F02:3`", "10142"),
    ("{port}`F10`", "443 or 80 / 8530 or 8531"),
    ("{port}`F17`", "443 inferred"),
    ("{protocol}`F09`", "HTTPS or HTTP"),
    ("{limit}`vm-instances`", "16"),
    ("{limit}`dynamic-port-first`", "49152"),
    ("{fact}`events.cloud-distribution-point-deprecated.date`", "February 2019"),
    ("{fact}`events.introduced.date`", "2016-11-18"),
    ("{flow}`F02`", "F02"),
    ("{role}`connection-point`", "CMG connection point"),
    ("{role}`connection point <connection-point>`", "connection point"),
    ("{endpoint}`connector-resource-manager`", "management.azure.com"),
    ("{endpoint}`connector-resource-manager:us-government`", "management.usgovcloudapi.net"),
    ("{fact}`methods.vmss.created-since`", "2010"),
    ("{source}`article-2020`", "Data flow for cloud management gateway (2020-11-30)"),
]
SECTIONS = {
    "roles": "\n\n".join(f"Before {role} after." for role, _ in ROLES),
    "diagram": "```{diagram} perimeter\n:name: fig-wall\n:table-name: tab-wall\n```\n\n"
    "{numref}`fig-wall`, {numref}`tab-wall`",
    "editions": "```{diagram} data-flow\n```\n\n```{diagram} data-flow\n:edition: 2020-11-30\n:table: none\n```\n\n"
    "```{facts-table} required-ports\n```",
    "captions": "```{facts-table} limits\n:caption: Up to {limit}`vm-instances` *instances*\n```\n\n"
    "```{diagram} ladder\n:caption: From {port}`F05` up\n```",
    "steps": "```{facts-table} steps-data-flow\n```",
    "changes": "```{edition-changes} 2020-11-30 2026\n```",
    "plan": "```{site-table} connections two\n```\n\n```{site-request} two\n```\n\n```{site-rules} two csv\n```",
    "moved": "```{site-difference} one two\n```",
    "moved-only": "```{site-difference} one two\n:changes:\n```",
    "question": "".join(
        f"```{{what-if}} two\n{BLOCK}:show: {what}\n```\n\n" for what in ("picture", "steps", "channels", "closed")
    ),
    "verdict": "".join(
        f"```{{audit}} two two.csv\n:perimeter:\n:show: {what}\n```\n\n"
        for what in ("verdict", "steps", "missing", "undecided", "beyond")
    ),
    "command": "```{command-help} explain\n```\n\n```{command-output} what-if one.toml --down management-point\n```",
    "cut": "```{command-output} what-if one.toml --down management-point\n:from: Step\n```",
    "played": "```{experiment} hold two\n:picture: All is up.\n```",
}


@pytest.fixture(scope="module")
def good(build: Build) -> SphinxTestApp:
    """A page with a section for everything that can be shown."""
    page = "\n\n".join(f"## {name}\n\n{content}" for name, content in SECTIONS.items())
    return build(page, suppress_warnings=["cmgdocs.claim"])  # what the roles print has no sentence around it


@pytest.fixture(scope="module")
def whole(good: SphinxTestApp) -> str:
    return Path(good.outdir, "index.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def sections(whole: str) -> dict[str, str]:
    parts = re.split(r'<section id="([\w-]+)">', whole)[3:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


def test_what_is_there_is_shown_without_a_warning(good: SphinxTestApp, sections: dict[str, str]) -> None:
    assert warnings(good) == []
    assert [*sections] == [*SECTIONS]


def test_the_handbook_is_dated_by_the_latest_comparison_with_a_source(good: SphinxTestApp) -> None:
    latest = catalogue.load().readings[-1]
    assert (good.config.typst_date, good.config.typst_edition) == (latest, f"Facts as of {latest}")


def test_a_role_shows_its_fact(sections: dict[str, str]) -> None:
    shown = text(sections["roles"])
    assert [fact for _, fact in ROLES if f"Before {fact} after." not in shown] == []
    assert '443</span> <span class="inferred">inferred</span>' in sections["roles"]


def test_every_link_of_every_page_leads_to_an_anchor(good: SphinxTestApp, whole: str) -> None:
    homes = Path(good.outdir, "homes.html").read_text(encoding="utf-8")
    pages = {"index": Page(whole), "homes": Page(homes)}
    for name, found in pages.items():
        assert [ident for ident in found.ids if found.ids.count(ident) > 1] == [], name
        for link in found.links:
            target, _, anchor = link.partition("#")
            if anchor and not target.startswith("http"):
                assert anchor in pages[target.removesuffix(".html") or name].ids, link


def test_a_diagram_is_inline_named_described_and_next_to_its_table(sections: dict[str, str]) -> None:
    html = sections["diagram"]
    assert '<div class="cmg-diagram" role="region" tabindex="0"' in html
    for part in ("<title", "<desc", 'href="#perimeter-f12"', 'id="perimeter-f12"', "Fig. 1", "Table 1"):
        assert part in html
    assert "What passes the perimeter firewall" in html


def test_a_caption_may_hold_roles(sections: dict[str, str]) -> None:
    shown = text(sections["captions"])
    assert re.search(r"Table \d+ Up to 16 instances", shown)
    assert re.search(r"Fig. \d+ From 443 up", shown)


def test_the_dark_colours_are_in_a_file_of_the_site(good: SphinxTestApp, whole: str) -> None:
    css = Path(good.outdir, "_static", "cmgdocs-diagrams.css").read_text(encoding="utf-8")
    assert css.startswith("@media screen {")
    assert 'html[data-theme="dark"] :is(.cmg-diagram, .cmg-narrow) .node.service polygon{' in css
    assert "cmgdocs-diagrams.css" in whole


def test_all_objects_are_in_the_inventory(good: SphinxTestApp) -> None:
    found = {(kind, name) for name, _, kind, *_ in good.env.get_domain("cmg").get_objects()}
    assert {("flow", "F01"), ("role", "cmg"), ("source", "article-2020"), ("note", "2026:3")} <= found


def test_lines_named_by_a_number_alone_have_anchors_of_their_own(sections: dict[str, str]) -> None:
    ids = Page(sections["steps"]).ids
    assert [ident for ident in ids if ident.startswith("steps-data-flow-") and ident[-1].isdigit()] == [
        f"steps-data-flow-{number}" for number in range(1, 6)
    ]


def test_pages_show_the_plan_request_rules_and_difference_of_an_example(sections: dict[str, str]) -> None:
    shown = text(sections["plan"])
    for part in ("HTTPS 10124-10125", "TCP 10124-10125 (HTTPS)", "TCP 10124-10125,HTTPS,outbound"):
        assert part in shown
    assert {*re.findall(r"<p>(open|close|stays)</p>", sections["moved"])} == {"open", "close", "stays"}
    assert re.findall(r"<p>(open|close|stays)</p>", sections["moved-only"]) == ["open", "close"]
    assert "F12" in text(sections["changes"])


def test_each_host_has_a_line_and_long_ones_break_after_dots(sections: dict[str, str]) -> None:
    html = sections["plan"]
    assert re.search(r"CMG connection point</span></a>:</p>\s*<p class=\"host\"><code[^>]*>", html)
    long = ("contoso.", "westeurope.", "cloudapp.", "azure.", "com")
    assert "".join(f'<span class="pre">{part}</span>' for part in long) in html
    assert '<span class="pre">contoso.vault.azure.net</span>' in html


def test_each_cell_names_its_column_and_wide_rows_become_cards(sections: dict[str, str]) -> None:
    assert '<td class="nowrap" data-label="Flow"><p>' in sections["editions"]
    assert re.search(r'<table class="[^"]*cmg-cards', sections["editions"])


def test_sources_fold_into_a_mark_with_titles_and_dates(sections: dict[str, str]) -> None:
    mark = r'popovertarget="(limits-[\w-]+)" aria-label="2 sources">2</button><div popover id="\1"'
    found = re.search(mark, sections["captions"])
    assert found
    assert re.search(r"<span>[^<]+ \(\d{4}(-\d\d)*\)</span></a>", sections["captions"][found.end() :])


def test_an_entry_lists_symptoms_and_sources_by_name_and_what_a_role_holds_once(good: SphinxTestApp) -> None:
    homes = Path(good.outdir, "homes.html").read_text(encoding="utf-8")
    entries = dict(re.findall(r'<section class="[^"]*cmg-fact[^"]*" id="([\w-]+)">(.*?)</section>', homes, re.DOTALL))
    flow, role = entries["flow-F01"], entries["role-service-connection-point"]
    assert re.search(r'<li><p><a [^>]*href="#symptoms-status-11488"[^>]*><span[^>]*>Status message 11488;', flow)
    assert re.search(
        r'<li><p><a [^>]*href="#sources-article-2020"[^>]*><span[^>]*>Data flow for [^<]*\(2020-11-30\)', flow
    )
    held = ("Azure management certificate", "Microsoft Entra ID, server app")
    assert [role.count(f"<li><p>{name}</p></li>") for name in held] == [1, 1]
    assert not any(re.search(r"<dt[^>]*>Id<", entry) for entry in entries.values())


def test_a_state_has_a_class_for_its_sign(sections: dict[str, str]) -> None:
    assert '<span class="state works">works</span>' in sections["question"]
    assert '<span class="state fails">no channel</span>' in sections["question"]


def test_what_if_shows_the_picture_and_each_table_of_an_example(sections: dict[str, str]) -> None:
    html, shown = sections["question"], text(sections["question"])
    assert html.count('class="cmg-diagram"') == 1
    assert shown.count("connection-point:cmg:10125 is blocked.") == 2
    assert "1 of 2 channels are up" in shown
    assert "Also blocked" in shown


def test_an_audit_says_its_verdict_and_shows_each_table(sections: dict[str, str]) -> None:
    shown = text(sections["verdict"])
    for part in ("planned rules", "no rule lets it through", "lets through beyond the plan of two"):
        assert part in shown


def test_a_page_shows_what_the_command_prints(sections: dict[str, str]) -> None:
    shown = text(sections["command"])
    assert "usage: cmgdocs explain" in shown
    assert "$ cmgdocs what-if one.toml --down management-point\nWhat if: one" in shown
    assert "--down management-point\n[...]\nStep" in text(sections["cut"])


def test_an_experiment_is_done_and_shown_with_its_picture(sections: dict[str, str]) -> None:
    assert sections["played"].count('class="cmg-diagram"') == 1
    assert "503, no channel" in text(sections["played"])


WRONG = [
    ("{port}`F99`", "no flow 'F99'; there are 40, from F01 to F40"),
    ("{port}`F02:17`", "no port of F02 for instance '17'; did you mean '7'?"),
    ("{port}`F08`", "no flow with a port of its own 'F08'; "),
    ("{protocol}`F08`", "no flow with a port of its own 'F08'; "),
    ("{flow}`f02`", "no flow 'f02'; did you mean 'F02'?"),
    ("{role}`gateway`", "no role 'gateway'; allowed: "),
    ("{limit}`vm-instance`", "no limit 'vm-instance'; did you mean 'vm-instances'?"),
    ("{endpoint}`connector-graph:china`", "no cloud 'china'; allowed: "),
    ("{source}`article`", "no source 'article'; did you mean 'article-2020' or 'article-2020-09' or 'article-2022'?"),
    ("{fact}`limit.x.y`", "no kind of fact 'limit'; did you mean 'limits'?"),
    ("{fact}`limits.vm-instances.valu`", "no field of limits 'valu'; did you mean 'value'?"),
    ("```{facts-table} ports\n```", "no table 'ports'; did you mean 'channel-ports' or 'required-ports'?"),
    ("```{facts-table} required-ports\n:edition: 2021\n```", "no edition '2021'; did you mean '2026'?"),
    ("```{diagram} data\n```", "no diagram 'data'; did you mean 'data-flow'?"),
    ("```{sequence} content\n```", "no sequence 'content'; did you mean 'content-upload'?"),
    ("```{edition-changes} 2020 2026\n```", "no edition '2020'; did you mean '2020-11-30'?"),
    ("```{site-request} tow\n```", "no example 'tow'; did you mean 'two'?"),
    ("```{site-table} connection two\n```", "no table of a site 'connection'; did you mean 'connections'?"),
    ("```{site-rules} two nftable\n```", "no dialect 'nftable'; did you mean 'nftables'?"),
    ("```{what-if} two\n:block: a:b:443-80\n```", "--block a:b:443-80: no role 'a'"),
    ("```{audit} two no.csv\n```", "no.csv: No such file or directory"),
    ("```{experiment} hodl two\n```", "no experiment 'hodl'; did you mean 'hold'?"),
    ("```{command-help} explian\n```", "cmgdocs: no command 'explian'; did you mean 'explain'?"),
    ("```{command-output} plan no\n```", "cmgdocs: no: cannot be read: No such file"),
    ("```{command-output} views\n:from: Stop\n```", "no line of the output begins with 'Stop'"),
]


def test_what_is_wrong_is_warned_about_where_it_is(build: Build) -> None:
    lines, wanted = [""] * 2, []
    for wrong, message in WRONG:
        wanted.append((f"index.md:{len(lines) + 1}: WARNING: ", message))
        lines += [*wrong.split("\n"), ""]
    found = warnings(build("\n".join(lines[2:])))
    for place, message in wanted:
        assert any(line.startswith(place) and message in line for line in found), (place, message, found)
    assert len(found) == len(wanted)


def test_a_fact_links_back_to_what_mentions_it(build: Build) -> None:
    app = build("```{diagram} perimeter\n:table: none\n```\n\n```{facts-table} required-ports\n```")
    homes = Path(app.outdir, "homes.html").read_text(encoding="utf-8")
    assert "<summary>Used on 1 page</summary>" in homes
    assert re.search(r'href="index.html#ports-2026-table"[^>]*>Required ports, edition 2026</a>', homes)
    assert re.search(r'href="index.html#figure-perimeter[\w-]*"', homes)


def test_a_second_home_is_warned_about_unless_it_is_none(build: Build) -> None:
    lists = ("facts-table} sources", "port-notes} 2026")
    app = build("".join(f"```{{{name}\n:no-index:\n```\n\n" for name in lists * 2))
    assert warnings(app) == []
    html = Path(app.outdir, "index.html").read_text(encoding="utf-8")
    assert not [ident for ident in Page(html).ids if ident.startswith("note-")]
    read = {"homes": {("role", "azure"): ("index", "a")}, "claims": {"index": [], "homes": []}}
    read["mentions"] = {("role", "azure"): {"index": [], "homes": []}}
    app.env.get_domain("cmg").merge_domaindata({"index"}, read)
    assert "role azure is listed in homes too" in warnings(app)[-1]  # as another process has read it
    found = warnings(build("```{port-notes} 2026\n```\n\n```{role-list}\n```\n"))
    assert "index.md:3: WARNING: note 2026:1 is listed in homes too; add :no-index: to one of the two" in found[0]
    assert "role azure is listed in homes too" in "".join(found)


def test_a_decision_reads_without_its_picture_and_says_what_its_symptoms_say(build: Build) -> None:
    facts = catalogue.load()
    page = "\n\n".join(f"```{{decision}} {item.id}\n```\n\nBefore {{decision}}`{item.id}`." for item in facts.decisions)
    app = build(page, smartquotes=False)
    assert warnings(app) == []
    html = Path(app.outdir, "index.html").read_text(encoding="utf-8")
    shown, page = " ".join(unescape(text(html)).split()), Page(html)
    for item in facts.decisions:
        assert f"Before {item.title}." in shown
        for question in item.questions:
            run = f"Run {question.command}. " if question.command else ""
            assert f"{question.ask} {run}{fill(question.how, facts)}" in shown
            assert f"{item.id}-{question.id}" in page.ids
        for symptom in map(facts.symptom, item.causes):
            asides = ["not a network fault"] * is_elsewhere(facts, symptom) + ["cmgdocs cannot detect it"] * (
                symptom.id in item.unseen
            )
            aside = f" ({'; '.join(asides)})" if asides else ""
            cause = f" {fill(symptom.cause, facts)}" if symptom.cause != f"{symptom.title}." else ""
            assert f"{symptom.title}{aside}{cause}" in shown
            assert not symptom.remedy or f"What helps: {fill(symptom.remedy, facts)}" in shown
            assert f"homes.html#symptoms-{symptom.id}" in page.links
    local = {link.removeprefix("#") for link in page.links if link.startswith("#")}
    assert local <= {*page.ids, ""}
    assert {f"{item.id}-{question.id}" for item in facts.decisions for question in item.questions[1:]} <= local


def test_other_builders_get_an_image_with_alt_text(build: Build) -> None:
    page = "```{diagram} ladder\n:table: none\n```"
    app = build(page, "text")
    shown = Path(app.outdir, "index.txt").read_text(encoding="utf-8")
    assert "What is tried for each VM instance i" in shown
    homes = Path(app.outdir, "homes.txt").read_text(encoding="utf-8")
    assert re.search(r"Sources:\s+\[1\], \[\d+\], \[\d+\]\n", homes)
    app = build(page, "latex")
    assert warnings(app) == []
    tex = next(Path(app.outdir).glob("*.tex")).read_text(encoding="utf-8")
    stem, suffix = re.findall(r"includegraphics\{\{(.+)\}(\.\w+)\}", tex)[0]
    assert Path(stem + suffix).is_file()


def test_on_paper_a_source_is_its_number_in_the_table_of_sources(build: Build) -> None:
    out = Path(build("```{facts-table} http\n```\n\n- {source}`article-2020`", "text").outdir)
    shown = (out / "index.txt").read_text(encoding="utf-8")
    assert "* [1] Data flow for cloud management gateway (2020-11-30)" in shown
    assert "[2], [4]" in shown
    assert "article-2022" not in shown
    assert re.search(r"\[2\] +\| Data flow for CMG, Microsoft", (out / "homes.txt").read_text(encoding="utf-8"))


def test_on_paper_flows_name_their_symptoms_once_and_records_end_in_their_links(build: Build) -> None:
    words = " ".join(Path(build("x", "text").outdir, "homes.txt").read_text(encoding="utf-8").split())
    assert "Symptoms: as F02, without " in words
    assert "Symptoms: as F04 " in words
    assert re.search(r"\(F01, [F\d, ]+; \[\d+\][^)]*\)", words.replace("|", ""))


@pytest.mark.parametrize(
    ("told", "idents", "shown"),
    [
        ({}, "ab", "a, b"),
        ({"F01": "abcd"}, "abcd", "as F01"),
        ({"F01": "ab", "F02": "abcdef"}, "abcdeg", "as F02, without f, and g"),
        ({"F01": "abcd"}, "abef", "a, b, e, f"),
    ],
)
def test_symptoms_that_differ_little_from_an_earlier_flow_refer_to_it(
    told: dict[str, str], idents: str, shown: str
) -> None:
    assert plain(told_before({flow: [*some] for flow, some in told.items()}, [*idents])) == shown


def test_a_fact_without_a_home_is_warned_about_where_it_is(build: Build) -> None:
    page = "{flow}`F02`\n\n```{facts-table} logs\n```"
    app = build(page, exclude_patterns=["homes.md"], suppress_warnings=["toc"], show_warning_types=True)
    message = "WARNING: no page lists flow 'F02'; put {flow-list} on one [cmgdocs.reference]"
    assert {f"index.md:3: {message}", f"index.md:5: {message}"} <= {*warnings(app)}


def test_a_changed_library_makes_every_page_outdated(build: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    app = build("x")
    assert extension.outdated(app, app.env) == []
    monkeypatch.setattr(extension, "digest", lambda: "other")
    assert extension.outdated(app, app.env) == ["homes", "index"]
    assert extension.outdated(app, app.env) == []


def test_wrong_facts_stop_the_build_with_every_fault(build: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong() -> None:
        raise FactsError([Fault("a", "one"), Fault("b", "two")])

    monkeypatch.setattr(catalogue, "load", wrong)
    with pytest.raises(ExtensionError, match=r"(?s)a: one.*b: two"):
        build("x")
