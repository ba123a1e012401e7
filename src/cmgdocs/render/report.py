"""Reports as text: a title, sentences, warnings and tables, in Markdown and HTML."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from html import escape
from pathlib import Path

from ..views.table import Report, Table
from . import tables

POLICY = "default-src 'none'; style-src 'unsafe-inline'"
"""What a page may load, though it asks for nothing: only its own style."""


def markdown(report: Report) -> str:
    """Headings and pipe tables."""
    lead = "".join(f"{tables.escaped(line)}\n\n" for line in report.lead)
    warnings = "".join(f"- {tables.escaped(line)}\n" for line in report.warnings)
    doubts = f"## Warnings\n\n{warnings}\n" if warnings else ""
    parts = "".join(f"## {tables.escaped(item.caption)}\n\n{tables.markdown(item)}\n" for item in report.tables)
    return f"# {tables.escaped(report.title)}\n\n{lead}{doubts}{parts}".rstrip("\n") + "\n"


def html(report: Report) -> str:
    """A whole page that needs no other file and loads nothing."""
    body = f"{paragraphs(report.lead)}{doubts_box('Warnings', report.warnings)}{scrolling(report.tables)}"
    return page(report.title, body)


def page(title: str, body: str, style: str = "") -> str:
    """A page around *body*, which is HTML, with its own *style* behind that of all pages."""
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{escape(title)}</title>\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<style>\n{_style()}{style}</style>\n</head>\n<body>\n<main>\n<h1>{escape(title)}</h1>\n{body}</main>\n</body>\n"
        "</html>\n"
    )


def paragraphs(lines: Iterable[str]) -> str:
    """Sentences, each a paragraph."""
    return "".join(f"<p>{tables.breaking(line)}</p>\n" for line in lines)


def bullets(lines: Iterable[str]) -> str:
    """Sentences as a list; nothing where there are none."""
    items = "".join(f"<li>{tables.breaking(line)}</li>\n" for line in lines)
    return f"<ul>\n{items}</ul>\n" if items else ""


def doubts_box(title: str, lines: Iterable[str]) -> str:
    """What is doubtful, in a box; nothing where nothing is."""
    found = bullets(lines)
    return f'<div class="doubts">\n<h2>{escape(title)}</h2>\n{found}</div>\n' if found else ""


def scrolling(made: Iterable[Table]) -> str:
    """Tables, each in a box that scrolls where it is wider than the page."""
    return "".join(map(_scrolling, made))


def _scrolling(table: Table) -> str:
    label = escape(table.caption)
    return f'<div class="scroll" role="region" tabindex="0" aria-label="{label}">\n{tables.html(table)}</div>\n'


@cache
def _style() -> str:
    return Path(__file__).with_name("report.css").read_text(encoding="utf-8")
