"""What pages and files say of programs: commands, options, exit codes, JSON keys, sessions and paths are there."""

from __future__ import annotations

import argparse
import ast
import inspect
import json
import re
import shlex
import signal
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from cmgdocs import cli

ROOT = Path(__file__).parents[2]
BOOK = ROOT / "book"
FILES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md"]
PAGES = [*BOOK.glob("*.md"), *BOOK.glob("[a-z]*/*.md")]
NOTEBOOKS = [*BOOK.glob("notebooks/*.ipynb")]
NAMES = sorted(str(path.relative_to(ROOT)) for path in (*FILES, *PAGES, *NOTEBOOKS))
FOLDERS = "src|tests|book|examples|diagrams|schemas|requirements|scripts|bench"
OTHERS = {"--upgrade", "--check"}
"""Options of uv and of ``cmgdocs.regen``."""


@cache
def tokens(name: str) -> tuple[Token, ...]:
    """The Markdown of a file, inline tokens among the others."""
    text = (ROOT / name).read_text(encoding="utf-8")
    if name.endswith(".ipynb"):
        cells = [cell for cell in json.loads(text)["cells"] if cell["cell_type"] == "markdown"]
        text = "\n\n".join("".join(cell["source"]) for cell in cells)
    flat = (inner for token in MarkdownIt().enable("table").parse(text) for inner in (token, *(token.children or ())))
    return tuple(flat)


def literals(name: str) -> list[str]:
    """All literals of a file; the text of a role is none."""
    last, found = "", []
    for token in tokens(name):
        if token.type == "code_inline" and not re.search(r"\{[\w:-]+\}$", last):
            found.append(token.content)
        last = token.content
    return found


def command_lines(name: str) -> Iterator[str]:
    """Command lines of ``cmgdocs`` in code blocks and literals, without what a shell does with their output."""
    blocks = "\n".join(t.content for t in tokens(name) if t.type == "fence" and t.info in ("console", "shell", "bash"))
    lines = re.findall(r"^\$ (.*)", blocks.replace("\\\n", " "), re.MULTILINE)
    for line in (*lines, *literals(name)):
        if line.startswith("cmgdocs "):
            yield re.split(r" [|>;]| && | \.\.\.", line)[0]


def parsers(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """Commands by name."""
    (action,) = (item for item in parser._actions if isinstance(item, argparse._SubParsersAction))
    return dict(action.choices)


COMMAND_LINE = cli.command_line()
COMMANDS = parsers(COMMAND_LINE)
OPTIONS = {
    option
    for parser in (COMMAND_LINE, *COMMANDS.values())
    for action in parser._actions
    for option in action.option_strings
}


@pytest.mark.parametrize("name", ["README.md", "book/how-to/install-the-command.md"])
def test_the_oldest_python_is_that_of_the_project(name: str) -> None:
    oldest = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["requires-python"]
    said = re.findall(r"Python ([0-9.]+) or newer", (ROOT / name).read_text(encoding="utf-8"))
    assert said == [oldest.removeprefix(">=")]


def faults_of(line: str) -> str:
    """What is wrong with a command line; a word in capitals stands for any, and so do words left out."""
    words = shlex.split(line)[1:]
    if not words or words[0] in ("--help", "--version", "-V", "COMMAND"):
        return ""
    if words[0] not in COMMANDS:
        return f"no command {words[0]}"
    options = {word.partition("=")[0] for word in words if word.startswith("--")}
    known = {option for action in COMMANDS[words[0]]._actions for option in action.option_strings}
    if options - known - {"--help"}:
        return f"no option {sorted(options - known)}"
    if (
        len(words) == 1
        or words[0] == "help"
        or "--help" in words
        or any(re.fullmatch("[A-Z]+", word) for word in words)
    ):
        return ""
    try:
        COMMAND_LINE.parse(words)
    except cli.CmgdocsError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("name", NAMES)
def test_command_lines_can_be_parsed(name: str) -> None:
    assert [(line, fault) for line in command_lines(name) if (fault := faults_of(line))] == []


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("cmgdocs plna site.toml", "no command plna"),
        ("cmgdocs plan site.toml --fails-on x", "no option ['--fails-on']"),
        ("cmgdocs plan site.toml --format pfd", "no format 'pfd'"),
        ("cmgdocs what-if site.toml --deployed --block connection-point:cmg:10125", ""),
    ],
)
def test_a_wrong_command_line_is_found(line: str, fault: str) -> None:
    assert faults_of(line).partition(";")[0].endswith(fault)


@pytest.mark.parametrize("name", NAMES)
def test_options_exist(name: str) -> None:
    alone = {word for text in literals(name) for word in re.findall(r"^--[a-z][\w-]*", text)}
    assert alone - OPTIONS - OTHERS == set()


@pytest.mark.parametrize("name", NAMES)
def test_paths_and_sessions_exist(name: str) -> None:
    texts = literals(name)
    paths = [path for text in texts for path in re.findall(rf"^((?:{FOLDERS})/[\w./-]*[\w/])", text)]
    assert [path for path in paths if not (ROOT / path).exists() and "_build" not in path] == []
    named = {session for text in texts for session in re.findall(r"(?:noxfile\.py|\bnox) -s ([a-z]+)", text)}
    sessions = re.findall(r"@nox\.session.*\ndef (\w+)", (ROOT / "noxfile.py").read_text(encoding="utf-8"))
    assert named <= set(sessions)


def rows(name: str) -> Iterator[list[list[str]]]:
    """Rows of the tables of a page, with their head, each cell as its literals, or its text where it has none."""
    table: list[list[str]] = []
    for token in MarkdownIt().enable("table").parse((ROOT / name).read_text(encoding="utf-8")):
        if token.type == "table_open":
            table = []
        elif token.type == "tr_open":
            table.append([])
        elif token.type == "inline" and table is not None and token.level:
            code = [inner.content for inner in token.children or () if inner.type == "code_inline"]
            if table:
                table[-1].append("\n".join(code) or token.content)
        elif token.type == "table_close":
            yield table  # type: ignore[misc]


def exits() -> set[int]:
    """Exit codes of the command: those that it returns, and 1 for an answer that is no."""
    found = ast.walk(ast.parse(inspect.getsource(cli.run)))
    values = (node.value for node in found if isinstance(node, ast.Return))
    return {1, *(value.value for value in values if isinstance(value, ast.Constant))}


@pytest.mark.parametrize("name", ["book/developers/commands.md", "book/developers/what-if.md"])
def test_exit_codes_are_those_of_the_command(name: str) -> None:
    tables = [table for table in rows(name) if table[0][0] == "Code"]
    assert tables
    for table in tables:
        codes = {int(code) for row in table[1:] for code in row[0].split(", ")}
        signals = {128 + signal.SIGHUP, 128 + signal.SIGTERM}  # what ends a process from outside
        assert exits() <= codes <= exits() | signals


def properties(schema: Any) -> Iterator[str]:
    """Names of all properties of a schema, at any depth."""
    if isinstance(schema, dict):
        yield from schema.get("properties", {})
        for part in schema.values():
            yield from properties(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from properties(part)


@pytest.mark.parametrize("name", ["book/developers/commands.md", "book/developers/what-if.md"])
def test_json_keys_are_in_the_schemas(name: str) -> None:
    known = {key for path in ROOT.glob("schemas/*.json") for key in properties(json.loads(path.read_text("utf-8")))}
    named = {key for table in rows(name) if table[0][0] == "Key" for row in table[1:] for key in row[0].split("\n")}
    assert named
    assert named - known == set()
