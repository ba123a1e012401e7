"""Reports as text: a title, sentences, warnings and tables, in Markdown and HTML."""

from __future__ import annotations

from html import escape

from ..views.table import Report, Table
from . import tables

STYLE = (
    "body{font-family:system-ui,sans-serif;margin:2rem;line-height:1.45;color:#1b1f23;background:#fff}"
    "table{border-collapse:collapse;margin:0 0 2rem;font-size:.9rem}"
    "caption{text-align:left;font-weight:600;padding:.4rem 0}"
    "th,td{text-align:left;vertical-align:top;padding:.3rem .6rem;border-bottom:1px solid #c9d1d9}"
    ".nowrap{white-space:nowrap}.inferred{border:1px solid #5f6b76;border-radius:.6em;padding:0 .4em;font-size:.8em}"
    ".scroll{overflow-x:auto}code{font-family:ui-monospace,monospace}"
)


def markdown(report: Report) -> str:
    """Headings and pipe tables."""
    lead = "".join(f"{tables.escaped(line)}\n\n" for line in report.lead)
    warnings = "".join(f"- {tables.escaped(line)}\n" for line in report.warnings)
    doubts = f"## Warnings\n\n{warnings}\n" if warnings else ""
    parts = "".join(f"## {tables.escaped(item.caption)}\n\n{tables.markdown(item)}\n" for item in report.tables)
    return f"# {tables.escaped(report.title)}\n\n{lead}{doubts}{parts}".rstrip("\n") + "\n"


def html(report: Report) -> str:
    """A whole page that needs no other file and loads nothing."""
    lead = "".join(f"<p>{escape(line)}</p>\n" for line in report.lead)
    warnings = "".join(f"<li>{escape(line)}</li>\n" for line in report.warnings)
    doubts = f"<h2>Warnings</h2>\n<ul>\n{warnings}</ul>\n" if warnings else ""
    parts = "".join(_scrolling(item) for item in report.tables)
    title = escape(report.title)
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{title}</title>\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<style>{STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{title}</h1>\n{lead}{doubts}{parts}</main>\n</body>\n</html>\n"
    )


def _scrolling(table: Table) -> str:
    label = escape(table.caption)
    return f'<div class="scroll" role="region" tabindex="0" aria-label="{label}">\n{tables.html(table)}</div>\n'
