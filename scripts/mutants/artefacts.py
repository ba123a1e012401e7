"""
Files that are generated, or typed a second time on purpose: each is altered in several ways.

In each round all files of a group are altered at once, each in another way, and the tests that guard them run once.
An alteration is noticed where one line of what they print has both its name and the words that repair it.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .copies import ROOT, copied

REGEN = "repair with: python3 noxfile.py -s regen"
LOCK = "repair with: python3 noxfile.py -s lock"
MEANT = "where the change is meant: "

Way = Callable[[Path], list[str]]
"""Alter one file, and return what has to be named; nothing where this file cannot be altered so."""


@dataclass(frozen=True)
class Group:
    """
    Files with one guard.

    Attributes:
        name: What it is called on the command line.
        files: Patterns below the root of the repository.
        ways: How each file is altered; in round *r* the *i*-th file in way *r* + *i*.
        guard: Words for pytest: the tests that have to notice, and no others.
        repair: What has to be printed in one line with each name.
        sampled: Whether its guard is so quick that it belongs to a sample.
    """

    name: str
    files: tuple[str, ...]
    ways: tuple[Way, ...]
    guard: tuple[str, ...]
    repair: str
    sampled: bool = True

    def paths(self, root: Path) -> list[Path]:
        """Return the files below *root*, in the order of their names."""
        return sorted(path for pattern in self.files for path in root.glob(pattern))


def rewritten(change: Callable[[str], str]) -> Way:
    """Return the way that changes the text of a file."""

    def way(path: Path) -> list[str]:
        old = path.read_text(encoding="utf-8")
        path.write_text(change(old), encoding="utf-8", newline="\n")
        return [path.name] if change(old) != old else []

    return way


def _less_one_line(text: str) -> str:
    lines = text.splitlines(keepends=True)
    del lines[len(lines) // 2]
    return "".join(lines)


def _other_digit(text: str) -> str:
    """Return *text* with another last digit."""
    return re.sub(r"\d(?=\D*\Z)", lambda match: str((int(match[0]) + 1) % 10), text)


def _other_word(text: str) -> str:
    """Return *text* with another first word of the last line that has one."""
    return re.sub(r"[a-z]{4,}(?=.*\n?(?:[^a-z]|[a-z]{1,3}\b)*\Z)", "other", text, count=1)


def _removed(path: Path) -> list[str]:
    path.unlink()
    return [path.name]


def _stray(path: Path) -> list[str]:
    stray = path.with_stem(f"{path.stem}-stray")
    stray.write_bytes(path.read_bytes())
    return [stray.name]


TEXT = (rewritten(_less_one_line), rewritten(_other_digit), rewritten(_other_word), _removed, _stray)


def _outputs(change: Callable[[int, list[dict[str, Any]]], bool]) -> Way:
    """Return the way that changes the stored outputs of each cell of a notebook; *change* says whether it has."""

    def way(path: Path) -> list[str]:
        notebook = json.loads(path.read_text(encoding="utf-8"))
        cells = enumerate(cell for cell in notebook["cells"] if cell["cell_type"] == "code")
        names = [f"{path.name}::Cell {number}:" for number, cell in cells if change(number, cell["outputs"])]
        path.write_text(json.dumps(notebook), encoding="utf-8")
        return names

    return way


def _other_output(number: int, outputs: list[dict[str, Any]]) -> bool:
    """Alter one form of the last output, in each cell another one; give one to a cell that has none."""
    if not outputs:
        outputs.append({"output_type": "stream", "name": "stdout", "text": ["nothing\n"]})
        return True
    forms: dict[str, Any] = outputs[-1].get("data") or outputs[-1]
    names = sorted(name for name in forms if name == "text" or "/" in name)
    name = names[number % len(names)]
    forms[name] = _other_digit("".join(forms[name])) + "0"
    return True


def _one_output_less(_: int, outputs: list[dict[str, Any]]) -> bool:
    return bool(outputs and outputs.pop())


def _numbers(path: Path) -> tuple[Way, ...]:
    """Return one way for each number of two digits or more in the code of *path*: one more than it."""

    def one_more(place: int) -> Way:
        return rewritten(lambda text: text[:place] + re.sub(r"\A\d+", lambda n: str(int(n[0]) + 1), text[place:]))

    text = path.read_text(encoding="utf-8")
    code = re.sub(r'"""(?:.|\n)*?"""|#.*', lambda prose: " " * len(prose[0]), text)
    return tuple(one_more(match.start()) for match in re.finditer(r"\b\d{2,}\b", code))


def _in(pattern: str, change: Callable[[str], str]) -> Way:
    """Return the way that changes only what *pattern* finds in a text."""
    return rewritten(lambda text: re.sub(pattern, lambda match: change(match[0]), text, count=1, flags=re.MULTILINE))


_PRINTED = r"(?<=^\$ python3 examples/)(?:.+\n)+"
_ROW = r"^\| `proof` \|.*\n"

GROUPS = (
    Group(
        "generated",
        ("diagrams/*", "schemas/*", "src/cmgdocs/search/pages.json"),
        TEXT,
        ("tests/test_regen.py::test_committed_files_are_fresh",),
        REGEN,
    ),
    Group(
        "notebooks",
        ("book/notebooks/*.ipynb",),
        (_outputs(_other_output), _outputs(_one_output_less)),
        ("--nbval", "--nbval-current-env", "book/notebooks"),
        REGEN,
        sampled=False,
    ),
    Group("locks", ("requirements*.*", "requirements/*.*"), TEXT, ("tests/test_house.py", "-k", "lock"), LOCK),
    Group("rules", ("tests/golden/firewall/*",), TEXT, ("tests/firewall/test_goldens.py",), MEANT),
    Group(
        "plans",
        ("tests/golden/plan-*", "tests/golden/answers-*"),
        TEXT,
        ("tests/test_plan.py", "tests/test_answers.py", "-k", "golden"),
        MEANT,
    ),
    Group("editions", ("tests/sources/data-flow-*",), TEXT, ("tests/test_tables.py", "-k", "edition"), MEANT),
    Group("structure", ("tests/golden/structure.txt",), TEXT[:-1], ("tests/test_structure.py",), MEANT),
    Group(
        "transcript",
        ("src/cmglab/transcript.py",),
        _numbers(ROOT / "src" / "cmglab" / "transcript.py"),
        ("tests/lab/test_transcript.py", "-k", "as_they_are or lack or update"),
        MEANT,
        sampled=False,
    ),
    Group(
        "sessions",
        ("README.md",),
        (
            _in(_ROW, lambda row: ""),
            _in(_ROW, lambda row: row.replace("proof", "proofs")),
            _in(_ROW, lambda row: row + row.replace("proof", "more")),
        ),
        ("tests/test_house.py", "-k", "session"),
        MEANT,
    ),
    Group(
        "examples",
        ("book/developers/what-if.md",),
        (_in(_PRINTED, _less_one_line), _in(_PRINTED, _other_digit), _in(_PRINTED, _other_word)),
        ("tests/test_examples.py", "-k", "script"),
        MEANT,
        sampled=False,
    ),
)


def printed(root: Path, guard: Sequence[str]) -> str:
    """Run the tests *guard* on the copy in *root*, and return what they print."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--tb=short", *guard]
    env = {**os.environ, "PYTHONPATH": str(root / "src"), "PYTHONDONTWRITEBYTECODE": "1", "COLUMNS": "1000"}
    done = subprocess.run(command, cwd=root, env=env, check=False, capture_output=True, text=True, encoding="utf-8")
    return done.stdout + done.stderr


