"""The book as a whole: order, levels, numbers, headers, links, index, bytes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tinybook import RED, Handbook, built, ink, pages

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
    "dot.png": RED,
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
  What is between.
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
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("SOURCE_DATE_EPOCH", raising=False)
        return built(root, FILES, typst_date="2026-11-24", typst_keywords=["ports"])


def test_parts_chapters_and_sections_nest_as_in_the_toctree(book: Handbook) -> None:
    assert [(level, text) for level, text, _ in book.headings()] == ORDER


def test_numbers_are_those_of_the_site(book: Handbook, root: Path) -> None:
    site = built(root, FILES, builder="html")
    text = "".join(path.read_text() for path in sorted(site.out.glob("*.html")))
    sections = re.findall(r'<h\d><span class="section-number">([\d.]+)\. ', text)
    captions = re.findall(r'<span class="caption-number">(.*?) ?</span>', text)
    ours = re.findall(r'#hd\(\d, "\w+", "([\d.]+)"\)', book.source)
    theirs = re.findall(r"#fig(?:-table)?\(\[(.*?)\]", book.source)
    assert sorted(ours) == sorted(sections) != []
    assert sorted(text.replace("\\", "") for text in theirs) == sorted(captions) != []
    assert "[Table 1\\.1]" in book.source.split("#xref(")[4]


def test_every_page_but_the_cover_has_a_running_header(book: Handbook) -> None:
    assert all(ink(rows, 0.1, 0.04, 0.9, 0.075) for rows in book.pages[1:])


def test_what_is_short_shares_its_page(book: Handbook) -> None:
    starts = {text: page for _, text, page in book.headings()}
    assert starts["First part & more"] == starts["Welcome"]
    assert starts["Second part"] == starts["1 Two"]


def test_no_page_is_empty_and_nothing_runs_off_the_paper(book: Handbook) -> None:
    for rows in book.pages[1:]:
        assert ink(rows, 0.1, 0.1, 0.9, 0.9)
        assert not ink(rows, 0, 0, 0.1, 1)
        assert not ink(rows, 0.9, 0, 1, 1)


def test_links_inside_the_book_have_targets(book: Handbook) -> None:
    for label in ("one#steps", "two#", "two#ports", "two#term-gateway"):
        assert f'#xref("{label}"' in book.source
        assert len(book.ask(f'query(label("{label}"))')) == 1


def test_the_index_gives_the_pages_of_entries_and_terms(book: Handbook) -> None:
    index = book.source.split("\n#index(")[1]
    assert '(0, [entry], ("index#index-0",))' in index
    assert '(0, [gateway], ("two#term-gateway",))' in index


def test_title_author_language_and_keywords_are_in_the_metadata(book: Handbook) -> None:
    opening = book.source.split("\n")[1]
    assert opening == (
        '#show: book.with(title: "A tiny book", subtitle: "", author: "The authors", '
        'version: "", edition: "", lang: "en", keywords: ("ports",))'
    )
    for piece in (b"A tiny book", b"pdfuaid:part", b"2026-11-24T00:00:00"):
        assert piece in book.pdf


def test_the_same_book_has_the_same_bytes_and_a_refused_one_leaves_the_old(
    book: Handbook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    again = built(tmp_path, FILES, typst_date="2026-11-24", typst_keywords=["ports"])
    assert again.pdf == book.pdf
    with pytest.raises(Exception, match="failed to decode image"):
        built(tmp_path, {"dot.png": b"no picture"})
    assert again.pdf == book.pdf
    assert sorted(path.name for path in again.out.glob("*.pdf*")) == ["handbook.pdf"]


def test_the_epoch_of_the_build_is_the_time_of_the_pdf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1000000000")
    assert b"2001-09-09T01:46:40" in built(tmp_path, {"index.md": "# Page\n"}).pdf


LOST = {
    "anchor": ("[lost](#nowhere)", ":3", "myst.xref_missing"),
    "address": ("```{eval-rst}\n`lost <orphan.html>`_\n```", "", "neither in the book nor"),
    "page": ("{ref}`other`", ":3", "'orphan#other' is not in the book"),
    "letters": ("H ☃ 日", ":3", "no font of the book has '☃' (U+2603)"),
    "code": ("`☃`", ":3", "no font of the book has '☃' (U+2603)"),
    "block": ("```\n☃\n```", ":3", "no font of the book has '☃' (U+2603)"),
    "formula": ("```{math}\nx^2\n```", ":3", "no form on paper for <math_block>"),
    "frame": ("<iframe></iframe>", ":3", "HTML has no form on paper"),
    "remote": ("![](https://example.org/a.png)", ":3", "needs an SVG, PNG or JPEG file"),
    "mute": ("![](dot.png)", ":3", "has no alternative text"),
    "note": ("Words [^a]\n\n[^a]: Note", ":3", "no form on paper for <footnote_reference>"),
    "card": (":::{card} Title\nBody\n:::", ":3", "no form on paper for <card>"),
    "listing": ("```{code-block} text\n:caption: How\n\na\n```", ":3", "no form on paper for <caption>"),
    "spans": ("```{eval-rst}\n== ==\na  b\n== ==\nc\n-----\n== ==\n```", "", "no cell may span"),
    "function": ("```{eval-rst}\n.. py:function:: f()\n```", "", "no form on paper for <desc>"),
    "icon": ("{fas}`info`", ":3", "no form on paper for <fontawesome>"),
}


@pytest.fixture(scope="module")
def warnings(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    texts = {name: text for name, (text, _, _) in LOST.items()}
    others: dict[str, str | bytes] = {"orphan.md": "---\norphan: true\n---\n\n(other)=\n# Other\n", "dot.png": RED}
    return pages(tmp_path_factory.mktemp("lost"), texts | others, strict=False).warnings.splitlines()


@pytest.mark.parametrize("name", LOST)
def test_what_paper_cannot_show_is_a_warning_with_its_place(name: str, warnings: list[str]) -> None:
    _, line, message = LOST[name]
    assert any(f"/{name}.md{line}" in warning and message in warning for warning in warnings)
