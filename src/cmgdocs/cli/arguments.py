"""The words of a command line: argparse with whole options only, and errors in one line of our form."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from ..errors import CmgdocsError, OutputError, near
from .output import terminal_width

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction["Parser"]

_WIDEST = 100  # columns of a help text that is still easy to read


class UsageError(CmgdocsError, ValueError):
    """Words that ask for nothing there is. *program* is the command with its own name, *what* tells the rest."""

    def __init__(self, program: str, what: str) -> None:
        self.program, self.what = program, what
        super().__init__(": ".join(filter(None, (program.partition(" ")[2], what))))


class Help(argparse.HelpFormatter):
    """Help as wide as the terminal, within reason; an empty line in a text stays one."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=min(terminal_width() or 80, _WIDEST))  # argparse itself would import shutil

    def _format_action_invocation(self, action: argparse.Action) -> str:
        """Options with the name of their value behind the last one, as Python 3.13 has it, in every version."""
        if not action.option_strings or action.nargs == 0:
            return super()._format_action_invocation(action)
        value = self._format_args(action, self._get_default_metavar_for_optional(action))
        return f"{', '.join(action.option_strings)} {value}"

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return "\n\n".join(super(Help, self)._fill_text(part, width, indent) for part in text.split("\n\n"))


class Parser(argparse.ArgumentParser):
    """A command or the whole command line; what is wrong is raised as :class:`UsageError`."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(add_help=False, allow_abbrev=False, formatter_class=Help, **settings)
        self.add_argument("-h", "--help", action="help", help="Show this message and exit.")
        self.set_defaults(parser=self)

    def commands(self) -> Commands:
        """Make room for commands; :func:`add_command` fills it."""
        return self.add_subparsers(title="commands", metavar="COMMAND", prog=self.prog)

    def parse(self, words: list[str]) -> tuple[Callable[..., None] | None, dict[str, Any]]:
        """Give the function that was asked for, None where no command is named, and its arguments."""
        found, rest = self.parse_known_args(words)
        asked = vars(found)
        parser: Parser = asked.pop("parser")
        if isinstance(asked.get("sites"), list) and not any(word.startswith("-") for word in rest):
            asked["sites"] += map(path, rest)  # argparse takes only those before the first option
            rest = []
        if rest:
            parser.refuse(rest)
        return asked.pop("run", None), asked

    def refuse(self, rest: list[str]) -> NoReturn:
        """Tell that words were left over: an option that there is not, or a word too many."""
        option = next((word.partition("=")[0] for word in rest if word.startswith("-") and word != "--"), None)
        if option:
            raise UsageError(self.prog, f"no option {option!r}; {near(option, self._option_string_actions)}")
        self.error(f"{rest[-1]!r} is one word too many")

    def error(self, message: str) -> NoReturn:
        """Tell what argparse has found, and where to read what is allowed."""
        raise UsageError(self.prog, f"{message}; '{self.prog} --help' tells what is allowed")

    def _check_value(self, action: argparse.Action, value: object) -> None:
        if action.choices is not None and value not in action.choices:
            name = action.option_strings[-1].strip("-") if action.option_strings else "command"
            raise UsageError(self.prog, f"no {name} {value!r}; {near(str(value), map(str, action.choices))}")


def add_command(commands: Commands, run: Callable[..., None]) -> Parser:
    """Add the command that *run* is: it bears its name, with hyphens, and its docstring is the help."""
    text = "\n\n".join(" ".join(part.split()) for part in (run.__doc__ or "").split("\n\n"))
    parser = commands.add_parser(
        run.__name__.replace("_", "-"), help=text.partition("\n")[0].replace("%", "%%"), description=text
    )
    parser.set_defaults(run=run)
    return parser


def path(word: str) -> Path:
    """A word as the name of a file or folder; an empty one is no name, or an unset variable would mean this folder."""
    if not word:
        raise argparse.ArgumentTypeError("found an empty word; name a file")
    return Path(word)


def target(word: str) -> Path | None:
    """A word as the file to write to; None for ``-``, which is standard output."""
    return None if word == "-" else path(word)


def spared(asked: dict[str, Any]) -> dict[str, Any]:
    """The arguments of a command, unless its output would take the place of a file that it reads."""
    output = asked.get("output")
    values = (value if isinstance(value, list) else [value] for key, value in asked.items() if key != "output")
    named = [item for items in values for item in items if isinstance(item, Path)]
    if output is not None and output.exists():
        for file in named:
            if file.is_dir() and output.suffix == ".toml" and output.resolve().parent == file.resolve():
                raise OutputError(f"{output}: is one of the site files of {file}; name another file for the output")
            if file.exists() and file.samefile(output):
                raise OutputError(f"{output}: is read by this command; name another file for the output")
    return asked
