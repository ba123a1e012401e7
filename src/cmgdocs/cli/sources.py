"""The command that compares the facts with newer texts of their sources."""

from __future__ import annotations

import sys
from pathlib import Path

from ..errors import OutputError
from ..facts import load
from .arguments import Commands, add_command, path, target
from .output import chosen_form, note, put, put_report

FORMS = ("table", "markdown", "html")


def add(commands: Commands) -> None:
    """Add this command."""
    parser = add_command(commands, sources, "cmgdocs sources check", "cmgdocs sources check memdocs -o sources.md")
    parser.add_argument("action", metavar="check", choices=("check",))
    parser.add_argument("places", metavar="FOLDER|FILE", type=path, nargs="*")
    only = "Take each FILE for a text of this source, whatever its name is; an older edition may be named, too."
    parser.add_argument("--as", dest="only", metavar="SOURCE", help=only)
    edition = "Edition with which a table of required ports is compared; else the newest that cites the source."
    parser.add_argument("--edition", metavar="E", help=edition)
    draft = "Print a table of required ports that differs as a draft for editions.toml."
    parser.add_argument("--draft", action="store_true", help=draft)
    form = "Form of the output; else by the ending of FILE, else a table."
    parser.add_argument("--format", dest="form", choices=FORMS, help=form)
    parser.add_argument("-o", "--output", metavar="FILE", type=target, help="Write to a file instead.")


def sources(
    action: str,
    places: list[Path],
    only: str | None,
    edition: str | None,
    draft: bool,
    form: str | None,
    output: Path | None,
) -> None:
    """
    Compare the facts with newer texts of their sources.

    FOLDER is searched for the files that the sources name, such as a clone of the documentation's repository; FILE is
    one of them, in Markdown. For each source: unchanged; all evidence is there; or evidence is gone, with the facts,
    flows and pages that rest on it. A table of required ports is compared row by row. Without FOLDER or FILE it
    lists the files to get.

    Exit code 0: all evidence is there, and no table of ports differs. 1: something is gone or differs.
    """
    from ..sources.report import report, watched  # needs a parser of Markdown, which other commands do not

    form = chosen_form(form, output)
    if form not in FORMS:
        raise OutputError(f"{output}: a check of sources has several tables; allowed: .txt, .md or .html")
    found = watched(load(), places, only, edition)
    drafts = [item.draft for item in found.tables if item.changes]
    if draft and drafts:
        put("\n".join(drafts), output)
    elif draft:
        note("no table of required ports differs")
    else:
        put_report(report(found), form, output)
    if not found.same:
        sys.exit(1)
