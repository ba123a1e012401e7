"""Each construct of a page has its form on paper, and all of its text is there."""

from __future__ import annotations

import re
import sys
import zlib
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from docutils import nodes
from tinybook import RED, Handbook, built, ink, pages

LONG = "https://docs.fabrikam.example.org/Long_Name_Of_A_Page/7205759403792793?" + "query" * 40

FORMS: dict[str, tuple[str, ...]] = {  # text, and what the source of its page, called index here, holds
    "code block": ("```bash\nls\n```", '#code("ls", "bash")'),
    "emphasis": ("*a* **b** ***c***", "#emph[a] #strong[b] #emph[#strong[c]]"),
    "short code": ("`TCP-TLS`", '#box(raw("TCP-TLS"))'),
    "long code": ("`a b c`", '#raw("a b c");'),
    "special characters": ("\\# $5 \\* a_b", "\\# \\$5 \\* a\\_b"),
    "role of a class": ("[maybe]{.inferred}", "#inferred[maybe]"),
    "bullets": ("- a\n- b", "#list([a], [b])"),
    "lead-in of a list": ("a\n\nThese:\n\n- b", "#lead-in[These\\:]"),
    "lead-in below a heading": ("## a\n\nWords.\n\n- b", "#lead-in[Words\\.]"),
    "sources": ("- [a](#x){.quiet}\n- [b](#x){.quiet}\n\n[]{#x}", '#links([#xref("index#x")[a]], ['),
    "numbers": ("3. a\n4. b", "#steps(start: 3, [a], [b])"),
    "definitions": ("a\n: b", "#definition(([a],), [b])"),
    "fields": (":a: b", "#fields(([a], [b]))"),
    "quotation": ("```{epigraph}\na\n\n-- b\n```", "#quotation([b])[a]"),
    "note": ("```{note}\na\n```", '#admonition("note", [Note])[a]'),
    "see also": ("```{seealso}\na\n```", '#admonition("seealso", [See also])[a]'),
    "image": ("![a](flow.svg)", '#picture("images/001.svg", "a")'),
    "image that describes itself": ("![](flow.svg)", '#picture("images/001.svg", "Channel The point opens it.")'),
    "only here": ("```{only} typst\na\n```", "a\n"),
    "comment": ("a <!-- unseen --> b", "a  b"),
    "only on the site": ("```{only} html\nunseen\n```\n\nb", "b\n"),
    "figure": (
        "```{figure} flow.svg\n:name: flow\n:alt: x\n\nThe *point*.\n```\n{numref}`flow`",
        "#fig([Fig\\. 1], [The #emph[point]\\.], floats: true)[",
        '#xref("index#flow", paged: "brackets")[Fig\\. 1]',
    ),
    "address": ("<https://a.b>", '#link("https://a.b")[https\\:\\/\\/a\\.b]\n'),
    "link": (
        "[a](https://a.b/)",
        '#link("https://a.b/")[a]#footnote[#note-gap;#link("https://a.b/")[https\\:\\/\\/a\\.b\\/]]',
    ),
    "link in a heading": ("## [a](https://a.b)", '[a]#label("index#a")\n\n#link("https://a.b")['),
    "target in a heading": (
        "## []{#x}a\n\n[b](#x)",
        '[a]#label("index#a")#anchor("index#x")\n\n#xref("index#x", paged: "brackets")[b]',
    ),
}
SVG = """<svg xmlns="http://www.w3.org/2000/svg" width="200" height="50" viewBox="0 0 200 50">
<title>Channel</title><desc>The point opens it.</desc>
<g><title>not this</title><text x="10" y="30" font-family="Inter">point</text></g></svg>"""
BLACK = "<svg xmlns='http://www.w3.org/2000/svg' {}><rect width='3000' height='3000'/></svg>"


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Handbook:
    files: dict[str, str | bytes] = {name.replace(" ", "-"): text for name, (text, *_) in FORMS.items()}
    return pages(tmp_path_factory.mktemp("forms"), files | {"flow.svg": SVG, "dot.png": RED})


@pytest.mark.parametrize("name", FORMS)
def test_form(name: str, book: Handbook) -> None:
    page = name.replace(" ", "-")
    source = book.part(page).replace(f'"{page}#', '"index#')
    assert "unseen" not in source
    for form in FORMS[name][1:]:
        assert form in source or form in source.replace("  ", " ")  # versions of MyST differ in spaces


BROAD: dict[str, str | bytes] = {
    "text": LONG,
    "code": f"`{LONG}`",
    "block": f"```bash\ncurl {LONG}\n{'a' * 300}\n```",
    "list": f"- {LONG}\n  - `{LONG}`",
    "table": f"| a | b |\n|---|---|\n| {LONG} | `{LONG}` |\n| c | {'word ' * 99} |",
    "broad-table": "| a | b | c | d | e | f | g | h | i | j |\n" + "|---" * 10 + "|\n" + f"| {LONG} " * 10 + "|",
    "note": f"```{{note}}\n{LONG}\n```",
    "footnote": f"[a]({LONG})",
    "picture": "![](flow.svg)",
    "wide": "```{figure} wide.svg\n:figclass: wide\n:alt: x\n\nCaption.\n```",
    "tall": "```{figure} tall.svg\n:figclass: wide\n:alt: x\n\nCaption.\n```",
    "flow.svg": SVG,
    "wide.svg": BLACK.format("width='900' height='200'"),
    "tall.svg": BLACK.format("width='200' height='2000'"),
}


@pytest.fixture(scope="module")
def broad(tmp_path_factory: pytest.TempPathFactory) -> Handbook:
    return pages(tmp_path_factory.mktemp("broad"), BROAD)


def test_nothing_runs_off_the_page(broad: Handbook) -> None:
    for rows in broad.pages[1:]:
        margin = 0.07 if len(rows[0]) > len(rows) else 0.1
        assert not ink(rows, 1 - margin, 0, 1, 1)


def test_a_tall_figure_leaves_room_for_its_heading(broad: Handbook) -> None:
    _, _, last = broad.headings()[-1]
    assert broad.ask('counter(page).at(query(figure.where(kind: "picture")).last().location()).first()') == last


def test_places_to_break_a_word_cannot_be_copied(broad: Handbook) -> None:
    assert "\u200b" in (broad.out / "handbook.typ").read_text("utf-8")
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", broad.pdf, re.DOTALL)
    maps = [text for stream in streams if b"beginbf" in (text := inflated(stream))]
    assert maps
    assert not any(re.search(rb"200B>", text) for text in maps)


def inflated(stream: bytes) -> bytes:
    """Inflate a stream of a PDF; those that are not deflated stay as they are."""
    try:
        return zlib.decompress(stream)
    except zlib.error:
        return stream


def test_pictures_stay_vectors(broad: Handbook) -> None:
    assert b"/Subtype /Image" not in broad.pdf


def test_an_extension_may_give_an_absolute_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def insert(_app: Any, doctree: nodes.document, _docname: str) -> None:
        doctree += nodes.image(uri=str(tmp_path / "drawn.svg"), alt="Drawn")

    (tmp_path / "drawn.svg").write_text(SVG)
    drawing = ModuleType("drawing")
    drawing.setup = lambda app: {"version": str(app.connect("doctree-resolved", insert))}  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "drawing", drawing)
    extensions = ["myst_nb", "drawing", "typstbook"]
    book = built(tmp_path, {"index.md": "# Page\n"}, extensions=extensions, myst_enable_extensions=[])
    assert '#picture("images/001.svg", "Drawn")' in book.source
    assert str(tmp_path) not in book.source
