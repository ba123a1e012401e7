"""Help of the command in pages: what the program itself prints, so that no page repeats it by hand."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from .facts import HOME
from .sites import EXAMPLES

COLUMNS = 80
_log = logging.getLogger(__name__)


def printed(words: list[str], folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    """
    Run the command with *words* in *folder* and give what it printed, 80 columns wide.

    It runs as a process of its own: the faces do not know one another, and this is what a reader sees.
    """
    plain = {"COLUMNS": str(COLUMNS), "NO_COLOR": "1", "TERM": "dumb", "PYTHONUTF8": "1"}
    path = os.pathsep.join(filter(None, [str(HOME.parent), os.environ.get("PYTHONPATH")]))
    return subprocess.run(
        [sys.executable, "-m", "cmgdocs", *words],
        env=os.environ | plain | {"PYTHONPATH": path},
        cwd=folder,
        capture_output=True,
        check=False,
        encoding="utf-8",
    )


class CommandHelp(SphinxDirective):
    """``command-help``: what ``cmgdocs COMMAND --help`` prints; a command that there is not is a warning."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """A block of text as it stands in a terminal."""
        return _block(self, printed([*self.arguments, "--help"]), "", "command-help")


class CommandOutput(SphinxDirective):
    """
    ``command-output``: a whole command line, run among the examples, and what it prints; failure is a warning.

    With ``from``, ``[...]`` stands for what comes before the first line that begins so.
    """

    required_arguments = 1
    final_argument_whitespace = True
    option_spec: ClassVar = {"from": directives.unchanged_required}

    def run(self) -> list[nodes.Node]:
        """A block with the command line first."""
        line = self.arguments[0]
        folder = Path(self.env.srcdir, EXAMPLES).resolve()
        for word in shlex.split(line):
            if Path(folder, word).is_file():
                self.env.note_dependency(str(Path(folder, word)))
        made = printed(shlex.split(line), folder)
        if (start := self.options.get("from")) and not made.returncode:
            _cut(made, start)
        return _block(self, made, f"$ cmgdocs {line}\n", "command-output")


def _cut(made: subprocess.CompletedProcess[str], start: str) -> None:
    """Leave out what comes before the first line that begins with *start*; without such a line it counts as failed."""
    lines = made.stdout.splitlines()
    first = next((number for number, text in enumerate(lines) if text.startswith(start)), None)
    if first is None:
        made.returncode, made.stderr = 1, f"no line of the output begins with {start!r}"
    else:
        made.stdout = "\n".join(["[...]", *lines[first:]])


def _block(
    directive: SphinxDirective, made: subprocess.CompletedProcess[str], before: str, kind: str
) -> list[nodes.Node]:
    if made.returncode:
        what = made.stderr.strip().splitlines()[-1:] or [f"exit code {made.returncode}"]
        _log.warning("%s", what[0], location=directive.get_location(), type="cmgdocs", subtype="command")
        return []
    text = before + made.stdout.rstrip()
    block = nodes.literal_block(text, text, language="text", classes=[kind])
    directive.set_source_info(block)
    return [block]
