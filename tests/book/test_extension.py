"""The extension on small books: what pages show, where links lead, and what is warned about."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from sphinx.testing.util import SphinxTestApp

Build = Callable[..., SphinxTestApp]
CONF = """
extensions = ["myst_parser", "cmgdocs.book"]
source_suffix = {".md": "markdown"}
nitpicky = True
numfig = True
"""
TABLES = "".join(f"\n```{{facts-table}} {name}\n```\n" for name in ("roles", "endpoints", "sources"))
HOMES = f"# Homes\n\n```{{flow-list}}\n```\n{TABLES}"
NOTES = "".join(f"\n```{{port-notes}} {edition}\n```\n" for edition in ("2020-11-30", "2022-04-08", "2026"))


@pytest.fixture
def build(tmp_path: Path) -> Iterator[Build]:
    """Build a book of one page beside a page that is home to everything."""

    made = []

    def run(page: str, builder: str = "html", **config: object) -> SphinxTestApp:
        source = tmp_path / "book"
        source.mkdir(exist_ok=True)
        (source / "conf.py").write_text(CONF, encoding="utf-8")
        (source / "homes.md").write_text(HOMES + NOTES, encoding="utf-8")
        (source / "index.md").write_text(f"# Page\n\n{page}\n\n```{{toctree}}\nhomes\n```\n", encoding="utf-8")
        app = SphinxTestApp(builder, source, confoverrides=config, freshenv=True)
        made.append(app)
        app.build()
        return app

    yield run
    for app in made:
        app.cleanup()


def warnings(app: SphinxTestApp) -> list[str]:
    """Warnings without colours, each from the name of its file on."""
    plain = re.sub(r"\x1b\[[0-9;]*m", "", app.warning.getvalue())
    return [line.rpartition("/")[2] if ".md:" in line else line for line in plain.splitlines() if line.strip()]


def page(app: SphinxTestApp, name: str = "index") -> str:
    return Path(app.outdir, f"{name}.html").read_text(encoding="utf-8")


class Page(HTMLParser):
    """Every id and every link of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.feed(text)

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
    ("{protocol}`F09`", "HTTPS or HTTP"),
    ("{limit}`vm-instances`", "16"),
    ("{role}`connection-point`", "CMG connection point"),
    ("{role}`our point <connection-point>`", "our point"),
    ("{endpoint}`connector-resource-manager`", "management.azure.com"),
    ("{endpoint}`connector-resource-manager:us-government`", "management.usgovcloudapi.net"),
    ("{fact}`methods.vmss.created-since`", "2010"),
    ("{source}`article-2020`", "Data flow for cloud management gateway (2020-11-30)"),
]


def test_a_role_shows_its_fact(build: Build) -> None:
    app = build("\n\n".join(f"Before {role} after." for role, _ in ROLES))
    assert warnings(app) == []
    text = re.sub(r"<[^>]+>", "", page(app))
    assert [shown for _, shown in ROLES if f"Before {shown} after." not in text] == []


def test_an_inferred_port_is_shown_as_inferred(build: Build) -> None:
    assert '443</span> <span class="inferred">inferred</span>' in page(build("{port}`F17`"))


UNKNOWN = [
    ("{port}`F99`", "no flow 'F99'; did you mean 'F39'?"),
    ("{port}`F02:17`", "no port of F02 for instance '17'; did you mean '7'?"),
    ("{port}`F08`", "no flow with a port of its own 'F08'; "),
    ("{protocol}`F08`", "no flow with a port of its own 'F08'; "),
    ("{flow}`f02`", "no flow 'f02'; did you mean 'F02'?"),
    ("{role}`gateway`", "no role 'gateway'; allowed: "),
    ("{limit}`vm-instance`", "no limit 'vm-instance'; did you mean 'vm-instances'?"),
    ("{endpoint}`connector-graph:china`", "no cloud 'china'; allowed: "),
    ("{source}`article`", "no source 'article'; did you mean 'faq-article'?"),
    ("{fact}`limit.x.y`", "no kind of fact 'limit'; did you mean 'limits'?"),
    ("{fact}`limits.vm-instances.valu`", "no field of limits 'valu'; did you mean 'value'?"),
    ("```{facts-table} ports\n```", "no table 'ports'; did you mean 'channel-ports' or 'required-ports'?"),
    ("```{facts-table} required-ports\n:edition: 2021\n```", "no edition '2021'; did you mean '2026'?"),
    ("```{diagram} data\n```", "no diagram 'data'; did you mean 'data-flow'?"),
    ("```{sequence} content\n```", "no sequence 'content'; did you mean 'content-upload'?"),
    ("```{edition-changes} 2020 2026\n```", "no edition '2020'; did you mean '2026'?"),
]


