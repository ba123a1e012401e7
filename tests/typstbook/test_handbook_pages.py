"""Each construct of a page has its form on paper, and all of its text is there."""

from __future__ import annotations

import re
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from conftest import Build
from docutils import nodes
from tinybook import Handbook, ink

Page = Callable[..., Handbook]
LONG = "https://cmg.contoso.cloudapp.azure.com/CCM_Proxy_MutualAuth/7205759403792793?" + "query" * 40

FORMS = {
    "emphasis": ("*a* **b** ***c***", "#emph[a] #strong[b] #emph[#strong[c]]"),
    "short code": ("`TCP-TLS`", '#box(raw("TCP-TLS"))'),
    "long code": ("`a b c`", '#raw("a b c");'),
    "special characters": ("\\# $5 \\* a_b", "\\# \\$5 \\* a\\_b"),
    "abbreviation": ("{abbr}`MP (management point)`", "MP \\(management point\\)"),
    "role of a class": ("[maybe]{.inferred}", '#role("inferred")[maybe]'),
    "bullets": ("- a\n- b", "#list([a], [b])"),
    "numbers": ("3. a\n4. b", '#steps(start: 3, form: "1.", [a], [b])'),
    "tasks": ("- [x] a\n- [ ] b", "#tasks([#checkbox(true) a], [#checkbox(false) b])"),
    "definitions": ("a\n: b", "#definition(([a],), (), [b])"),
    "fields": (":a: b", "#fields(([a], [b]))"),
    "quotation": ("```{epigraph}\na\n\n-- b\n```", "#quotation([b])[a]"),
    "lines": ("```{line-block}\na\n b\n```", "#block[a#linebreak();#pad(left: 1.5em)[b#linebreak();]]"),
    "rule": ("a\n\n---\n\nb", "#rule"),
    "rubric": ("```{rubric} a\n```", "#rubric[a]"),
    "note": ("```{note}\na\n```", '#admonition("note", [Note])[a]'),
    "own title": ("```{admonition} *b*\n:class: tip dropdown\na\n```", '#admonition("tip", [#emph[b]])[a]'),
    "see also": ("```{seealso}\na\n```", '#admonition("seealso", [See also])[a]'),
    "version": ("```{versionadded} 1\na\n```", '#admonition("note", [])[Added in version 1\\: a]'),
    "topic": ("```{topic} b\na\n```", '#admonition("plain", [b])[a]'),
    "sidebar": ("```{sidebar} b\na\n```", '#admonition("plain", [b])[a]'),
    "contents": ("```{contents}\n:local:\n```\n## a", '#admonition("contents", [])'),
    "dropdown": (":::{dropdown} b\na\n:::", '#admonition("plain", [b])[a]'),
    "badge": ("{bdg-success}`a`", '#badge("success")[a]'),
    "image": ("![a](flow.svg)", '#picture("images/001.svg", "a", auto)'),
    "image of a width": ("```{image} dot.png\n:alt: a\n:width: 40px\n```", '#picture("images/001.png", "a", 30pt)'),
    "image that describes itself": ("![](flow.svg)", '#picture("images/001.svg", "Channel The point opens it.", auto)'),
    "raw Typst": ("```{raw} typst\n#emph[a]\n```", "#emph[a]"),
    "only here": ("```{only} typst\na\n```", "a\n"),
    "comment": ("a <!-- unseen --> b", "a  b"),
    "address": ("<https://a.b>", '#link("https://a.b")[https\\:\\/\\/a\\.b]\n'),
    "link": (
        "[a](https://a.b/)",
        '#link("https://a.b/")[a]#footnote[#note-gap;#link("https://a.b/")[https\\:\\/\\/a\\.b\\/]]',
    ),
    "link in a heading": ("## [a](https://a.b)", '[a]#label("index#a")\n\n#link("https://a.b")['),
    "target in a heading": ("## []{#x}a\n\n[b](#x)", '[a]#label("index#a")#anchor("index#x")\n\n#xref("index#x")[b]'),
    "footnote": (
        "a[^a] b[^a]\n\n[^a]: c",
        'a#footnote[#note-gap;c]#label("index#footnote-a") b#footnote(label("index#footnote-a"))',
    ),
}
SVG = """<svg xmlns="http://www.w3.org/2000/svg" width="200" height="50" viewBox="0 0 200 50">
<title>Channel</title><desc>The point opens it.</desc>
<g><title>not this</title><text x="10" y="30" font-family="Inter">point</text></g></svg>"""


@pytest.mark.parametrize(("text", "form"), FORMS.values(), ids=FORMS)
def test_form(text: str, form: str, build: Build, png: bytes) -> None:
    files = {"index.md": f"# Page\n\n{text}\n", "flow.svg": SVG, "dot.png": png}
    source = build(files).source
    assert form in source or form in source.replace("  ", " ")  # versions of MyST differ in spaces


def test_what_is_for_the_site_only_is_left_out(page: Page) -> None:
    assert "unseen" not in page("```{only} html\nunseen\n```\n\n<!-- unseen -->").source


