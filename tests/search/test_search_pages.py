"""Pages as search knows them: read from the sources of the book."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cmgdocs.errors import SiteError
from cmgdocs.search.pages import Page, Term, read_book, shown

TOC = "root: index\nparts:\n  - chapters:\n      - file: how-to/ask\n      - file: reference/all\n"
ALL = """(label)=
# Every {role}`x`

% search: anything, what is there

For *those* who {doc}`ask </how-to/ask>`: see [this](that.md).

## One `part`

```{facts-table} limits
```

```bash
# no heading
```

```{glossary}
MP
  Management point: see {term}`other <it>`.

deployment name
  A name.
```
"""
ASK = "# Ask\n\n```{facts-table} limits\n```\n\n```{facts-table} roles\n:no-index:\n```\n"


@pytest.fixture
def book(tmp_path: Path) -> Path:
    for name, text in {"_toc.yml": TOC, "index.md": "# Start\n", "how-to/ask.md": ASK, "reference/all.md": ALL}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def test_titles_headings_terms_and_homes_are_read(book: Path) -> None:
    found = read_book(book)
    assert found.pages[0] == Page("index", "Start", ".")
    assert found.pages[2] == Page(
        "reference/all", "Every x", "For those who ask: see this. One part.", ("anything", "what is there")
    )
    assert found.terms[0] == Term("MP", "reference/all", "Management point: see other.")
    assert found.homes == {"limits": "reference/all"}


def test_a_notebook_is_read_by_its_text(book: Path) -> None:
    (book / "index.md").unlink()
    cells = [("code", ["# no"]), ("markdown", ["# Yes\n", "\nWords."])]
    made = {"cells": [{"cell_type": kind, "source": lines} for kind, lines in cells]}
    (book / "index.ipynb").write_text(json.dumps(made), encoding="utf-8")
    assert read_book(book).pages[0] == Page("index", "Yes", "Words.")


def test_a_missing_page_is_reported(book: Path) -> None:
    (book / "index.md").unlink()
    with pytest.raises(SiteError, match=r"index\.ipynb: cannot be read"):
        read_book(book)


def test_markdown_is_shown_as_words() -> None:
    assert shown("**A** `b` {port}`F01`\n{doc}`c <d>` [e](f)") == "A b F01 c e"


def test_a_link_to_a_page_is_shown_without_its_path() -> None:
    assert shown("{doc}`../how-to/use-a-proxy`, {doc}`x`") == "use a proxy, x"
