"""One document about a site: what is in it and in which order, as a page and on paper, and what the command refuses."""

from __future__ import annotations

import json
import re
import tomllib
import zlib
from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import typst
from forked import command
from hypothesis import example, given
from injections import INJECTIONS, texts
from probed import HOSTS, PLAN, SITE, probed
from sitefiles import FACTS, planned, site_text

from cmgdocs import __version__
from cmgdocs.cli import run_words
from cmgdocs.diagnose.reading import diagnose
from cmgdocs.errors import Fault, printable
from cmgdocs.facts.text import fill
from cmgdocs.plan.plan import Plan
from cmgdocs.render.dossier import dossier_html
from cmgdocs.render.paper import dossier_pdf, dossier_source
from cmgdocs.render.picture import svg
from cmgdocs.views.diagram import Diagram
from cmgdocs.views.documents import probe_data
from cmgdocs.views.dossier import Dossier, Observed, dossier, logs_observed, probe_observed
from cmgdocs.views.probe_kept import kept_probe
from cmgdocs.views.table import BREAK, Column, Line, Mark, Report, Span, Table, plain, text
from dotpicture import FONTS
from typstbook.compile import TEMPLATE
from typstbook.text import missing

ROOT = Path(__file__).resolve().parents[1]
UNDECIDED = site_text({"connection-point": "2001:db8::5", "cmg": "192.0.2.7"}, configmgr="2509")
CASES = tomllib.loads((ROOT / "tests/diagnose/cases.toml").read_text(encoding="utf-8"))["case"]
VOID = {"meta", "br", "link", "img", "wbr"}


