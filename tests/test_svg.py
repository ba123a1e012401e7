"""What readers get: the finished SVG, and PNG and PDF made from it."""

from __future__ import annotations

import doctest
import struct
from xml.etree import ElementTree as ET

import pytest

import dotpicture
from dotpicture import Face, draw, finish, pdf, png, size_pt

NS = "{http://www.w3.org/2000/svg}"
DOT = r"""digraph {
graph [fontname="Inter Bold" bgcolor=white]; node [fontname=Inter shape=box]; edge [fontname=Inter]
subgraph cluster_z { class=zone; label="Zone & <b>one</b>"
  a [id=role_a class="role service" label="say \"hi\"" href="#a" tooltip="a tip"] }
b [shape=plain label=<<table><tr><td><i>HTTPS</i> 443 <font face="JetBrains Mono">x</font></td>
  <td><b>bold</b></td></tr></table>>]
a -> b [id="F01-x" class=flow label="F01\nHTTPS 443" href="#F01"]
a -> b [id=F02 class=flow tooltip="only a tip"]
}"""


def finished(dot: str = DOT, **options: object) -> str:
    base = {"title": "Flows & <ports>", "description": 'A "calls" B.', "prefix": "p"}
    return finish(draw(dot), **base | options)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def inline() -> str:
    return finished()


@pytest.fixture(scope="module")
def root(inline: str) -> ET.Element:
    return ET.fromstring(inline)


def texts(root: ET.Element) -> list[str]:
    return [text.text or "" for text in root.iter(f"{NS}text")]


def test_nothing_tells_of_the_making(inline: str) -> None:
    assert inline.startswith('<svg xmlns="http://www.w3.org/2000/svg" width=')
    assert inline.endswith("</svg>\n")
    for trace in ("<!", "<?", "raphviz", "xlink", "xml:", "tip", "&#45;", "\n\n"):
        assert trace not in inline


def test_size_is_natural_in_px(inline: str, root: ET.Element) -> None:
    width, height = size_pt(inline)
    assert root.get("viewBox") == f"0 0 {width:g} {height:g}"
    assert float(root.attrib["width"]) == pytest.approx(width * 4 / 3, abs=0.01)
    assert float(root.attrib["height"]) == pytest.approx(height * 4 / 3, abs=0.01)


def test_picture_is_named_and_described_once(root: ET.Element) -> None:
    title, desc = list(root)[:2]
    assert (title.tag, title.get("id"), title.text) == (f"{NS}title", root.get("aria-labelledby"), "Flows & <ports>")
    assert (desc.tag, desc.get("id"), desc.text) == (f"{NS}desc", root.get("aria-describedby"), 'A "calls" B.')
    assert len(list(root.iter(f"{NS}title"))) == 1


def test_ids_have_the_prefix_and_are_unique(root: ET.Element) -> None:
    ids = [element.attrib["id"] for element in root.iter() if "id" in element.attrib]
    assert len(ids) == len(set(ids))
    assert all(name.startswith("p-") for name in ids)
    assert {"p-role_a", "p-F01-x", "p-F02", "p-title", "p-desc"} <= set(ids)


def test_classes_stay(root: ET.Element) -> None:
    classes = {element.get("class") for element in root.iter(f"{NS}g")}
    assert {"cluster zone", "node role service", "edge flow", "graph"} <= classes


def test_text_survives(root: ET.Element) -> None:
    assert {"Zone & <b>one</b>", 'say "hi"', "F01", "HTTPS 443"} <= set(texts(root))


def test_spaces_inside_a_styled_label_survive(root: ET.Element) -> None:
    run = texts(root)[texts(root).index("HTTPS") + 1]
    assert run == "\N{NO-BREAK SPACE}443\N{NO-BREAK SPACE}"


