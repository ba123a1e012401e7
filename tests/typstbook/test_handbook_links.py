"""Links inside the book give the page they lead to; what the book leaves out has no link."""

from __future__ import annotations

from pathlib import Path

import pytest
from docutils import nodes
from docutils.utils import new_document
from tinybook import RED, Handbook, built

from typstbook.screen import strip

INDEX = """# Book

See {{ref}}`far` and {{ref}}`far` again (or {{doc}}`kept`), here {{ref}}`near`,
{{term}}`word` and [code](#far){{.quiet}}.

| a |
|---|
| {{ref}}`far` |

(near)=
## Near

After {{ref}}`far`, {{doc}}`out` (or {{doc}}`deeper`).

```{{toctree}}
:caption: Kept
kept
```

```{{toctree}}
:caption: {}
out
```
"""
FILES: dict[str, str | bytes] = {
    "index.md": INDEX.format("Left out"),
    "kept.md": "# Kept\n\n" + "Text.\n\n" * 50 + "(far)=\n## Far\n\n```{glossary}\nword\n  A word.\n```\n",
    "out.md": "# Out\n\nNever printed; {index}`nothing`.\n\n```{toctree}\ndeeper\n```\n",
    "deeper.md": "# Deeper\n",
}


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Handbook:
    return built(tmp_path_factory.mktemp("links"), FILES, typst_leave_out=["Left out"])


def test_a_link_gives_its_page_once_in_a_section(book: Handbook) -> None:
    source = book.part("index")
    assert 'See #xref("kept#far", paged: "brackets")[Far] and #xref("kept#far")[Far] again' in source
    assert 'After #xref("kept#far", paged: "brackets")[Far]' in source


def test_a_link_in_brackets_gives_its_page_behind_a_comma(book: Handbook) -> None:
    assert '\\(or #xref("kept#", paged: "comma")[Kept]\\)' in book.part("index")


def test_links_in_tables_and_to_terms_and_quiet_links_give_no_page(book: Handbook) -> None:
    source = book.part("index")
    for link in ('[#xref("kept#far")', '#xref("kept#term-word")', '#xref("kept#far")[code]'):
        assert link in source


def test_no_page_is_given_for_a_target_on_the_same_page(book: Handbook) -> None:
    assert 'here #xref("index#near", paged: "brackets")[Near]' in book.part("index")
    here, far = (next(page for _, text, page in book.headings() if text == name) for name in ("Near", "Far"))
    assert here < far
    assert [note["value"] for note in book.ask("query(<paged>)")] == [far, far]


def test_a_part_that_is_left_out_has_no_page_no_link_and_no_entry_in_the_index(book: Handbook) -> None:
    assert "After" in book.source
    for text in ("Left out", "Never printed", "nothing", 'xref("out', 'xref("deeper'):
        assert text not in book.source
    assert "Out#away[ (on the site)] \\(or Deeper#away[, on the site]\\)\\." in book.part("index")


def test_a_part_that_does_not_exist_cannot_be_left_out(tmp_path: Path) -> None:
    with pytest.raises(Exception, match="no part 'Elsewhere'; parts of the book: 'Kept', 'Left out'"):
        built(tmp_path, FILES, typst_leave_out=["Elsewhere"])


SCREEN = """# Book

See {ref}`there` and {ref}`gone`.

## Printed

:::{container} screen
Hidden.
:::

After.

(gone)=
## Unseen

(there)=
```{figure} dot.png
:figclass: screen
:alt: x

Unseen.
```
"""


def test_what_is_for_the_screen_is_not_printed_and_can_be_linked_to(tmp_path: Path) -> None:
    source = built(tmp_path, {"index.md": SCREEN, "dot.png": RED}).source
    assert "Hidden" not in source
    assert "#fig" not in source
    assert source.count("Unseen") == 2  # the words of the links
    assert source.index('#anchor("index#gone")') < source.index("Printed")
    assert '#anchor("index#there")' in source


def test_a_column_for_the_screen_is_not_printed() -> None:
    document = new_document("")
    specs = [nodes.colspec(classes=classes) for classes in ([], ["screen"], [])]
    row = nodes.row("", *(nodes.entry("", nodes.paragraph("", words)) for words in "abc"))
    document += nodes.table("", nodes.tgroup("", *specs, nodes.tbody("", row)))
    strip(document)
    assert [entry.astext() for entry in row] == ["a", "c"]