class Page(HTMLParser):
    """Titles, captions and text of a page, its tags and their attributes; an end without its beginning is a fault."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.titles: list[tuple[str, str]] = []
        self.shape: list[tuple[str, ...]] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.words = ""
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open += [tag] * (tag not in VOID)
        if tag != "wbr":  # where a long word may break
            self.shape.append((tag, *(name for name, _ in attrs)))
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in ("h1", "h2", "caption"):
            self.titles.append((self.open[-1], data))
        if not {"style", "svg"} & {*self.open}:
            self.words += data


@pytest.fixture(scope="module")
def made() -> Dossier:
    return dossier(PLAN, [Fault("proxy", "is doubtful", "sites/north.toml")])


@pytest.fixture(scope="module")
def page(made: Dossier) -> Page:
    return Page(dossier_html(made))


@pytest.fixture(scope="module")
def pdf(made: Dossier) -> bytes:
    return dossier_pdf(made)


def test_a_report_has_its_parts_in_the_order_in_which_a_change_board_reads_them(page: Page, made: Dossier) -> None:
    assert page.titles == [
        ("h1", "Cloud management gateway: site"),
        ("h2", "Decide first"),
        ("h2", "What is planned"),
        ("h2", "Rules to request"),
        ("caption", "On-premises network to Microsoft Azure"),
        ("caption", "Inside: On-premises network"),
        ("caption", "On-premises network to Microsoft cloud services"),
        ("h2", "What is predicted"),
        ("caption", "The five steps if nothing is in the way"),
        ("caption", "4 of 4 channels are up"),
        ("h2", "Sources"),
        ("caption", "Sources of everything above"),
    ]
    picture = page.words.index("all of them outbound")
    assert page.words.index(made.verdict[0]) < page.words.index("proxy: is doubtful") < picture
    assert picture < page.words.index("Rules to request")


def test_the_verdict_is_one_sentence_that_counts_the_rules(made: Dossier) -> None:
    tables = [part.tables for part in made.parts if isinstance(part, Report) and part.title == "Rules to request"]
    rules = sum(len(plain(line.cells[0]).split("\n")) for table in tables[0] for line in table.lines)
    (verdict,) = made.verdict
    assert re.fullmatch(
        rf"\S.* asks for {rules} rules, none of them inbound; if nothing is in the way, all five steps work\.", verdict
    )


def test_a_report_says_of_which_gateway_it_is_and_leaves_its_day_to_be_filled_in(made: Dossier) -> None:
    assert made.about[0] == f"Planned from the site file site, for the gateway {HOSTS['cmg']}."
    assert re.fullmatch("Prepared on: _+ by: _+", made.about[-1])
    assert "names no host" in dossier(planned(site_text({}))).about[0]


def test_rules_that_differ_in_their_source_only_share_a_line(page: Page) -> None:
    assert page.words.count("crl3.digicert.com") == 1
    assert {"F33", "F34", "F35"} <= {*re.findall(r"F\d\d", page.words)}


def test_what_is_undecided_comes_first(made: Dossier) -> None:
    found = dossier(planned(UNDECIDED), [Fault("proxy", "is doubtful")])
    assert "undecided" in found.verdict[0]
    assert found.doubts[0].startswith("Undecided: ")
    assert found.doubts[-1] == "proxy: is doubtful"
    assert made.doubts == ("proxy: is doubtful",)


def test_every_planned_flow_and_host_and_its_sources_with_dates_are_in_it(page: Page) -> None:
    assert {row.flow.id for row in PLAN.rows} <= {*re.findall(r"F\d\d", page.words)}
    for row in PLAN.rows:
        for source in map(FACTS.source, row.flow.sources):
            assert source.title in page.words
            assert source.date in page.words
    assert all(host in page.words for host in ("10.0.1.5", "cp2.corp.example", HOSTS["cmg"]))
    assert f"cmgdocs, version {__version__}; its facts were last compared" in page.words


@pytest.mark.parametrize("fault", [True, False])
def test_a_fault_comes_first_and_what_works_behind_the_prediction(fault: bool) -> None:
    trial = Report("What was tried", ("It was \x1b[31mred.",), (), (one_cell("\x07"),))
    flow = FACTS.flow("F26")
    seen = Observed(("The trial reached all.",), trial, fault, ("One thing is open.",), ((text("a word"), flow),))
    found = dossier(PLAN, observed=[seen])
    assert found.verdict.index("The trial reached all.") == (not fault)
    assert found.doubts == ("One thing is open.",)
    reports = [part for part in found.parts if isinstance(part, Report)]
    shown, sources = reports[0 if fault else -2], reports[-1]
    assert shown.title == "What was tried"
    assert shown.lead == ("It was \\x1b[31mred.",)
    assert plain(shown.tables[0].lines[0].cells[0]) == "\\x07"
    rests = {line.id: plain(line.cells[2]) for line in sources.tables[0].lines}
    assert all("a word" in rests[source] for source in flow.sources)


# As a page


def test_a_page_is_one_file_that_asks_for_nothing(page: Page) -> None:
    asking = {(tag, name) for tag, name, _ in page.attributes if name in ("src", "href", "srcset", "data", "action")}
    assert asking == {("a", "href")}
    assert "script" not in {tag for tag, *_ in page.shape}
    assert ("meta", "content", "default-src 'none'; style-src 'unsafe-inline'") in page.attributes
    ids = [value for _, name, value in page.attributes if name == "id"]
    assert len({*ids}) == len(ids)


def test_a_picture_is_drawn_for_both_widths_and_told_in_words(page: Page, made: Dossier) -> None:
    assert [tag for tag, *_ in page.shape].count("svg") == 2
    (drawn,) = (part for part in made.parts if isinstance(part, Diagram))
    assert unescape(dossier_html(made)).count(drawn.description) == 2


def test_colours_of_a_page_are_those_of_the_site() -> None:
    own, site = (
        {colour.lower() for colour in re.findall("#[0-9a-fA-F]{6}", path.read_text(encoding="utf-8"))}
        for path in (ROOT / "src/cmgdocs/render/report.css", ROOT / "book/_static/site.css")
    )
    assert own - site == set()


# On paper


def unpacked(pdf: bytes) -> bytes:
    """A PDF with all that is in compressed streams behind it."""
    streams = re.findall(rb"stream\n(.*?)\nendstream", pdf, re.DOTALL)
    return b"\n".join([pdf, *(zlib.decompress(part) for part in streams if part[:1] == b"\x78")])


def test_a_pdf_is_tagged_has_its_title_and_embeds_every_font(pdf: bytes) -> None:
    found = unpacked(pdf)
    assert b"pdfuaid:part" in pdf
    assert b"Cloud management gateway: " in pdf
    for piece in ("/StructTreeRoot", "/Marked true", r"/Lang\s*\(en", r"/S\s*/Figure\b", r"/S\s*/TH\b", r"/Alt\b"):
        assert re.search(piece.encode(), found), piece
    fonts = re.findall(rb"/FontName\s*/[A-Z]{6}\+(\w+)", found)
    assert {*fonts} == {b"Inter", b"JetBrainsMono"}
    assert len(re.findall(rb"/FontFile[23]?\b", found)) == len(fonts)
    assert len(re.findall(rb"/ToUnicode\b", found)) == len(fonts)


def test_the_same_site_gives_the_same_bytes_on_any_day_and_wherever_its_file_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = []
    for day in ("1000000000", "1700000000"):
        monkeypatch.setenv("SOURCE_DATE_EPOCH", day)
        folder = tmp_path / f"of-{day}"
        folder.mkdir()
        (folder / "north.toml").write_text('proxy = "p.example:8080"\n' + SITE, encoding="utf-8")
        for ending in ("html", "pdf"):
            run_words(["report", str(folder / "north.toml"), "-o", str(folder / f"a.{ending}")])
        files.append([(folder / f"a.{ending}").read_bytes() for ending in ("html", "pdf")])
    assert files[0] == files[1]
    assert str(tmp_path).encode() not in files[0][0]
    assert b"proxy: no current source says" in files[0][0]


@pytest.mark.parametrize("doubts", [1, 7])
def test_the_picture_is_on_the_first_page_and_the_rules_begin_the_second(made: Dossier, doubts: int) -> None:
    rules = "query(heading.where(level: 2)).filter(it => it.body == [Rules to request])"
    pages = f"(query(figure), {rules}).map(it => it.first().location().page())"
    assert asked(replace(made, doubts=made.doubts * doubts), pages) == [1, 2]


# Whatever somebody writes


def one_cell(words: str) -> Table:
    columns = tuple(Column(key, words) for key in "abcd")
    marked = (Span(words, Mark.INFERRED), Span(words, Mark.STATE, "fails"), Span(words, Mark.TIGHT))
    cells = ((Span(words),), (Span(words, Mark.CODE), BREAK, Span(words)), marked, ())
    return Table("t", words, columns, (Line("1", cells),))


def hostile(words: str) -> Dossier:
    return Dossier(words, (words,), (words,), (words,), (Report(words, (words,), (), (one_cell(words),)),))


PLAIN = Page(dossier_html(hostile("Zebra"))).shape


@given(texts)
def test_a_page_has_the_same_tags_whatever_it_says(words: str) -> None:
    page = Page(dossier_html(hostile(words)))
    assert page.shape == PLAIN


@pytest.mark.parametrize("start", range(0, len(INJECTIONS), 10))
def test_paper_shows_whatever_it_says(start: int) -> None:
    for words in (INJECTIONS[start], " ".join(INJECTIONS[start : start + 10])):
        assert dossier_pdf(hostile(words)).startswith(b"%PDF")
        assert said(hostile(words)) == [flat(words)] * 2


@given(texts.filter(str.strip))
@example("\u6771\u4eac \U0001f600 \u202e")
def test_headings_on_paper_are_texts_as_they_are(words: str) -> None:
    assert said(hostile(words)) == [flat(words)] * 2


def said(made: Dossier) -> list[str]:
    """The headings of a document."""
    return [flat("".join(leaves(body))) for body in asked(made, "query(heading).map(it => it.body)")]


def asked(made: Dossier, expression: str) -> Any:
    """The value of a Typst expression in a document."""
    drawn = (part for part in made.parts if isinstance(part, Diagram))
    pictures = {f"picture-{part.id}": svg(part, link=lambda _: None) for part in drawn}
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(FONTS)])
    source, root = dossier_source(made).encode(), str(TEMPLATE.parent)
    return json.loads(typst.Compiler(source, root=root, font_paths=fonts, sys_inputs=pictures).eval(expression))


def leaves(body: object) -> Iterator[str]:
    """The texts of Typst's content as JSON."""
    for key, value in body.items() if isinstance(body, dict) else enumerate(body if isinstance(body, list) else ()):
        if key == "text":
            yield str(value)
        else:
            yield from leaves(value)


