"""What ``cmgdocs.book.theme`` adds to a site, shown on a site of one page."""

from __future__ import annotations

from pathlib import Path

import pytest
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace, patch_docutils

PAGE = """
# A list

- [x] Ask R&D whether 5 < 6
- [ ] Open the ports
"""


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    source = tmp_path_factory.mktemp("page")
    (source / "index.md").write_text(PAGE, encoding="utf-8")
    settings = {
        "extensions": ["myst_nb", "cmgdocs.book.theme"],
        "myst_enable_extensions": ["tasklist"],
        "html_theme": "basic",
    }
    folders = [str(source), None, str(source / "out"), str(source / "trees")]
    with patch_docutils(), docutils_namespace():
        app = Sphinx(*folders, "html", settings, status=None, warningiserror=True)
        app.build()
    return source / "out"


def test_fonts_come_with_the_site(out: Path) -> None:
    names = {path.name for path in (out / "_static").iterdir()}
    assert {"Inter-Regular.otf", "JetBrainsMono-Regular.ttf", "OFL.txt"} <= names


def test_every_font_of_the_style_sheet_is_bundled(out: Path) -> None:
    css = Path(__file__).resolve().parents[1] / "book" / "_static" / "site.css"
    wanted = [part.split('"')[0] for part in css.read_text("utf-8").split('url("')[1:]]
    assert wanted
    assert [name for name in wanted if not (out / "_static" / name).is_file()] == []


def test_boxes_of_a_task_list_have_names(out: Path) -> None:
    html = (out / "index.html").read_text("utf-8")
    assert html.count("<input aria-label=") == 2
    assert 'aria-label="Ask R&amp;D whether 5 &lt; 6"' in html
