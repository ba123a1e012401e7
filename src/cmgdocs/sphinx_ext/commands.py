"""Help of the command in pages: what the program itself prints, so that no page repeats it by hand."""

from __future__ import annotations

import os
import subprocess
import sys

from docutils import nodes
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from .facts import HOME

COLUMNS = 80
_log = logging.getLogger(__name__)


def printed(words: list[str]) -> subprocess.CompletedProcess[str]:
    """
    Run the command with *words* and give what it printed, 80 columns wide.

    It runs as a process of its own: the faces do not know one another, and this is what a reader sees.
    """
    plain = {"COLUMNS": str(COLUMNS), "NO_COLOR": "1", "TERM": "dumb", "PYTHONUTF8": "1"}
    path = os.pathsep.join(filter(None, [str(HOME.parent), os.environ.get("PYTHONPATH")]))
    return subprocess.run(
        [sys.executable, "-m", "cmgdocs", *words],
        env=os.environ | plain | {"PYTHONPATH": path},
        capture_output=True,
        check=False,
        encoding="utf-8",
    )


class CommandHelp(SphinxDirective):
    """``command-help``: what ``cmgdocs COMMAND --help`` prints; a command that there is not is a warning."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """A block of text as it stands in a terminal."""
        made = printed([*self.arguments, "--help"])
        if made.returncode:
            what = made.stderr.strip().splitlines()[-1:] or [f"exit code {made.returncode}"]
            _log.warning("%s", what[0], location=self.get_location(), type="cmgdocs", subtype="command")
            return []
        text = made.stdout.rstrip()
        block = nodes.literal_block(text, text, language="text", classes=["command-help"])
        self.set_source_info(block)
        return [block]