def flat(text: str) -> str:
    """A text without spaces, with the numbers of characters that no font has."""
    known = "".join(f"U+{ord(char):04X}" if missing(char) else char for char in text)
    return re.sub(r"[\s\u200b]", "", known)


def test_a_name_with_control_characters_is_shown_with_their_escapes() -> None:
    made = dossier(replace(PLAN, deployment=replace(PLAN.deployment, name="a\x1b[2J\u202eb")))
    assert made.title.endswith("a\\x1b[2J\\u202eb")
    for words in (made.title, *made.about, *made.verdict, *made.doubts):
        assert printable(words) == words


# The command


@pytest.fixture
def site(tmp_path: Path) -> Path:
    path = tmp_path / "site.toml"
    path.write_text(SITE, encoding="utf-8")
    return path


def refused(*words: str | Path) -> str:
    result = command("report", *words)
    assert (result.returncode, result.stdout) == (2, "")
    return result.stderr


def test_a_report_without_a_file_is_a_page_on_standard_output() -> None:
    result = command("report", ROOT / "examples" / "contoso-two-instances.toml")
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.startswith("<!doctype html>")


def test_what_is_no_place_for_a_report_is_refused(site: Path, tmp_path: Path) -> None:
    assert "a.md: a report is a page or a PDF; allowed: .html or .pdf" in refused(site, "-o", tmp_path / "a.md")
    (tmp_path / "folder.html").mkdir()
    assert "is a folder; name a file" in refused(site, "-o", tmp_path / "folder.html")
    named = site.rename(tmp_path / "site.html")
    assert "is read by this command" in refused(named, "-o", named)
    assert named.read_text(encoding="utf-8") == SITE


