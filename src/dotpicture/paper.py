"""
Pictures for those who cannot use SVG: PNG and PDF, made by Typst with the bundled fonts.

The fonts of the machine are ignored and the time stamp is fixed, so that the same SVG gives the
same bytes everywhere.
"""

from __future__ import annotations

from typing import Literal
from xml.etree import ElementTree as ET

from .engine import EngineError
from .metrics import FONTS
from .svg import size_pt

_PX_PER_INCH = 96  # CSS
_PAGE = b"""
#let input = sys.inputs
#let width = float(input.width) * 1pt
#set document(title: input.title, date: none)
#set text(lang: "en")
#set page(width: width, height: float(input.height) * 1pt, margin: 0pt, fill: white)
#image(bytes(input.svg), format: "svg", width: width, alt: input.alt)
"""


def png(svg: str, scale: float = 2.0) -> bytes:
    """
    Draw a finished picture on white as PNG.

    Args:
        svg: What `svg.finish` returned, best as a standalone file.
        scale: Pixels of the picture for each CSS pixel of its natural size.
    """
    return _compile(svg, "png", ppi=_PX_PER_INCH * scale)


def pdf(svg: str) -> bytes:
    """
    Put a finished picture on a white page of its own size, as PDF/UA-1.

    Text stays text, and the picture's title and description become the document's title and
    the alternative text.

    Raises:
        EngineError: The bundled fonts lack a character; the message is Typst's own.
    """
    return _compile(svg, "pdf")


def _compile(svg: str, form: Literal["png", "pdf"], ppi: float | None = None) -> bytes:
    root = ET.fromstring(svg)
    title, alt = (root.findtext(f"{{*}}{tag}", "") for tag in ("title", "desc"))
    width, height = map(str, size_pt(svg))
    inputs = {"svg": svg, "title": title, "alt": alt, "width": width, "height": height}
    import typst  # here, because a browser has none and notebooks run there, too

    compiler = typst.Compiler(font_paths=[FONTS], ignore_system_fonts=True, sys_inputs=inputs)
    try:
        data = compiler.compile(_PAGE, format=form, ppi=ppi, timestamp=0, pdf_standards="ua-1")
    except typst.TypstError as error:
        raise EngineError(f"typst: {error}; as SVG the picture takes fonts of the reader's machine") from None
    assert isinstance(data, bytes)  # several pages would come as a list
    return data
