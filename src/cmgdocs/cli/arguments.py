"""The words of a command line: argparse with whole options only, and errors in one line of our form."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn, TypeAlias

from ..errors import CmgdocsError, OutputError, near
from ..files import STANDARD_INPUT
from .output import put, terminal_width

WIDEST = 100  # columns of a help text that is still easy to read
EXAMPLES = "Examples:"

Commands: TypeAlias = "argparse._SubParsersAction[Parser]"


class UsageError(CmgdocsError, ValueError):
    """Invalid command-line arguments; *program* is the command with its own name."""

    def __init__(self, program: str, what: str) -> None:
        self.program, self.what = program, what
        super().__init__(": ".join(filter(None, (program.partition(" ")[2], what))))


class Help(argparse.HelpFormatter):
    """Help as wide as the terminal, within reason; paragraphs stay apart, and examples keep their lines."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=min(terminal_width() or 80, WIDEST))

    def _format_action_invocation(self, action: argparse.Action) -> str:
        """Options with the name of their value after the last one, as Python 3.13 has it, in every version."""
        if not action.option_strings or action.nargs == 0:
            return super()._format_action_invocation(action)
        value = self._format_args(action, self._get_default_metavar_for_optional(action))
        return f"{', '.join(action.option_strings)} {value}"

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        if text.startswith(EXAMPLES):
            return text
        return "\n\n".join(super(Help, self)._fill_text(part, width, indent) for part in text.split("\n\n"))


class Parser(argparse.ArgumentParser):
    """A command or the whole command line; errors are raised as :class:`UsageError`."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(add_help=False, allow_abbrev=False, formatter_class=Help, **settings)
        self.add_argument("-h", "--help", action="help", help="Show this message and exit.")
        self.set_defaults(parser=self)

    def parse(self, words: list[str]) -> tuple[Callable[..., None] | None, dict[str, Any]]:
        """Return the function of the command, None where no command is named, and its arguments."""
        found, rest = self.parse_known_args(words)
        asked = vars(found)
        parser: Parser = asked.pop("parser")
        files = next((asked[key] for key in ("sites", "places") if isinstance(asked.get(key), list)), None)
        if files is not None and not any(word.startswith("-") for word in rest):
            files += map(path, rest)  # argparse takes only those before the first option
            rest = []
        if rest:
            parser.refuse(rest)
        return asked.pop("run", None), spared(asked)

    def refuse(self, rest: list[str]) -> NoReturn:
        """Report words that were left over: an unknown option, or an unexpected argument."""
        option = next((word.partition("=")[0] for word in rest if word.startswith("-") and word != "--"), None)
        if option == "--site":
            raise UsageError(self.prog, "no option '--site'; 'cmgdocs plan SITE.toml' has a site's connections")
        if option:
            raise UsageError(self.prog, f"no option {option!r}; {near(option, self._option_string_actions)}")
        self.error(f"unexpected argument {rest[-1]!r}")

    def error(self, message: str) -> NoReturn:
        """Report what argparse has found, and where to read what is allowed."""
        raise UsageError(self.prog, f"{message}; see '{self.prog} --help'")

    def _check_value(self, action: argparse.Action, value: object) -> None:
        if action.choices is not None and value not in action.choices:
            name = action.option_strings[-1].strip("-") if action.option_strings else str(action.metavar).lower()
            raise UsageError(self.prog, f"no {name} {value!r}; {near(str(value), map(str, action.choices))}")

    def _print_message(self, message: str, file: Any = None) -> None:
        put(message, None)  # argparse itself would pass over a full disk


def add_command(commands: Commands, run: Callable[..., None], *examples: str) -> Parser:
    """Add the command that has the name of *run*, with hyphens; the docstring of *run* is its help."""
    text = "\n\n".join(" ".join(part.split()) for part in (run.__doc__ or "").split("\n\n"))
    shown = "".join(f"\n  {line}" for line in examples)
    parser = commands.add_parser(
        run.__name__.strip("_").replace("_", "-"),
        help=text.partition("\n")[0].replace("%", "%%"),
        description=text,
        epilog=f"{EXAMPLES}{shown}" if examples else None,
    )
    parser.set_defaults(run=run)
    return parser


def add_output(parser: Parser, forms: tuple[str, ...] = ()) -> None:
    """Add ``--format`` with *forms*, if there are any, and ``--output``."""
    if forms:
        form = "Form of the output; else by the ending of FILE, else a table."
        parser.add_argument("--format", dest="form", choices=forms, help=form)
    where = "Write to FILE, not to standard output; - is standard output, too."
    parser.add_argument("-o", "--output", metavar="FILE", type=target, help=where)


def path(word: str) -> Path:
    """Return the file or folder that *word* names, - being standard input; an unset variable is not this folder."""
    if not word:
        raise argparse.ArgumentTypeError("found an empty word; name a file")
    return STANDARD_INPUT if word == "-" else Path(word)


def target(word: str) -> Path | None:
    """Return the file to write to; None for -, which is standard output."""
    if word.endswith(("/", os.sep)):
        raise argparse.ArgumentTypeError(f"{word} is a folder; name a file")
    return None if word == "-" else path(word)


def spared(asked: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments of a command, unless its output would replace a file that it reads."""
    output = asked.get("output")
    values = (value if isinstance(value, list) else [value] for key, value in asked.items() if key != "output")
    named = [item for items in values for item in items if isinstance(item, Path)]
    if sum(item is STANDARD_INPUT for item in named) > 1:
        raise OutputError("standard input can be read once; name a file for one of the two")
    if output is not None:
        for file in (inner for item in named for inner in (sorted(item.glob("*.toml")) if item.is_dir() else [item])):
            if _same(file, output):
                raise OutputError(f"{output}: is read by this command; name another file for the output")
    return asked


def _same(file: Path, output: Path) -> bool:
    with suppress(OSError):  # one is not there, or standard input is closed
        return os.path.samestat(os.stat(0 if file is STANDARD_INPUT else file), os.stat(output))
    return False