def test_what_is_unknown_is_warned_about_where_it_stands(build: Build) -> None:
    lines, wanted = [""] * 2, []
    for text, message in UNKNOWN:
        wanted.append((f"index.md:{len(lines) + 1}: WARNING: ", message))
        lines += [*text.split("\n"), ""]
    found = warnings(build("\n".join(lines[2:])))
    for place, message in wanted:
        assert any(line.startswith(place) and message in line for line in found), (place, message, found)
    assert len(found) == len(wanted)


@pytest.mark.parametrize("option", ["", ":no-index:\n"])
def test_a_second_home_is_warned_about_unless_it_is_none(build: Build, option: str) -> None:
    found = [line for line in warnings(build(f"```{{facts-table}} roles\n{option}```")) if "is listed in" in line]
    assert bool(found) == (not option)
    assert all("add :no-index:" in line for line in found)


def test_every_link_of_every_page_leads_to_an_anchor(build: Build) -> None:
    app = build(
        "{flow}`F02` {role}`client` {source}`article-2020`\n\n```{diagram} data-flow\n```\n\n"
        "```{diagram} data-flow\n:edition: 2020-11-30\n:table: none\n```\n\n```{facts-table} required-ports\n```\n"
    )
    assert warnings(app) == []
    pages = {name: Page(page(app, name)) for name in ("index", "homes")}
    for name, found in pages.items():
        assert [ident for ident in found.ids if found.ids.count(ident) > 1] == [], name
        for link in found.links:
            target, _, anchor = link.partition("#")
            if anchor and not target.startswith("http"):
                assert anchor in pages[target.removesuffix(".html") or name].ids, link


def test_a_diagram_is_inline_named_described_and_beside_its_table(build: Build) -> None:
    html = page(
        build(
            "```{diagram} perimeter\n:name: fig-wall\n:table-name: tab-wall\n```\n\n"
            "{numref}`fig-wall`, {numref}`tab-wall`"
        )
    )
    assert '<div class="cmg-diagram" role="region" tabindex="0"' in html
    assert "<title" in html
    assert "<desc" in html
    assert 'href="#perimeter-f12"' in html
    assert 'id="perimeter-f12"' in html
    assert "Fig. 1" in html
    assert "Table 1" in html
    assert "What passes the perimeter firewall" in html


def test_other_builders_get_an_image_with_alt_text(build: Build) -> None:
    text = Path(build("```{diagram} ladder\n:table: none\n```", "text").outdir, "index.txt").read_text(encoding="utf-8")
    assert "What is tried for each VM instance i" in text


def test_the_dark_colours_are_in_a_file_of_the_site(build: Build) -> None:
    app = build("```{diagram} ladder\n```")
    css = Path(app.outdir, "_static", "cmgdocs-diagrams.css").read_text(encoding="utf-8")
    assert css.startswith("@media screen {")
    assert 'html[data-theme="dark"] .cmg-diagram .node.service polygon{' in css
    assert "cmgdocs-diagrams.css" in page(app)


def test_all_objects_are_in_the_inventory(build: Build) -> None:
    found = {(kind, name) for name, _, kind, *_ in build("x").env.get_domain("cmg").get_objects()}
    assert {("flow", "F01"), ("role", "cmg"), ("source", "article-2020"), ("note", "2026:3")} <= found


@pytest.mark.parametrize("text", ["{flow}`F02`", "```{facts-table} logs\n```"])
def test_a_fact_without_a_home_is_warned_about_where_it_stands(build: Build, text: str) -> None:
    app = build(text, exclude_patterns=["homes.md"], suppress_warnings=["toc"], show_warning_types=True)
    message = "index.md:3: WARNING: no page lists flow 'F02'; put {flow-list} on one [cmgdocs.reference]"
    assert message in warnings(app)


def test_a_caption_may_hold_roles(build: Build) -> None:
    app = build(
        "```{facts-table} limits\n:caption: Up to {limit}`vm-instances` *instances*\n```\n\n"
        "```{diagram} ladder\n:caption: From {port}`F05` up\n```"
    )
    assert warnings(app) == []
    text = re.sub(r"<[^>]+>", "", page(app))
    assert "Table 1 Up to 16 instances" in text
    assert "Fig. 1 From 443 up" in text