def tried(group: Group, root: Path, few: bool) -> Iterator[tuple[str, bool]]:
    """
    Alter the files of *group* in the copy *root*, and put them back.

    Args:
        group: Whose files.
        root: A copy of the repository, as it is and as it is left.
        few: Only one round, and only each third file.

    Yields:
        Each alteration, and whether it was noticed and its repair named.
    """
    paths = group.paths(root)[:: 3 if few else 1]
    for number in range(1 if few else len(group.ways)):
        kept = {path: path.read_bytes() for path in paths}
        before = {path for parent in {path.parent for path in paths} for path in parent.iterdir()}
        wanted = [
            name for place, path in enumerate(paths) for name in group.ways[(number + place) % len(group.ways)](path)
        ]
        lines = printed(root, group.guard).splitlines()
        for path, content in kept.items():
            path.write_bytes(content)
        for path in {path for parent in {path.parent for path in paths} for path in parent.iterdir()} - before:
            if path.is_file():
                path.unlink()
        for name in wanted:
            yield f"{name} (round {number})", any(name in line and group.repair in line for line in lines)


def run(words: Sequence[str]) -> bool:
    """
    Try the groups that *words* name, or all; print for each how many alterations were noticed, and the others by name.

    Raises:
        ValueError: A word names no group.
    """
    few = list(words) == ["sample"]
    names = [group.name for group in GROUPS]
    if unknown := [] if few else sorted(set(words) - set(names)):
        raise ValueError(f"artefacts: found {', '.join(unknown)}; allowed: sample, {', '.join(names)}")
    held = True
    with tempfile.TemporaryDirectory() as folder:
        root = copied(Path(folder))
        for group in GROUPS:
            if group.sampled if few else (not words or group.name in words):
                found = list(tried(group, root, few))
                live = [name for name, noticed in found if not noticed]
                print(f"artefacts {group.name}: {len(found) - len(live)} of {len(found)} noticed", flush=True)
                print("".join(f"  not noticed, or without “{group.repair.strip()}”: {name}\n" for name in live), end="")
                held = held and bool(found) and not live
    return held
