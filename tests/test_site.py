"""What ``cmgdocs.book.theme`` adds to a site, shown on a site of one page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace, patch_docutils

from cmgdocs.book.lean import used_rules
from dotpicture import FONTS

PAGE = """
# A list

```{index} 10124-10139 (port), 401 (HTTP status), 0x2f8f, /NoCRLCheck, 80 (port), Azure
```

- [x] Ask R&D whether 5 < 6
- [ ] Open the ports
"""


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    source = tmp_path_factory.mktemp("page")
    (source / "index.md").write_text(PAGE, encoding="utf-8")
    (source / "static").mkdir()
    (source / "static" / "waste.js").touch()
    settings = {
        "html_static_path": ["static"],
        "extensions": ["myst_nb", "cmgdocs.book.theme"],
        "myst_enable_extensions": ["tasklist"],
        "html_theme": "basic",
    }
    folders = [str(source), None, str(source / "out"), str(source / "trees")]
    with patch_docutils(), docutils_namespace():
        app = Sphinx(*folders, "html", settings, status=None, warningiserror=True)
        app.build()
    return source / "out"


def test_the_site_has_the_fonts_that_diagrams_are_measured_with() -> None:
    folder = Path(__file__).resolve().parents[1] / "book" / "_static"
    css = (folder / "site.css").read_text("utf-8")
    wanted = [folder / part.split('"')[0] for part in css.split('url("fonts/')[1:]]
    assert {path.stem for path in wanted} == {path.stem for path in FONTS.iterdir() if path.suffix != ".txt"}
    assert [path.name for path in wanted if not (folder / "fonts" / path.name).is_file()] == []
    assert (folder / "fonts" / "OFL.txt").read_bytes() == (FONTS / "OFL.txt").read_bytes()


def test_a_page_has_a_policy(out: Path) -> None:
    assert 'content="default-src' in (out / "index.html").read_text("utf-8")


def test_programs_get_facts_and_pages(out: Path) -> None:
    assert {"facts.json", "llms.txt", "schemas"} <= {path.name for path in out.iterdir()}
    assert "- [A list](index.html)" not in (out / "llms.txt").read_text("utf-8")


def test_what_no_page_names_is_not_shipped(out: Path) -> None:
    names = {path.name for path in (out / "_static").rglob("*")}
    assert "pygments.css" in names
    assert "waste.js" not in names


def test_rules_that_no_element_meets_are_left_out() -> None:
    css = '@import "x";.a{b:c}.z,p:not(.z)>a[href=".z"]{d:url("a{b}")}@media print{.z{b:c}}@font-face{src:url(x)}'
    kept = '@import "x";.a{b:c}p:not(.z)>a[href=".z"]{d:url("a{b}")}@font-face{src:url(x)}'
    assert used_rules(css, {"a"}) == kept


def test_numbers_of_the_index_have_a_heading_of_their_own_in_order_of_value(out: Path) -> None:
    html = (out / "genindex.html").read_text("utf-8")
    assert re.findall(r'<h2 id="[^"]+">([^<]+)</h2>', html) == ["Numbers", "Symbols", "A"]
    numbers = html.split('id="Numbers"')[1].split("</table>")[0]
    assert re.findall(r'<a href="index.html[^"]*">([^<]+)', numbers) == [
        "0x2f8f",
        "80 (port)",
        "401 (HTTP status)",
        "10124-10139 (port)",
    ]


def test_boxes_of_a_task_list_have_names(out: Path) -> None:
    html = (out / "index.html").read_text("utf-8")
    assert html.count("<input aria-label=") == 2
    assert 'aria-label="Ask R&amp;D whether 5 &lt; 6"' in html
