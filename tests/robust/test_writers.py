"""Whatever a user calls a site, and whatever a cell says, it stays in its place in everything that is written."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
from collections import Counter
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import openpyxl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from injections import INJECTIONS, some, texts
from openpyxl.utils.escape import unescape
from sitefiles import PLANNER, READER, site_text
from tools import need

from cmgdocs.cli import output
from cmgdocs.errors import printable
from cmgdocs.firewall.dialect import Dialect, written
from cmgdocs.firewall.names import site_slug
from cmgdocs.firewall.registry import DIALECTS, dialect
from cmgdocs.firewall.requests import request_bytes
from cmgdocs.plan.plan import Plan
from cmgdocs.plan.rules import rule_set
from cmgdocs.render import report, tables
from cmgdocs.render.dot import escape
from cmgdocs.render.picture import picture, svg
from cmgdocs.render.text import text_table
from cmgdocs.render.workbook import workbook
from cmgdocs.views.diagram import Diagram
from cmgdocs.views.documents import plan_data
from cmgdocs.views.outcome_picture import outcome_picture
from cmgdocs.views.plan_tables import plans_table
from cmgdocs.views.plan_tables import report as plan_report
from cmgdocs.views.table import Column, Line, Span, Table
from cmgdocs.whatif.ask import ask
from dotpicture import EngineError, draw

INSIDE = ("connection-point", "service-connection-point", "site-server", "management-point", "site-database")
HOSTS = {role: f"10.0.1.{number}" for number, role in enumerate((*INSIDE, "software-update-point", "console"), 5)}
CLOUD = {role: f"198.51.100.{number}" for number, role in enumerate(("cmg", "blob-storage", "key-vault"), 5)}
HOSTS |= CLOUD | {"table-storage": "198.51.100.1"}
TEXT = site_text(HOSTS, instances=2, proxy="10.9.9.9:8080")
PLAIN = "Zebra"
RULES = [item for item in DIALECTS if item.name not in ("xlsx", "csv", "markdown", "ip6tables")]
COMMENT = re.compile(r"\s*(#|!|access-list SLUG remark )")
named = some | texts.filter(bool)


@cache
def plan_of(name: str) -> Plan:
    return PLANNER.plan(READER.parse(TEXT, name).deployment)


def resolve(name: str) -> tuple[str, ...]:
    """An address of every name."""
    return (f"203.0.113.{len(name) % 200}",)


@cache
def rules(item: Dialect, name: str) -> str:
    return written(rule_set(plan_of(name)), item, resolve).decode()


def unnamed(text: str, name: str) -> str:
    """A text without the hash that stands for the name of a site and the rest of its word, which may be cut."""
    return re.sub(rf"[a-z0-9-]*{site_slug(name)[-8:]}[\w.-]*", "SLUG", text)


@pytest.mark.parametrize("item", RULES, ids=lambda item: item.name)
@settings(max_examples=settings().max_examples // 5)
@given(some)
def test_the_name_of_a_site_changes_comments_and_names_of_rules_only(item: Dialect, name: str) -> None:
    one, other = (unnamed(rules(item, called), called) for called in (PLAIN, name))
    if item.ending == ".json":
        assert json.loads(other) | {"metadata": 0} == json.loads(one) | {"metadata": 0}
        return
    lines = other.split("\n")
    assert [line for line in lines if not COMMENT.match(line)] == [
        line for line in one.split("\n") if not COMMENT.match(line)
    ]
    assert len(lines) == one.count("\n") + 1


@pytest.mark.parametrize("start", range(0, len(INJECTIONS), 30))
def test_nft_and_a_shell_find_nothing_wrong_with_any_name(start: int) -> None:
    nft = need("nft")
    for name in ("".join(INJECTIONS[start : start + 30]), INJECTIONS[start]):
        loaded = {"nftables": [nft, "-c", "-f", "-"], "check-point": ["sh", "-n"]}
        for kind, command in loaded.items():
            text = rules(dialect(kind), name)
            made = subprocess.run(command, input=text, text=True, capture_output=True, check=False)
            assert "syntax error" not in made.stderr.lower(), made.stderr


# Tables and reports


def one_cell(text: str) -> Table:
    columns = (Column("a", "A"), Column("b", "B"))
    return Table("t", text, columns, (Line("1", ((Span(text),), (Span("end"),))),))


def one_end(text: str) -> str:
    """A text with every end of a line the same."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def sane(text: str) -> str:
    """What XML can hold of a text."""
    return one_end(re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]", "\N{REPLACEMENT CHARACTER}", text))