def test_lines_named_by_a_number_alone_have_anchors_of_their_own(build: Build) -> None:
    ids = Page(page(build("```{facts-table} steps-data-flow\n```"))).ids
    assert [ident for ident in ids if ident.startswith("steps-data-flow-") and ident[-1].isdigit()] == [
        f"steps-data-flow-{number}" for number in range(1, 6)
    ]


def test_lists_that_are_no_home_have_no_anchors(build: Build) -> None:
    twice = "```{port-notes} 2026\n:no-index:\n```\n\n```{flow-list}\n:no-index:\n```\n\n" * 2
    app = build(twice)
    assert warnings(app) == []
    assert not [ident for ident in Page(page(app)).ids if ident.startswith(("note-", "flow-"))]


def test_the_same_list_twice_on_a_page_is_a_second_home(build: Build) -> None:
    found = [line for line in warnings(build("```{port-notes} 2026\n```\n")) if "is listed in" in line]
    assert "index.md:3: WARNING: note 2026:1 is listed in homes too" in found[0]


def test_a_second_home_that_another_process_read_is_warned_about(build: Build) -> None:
    app = build("x")
    app.env.get_domain("cmg").merge_domaindata({"index"}, {"homes": {("role", "azure"): ("index", "a")}})
    assert "role azure is listed in homes too" in warnings(app)[-1]


def test_latex_gets_a_file_that_is_there(build: Build) -> None:
    app = build("```{diagram} ladder\n```", "latex")
    assert warnings(app) == []
    tex = next(Path(app.outdir).glob("*.tex")).read_text(encoding="utf-8")
    stem, suffix = re.findall(r"includegraphics\{\{(.+)\}(\.\w+)\}", tex)[0]
    assert Path(stem + suffix).is_file()


