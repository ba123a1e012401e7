"""The Sphinx builder ``typst``: all doctrees of the book, one Typst file, one PDF."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterable, Set
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import typst
from sphinx.builders import Builder
from sphinx.errors import SphinxError
from sphinx.util import logging

from dotpicture import FONTS

from .assembly import source
from .escape import literal
from .page import INTERNAL, Book, array

LOGGER = logging.getLogger(__name__)


class HandbookError(SphinxError):
    """Typst refused the handbook."""

    category = "Handbook error"


class TypstBuilder(Builder):
    """Write ``handbook.typ`` and ``handbook.pdf`` into the output folder."""

    name = "typst"
    format = "typst"
    epilog = "The handbook is %(outdir)s/handbook.pdf."
    supported_image_types = ["image/svg+xml", "image/png", "image/jpeg"]  # noqa: RUF012
    supported_remote_images = True  # nothing is fetched: a remote picture is a warning

    def get_outdated_docs(self) -> str:
        """Name what is always built."""
        return "the whole handbook"

    def get_target_uri(self, docname: str, typ: str | None = None) -> str:
        """Give the address of a page of the book: the label of its title."""
        return f"{INTERNAL}{docname}"

    def get_relative_uri(self, from_: str, to: str, typ: str | None = None) -> str:
        """Give the same address from everywhere, since there is only one file."""
        return self.get_target_uri(to, typ)

    def prepare_writing(self, docnames: Set[str]) -> None:
        """Nothing to prepare."""

    def write_doc(self, docname: str, doctree: Any) -> None:
        """No page has a file of its own."""

    def write(self, *_ignored: Any) -> None:
        """Write the whole book, whatever has changed."""
        start = time.perf_counter()
        out = Path(self.outdir)
        out.mkdir(parents=True, exist_ok=True)
        book = Book(self)
        body = source(book)
        shutil.copyfile(Path(__file__).with_name("template.typ"), out / "template.typ")
        _copy(book.images.items(), out / "images")
        (out / "handbook.typ").write_text(_opening(self.config) + body, "utf-8")
        written = time.perf_counter()
        pdf = _compiled(out, self.config)
        fresh = out / "handbook.pdf.new"
        fresh.write_bytes(pdf)
        os.replace(fresh, out / "handbook.pdf")
        LOGGER.info(
            "handbook: %.1f s for the text, %.1f s for the PDF, %d kB",
            written - start,
            time.perf_counter() - written,
            len(pdf) // 1000,
        )


def _opening(config: Any) -> str:
    words = {
        "title": config.typst_title or config.html_title or config.project,
        "subtitle": config.typst_subtitle,
        "author": config.typst_author or config.author,
        "edition": str(config.typst_date),
        "lang": (config.language or "en").split("_")[0],
    }
    options = [f"{name}: {literal(word)}" for name, word in words.items()]
    keywords = array([literal(word) for word in config.typst_keywords])
    return f'#import "template.typ": *\n#show: book.with({", ".join(options)}, keywords: {keywords})\n'


def _copy(images: Iterable[tuple[Path, str]], folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    for path, name in images:
        shutil.copyfile(path, folder / name)


def _compiled(folder: Path, config: Any) -> bytes:
    """Compile with the package's fonts only; what Typst warns of, Sphinx warns of."""
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(FONTS)])
    try:
        pdf, warnings = typst.compile_with_warnings(
            str(folder / "handbook.typ"),
            root=str(folder),
            font_paths=fonts,
            ignore_system_fonts=True,
            timestamp=_timestamp(config),
            pdf_standards=["ua-1"],
        )
    except typst.TypstError as error:
        raise HandbookError(f"Typst: {error.diagnostic or error.message}") from error
    for warning in warnings:
        LOGGER.warning("Typst: %s\n%s", warning.message, warning.diagnostic, type="typst", subtype="compile")
    return pdf


def _timestamp(config: Any) -> int:
    """Take the time of the PDF from SOURCE_DATE_EPOCH, else from an edition such as 2026-11-24."""
    if epoch := os.environ.get("SOURCE_DATE_EPOCH"):
        return int(epoch)
    try:
        day = datetime.fromisoformat(str(config.typst_date))
    except ValueError:
        return 0
    return int(day.replace(tzinfo=day.tzinfo or UTC).timestamp())
