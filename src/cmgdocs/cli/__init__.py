"""
The command ``cmgdocs``: tables, diagrams and answers from the facts.

A module of commands has a function ``add`` that adds them to the command line.
"""

from __future__ import annotations

import os
import signal
import sys

from dotpicture import EngineError

from .. import __version__
from ..errors import CmgdocsError
from . import audit, facts, init, lab, site, whatif
from .arguments import Parser, spared


def main() -> None:
    """Run the command as a process; what goes wrong on purpose is a line on stderr and exit code 2."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    if sys.stdout is None:  # closed by the caller
        sys.exit("cmgdocs: standard output is closed")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what is half written is thrown away
    sys.exit(_run(sys.argv[1:]))


def _run(words: list[str]) -> int | str:
    """Run a command; the exit code, or a last line that stands for 1."""
    try:
        try:
            _command(words)
        finally:
            sys.stdout.flush()
    except KeyboardInterrupt:
        return 130
    except (CmgdocsError, EngineError) as error:
        print(f"cmgdocs: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        if error.filename:
            print(f"cmgdocs: {error.filename}: {error.strerror}", file=sys.stderr)
            return 2
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        # A reader that left early has all it wanted.
        return 1 if isinstance(error, BrokenPipeError) else f"cmgdocs: standard output: {error.strerror}"
    return 0


def _command(words: list[str]) -> None:
    parser = Parser(
        prog="cmgdocs",
        description="How data flows through the cloud management gateway: rules for your site, ports, diagrams, facts.",
    )
    parser.add_argument(
        "--version", action="version", version=f"cmgdocs, version {__version__}", help="Show the version and exit."
    )
    commands = parser.commands()
    for module in (site, whatif, audit, lab, init, facts):
        module.add(commands)
    run, asked = parser.parse(words)
    if run is None:
        parser.print_help(sys.stderr)
        sys.exit(2)
    run(**spared(asked))
