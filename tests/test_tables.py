"""Tables as text: the editions as printed, and cells that stay cells."""

from __future__ import annotations

import csv
import io
import json
import re
from html.parser import HTMLParser

import printed
import pytest
from hypothesis import given
from hypothesis import strategies as st
from injections import texts

from cmgdocs.facts import load
from cmgdocs.facts.model import System
from cmgdocs.render import tables
from cmgdocs.views import registry
from cmgdocs.views.documents import required_ports_data
from cmgdocs.views.table import Cell, Column, Line, Mark, Span, Table, plain

CELLS = st.lists(st.builds(Span, texts.filter(bool), st.sampled_from([Mark.PLAIN, Mark.CODE])), max_size=3).map(tuple)


def one_cell(cell: Cell) -> Table:
    return Table("t", "T", (Column("a", "A"), Column("b", "B")), (Line("1", (cell, (Span("end"),))),))


@pytest.mark.parametrize("edition", printed.EDITIONS)
def test_an_edition_is_printed_row_by_row_as_the_article_has_it(facts: System, edition: str) -> None:
    made = registry.table(facts, "required-ports", edition)
    shown = [tuple(plain(cell).replace("[Note", "Note").rstrip("]") for cell in line.cells[1:]) for line in made.lines]
    path = printed.path(edition)
    typed = printed.rows(edition) if path.is_file() else []
    assert shown == typed, f"{path.name}: not what the facts print; where the change is meant: copy it from the article"


def test_each_printed_table_is_one_of_an_edition() -> None:
    others = {path.name for path in printed.FOLDER.glob("data-flow-*")} - {
        printed.path(edition).name for edition in printed.EDITIONS
    }
    assert not others, f"{', '.join(others)}: no such edition; where the change is meant: name it in EDITIONS"


@pytest.mark.parametrize("edition", printed.EDITIONS)
def test_the_rows_for_programs_say_the_same(facts: System, edition: str) -> None:
    found = json.loads(tables.dump(required_ports_data(facts, edition)))
    assert found["edition"] == edition
    for row, cells in zip(found["rows"], printed.rows(edition), strict=True):
        client, protocol, port, server, description = cells
        assert (row["client"], row["protocol"], row["port"], row["server"]) == (client, protocol, port, server)
        assert description.startswith(row["description"])
        numbers = [int(word) for word in port.replace("-", " ").split() if word.isdigit()]
        assert sorted({end for pair in row["ports"] for end in pair}) == sorted(set(numbers))


class Cells(HTMLParser):
    """The texts of the cells of a table, and every tag in it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.cells: list[str] = []
        self.tags: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.add(tag)
        if tag == "td":
            self.cells.append("")

    def handle_data(self, data: str) -> None:
        if self.cells:
            self.cells[-1] += data


@given(CELLS)
def test_html_shows_any_text_as_itself(cell: Cell) -> None:
    found = Cells(tables.html(one_cell(cell)))
    assert found.tags <= {"table", "caption", "thead", "tr", "th", "tbody", "td", "code", "wbr"}
    normal = plain(cell).replace("\r\n", "\n").replace("\r", "\n")
    assert found.cells[0].replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "") == normal.replace("\x00", "")


@given(CELLS)
def test_markdown_keeps_a_row_on_one_line_and_its_cells_apart(cell: Cell) -> None:
    lines = tables.markdown(one_cell(cell)).split("\n")
    assert len(lines) == 4
    bare = lines[2].replace("\\\\", "").replace("\\|", "")
    assert bare.count("|") == 3


@given(CELLS)
def test_csv_reads_back_and_never_begins_a_formula(cell: Cell) -> None:
    (_, row) = csv.reader(io.StringIO(tables.csv(one_cell(cell)), newline=""))
    assert not row[0].startswith(("=", "+", "-", "@", "\t", "\r"))
    assert row[0].removeprefix("'") == re.sub(r"[\r\n]+", " ", plain(cell)).removeprefix("'")


@given(CELLS)
def test_json_reads_back(cell: Cell) -> None:
    assert json.loads(tables.json(one_cell(cell)))["rows"] == [{"id": "1", "a": plain(cell), "b": "end"}]


@pytest.mark.parametrize("form", tables.FORMATS)
@pytest.mark.parametrize("name", registry.table_names(load()))
def test_every_table_has_every_form_and_ends_in_a_newline(facts: System, name: str, form: str) -> None:
    assert tables.render(registry.table(facts, name), form).endswith("\n")


def test_what_is_inferred_is_shown_as_inferred_in_every_form(facts: System) -> None:
    made = registry.table(facts, "perimeter")
    assert all("inferred" in tables.render(made, form) for form in tables.FORMATS)
