"""The extension for search on a small book: what the index holds, what is warned about, and what Sphinx leaves out."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from sphinx.testing.util import SphinxTestApp

CONF = """
extensions = ["myst_parser", "cmgdocs.book", "cmgdocs.book.search"]
source_suffix = {".md": "markdown"}
html_theme = "basic"
templates_path = ["templates"]
"""
INDEX = """# Start

Words of the *first* page.

| One | Two |
|---|---|
| left | right |

```{toctree}
reference/symptoms-and-logs
developers/more
```

## Code

```powershell
Get-Item
```

```bash
ls
```

## Sources

Somewhere else.
"""
LISTED = "# Symptoms\n\n```{facts-table} symptoms\n:caption: What goes wrong\n```\n"
MORE = "# More\n\nFor developers.\n"


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> SphinxTestApp:
    book = tmp_path_factory.mktemp("book")
    files = {"conf.py": CONF, "index.md": INDEX, "reference/symptoms-and-logs.md": LISTED, "developers/more.md": MORE}
    files |= {"templates/search.html": "<p>ours</p>", "_search/search/rank.js": "1;\n"}
    for name, text in files.items():
        (book / name).parent.mkdir(parents=True, exist_ok=True)
        (book / name).write_text(text, encoding="utf-8")
    app = SphinxTestApp("html", book)
    app.build()
    app.cleanup()
    return app


@pytest.fixture(scope="module")
def made(app: SphinxTestApp) -> dict[str, Any]:
    """The index, without the name that its script gives to it."""
    text = Path(app.outdir, "_static/search/index.js").read_text(encoding="utf-8")
    return json.loads(text.removeprefix("globalThis.cmgSearch = ").removesuffix(";\n"))


def test_sections_have_their_text_with_cells_apart(made: dict[str, Any]) -> None:
    pages = [address for address, _ in made["pages"]]
    found = {f"{pages[page]}#{anchor}": text for _, page, anchor, text, _ in made["sections"]}
    assert found == {
        "index.html#start": "Words of the first page. One Two left right",
        "index.html#code": "PowerShell: Get-Item",
        "reference/symptoms-and-logs.html#symptoms": "What goes wrong",
    }


def test_an_entry_that_no_page_has_is_a_warning(app: SphinxTestApp) -> None:
    said = re.sub(r"\x1b\[[0-9;]*m", "", app.warning.getvalue())
    lost = "flow F02 is not at reference/flows.html#flow-F02; repair with: python3 noxfile.py -s regen"
    assert f"WARNING: {lost}" in said
    assert "symptom " not in said


def test_sphinx_makes_no_search_of_its_own(app: SphinxTestApp) -> None:
    assert Path(app.outdir, "search.html").read_text(encoding="utf-8").startswith("<p>ours</p>")
    assert Path(app.outdir, "_static/search/rank.js").is_file()
    assert not Path(app.outdir, "searchindex.js").exists()
    assert not Path(app.outdir, "_static/searchtools.js").exists()
    assert "search/index.js" not in Path(app.outdir, "index.html").read_text(encoding="utf-8")