def test_a_changed_library_makes_every_page_outdated(build: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    app = build("x")
    from cmgdocs import book as sphinx_ext

    assert sphinx_ext.outdated(app, app.env) == []
    monkeypatch.setattr(sphinx_ext, "digest", lambda: "other")
    assert sphinx_ext.outdated(app, app.env) == ["homes", "index"]
    assert sphinx_ext.outdated(app, app.env) == []


def test_wrong_facts_stop_the_build_with_every_fault(build: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    from sphinx.errors import ExtensionError

    from cmgdocs import facts as catalogue
    from cmgdocs.errors import FactsError, Fault

    def wrong() -> None:
        raise FactsError([Fault("a", "one"), Fault("b", "two")])

    monkeypatch.setattr(catalogue, "load", wrong)
    with pytest.raises(ExtensionError, match=r"(?s)a: one.*b: two"):
        build("x")


def test_help_of_a_command_is_what_the_program_prints(build: Build) -> None:
    app = build("```{command-help} explain\n```\n\n```{command-help} explian\n```")
    assert "usage: cmgdocs explain" in re.sub(r"<[^>]+>", "", page(app))
    (found,) = warnings(app)
    assert found.startswith("index.md:6: WARNING: cmgdocs: no command 'explian'; did you mean 'explain'?")


@pytest.fixture
def examples(tmp_path: Path) -> Path:
    """Two site files beside the book: one and two VM instances."""
    folder = tmp_path / "examples"
    folder.mkdir()
    hosts = '[hosts]\ncmg = "contoso.westeurope.cloudapp.azure.com"\nconnection-point = "10.0.1.5"\n'
    for name, number in (("one", 1), ("two", 2)):
        (folder / f"{name}.toml").write_text(f"instances = {number}\n{hosts}", encoding="utf-8")
    return folder


@pytest.mark.usefixtures("examples")
def test_pages_show_the_plan_request_rules_and_difference_of_an_example(build: Build) -> None:
    app = build(
        "```{site-table} connections two\n```\n\n```{site-request} two\n```\n\n"
        "```{site-rules} two csv\n```\n\n```{site-difference} one two\n```"
    )
    assert warnings(app) == []
    text = re.sub(r"<[^>]+>", "", page(app))
    for shown in ("HTTPS 10124-10125, outbound", "TCP 10124-10125 (HTTPS)", "TCP 10124-10125,HTTPS,outbound", "stays"):
        assert shown in text


@pytest.mark.usefixtures("examples")
def test_hosts_stand_one_a_line_and_long_ones_break_behind_dots(build: Build) -> None:
    text = page(build("```{site-table} connections two\n```"))
    assert re.search(r"CMG connection point</span></a>:</p>\s*<p class=\"host\"><code[^>]*>", text)
    long = ("contoso.", "westeurope.", "cloudapp.", "azure.", "com")
    assert "".join(f'<span class="pre">{part}</span>' for part in long) in text
    assert '<span class="pre">contoso.vault.azure.net</span>' in text


@pytest.mark.usefixtures("examples")
def test_a_difference_may_leave_out_what_stays(build: Build) -> None:
    text = page(build("```{site-difference} one two\n:changes:\n```"))
    assert re.findall(r"<p>(open|close|stays)</p>", text) == ["open", "close"]


@pytest.mark.usefixtures("examples")
def test_an_unknown_example_is_warned_about_where_it_stands(build: Build) -> None:
    (found,) = warnings(build("```{site-request} tow\n```"))
    assert found.startswith("index.md:3: WARNING: no example 'tow'; did you mean 'two'?")


@pytest.mark.usefixtures("examples")
def test_what_if_shows_the_picture_and_each_table_of_an_example(build: Build) -> None:
    block = ":block: connection-point:cmg:10125 client:blob-storage:443 any:any:53\n"
    shown = "".join(
        f"```{{what-if}} two\n{block}:show: {what}\n```\n\n" for what in ("picture", "steps", "channels", "closed")
    )
    app = build(shown)
    assert warnings(app) == []
    text = page(app)
    assert text.count('class="cmg-diagram"') == 1
    plain = re.sub(r"<[^>]+>", "", text)
    assert plain.count("connection-point:cmg:10125 is blocked.") == 2
    assert "1 of 2 channels stand" in plain
    assert "Also closed" in plain


def test_an_audit_says_its_verdict_and_shows_each_table(build: Build, examples: Path) -> None:
    rules = "name,action,source,destination,port\nchannel,allow,10.0.1.0/24,any,tcp/10124\n"
    (examples / "two.csv").write_text(rules)
    shown = "".join(
        f"```{{audit}} two two.csv\n:perimeter:\n:show: {what}\n```\n\n"
        for what in ("verdict", "steps", "missing", "undecided", "beyond")
    )
    app = build(shown)
    assert warnings(app) == []
    plain = re.sub(r"<[^>]+>", "", page(app))
    for words in ("planned rules", "no rule lets it through", "lets through beyond the plan of two"):
        assert words in plain


@pytest.mark.usefixtures("examples")
def test_a_configuration_that_is_not_there_is_warned_about(build: Build) -> None:
    (found,) = warnings(build("```{audit} two no.csv\n```"))
    assert "WARNING: no.csv: No such file or directory" in found


@pytest.mark.usefixtures("examples")
def test_a_wish_that_cannot_be_read_is_warned_about_where_it_stands(build: Build) -> None:
    (found,) = warnings(build("x\n\n```{what-if} two\n:block: a:b:443-80\n```"))
    assert found.startswith("index.md:5: WARNING: --block a:b:443-80: no role 'a'")


@pytest.mark.usefixtures("examples")
def test_the_output_of_a_command_stands_below_its_words(build: Build) -> None:
    app = build("```{command-output} what-if one.toml --down management-point\n```\n\n```{command-output} plan no\n```")
    text = re.sub(r"<[^>]+>", "", page(app))
    assert "$ cmgdocs what-if one.toml --down management-point\nWhat if: one" in text
    (found,) = warnings(app)
    assert found.startswith("index.md:6: WARNING: cmgdocs: no: cannot be read: No such file")


@pytest.mark.usefixtures("examples")
def test_the_output_of_a_command_may_begin_at_a_line(build: Build) -> None:
    block = "```{{command-output}} what-if one.toml --down management-point\n:from: {}\n```\n\n"
    app = build(block.format("Step") + block.format("Stop"))
    text = re.sub(r"<[^>]+>", "", page(app))
    assert "--down management-point\n[...]\nStep" in text
    (found,) = warnings(app)
    assert found.startswith("index.md:7: WARNING: no line of the output begins with 'Stop'")


@pytest.mark.usefixtures("examples")
def test_an_experiment_is_done_and_shown_with_its_picture(build: Build) -> None:
    app = build("```{experiment} hold two\n:picture: All stands.\n```\n\n```{experiment} hodl two\n```")
    text = page(app)
    assert text.count('class="cmg-diagram"') == 1
    assert "503, no channel" in re.sub(r"<[^>]+>", "", text)
    (found,) = warnings(app)
    assert found.startswith("index.md:7: WARNING: no experiment 'hodl'; did you mean 'hold'?")