def test_a_probe_that_was_kept_reads_back_as_it_was_judged() -> None:
    data = probed()
    found = kept_probe(PLAN, json.loads(json.dumps(data)), "a.json")
    assert probe_data(found, {})["results"] == data["results"]
    seen = probe_observed(found, "site")
    assert seen.said == (
        f"Tried from the CMG connection point: 1 of {len(data['results'])} connections and paths failed;"
        " likely: A port of the channel is blocked. Request F06.",
    )
    assert seen.fault
    assert seen.doubts[0] == "The probe left one trial undecided."
    north = probe_observed(found, "north")
    assert north.said[0] == "The probe is of another site: north."
    assert "Request" not in north.said[0]


def test_a_name_that_the_script_had_to_escape_is_that_of_the_same_site() -> None:
    plan = replace(PLAN, deployment=replace(PLAN.deployment, name="caf\u00e9"))
    assert probe_observed(kept_probe(plan, probed(), "a.json"), r"caf\xe9").doubts[0].endswith("one trial undecided.")


@pytest.mark.parametrize("words", [INJECTIONS[0], "".join(INJECTIONS)])
def test_what_a_probe_says_is_text(words: str) -> None:
    pages = []
    for said in ("Zebra", words):
        found = kept_probe(PLAN, probed(said), "a.json")
        made = replace(hostile("x"), parts=(dossier(PLAN, observed=[probe_observed(found, said)]).parts[0],))
        pages.append(Page(dossier_html(made)))
        assert dossier_pdf(made)
    assert pages[0].shape == pages[1].shape
    assert flat(printable(words)) in flat(pages[1].words)