def test_all_tabs_appear_with_their_titles(page: Page) -> None:
    tabs = ":::::{tab-set}\n" + "".join(f"::::{{tab-item}} Tab {n}\nText {n}.\n::::\n" for n in "ab")
    source = page(tabs + ":::::").source
    assert "#tab([Tab a])[Text a\\.]" in source
    assert "#tab([Tab b])[Text b\\.]" in source


def test_a_card_is_linked_by_its_title(page: Page) -> None:
    card = """(here)=
## Here

::::{grid} 1 2 2 3
:::{grid-item-card} Title
:link: here
:link-type: ref
:footer: Foot
Body
:::
:::{grid-item}
Plain
:::
::::
"""
    source = page(card).source
    assert "#cards(2, (true, [" in source
    assert '#card-title[#xref("index#here")[Title]]' in source
    assert "(false, [Plain])" in source


def test_code_keeps_language_numbers_and_marks(page: Page) -> None:
    code = "```{code-block} ipython3\n:linenos:\n:emphasize-lines: 2\n:caption: How\n\na = 1\nb = 2\n```"
    source = page(code).source
    assert "#listing([Listing 1], [How])[" in source
    assert '#code("a = 1\\nb = 2", lang: "python", kind: "source", first: 1, marked: (2,))' in source


def test_a_figure_has_number_caption_and_legend(build: Build) -> None:
    figure = "```{figure} flow.svg\n:name: flow\n:alt: x\n\nThe *point*.\n\nLegend.\n```\n{numref}`flow`"
    source = build({"index.md": f"# Page\n\n{figure}\n", "flow.svg": SVG}).source
    assert "#fig([Fig\\. 1], [The #emph[point]\\.], [Legend\\.])[" in source
    assert '#xref("index#flow")[Fig\\. 1]' in source


@pytest.mark.parametrize(
    "text",
    [
        LONG,
        f"`{LONG}`",
        f"```bash\ncurl {LONG}\n{'a' * 300}\n```",
        f"- {LONG}\n  - `{LONG}`",
        f"| a | b |\n|---|---|\n| {LONG} | `{LONG}` |\n| c | {'word ' * 99} |",
        "| a | b | c | d | e | f | g | h | i | j |\n" + "|---" * 10 + "|\n" + f"| {LONG} " * 10 + "|",
        f"```{{note}}\n{LONG}\n```",
        f":::{{dropdown}} {LONG}\na\n:::",
        f"[a]({LONG})",
    ],
    ids=["text", "code", "block", "list", "table", "broad table", "note", "title", "footnote"],
)
def test_nothing_runs_off_the_page(text: str, page: Page) -> None:
    for rows in page(text).pages[1:]:
        margin = 0.07 if len(rows[0]) > len(rows) else 0.1
        assert not ink(rows, 1 - margin, 0, 1, 1)


@pytest.mark.parametrize("size", ["width='900' height='200'", "width='200' height='2000'"])
def test_a_wide_figure_has_a_turned_page_and_fits_it(size: str, build: Build) -> None:
    figure = "```{figure} f.svg\n:figclass: wide\n:alt: x\n\nCaption.\n```"
    svg = f"<svg xmlns='http://www.w3.org/2000/svg' {size}><rect width='3000' height='3000'/></svg>"
    book = build({"index.md": f"# Page\n\n{figure}\n", "f.svg": svg})
    assert len(book.pages) == 3
    assert len(book.pages[2][0]) > len(book.pages[2])
    assert not ink(book.pages[2], 0.93, 0, 1, 1)


def test_an_extension_may_give_an_absolute_path(build: Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def insert(_app: Any, doctree: nodes.document, _docname: str) -> None:
        doctree += nodes.image(uri=str(tmp_path / "drawn.svg"), alt="Drawn")

    (tmp_path / "drawn.svg").write_text(SVG)
    drawing = ModuleType("drawing")
    drawing.setup = lambda app: {"version": str(app.connect("doctree-resolved", insert))}  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "drawing", drawing)
    extensions = ["myst_nb", "drawing", "typstbook"]
    book = build({"index.md": "# Page\n"}, extensions=extensions, myst_enable_extensions=[])
    assert '#picture("images/001.svg", "Drawn", auto)' in book.source
    assert str(tmp_path) not in book.source


def test_places_to_break_a_word_cannot_be_copied(page: Page) -> None:
    book = page(f"{LONG} `{LONG}`\n\n```bash\n{LONG}\n```")
    assert "\u200b" in (book.out / "handbook.typ").read_text("utf-8")
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", book.pdf, re.DOTALL)
    maps = [text for stream in streams if b"beginbf" in (text := inflated(stream))]
    assert maps
    assert not any(re.search(rb"200B>", text) for text in maps)


def inflated(stream: bytes) -> bytes:
    """Inflate a stream of a PDF; those that are not deflated stay as they are."""
    try:
        return zlib.decompress(stream)
    except zlib.error:
        return stream


def test_text_in_pictures_stays_text(build: Build) -> None:
    fonts = build({"index.md": "# Page\n\n![](flow.svg)\n", "flow.svg": SVG}).pdf
    assert fonts.count(b"+Inter-Regular") == build({"index.md": "# Page\n\npoint\n"}).pdf.count(b"+Inter-Regular")
    assert b"/Subtype /Image" not in fonts
