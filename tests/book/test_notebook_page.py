"""A page that is a notebook offers its file; other pages and paper do not."""

from __future__ import annotations

import json
from pathlib import Path

from sphinx.testing.util import SphinxTestApp

from cmgdocs.book.notebooks import WORDS

CELL = {"cell_type": "markdown", "id": "a", "metadata": {}, "source": "# Try it\n"}
NOTEBOOK = {"cells": [CELL], "metadata": {"language_info": {"name": "python"}}, "nbformat": 4, "nbformat_minor": 5}
CONF = 'extensions = ["myst_nb", "cmgdocs.book", "typstbook"]\nnb_execution_mode = "off"\n'


def test_the_file_is_next_to_the_page_on_the_site_and_not_on_paper(tmp_path: Path) -> None:
    (tmp_path / "conf.py").write_text(CONF, encoding="utf-8")
    (tmp_path / "index.md").write_text("# Page\n\n```{toctree}\ntry\n```\n", encoding="utf-8")
    (tmp_path / "try.ipynb").write_text(json.dumps(NOTEBOOK), encoding="utf-8")
    site, paper = (SphinxTestApp(builder, tmp_path) for builder in ("html", "typst"))
    for app in (site, paper):
        app.build()
        app.cleanup()
    pages = {path.name: path.read_text(encoding="utf-8") for path in Path(site.outdir).glob("*.html")}
    (file,) = Path(site.outdir, "_downloads").rglob("*.ipynb")
    assert f'href="{file.relative_to(site.outdir).as_posix()}"' in pages["try.html"]
    assert WORDS in pages["try.html"]
    assert WORDS not in pages["index.html"]
    assert json.loads(file.read_text(encoding="utf-8")) == NOTEBOOK
    assert WORDS not in Path(paper.outdir, "handbook.typ").read_text(encoding="utf-8")