def test_a_probe_is_in_the_report(site: Path, tmp_path: Path) -> None:
    file = tmp_path / "probe.json"
    file.write_text(json.dumps(probed()), encoding="utf-8")
    text = unescape(command("report", site, "--probe", file).stdout)
    assert "Tried from the CMG connection point: 1 of " in text
    assert text.index("<h2>What was tried from") < text.index("<h2>What is planned")


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ("{", "a.json: line 1: not valid JSON"),
        ("[]", "a.json: found []; allowed: an object"),
        (json.dumps(probed() | {"role": "no-role"}), "a.json: role: no role 'no-role'"),
        (json.dumps(probed()).replace('"verdict"', '"verdikt"'), "a.json: verdict"),
    ],
)
def test_a_file_that_is_no_probe_is_refused_with_its_place(
    site: Path, tmp_path: Path, content: str, fault: str
) -> None:
    (tmp_path / "a.json").write_text(content, encoding="utf-8")
    assert fault in refused(site, "--probe", tmp_path / "a.json", "-o", tmp_path / "a.pdf")
    assert not (tmp_path / "a.pdf").exists()


def test_logs_are_read_and_what_they_show_is_in_the_verdict(site: Path, tmp_path: Path) -> None:
    log = tmp_path / "SMS_Cloud_ProxyConnector.log"
    case = next(case for case in CASES if case["id"] == "proxy-wants-authentication")
    log.write_text("\n".join([*case["lines"], "ERROR: of a kind that nobody knows"]), encoding="utf-8")
    text = unescape(command("report", site, "--logs", log).stdout)
    symptom = FACTS.symptom(case["cause"])
    first = text.index(f"The logs show: {symptom.title}. {fill(symptom.remedy, FACTS)}")
    assert first < text.index("<h2>What the logs show") < text.index("<h2>What is planned")
    assert "One error in the logs is not known here." in text
    sources = text.partition("Sources of everything above")[2]
    assert all(FACTS.source(source).title in sources for source in symptom.sources)
    assert symptom.title in sources


@pytest.mark.parametrize(
    ("host", "instances", "said"),
    [
        (HOSTS["cmg"], 2, [": A port of the channel is blocked (10125). Request F06."]),
        ("CMG.CONTOSO.EXAMPLE", 2, ["unless both names are of one", ". Request F06."]),
        ("CMG.CONTOSO.EXAMPLE", 1, ["or the site file is wrong.", "blocked (10125)."]),
    ],
)
def test_a_log_comes_first_with_what_is_not_of_the_site_and_what_to_request(
    tmp_path: Path, host: Any, instances: int, said: list[str]
) -> None:
    log = (ROOT / "examples/logs/SMS_Cloud_ProxyConnector.log").read_text(encoding="utf-8")
    plan = planned(site_text(HOSTS, configmgr="2509", instances=instances))
    made = logged(plan, tmp_path, log.replace("CMG.CONTOSO.EXAMPLE", host))
    assert all(words in line for words, line in zip((*said, "all five steps work; "), made.verdict, strict=True))
    assert ("Request" in " ".join(made.verdict)) == (instances == 2)
    assert isinstance(made.parts[0], Report)
    assert made.parts[0].title == "What the logs show"


def logged(plan: Plan, folder: Path, text: str) -> Dossier:
    """A report with that log."""
    log = folder / "SMS_Cloud_ProxyConnector.log"
    log.write_text(text, encoding="utf-8")
    return dossier(plan, observed=[logs_observed(plan, FACTS, diagnose(FACTS, [log]))])


def test_logs_that_show_nothing_come_behind_the_prediction(tmp_path: Path) -> None:
    made = logged(PLAN, tmp_path, "All is quiet")
    assert made.verdict[1:] == ("The logs show no known cause.",)
    assert isinstance(made.parts[0], Report)
    assert made.parts[0].title == "What is planned"


def test_a_folder_without_logs_is_refused(site: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert "holds no log" in refused(site, "--logs", tmp_path / "empty")