@given(st.lists(texts, min_size=1, max_size=3))
@example(["\U0001f600" * 30, "\U0001f600" * 30])
@example(["a" * 30 + "'", "'", "History"])
@example(["\x1b", "\ufffe"])
def test_a_workbook_opens_and_has_every_text_as_text(found: list[str]) -> None:
    book = openpyxl.load_workbook(io.BytesIO(workbook([(text, one_cell(text)) for text in found], found[0])))
    assert len(book.worksheets) == len(found)
    for sheet, text in zip(book.worksheets, found, strict=True):
        cell = sheet["A2"]
        assert one_end(unescape(cell.value or "")) == sane(text)
        assert cell.data_type in ("s", "n" if not text else "s")
        assert cell.hyperlink is None
        assert sheet["B2"].value == "end"


class Tags(HTMLParser):
    """The tags of a text, and the names of their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: Counter[tuple[str, ...]] = Counter()
        self.words = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found[tag, *(name for name, _ in attrs)] += 1

    def handle_data(self, data: str) -> None:
        self.words += data


@given(named)
def test_a_report_has_the_same_tags_and_rows_whatever_its_site_is_called(name: str) -> None:
    one, other = (plan_report(plan_of(called), ()) for called in (PLAIN, name))
    found = Tags(report.html(other))
    assert found.found == Tags(report.html(one)).found
    assert one_end(name).split("\x00")[0] in one_end(found.words)
    counts = [
        [re.sub(r"\\.", "", line).count("|") for line in report.markdown(found).splitlines()] for found in (one, other)
    ]
    assert [count for count in counts[1] if count] == [count for count in counts[0] if count]


@given(named)
def test_lists_for_programs_name_the_site_as_it_is_called(name: str) -> None:
    assert json.loads(tables.dump(plan_data(plan_of(name), ())))["site"] == name
    plain, given = (list(csv.reader(io.StringIO(text, newline=""))) for text in map(_listed, (PLAIN, name)))
    assert [row[1:] for row in given] == [row[1:] for row in plain]
    assert not any(cell.startswith(("=", "+", "-", "@", "\t")) for row in given for cell in row)
    asked = request_bytes([rule_set(plan_of(name))], "csv", lambda: ()).decode()
    assert {len(row) for row in csv.reader(io.StringIO(asked, newline=""))} == {13}


def _listed(name: str) -> str:
    return tables.csv(plans_table([plan_of(name)]))


@given(texts)
def test_a_table_for_the_eye_steers_no_terminal(text: str) -> None:
    for width in (None, 40):
        shown = text_table(one_cell(text), width).split("\n")
        assert all(printable(line) == line for line in shown)


# Pictures


@given(texts)
def test_a_label_shows_the_text(text: str) -> None:
    drawn = draw(f'digraph {{ a [fontname="Inter", label=<<B>x</B>{escape(text)}>] }}')
    assert _flat(printable(text)) in _flat("".join(ET.fromstring(drawn).itertext()))


def _flat(text: str) -> str:
    return re.sub(r"\s", "", text)


@pytest.mark.parametrize("start", range(0, len(INJECTIONS), 30))
def test_a_picture_has_the_same_elements_whatever_its_site_is_called(start: int) -> None:
    for name in (" ".join(INJECTIONS[start : start + 15]), " ".join(INJECTIONS[start + 15 : start + 30])):
        one, other = (ET.fromstring(svg(_picture(called), standalone=True)) for called in (PLAIN, name))
        tags = [Counter((item.tag, *sorted(item.attrib)) for item in root.iter()) for root in (one, other)]
        more = tags[1] - tags[0]
        assert {tag for tag, *_ in more} <= {"{http://www.w3.org/2000/svg}text"}
        assert _flat(printable(name))[:20] in _flat("".join(other.itertext()))


def _picture(name: str) -> Diagram:
    answer = ask(plan_of(name))
    drawn = outcome_picture(answer.plan, answer.outcome)
    return replace(drawn, headline=drawn.caption)


@pytest.mark.parametrize("text", ["\u6771\u4eac", "\U0001f600"])
def test_a_pdf_without_a_font_for_a_text_is_refused_with_the_reason(text: str) -> None:
    with pytest.raises(EngineError, match=f"{text[0]}.*could not be displayed with a font; as SVG"):
        picture(_picture(text), "pdf")


# The terminal


def test_a_terminal_gets_printable_characters_and_a_pipe_gets_all(monkeypatch: pytest.MonkeyPatch) -> None:
    given = "".join(INJECTIONS)
    for there in (True, False):
        heard = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
        monkeypatch.setattr(heard, "isatty", lambda there=there: there)
        monkeypatch.setattr("sys.stdout", heard)
        output.put(given, None)
        shown = heard.buffer.getvalue().decode()  # type: ignore[attr-defined]
        assert (shown == given) is not there
        assert all(printable(part) == part for line in shown.split("\n") for part in line.split("\t")) is there
