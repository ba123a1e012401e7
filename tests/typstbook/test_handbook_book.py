"""The book as a whole: order, levels, numbers, headers, links, index, bytes."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest
from conftest import Build
from tinybook import Handbook, built, ink, square

FILES: dict[str, str | bytes] = {
    "index.md": """# Welcome

See {ref}`the steps <steps>`, {doc}`two`, {numref}`ports`, {term}`gateway`, {index}`entry`.

```{toctree}
:caption: First part & more
:numbered:
one
```

```{toctree}
:caption: Second part
:numbered:
two
Elsewhere <https://example.org>
```
""",
    "one.md": """# One

```{toctree}
inner
```

```{figure} dot.png
:alt: A square

A caption.
```

(steps)=
## Steps

### Deeper
""",
    "dot.png": square(40, (200, 30, 30)),
    "inner.md": "# Inner\n\n## Innermost\n",
    "two.md": """# Two

(ports)=
```{list-table} All ports
:header-rows: 1
* - Port
  - Use
* - 443
  - HTTPS
```

```{glossary}
gateway
  What stands between.
```
""",
}
ORDER = [
    (1, "Contents"),
    (1, "Welcome"),
    (1, "First part & more"),
    (2, "1 One"),
    (3, "1.1 Inner"),
    (4, "1.1.1 Innermost"),
    (3, "1.2 Steps"),
    (4, "1.2.1 Deeper"),
    (1, "Second part"),
    (2, "1 Two"),
    (1, "Index"),
]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("book")


@pytest.fixture(scope="module")
def book(root: Path) -> Handbook:
    os.environ.pop("SOURCE_DATE_EPOCH", None)
    return built(root, FILES, strict=True, typst_date="2026-11-24", typst_keywords=["ports"])


def test_parts_chapters_and_sections_nest_as_in_the_toctree(book: Handbook) -> None:
    assert [(level, text) for level, text, _ in book.headings()] == ORDER


def test_numbers_are_those_of_the_site(book: Handbook, root: Path) -> None:
    site = built(root, FILES, strict=True, builder="html")
    pages = "".join(path.read_text() for path in sorted(site.out.glob("*.html")))
    sections = re.findall(r'<h\d><span class="section-number">([\d.]+)\. ', pages)
    captions = re.findall(r'<span class="caption-number">(.*?) ?</span>', pages)
    ours = re.findall(r'#hd\(\d, "\w+", "([\d.]+)"\)', book.source)
    theirs = re.findall(r"#fig(?:-table)?\(\[(.*?)\]", book.source)
    assert sorted(ours) == sorted(sections) != []
    assert sorted(text.replace("\\", "") for text in theirs) == sorted(captions) != []
    assert "[Table 1\\.1]" in book.source.split("#xref(")[4]


def test_only_cover_and_part_pages_have_no_running_header(book: Handbook) -> None:
    parts = {page for level, text, page in book.headings() if text.endswith(("more", "Second part"))}
    bare = {number for number, rows in enumerate(book.pages, start=1) if not ink(rows, 0.1, 0.04, 0.9, 0.075)}
    assert bare == parts
    assert len(parts) == 2


def test_no_page_is_empty_and_nothing_runs_off_the_paper(book: Handbook) -> None:
    for rows in book.pages[1:]:
        assert ink(rows, 0.1, 0.1, 0.9, 0.9)
        assert not ink(rows, 0, 0, 0.1, 1)
        assert not ink(rows, 0.9, 0, 1, 1)


def test_links_inside_the_book_have_targets(book: Handbook) -> None:
    for label in ("one#steps", "two#", "two#ports", "two#term-gateway"):
        assert f'#xref("{label}")' in book.source
        assert len(book.ask(f'query(label("{label}"))')) == 1


def test_the_index_gives_the_pages_of_entries_and_terms(book: Handbook) -> None:
    index = book.source.split("\n#index(")[1]
    assert '(0, [entry], ("index#index-0",))' in index
    assert '(0, [gateway], ("two#term-gateway",))' in index


def test_title_author_language_and_keywords_are_in_the_metadata(book: Handbook) -> None:
    opening = book.source.split("\n")[1]
    assert opening == (
        '#show: book.with(title: "A tiny book", subtitle: "", author: "The authors", '
        'edition: "2026-11-24", lang: "en", keywords: ("ports",))'
    )
    for piece in (b"A tiny book", b"pdfuaid:part", b"2026-11-24T00:00:00"):
        assert piece in book.pdf


def test_the_same_book_has_the_same_bytes(book: Handbook, build: Build) -> None:
    again = build(FILES, typst_date="2026-11-24", typst_keywords=["ports"])
    assert again.pdf == book.pdf


def test_the_epoch_of_the_build_is_the_time_of_the_pdf(build: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1000000000")
    assert b"2001-09-09T01:46:40" in build({"index.md": "# Page\n"}).pdf


def test_a_book_that_typst_refuses_leaves_the_old_one(build: Build) -> None:
    good = build({"index.md": "# Page\n"})
    with pytest.raises(Exception, match="unknown variable: nonsense"):
        build({"index.md": "# Page\n\n```{raw} typst\n#nonsense\n```\n"})
    assert good.pdf.startswith(b"%PDF")
    assert sorted(path.name for path in good.out.glob("*.pdf*")) == ["handbook.pdf"]


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("[lost](#nowhere)", "index.md:3", "myst.xref_missing"),
        ("```{eval-rst}\n`lost <orphan.html>`_\n```", "index.md", "neither in the book nor"),
        ("{ref}`other`", "index.md:3", "'orphan#other' is not in the handbook"),
        ("H ☃ 日", "index.md:3", "no font of the handbook has '☃' (U+2603)"),
        ("`☃`", "index.md:3", "no font of the handbook has '☃' (U+2603)"),
        ("```\n☃\n```", "index.md:3", "no font of the handbook has '☃' (U+2603)"),
        ("```{math}\nx^2\n```", "index.md:3", "no formulas in the handbook"),
        ("<b>lost</b>", "index.md:3", "HTML has no form in the handbook"),
        ("<iframe></iframe>", "index.md:3", "HTML has no form in the handbook"),
        ("![](https://example.org/a.png)", "index.md:3", "needs an SVG, PNG or JPEG file"),
        ("![](dot.png)", "index.md:3", "has no alternative text"),
        ("## Head [^a]\n\n[^a]: Note", "index.md:3", "a footnote in a heading"),
        ("```{eval-rst}\n.. py:function:: f()\n```", "index.md", "no form in the handbook for <desc>"),
        ("{fas}`info`", "index.md:3", "no form in the handbook for <fontawesome>"),
    ],
)
def test_what_paper_cannot_show_is_a_warning_with_its_place(
    text: str, place: str, message: str, build: Build, png: bytes
) -> None:
    files: dict[str, Any] = {
        "index.md": f"# Page\n\n{text}\n",
        "orphan.md": "---\norphan: true\n---\n\n(other)=\n# Other\n",
        "dot.png": png,
    }
    warnings = build(files, strict=False).warnings
    line = next((line for line in warnings.splitlines() if message in line), warnings)
    assert message in line
    assert place in line
