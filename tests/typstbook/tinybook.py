"""Tiny books: built by Sphinx in process, read back through Typst, looked at as pixels."""

from __future__ import annotations

import io
import json
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import typst
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace, patch_docutils

from dotpicture import FONTS

OWN_FONTS = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(FONTS)])


@dataclass
class Handbook:
    """A built book: its output folder and what Sphinx warned of."""

    out: Path
    warnings: str

    @property
    def source(self) -> str:
        """The Typst source, without the places where words may break."""
        return (self.out / "handbook.typ").read_text("utf-8").replace("\u200b", "")

    def part(self, docname: str) -> str:
        """Return the source of one page that has no page below it."""
        return self.source.split(f"\n// {docname}\n")[1].split("\n// ")[0]

    @property
    def pdf(self) -> bytes:
        """The finished PDF."""
        return (self.out / "handbook.pdf").read_bytes()

    def ask(self, expression: str) -> Any:
        """Evaluate a Typst expression in the finished book."""
        compiler = typst.Compiler(str(self.out / "handbook.typ"), root=str(self.out), font_paths=OWN_FONTS)
        return json.loads(compiler.eval(expression))

    def headings(self) -> list[tuple[int, str, int]]:
        """List level, words and page of all headings."""
        found = self.ask("query(heading).map(it => (it.level, it.body, counter(page).at(it.location()).first()))")
        return [(level, words(body), page) for level, body, page in found]

    @cached_property
    def pages(self) -> list[list[bytes]]:
        """Give each page as rows of grey values from 0, black, to 255."""
        images = typst.compile(
            str(self.out / "handbook.typ"), root=str(self.out), font_paths=OWN_FONTS, format="png", ppi=20
        )
        return [_pixels(image) for image in (images if isinstance(images, list) else [images])]


def words(content: Any) -> str:
    """Flatten content, as Typst writes it into JSON, to text."""
    if isinstance(content, list):
        return "".join(map(words, content))
    if not isinstance(content, dict):
        return ""
    if content.get("func") == "space":
        return " "
    parts = [content.get(key) for key in ("text", "child", "children", "body")]
    return "".join(part if isinstance(part, str) else words(part) for part in parts)


def ink(rows: list[bytes], left: float, top: float, right: float, bottom: float) -> int:
    """Count the pixels that are not white in a part of a page, given in shares of its size."""
    height, width = len(rows), len(rows[0])
    part = rows[int(top * height) : int(bottom * height)]
    return sum(value < 250 for row in part for value in row[int(left * width) : int(right * width)])


def _pixels(png: bytes) -> list[bytes]:
    """Decode an RGBA picture of eight bits to grey rows (PNG specification, section 9)."""
    at, data, width = 8, b"", 0
    while at < len(png):
        size, kind = struct.unpack_from(">L4s", png, at)
        body = png[at + 8 : at + 8 + size]
        width = struct.unpack_from(">L", body)[0] if kind == b"IHDR" else width
        data += body if kind == b"IDAT" else b""
        at += size + 12
    raw, rows, before, step = zlib.decompress(data), [], bytes(4 * width), 4 * width + 1
    for start in range(0, len(raw), step):
        before = _unfiltered(raw[start], raw[start + 1 : start + step], before)
        rows.append(bytes(min(before[i : i + 3]) for i in range(0, len(before), 4)))
    return rows


def _unfiltered(kind: int, line: bytes, before: bytes) -> bytes:
    if kind in (0, 2) and not any(line):  # an empty row, or the same one again
        return before if kind else line
    out = bytearray(line)
    for i, up in enumerate(before):
        left, corner = (out[i - 4], before[i - 4]) if i >= 4 else (0, 0)
        near = left + up - corner
        paeth = min((left, up, corner), key=lambda value: abs(near - value))
        out[i] = (out[i] + (0, left, up, (left + up) // 2, paeth)[kind]) & 255
    return bytes(out)


def built(
    root: Path, files: Mapping[str, str | bytes], *, strict: bool = True, builder: str = "typst", **config: Any
) -> Handbook:
    """Write the files of a book and build it; with *strict* nothing may be warned of."""
    source = root / "book"
    for name, content in files.items():
        path = source / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    settings = {
        "extensions": ["myst_nb", "sphinx_design", "typstbook"],
        "myst_enable_extensions": ["attrs_inline", "colon_fence", "deflist", "fieldlist"],
        "nb_execution_mode": "off",
        "html_title": "A tiny book",
        "author": "The authors",
        "numfig": True,
        "nitpicky": True,
        **config,
    }
    warnings = io.StringIO()
    places = (source, None, root / builder, root / "doctrees", builder)
    with patch_docutils(), docutils_namespace():
        Sphinx(*places, settings, None, warnings).build()
    if strict:
        assert not warnings.getvalue(), warnings.getvalue()
    return Handbook(root / builder, warnings.getvalue())


def pages(root: Path, files: Mapping[str, str | bytes], *, strict: bool = True) -> Handbook:
    """
    Build one book of many pages, in their order, of which tests look at one each.

    A name without an ending is a page in Markdown and gets a title. Other files are only put next to them.
    """
    texts = {f"{name}.md": f"# Page\n\n{text}\n" for name, text in files.items() if "." not in name}
    others = {name: content for name, content in files.items() if "." in name}
    index = "# Book\n\n```{toctree}\n" + "\n".join(name for name in files if "." not in name) + "\n```\n"
    return built(root, {"index.md": index, **texts, **others}, strict=strict)


def square(size: int, color: tuple[int, int, int]) -> bytes:
    """Make a PNG picture of one colour."""
    rows = zlib.compress((b"\0" + bytes(color) * size) * size)
    chunks = ((b"IHDR", struct.pack(">LLBBBBB", size, size, 8, 2, 0, 0, 0)), (b"IDAT", rows), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">L", len(body)) + kind + body + struct.pack(">L", zlib.crc32(kind + body)) for kind, body in chunks
    )


RED = square(40, (200, 30, 30))
