"""Tables keep their heads, spans, alignment and targets, and stay readable."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from conftest import Build
from tinybook import Handbook, ink

Page = Callable[..., Handbook]


def test_title_number_head_and_alignment(page: Page) -> None:
    source = page(":::{table} The *ports*\n| a | b | c |\n|:--|--:|:-:|\n| 1 | 2 | 3 |\n:::").source
    assert "#fig-table([Table 1], [The #emph[ports]])[" in source
    assert (
        "heads: 1, header: (table.cell(align: left)[a], table.cell(align: right)[b], "
        "table.cell(align: center)[c])" in source
    )
    assert "table.cell(align: right)[2]" in source


def test_spans(page: Page) -> None:
    table = """```{eval-rst}
+---+-------+
| a | b     |
|   +---+---+
|   | c | d |
+===+===+===+
| e     | f |
+-------+---+
```"""
    source = page(table).source
    assert "heads: 2, header: (table.cell(rowspan: 2)[a], table.cell(colspan: 2)[b]" in source
    assert "table.cell(colspan: 2)[e], table.cell()[f]" in source


def test_a_row_and_a_cell_can_be_linked(page: Page) -> None:
    table = "| a |\n|---|\n| []{#f01}x |\n\n[to the row](#f01)"
    source = page(table).source
    assert 'table.cell()[#anchor("index#f01")x]' in source
    assert '#xref("index#f01")[to the row]' in source


def test_a_cell_marked_nowrap_stays_on_one_line(page: Page) -> None:
    table = "```{eval-rst}\n.. role:: nowrap\n\n.. list-table::\n\n   * - :nowrap:`a b, c d`\n```"
    assert "#box[a b, c d]" in page(table).source.replace("\\", "")


HOST = "```{{eval-rst}}\n.. list-table::\n\n   * - .. rst-class:: host\n\n          ``{0}``\n     - words\n```"


@pytest.mark.parametrize(
    ("host", "set_"),
    [
        ("ccp01.corp.fabrikam.example", '#host[#box(raw("ccp01.corp.fabrikam.example"))]'),
        ("fabrikamcmg.northeurope.cloudapp.azure.com", '#host[#raw("fabrikamcmg.northeurope.cloudapp.azure.com");]'),
    ],
)
def test_a_host_stays_whole_unless_it_is_very_long(page: Page, host: str, set_: str) -> None:
    assert set_ in page(HOST.format(host)).source


def test_stub_columns_are_bold(page: Page) -> None:
    table = "```{list-table}\n:stub-columns: 1\n* - a\n  - b\n```"
    assert "table.cell()[#strong[a]], table.cell()[b]" in page(table).source


def test_the_head_is_repeated_on_every_page(page: Page) -> None:
    rows = "\n".join(f"| {number} | b |" for number in range(120))
    book = page(f"| a | b |\n|---|---|\n{rows}")
    tops = [rows[22:26] for rows in book.pages[3:]]  # 28 mm below the edge, at 20 pixels an inch
    assert len(tops) > 1
    assert ink(tops[0], 0, 0, 1, 1)
    assert all(top == tops[0] for top in tops)


def test_a_wide_table_takes_its_heading_and_its_notes_to_a_turned_page(build: Build) -> None:
    cells = "\n".join(f"  - {'some words ' * 12}" for _ in range(8))
    table = f"```{{list-table}}\n:class: wide\n* - a\n{cells}\n```"
    book = build({"index.md": f"# Page\n\nText.\n\n## Wide\n\n{table}\n\nAfter.\n"})
    turned = [number for number, rows in enumerate(book.pages, 1) if len(rows[0]) > len(rows)]
    assert turned == [page for _, text, page in book.headings() if text == "Wide"]
    assert "#turned[\n#hd(2," in book.source
    assert "After\\.\n\n]" in book.source
    assert len(book.pages) == 4


def test_a_wide_table_in_a_box_gets_small_type_instead(page: Page) -> None:
    cells = "\n".join(f"  - {'some words ' * 12}" for _ in range(8))
    book = page(f"````{{note}}\n```{{list-table}}\n:class: wide\n* - a\n{cells}\n```\n````")
    assert "#turned" not in book.source
    assert "size: 7.6pt" in book.source
