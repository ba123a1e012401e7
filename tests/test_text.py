"""Tables for the eye: whole where there is room, wrapped by words where there is less, no control character ever."""

from __future__ import annotations

from pathlib import Path

import pytest

from cmgdocs.cli.output import put_report
from cmgdocs.errors import printable
from cmgdocs.facts.model import System
from cmgdocs.render.text import shared, text_table
from cmgdocs.views.registry import table, table_names
from cmgdocs.views.table import Column, Line, Report, Span, Table, code_list, text

COLUMNS = (Column("id", "Id", tight=True), Column("what", "What it is"), Column("why", "Why"))
ROWS = (
    ("F01, F02", "a connection that somebody opens", "because there is something to be said about it"),
    ("F03", "another one", ""),
)


def made(*rows: tuple[str, ...], caption: str = "Things") -> Table:
    return Table("things", caption, COLUMNS, tuple(Line(row[0], tuple(map(text, row))) for row in rows))


def test_a_row_is_a_line_where_nothing_limits_it() -> None:
    assert text_table(made(*ROWS)).splitlines() == [
        "Things",
        "",
        "Id        What it is                        Why",
        "─" * 90,
        "F01, F02  a connection that somebody opens  because there is something to be said about it",
        "F03       another one",
    ]


def test_wide_cells_are_wrapped_by_words_and_tight_ones_are_not() -> None:
    assert text_table(made(*ROWS), 40).splitlines() == [
        "Things",
        "",
        "Id        What it is      Why",
        "─" * 40,
        "F01, F02  a connection    because there",
        "          that somebody   is something",
        "          opens           to be said",
        "                          about it",
        "F03       another one",
    ]


@pytest.mark.parametrize("width", [90, 91, 200])
def test_a_terminal_that_is_wide_enough_changes_nothing(width: int) -> None:
    assert text_table(made(*ROWS), width) == text_table(made(*ROWS))


def test_a_name_is_whole_where_a_line_has_room_and_else_broken_after_a_dot() -> None:
    table = made(("F01", "contoso.westeurope.cloudapp.azure.com", "because of something"))
    shown = {width: text_table(table, width).splitlines() for width in (60, 50, 40, 30)}
    assert shown[60][4] == "F01  contoso.westeurope.cloudapp.azure.com  because of"
    assert shown[50][3] == "What it is  contoso.westeurope.cloudapp.azure.com"
    assert shown[40][3:5] == ["What it is", "  contoso.westeurope.cloudapp.azure.com"]
    assert shown[30][3:6] == ["What it is", "  contoso.westeurope.cloudapp.", "  azure.com"]


def test_each_item_of_a_list_has_a_line_of_its_own_where_the_row_does_not_fit() -> None:
    hosts = ("cp1.corp.example", "cp2.corp.example")
    table = Table("t", "T", COLUMNS, (Line("F01", (text("F01"), code_list(hosts), text("because " * 9))),))
    lines = [" ".join(line.split()[:2]) for line in text_table(table, 60).splitlines()[4:6]]
    assert lines == ["F01 cp1.corp.example", "cp2.corp.example because"]
    assert ", ".join(hosts) in text_table(table)


def test_a_row_is_a_block_where_its_words_have_no_room_side_by_side() -> None:
    table = made(("F01", "a " + "y" * 18, "because"), ("F02", "another one", ""))
    assert text_table(table, 30).splitlines() == [
        "Things",
        "",
        "Id          F01",
        "What it is  a",
        f"            {'y' * 18}",
        "Why         because",
        "",
        "Id          F02",
        "What it is  another one",
        "Why",
    ]
    assert text_table(table, 20).splitlines()[2:6] == ["Id", "  F01", "What it is", "  a"]


def test_a_word_that_nothing_has_room_for_is_folded() -> None:
    lines = text_table(made(("F01", "x" * 50, "why")), 40).splitlines()
    assert max(map(len, lines)) == 40
    assert sum(line.count("x") for line in lines) == 50


def test_a_port_range_is_not_broken_at_its_hyphen() -> None:
    assert "10140-10155" in text_table(made(("F02", "the ports 10140-10155 of the gateway", "y" * 30)), 50)


@pytest.mark.parametrize("width", [40, 80, 132])
def test_every_table_keeps_to_the_terminal_and_loses_no_letter(width: int, facts: System) -> None:
    for name in table_names(facts):
        item = table(facts, name)
        lines = text_table(item, width).splitlines()
        assert max(map(len, lines)) <= width
        assert not any(line.endswith(" ") for line in lines)
        found = "".join(lines).replace(" ", "")
        assert all(word in found for line in item.lines for cell in line.cells for word in map(letters, cell))


def letters(span: Span) -> str:
    """A span without what may be broken."""
    return span.text.strip(", \n").partition(" ")[0]


def test_a_table_without_rows_is_its_heads() -> None:
    assert text_table(made()) == "Things\n\nId  What it is  Why\n" + "─" * 19 + "\n"


def test_a_long_caption_is_wrapped_in_a_terminal_only() -> None:
    caption = "a caption that is much longer than the table below it"
    assert text_table(made(caption=caption), 20).startswith("a caption that is\nmuch longer than the\n")
    assert text_table(made(caption=caption)).startswith(caption + "\n")


def test_sentences_above_tables_are_wrapped_in_a_terminal_only(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    report = Report("A title", ("a sentence that is longer than a line.", "\x1b[31mred"), (), (made(),))
    monkeypatch.setattr("cmgdocs.cli.output.terminal_width", lambda: 20)
    put_report(report, "table", None)
    assert capfd.readouterr().out.startswith(
        "A title\na sentence that is\nlonger than a line.\n\\x1b[31mred\n\nThings\n"
    )
    put_report(report, "table", tmp_path / "a.txt")
    assert (tmp_path / "a.txt").read_text().startswith("A title\na sentence that is longer than a line.\n")


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("plain – “text”", "plain – “text”"),
        ("non\u00a0breaking", "non\u00a0breaking"),
        ("\x1b[31mred", r"\x1b[31mred"),
        ("\x9b2J", r"\x9b2J"),
        ("bell\a, back\b, tab\t", r"bell\x07, back\x08, tab\t"),
        ("\u202eturned", r"\u202eturned"),
        ("two\nlines\r\nand more", "two lines and more"),
    ],
    ids=["letters", "space", "escape", "c1", "controls", "bidi", "breaks"],
)
def test_what_is_not_printable_is_shown_as_its_escape(given: str, shown: str) -> None:
    assert printable(given) == shown


@pytest.mark.parametrize("width", [None, 30])
def test_no_escape_reaches_the_terminal_from_any_part(width: int | None) -> None:
    evil = "a\x1b]0;b\x07c"
    columns = (Column("x", evil), Column("y", evil))
    out = text_table(Table("x", evil, columns, (Line("1", (text(evil), text(evil))),)), width)
    assert out.replace("\n", "").isprintable()


@pytest.mark.parametrize(
    ("least", "most", "room", "widths"),
    [
        ([3, 4, 5], [30, 30, 30], 30, [10, 10, 10]),
        ([3, 4, 5], [6, 30, 30], 30, [6, 12, 12]),
        ([3, 4, 5], [30, 30, 30], 31, [11, 10, 10]),
        ([20, 4, 5], [20, 30, 30], 40, [20, 10, 10]),
        ([5, 5], [9, 9], 30, [9, 9]),
        ([], [], 10, []),
    ],
)
def test_room_is_shared_out_fairly(least: list[int], most: list[int], room: int, widths: list[int]) -> None:
    assert shared(least, most, room) == widths
