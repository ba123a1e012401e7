"""Typst source to PDF/UA-1: tagged, with the bundled fonts only, small."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import typst

from dotpicture import FONTS

from .pack import packed

Source = TypeVar("Source", str, bytes)
TEMPLATE = Path(__file__).with_name("template.typ")
"""The looks of the book; a source imports it by its name."""


def compiled(
    source: Source, root: Path, inputs: dict[str, str], timestamp: int
) -> tuple[bytes, list[typst.TypstWarning]]:
    """
    Compile a document; the same arguments give the same bytes on every machine.

    Args:
        source: The file of the document, or its text.
        root: The folder in which the document finds its files, such as the template.
        inputs: Values of ``sys.inputs``.
        timestamp: The time of the PDF, in seconds since 1970.

    Raises:
        typst.TypstError: Typst refuses the document, as it does a character in no bundled font.
    """
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(FONTS)])
    compiler = typst.Compiler(root=str(root), font_paths=fonts, ignore_system_fonts=True, sys_inputs=inputs)
    pdf, warnings = compiler.compile_with_warnings(source, format="pdf", timestamp=timestamp, pdf_standards=["ua-1"])
    assert isinstance(pdf, bytes)  # other forms come as several pages
    return packed(pdf), warnings
