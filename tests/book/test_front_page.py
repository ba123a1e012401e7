"""The first page of the book, which has the name of the book on the site and not on paper."""

from __future__ import annotations

from pathlib import Path

from sphinx.testing.util import SphinxTestApp

from cmgdocs.book.sections import FRONT

CONF = 'extensions = ["myst_nb", "cmgdocs.book", "typstbook"]\nnb_execution_mode = "off"\nproject = "The name"\n'


def test_on_paper_it_has_a_title_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "conf.py").write_text(CONF, encoding="utf-8")
    (tmp_path / "index.md").write_text("# The name\n\nWords.\n\n```{toctree}\nmore\n```\n", encoding="utf-8")
    (tmp_path / "more.md").write_text("# More\n\nSee {doc}`index`.\n", encoding="utf-8")
    texts = []
    for builder, name in (("html", "index.html"), ("typst", "handbook.typ")):
        app = SphinxTestApp(builder, tmp_path)
        app.build()
        app.cleanup()
        texts.append(Path(app.outdir, name).read_text(encoding="utf-8"))
    site, paper = texts
    assert "<h1>The name" in site
    assert FRONT not in site
    assert FRONT in paper
