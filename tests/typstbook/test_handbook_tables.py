"""Tables keep their heads and targets, and stay readable."""

from __future__ import annotations

import pytest
from tinybook import Handbook, ink, pages

LIST = "```{{eval-rst}}\n.. role:: nowrap\n\n.. list-table::\n   :header-rows: 1\n\n   * - a\n   * - {0}\n```"
WORD = "w" * 22
HOST = ".. rst-class:: host\n\n          ``{}``"
RECORDS = f"| a | b | c | d | e | f |\n{'|---' * 6}|\n| []{{#x}}one | {WORD} | | {WORD} | {WORD} | {WORD} |"
TOLD = """```{list-table}
:class: records
:header-rows: 1
* - a
  - b
* - one

    `id`
  - c

    d
* - one

    `id`
  - e
```"""
FORMS: dict[str, tuple[str, list[str]]] = {  # text, and what the source of its page holds
    "captioned": (
        ":::{table} The *ports*\n| a | b |\n|---|---|\n| 1 | 2 |\n:::",
        ["#fig-table([Table 1], [The #emph[ports]])[", "header: ([a], [b]),\n  [1], [2],"],
    ),
    "linked": (
        "| a |\n|---|\n| []{#f01}x |\n\n[to the row](#f01)",
        ['[#anchor("linked#f01")x]', '#xref("linked#f01", paged: "brackets")[to the row]'],
    ),
    "nowrap": (LIST.format(":nowrap:`a b, c d`"), ["#box[a b\\, c d]"]),
    "host": (
        LIST.format(HOST.format("db01.corp.fabrikam.example")),
        ['#host[#box(raw("db01.corp.fabrikam.example"))]'],
    ),
    "long-host": (
        LIST.format(HOST.format("a" * 20 + ".example." + "b" * 20)),
        ['#host[#raw("' + "a" * 20 + ".example."],
    ),
    "told": (TOLD, ["#records([],", '([one #aside[#box(raw("id"))]], (([b], [c\\. d]),)),', "([], (([b], [e]),)),"]),
    "records": (
        RECORDS,
        ["#records([a],", '([#anchor("records#x")one], (([b], [' + WORD + "]), ([d], [" + WORD + "])"],
    ),
}


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Handbook:
    return pages(tmp_path_factory.mktemp("tables"), {name: text for name, (text, _) in FORMS.items()})


@pytest.mark.parametrize("name", FORMS)
def test_form(name: str, book: Handbook) -> None:
    for form in FORMS[name][1]:
        assert form in book.part(name)


@pytest.fixture(scope="module")
def paper(tmp_path_factory: pytest.TempPathFactory) -> Handbook:
    rows = "\n".join(f"| {number} | b |" for number in range(120))
    texts = {"long": f"| a | b |\n|---|---|\n{rows}"}
    return pages(tmp_path_factory.mktemp("paper"), texts)


def test_the_head_is_repeated_on_every_page(paper: Handbook) -> None:
    _, _, first = paper.headings()[-1]
    tops = [rows[21:24] for rows in paper.pages[first:]]  # 26 mm below the edge, at 20 pixels an inch
    assert len(tops) > 1
    assert ink(tops[0], 0, 0, 1, 1)
    assert all(top == tops[0] for top in tops)