def test_links_stay_where_there_are_words(root: ET.Element) -> None:
    links = {link.get("href"): link for link in root.iter(f"{NS}a")}
    assert set(links) == {"#a", "#F01"}
    assert texts(links["#F01"]) == ["F01", "HTTPS 443"]
    assert links["#F01"].find(f"{NS}path") is None
    assert len(list(root.iter(f"{NS}a"))) == 2
    assert len(list(root.iter(f"{NS}path"))) == 2


def test_links_are_retargeted_or_unwrapped() -> None:
    root = ET.fromstring(finished(link={"#F01": "ports.html#F01"}.get))
    assert [link.get("href") for link in root.iter(f"{NS}a")] == ["ports.html#F01"]
    assert 'say "hi"' in texts(root)


def test_role_is_image_only_without_links(root: ET.Element) -> None:
    assert root.get("role") == "group"
    assert ET.fromstring(finished(link=lambda _: None)).get("role") == "img"


def test_fonts_have_stand_ins(root: ET.Element) -> None:
    assert root.get("font-family") == "Inter, Helvetica, Arial, sans-serif"
    fonts = {text.text: text for text in root.iter(f"{NS}text")}
    assert fonts["Zone & <b>one</b>"].get("font-weight") == "bold"
    assert fonts["bold"].get("font-weight") == "bold"
    assert fonts["HTTPS"].get("font-style") == "italic"
    assert fonts["x"].get("font-family") == "'JetBrains Mono', Menlo, Consolas, monospace"
    assert fonts["F01"].get("font-family") is None


def test_only_a_file_fixes_text_widths(inline: str) -> None:
    assert "textLength" not in inline
    for text in ET.fromstring(finished(standalone=True)).iter(f"{NS}text"):
        family = "JetBrains Mono" if "Mono" in text.get("font-family", "") else "Inter"
        face = Face(family, text.get("font-weight") == "bold", text.get("font-style") == "italic")
        width = face.width(text.text or "", float(text.attrib["font-size"]))
        assert float(text.attrib["textLength"]) == pytest.approx(width, abs=0.01)
        assert text.get("lengthAdjust") == "spacingAndGlyphs"


def test_dark_rules_go_into_the_picture(inline: str) -> None:
    assert "<style" not in inline
    style = ET.fromstring(finished(dark=".graph > polygon { fill: #123 }")).find(f"{NS}style")
    assert style is not None
    assert style.text == "@media (prefers-color-scheme: dark) {\n.graph > polygon { fill: #123 }\n}"


def test_gradient_references_get_the_prefix() -> None:
    text = finished('digraph { a [label="" style=filled fillcolor="red:blue"] }')
    (gradient,) = ET.fromstring(text).iter(f"{NS}linearGradient")
    assert gradient.attrib["id"].startswith("p-")
    assert f'fill="url(#{gradient.attrib["id"]})"' in text


def test_example_in_the_docstring_holds() -> None:
    result = doctest.testmod(dotpicture)
    assert result.attempted
    assert not result.failed


# PNG and PDF


@pytest.mark.parametrize("scale", [1.0, 2.0])
def test_png_has_the_natural_size_times_scale(inline: str, scale: float) -> None:
    data = png(inline, scale)
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    for pixels, points in zip(struct.unpack(">II", data[16:24]), size_pt(inline), strict=True):
        assert pixels == pytest.approx(points * 4 / 3 * scale, abs=1)


def test_pdf_is_one_tagged_page_of_the_pictures_size(inline: str) -> None:
    data = pdf(inline)
    width, height = size_pt(inline)
    assert data.startswith(b"%PDF")
    assert f"/MediaBox[0 0 {width:g} {height:g}]".encode() in data
    assert b"/Count 1" in data
    assert b'A "calls" B.' in data


@pytest.mark.parametrize("make", [png, pdf])
def test_pictures_are_the_same_bytes_twice_and_never_dark(inline: str, make: object) -> None:
    assert callable(make)
    dark = finished(dark="polygon { fill: black } text { fill: white }")
    assert make(inline) == make(inline) == make(dark)
