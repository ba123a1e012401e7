"""
The command ``cmgdocs``: tables, diagrams and answers from the facts.

A module of commands has functions that add them to the command line.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator

from dotpicture import EngineError

from .. import __version__
from ..errors import CmgdocsError, FwshiftError, LabError, MissingExtra, NotRead, NotWritten
from ..facts import load
from . import audit, diagnose, facts, init, lab, probe, report, site, sources, whatif
from .arguments import Parser, add_command, path, target
from .output import note, put

ABOUT = """
How data flows through the cloud management gateway: rules for your site, what breaks, ports, diagrams, facts.

Exit codes: 0 done, or yes; 1 the answer is no, or something is wrong (audit, what-if --fail-on,
probe, diagnose, lab, diff --exit-code, find, sources); 2 wrong use, or a file that is wrong; 3 it could
not be done (a full disk, no permission, a program that is missing); 130 interrupted.
"""
UNDONE = (NotRead, NotWritten, LabError, MissingExtra, FwshiftError, EngineError)
"""Errors of the machine and not of whoever gave the command."""
SHELLS = ("bash", "zsh", "fish", "powershell", "tcsh")
ORDER = (
    site.add_plan,
    site.add_rules,
    audit.add,
    whatif.add,
    probe.add,
    diagnose.add,
    lab.add,
    site.add_diff,
    report.add,
    facts.add,
    sources.add,
)


def run(words: list[str]) -> int:
    """Run a command; what goes wrong becomes lines on standard error and an exit code."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        run_words(words)
    except SystemExit as ended:
        return int(ended.code or 0)
    except KeyboardInterrupt:
        return 130
    except UNDONE as error:
        note(str(error))
        return 3
    except CmgdocsError as error:
        note(str(error))
        return 2
    except OSError as error:
        note(": ".join(filter(None, (error.filename, error.strerror or str(error)))))
        return 3
    return 0


def run_words(words: list[str]) -> None:
    """Run a command and raise what goes wrong; SystemExit has the exit code of an answer."""
    if words[:1] == ["help"]:
        words = [*words[1:], "--help"]
    parser = command_line(with_facts="init" in words)
    function, asked = parser.parse(words)
    if function is None:
        parser.print_help()
        sys.exit(2)
    function(**asked)


def command_line(*, with_facts: bool = True) -> Parser:
    """
    Make the whole command line, its commands in the order in which one needs them.

    Without the facts, which a fault may keep from being read, ``init`` has no options.
    """
    parser = Parser(prog="cmgdocs", description=ABOUT.strip())
    version = f"cmgdocs, version {__version__}"
    parser.add_argument("-V", "--version", action="version", version=version, help="Show the version and exit.")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", prog=parser.prog)
    init.add(commands, load() if with_facts else None)
    for add in ORDER:
        add(commands)
    shells = add_command(
        commands,
        completion,
        "cmgdocs completion bash > ~/.local/share/bash-completion/completions/cmgdocs",
        "cmgdocs completion powershell >> $PROFILE",
    )
    shells.add_argument("shell", metavar="SHELL", choices=SHELLS)
    commands.add_parser("help", help="Show the help of a command: cmgdocs help COMMAND.")
    return parser


def completion(shell: str) -> None:
    """
    Print a script that completes commands, options and their values in a shell.

    SHELL is bash, zsh, fish, powershell or tcsh. Save the script where the shell looks for such scripts.
    """
    try:
        import shtab
    except ImportError as error:
        raise MissingExtra("completion", error.name) from None
    parser = command_line()
    for action in _actions(parser):
        if action.type in (path, target):
            action.complete = shtab.FILE  # type: ignore[attr-defined]
    put(shtab.complete(parser, shell), None)


def _actions(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    for action in parser._actions:
        yield action
        if isinstance(action, argparse._SubParsersAction):
            for inner in action.choices.values():
                yield from _actions(inner)
