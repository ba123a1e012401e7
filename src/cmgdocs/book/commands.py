"""Help and output of the command in pages: what the program itself prints, so that no page repeats it by hand."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

from docutils import nodes
from docutils.parsers.rst import directives

from ..facts.model import System
from .entries import index_node
from .facts import EXAMPLES, HOME, CommandError, FactsDirective, as_directive

COLUMNS = 80


@as_directive()
def command_help(directive: FactsDirective, _facts: System, command: str) -> list[nodes.Node]:
    """``command-help``: what ``cmgdocs COMMAND --help`` prints, with an entry in the index."""
    block = _block(directive, printed([command, "--help"]), "command-help")
    anchor = nodes.make_id(f"{command}-help")
    block["ids"].append(anchor)
    return [index_node([(f"cmgdocs {command} (command)", anchor)]), block]


@as_directive({"from": directives.unchanged_required})
def command_output(directive: FactsDirective, _facts: System, line: str) -> list[nodes.Node]:
    """
    ``command-output``: a whole command line, run among the examples, and what it prints.

    With ``from``, ``[...]`` replaces everything before the first line that begins with these words.
    """
    words, folder = shlex.split(line), Path(directive.env.srcdir, EXAMPLES).resolve()
    for word in words:
        if Path(folder, word).is_file():
            directive.env.note_dependency(str(Path(folder, word)))
    text = printed(words, folder)
    if start := directive.options.get("from"):
        lines = text.splitlines()
        first = next((number for number, line in enumerate(lines) if line.startswith(start)), None)
        if first is None:
            raise CommandError(f"no line of the output begins with {start!r}")
        text = "\n".join(["[...]", *lines[first:]])
    return [_block(directive, f"$ cmgdocs {line}\n{text}", "command-output")]


def printed(words: list[str], folder: Path | None = None) -> str:
    """
    Run the command with *words* in *folder* and return what it printed, 80 columns wide.

    It runs as a process of its own: book and command do not know one another, and this is what a reader sees.

    Raises:
        CommandError: It failed.
    """
    plain = {"COLUMNS": str(COLUMNS), "NO_COLOR": "1", "TERM": "dumb", "PYTHONUTF8": "1"}
    path = os.pathsep.join(filter(None, [str(HOME.parent), os.environ.get("PYTHONPATH")]))
    command = [sys.executable, "-m", "cmgdocs", *words]
    env = os.environ | plain | {"PYTHONPATH": path}
    made = subprocess.run(command, env=env, cwd=folder, capture_output=True, check=False, encoding="utf-8")
    if made.returncode:
        raise CommandError(*made.stderr.strip().splitlines()[-1:] or [f"exit code {made.returncode}"])
    return made.stdout


def _block(directive: FactsDirective, text: str, kind: str) -> nodes.literal_block:
    """A block of text as it is in a terminal."""
    block = nodes.literal_block(text.rstrip(), text.rstrip(), language="text", classes=[kind])
    directive.set_source_info(block)
    return block
