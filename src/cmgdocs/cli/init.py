"""The command that writes a site file by asking: init."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import Fault, OutputError, SiteError
from .arguments import add_command, path
from .output import put, tell

if TYPE_CHECKING:
    from ..model import System
    from .arguments import Commands

EXAMPLES = {"cmg": ["contoso.westeurope.cloudapp.azure.com"], "connection-point": ["cp1.corp.example"]}


def add(commands: Commands) -> None:
    """Add this command."""
    parser = add_command(commands, init)
    where = "Where to write; - is standard output. By default site.toml."
    parser.add_argument("-o", "--output", metavar="FILE", type=path, default="site.toml", help=where)
    parser.add_argument("--yes", action="store_true", help="Ask nothing: defaults, and example names as hosts.")
    parser.add_argument("--force", action="store_true", help="Write over a file that is there.")


def init(output: Path, yes: bool, force: bool) -> None:
    """
    Write a site file by asking key by key.

    Enter takes what stands in brackets, ? explains, back returns to the question before. The finished file is shown
    before it is written; Ctrl-C leaves without writing anything.
    """
    from ..catalogue import load

    file = None if str(output) == "-" else output
    if file:
        _make_sure(file, force)  # before anybody has answered twenty questions
    system = load()
    put(_example(system) if yes else _asked(system, str(file or "standard output")), file)
    if yes:
        tell("the hosts are examples; put your own in their place")
    if file:
        tell(f"{file} written; 'cmgdocs plan {file}' shows its connections")


def _example(system: System) -> str:
    """A file of defaults, with example names as hosts."""
    from ..sitetext import site_text

    return site_text(system, {}, EXAMPLES)


def _asked(system: System, name: str) -> str:
    """The file that the answers give, to be written to *name*."""
    from ..interview import Interview

    if hasattr(sys.stdin, "reconfigure"):
        sys.stdin.reconfigure(errors="backslashreplace")  # what is no text is refused as an answer
    try:
        text = Interview(system, _line, _show).site(name)
    except EOFError:
        _show("")
        raise SiteError([Fault("init", "the input ended before the last answer; nothing was written")]) from None
    except KeyboardInterrupt:
        _show("\nNothing was written.")
        raise
    if text is None:
        raise SiteError([Fault("init", "nothing was written")])
    return text


def _make_sure(file: Path, force: bool) -> None:
    if not force and os.path.lexists(file):
        raise OutputError(f"{file}: is there already; --force writes over it, -o names another file")
    if not file.parent.is_dir():
        raise OutputError(f"{file}: there is no folder {file.parent}; make it first")


def _line(prompt: str) -> str:
    """A line from standard input; the prompt goes to standard error, for the file may go to standard output."""
    print(prompt, end="", file=sys.stderr, flush=True)
    line = sys.stdin.readline() if sys.stdin else ""
    if not line:
        raise EOFError
    return line


def _show(text: str) -> None:
    print(text, file=sys.stderr)
