"""What ``cmgdocs init`` asks, answered as an example is: a dialogue in a page that no hand has typed."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives

from ..errors import UnknownId
from ..interview import Interview
from ..model import System
from .facts import FactsDirective
from .sites import example

SKIPPED = "[...]"
_LAST = "Write it to "


class SiteDialogue(FactsDirective):
    """
    ``site-dialogue``: the questions of an example, and the answers that give its file.

    ``show`` names the keys and, as ``hosts.ROLE``, the roles whose questions are shown; the others are left out, and
    so is the finished file before the last question. ``file`` is the name that it is written to.
    """

    required_arguments = 1
    option_spec: ClassVar = {"show": directives.unchanged_required, "file": directives.unchanged}

    def make(self, facts: System) -> list[nodes.Node]:
        """A block of text as it stands in a terminal."""
        wanted = self.options["show"].split()
        parts = dialogue(facts, example(self.env, self.arguments[0]), self.options.get("file", "site.toml"))
        for name in wanted:
            if name not in parts:
                raise UnknownId("question", name, parts)
        text = "\n\n".join(_shortened(parts, wanted))
        block = nodes.literal_block(text, text, language="text", classes=["dialogue"])
        self.set_source_info(block)
        return [block]


def dialogue(system: System, path: Path, file: str) -> dict[str, str]:
    """
    Everything that is asked until the site file at *path* is written again, as *file*.

    Returns:
        Key, ``hosts.ROLE``, or the last question -> what is shown before its answer, and the answer, in order. The
        finished file, which is shown before the last question, is left out.
    """
    given = tomllib.loads(path.read_text("utf-8"))
    answers = given | {f"hosts.{role}": hosts for role, hosts in given["hosts"].items()}
    parts: dict[str, str] = {}
    shown: list[str] = []

    def read(prompt: str) -> str:
        name, answer = prompt.partition(" [")[0], _typed(answers.get(prompt.partition(" [")[0]))
        before = [] if name.startswith(_LAST) else shown
        parts[name] = "\n".join([*before, prompt + answer]).strip()
        shown.clear()
        return answer

    Interview(system, read, shown.append).site(file)
    return parts


def _typed(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(value) if isinstance(value, list) else "" if value is None else str(value)


def _shortened(parts: dict[str, str], wanted: list[str]) -> list[str]:
    """The wanted parts and the last one, with a sign where others were."""
    out: list[str] = []
    for name, part in parts.items():
        if name in wanted or name.startswith(_LAST):
            out.append(part)
        elif out[-1:] != [SKIPPED]:
            out.append(SKIPPED)
    return out
