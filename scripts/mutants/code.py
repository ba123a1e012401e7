"""
The packages that decide an answer, altered by mutmut: each alteration fails a test or the check of types.

Those that nothing notices are printed as ``function: line as it is → line as altered``. One that changes nothing
anybody could see is explained in ``tests/mutants/survivors.toml``; any other, and each explanation of one that is
noticed after all, is a fault.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from .copies import ROOT, copied

# For each package the tests that try what it does, and little besides.
PACKAGES = {
    "facts": "catalogue conditions documents evidence facts_connections facts_texts numbers page_tables ports queries"
    " tables text",
    "plan": "conditions difference plan sitetext",
    "whatif": "answers asked prediction undecided",
    "firewall": "azure goldens linux names requests squid vendors windows",
}
# Tests of speed, of what another program takes, and of pictures: they take long and notice nothing that others do not.
LEFT_OUT = (
    "each_arrow collides cuts_no hash_seed many_hosts order_of_keys real_tool refused_exactly script_prints"
    " thousand workbook"
)
MUTMUT = {
    "source_paths": ["src"],
    "also_copy": ["book", "diagrams", "examples", "schemas", "scripts", "README.md", "CHANGELOG.md", "noxfile.py"],
    # Straight from mutmut's own process an alteration would find what functions have kept of an earlier run.
    "process_isolation": "forkserver",
    "pytest_add_cli_args": [
        "-p",
        "no:cacheprovider",
        "--hypothesis-profile",
        "altered",
        "-k",
        f"not ({' or '.join(LEFT_OUT.split())})",
    ],
}
TYPES = ["mypy", "--python-executable", sys.executable, "--follow-imports=silent", "--output=json"]
TYPES += ["--disable-error-code=unused-ignore"]
EXPLAINED = ROOT / "tests" / "mutants" / "survivors.toml"
COPY = ROOT / ".nox" / "mutate"  # kept: `mutmut browse` there shows what was altered
ENOUGH = 0.95  # share of a package's alterations that has to be noticed, however many are explained
# Small modules with the tests that are theirs; of each function the alteration of this number.
SAMPLE = {"facts/ports.py": "tests/test_ports.py", "plan/capacity.py": "tests/test_plan.py"}
NUMBER = 2


@dataclass(frozen=True)
class Mutant:
    """One alteration: the package it is in, what it is called here, and what became of it in mutmut's words."""

    package: str
    text: str
    status: str

    @property
    def lives(self) -> bool:
        return self.status in ("survived", "no tests")


def explained() -> dict[str, str]:
    """Return the reason for each alteration that may go unnoticed."""
    listed = tomllib.loads(EXPLAINED.read_text(encoding="utf-8"))["reason"]
    return {mutant: reason["why"] for reason in listed for mutant in reason["mutants"]}


def configured(root: Path, files: Sequence[str], tests: Sequence[str], types: Sequence[str]) -> None:
    """Have mutmut, in the copy *root*, alter *files*, run *tests* and check the types of the folders *types*."""
    values = MUTMUT | {"only_mutate": [*files], "pytest_add_cli_args_test_selection": [*tests]}
    values |= {"type_check_command": [*TYPES, *types]} if types else {}
    lines = "".join(f"{key} = {json.dumps(value)}\n" for key, value in values.items())  # which is TOML as well
    with (root / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.write(f"\n[tool.mutmut]\n{lines}")


def altered(root: Path, *names: str) -> bool:
    """Have mutmut alter the copy *root*; of all alterations only those of these *names*. False: it could not."""
    source = root / "mutants" / "src"
    source.mkdir(parents=True)  # else Python remembers that there is no such folder
    env = {**os.environ, "PYTHONPATH": str(source)}
    command = [str(Path(sys.executable).with_name("mutmut")), "run", "--max-children", "1", *names]
    done = subprocess.run(command, cwd=root, env=env, check=False, stdout=subprocess.PIPE, text=True, encoding="utf-8")
    if done.returncode:
        print(re.sub(r"^[⠀-⣿].*\n", "", done.stdout, flags=re.MULTILINE))  # without its wheels that turn
    return not done.returncode


def mutants(root: Path) -> Iterator[Mutant]:
    """Give every alteration that was tried in the copy *root*."""
    from mutmut.mutation.diff_apply import get_diff_for_mutant
    from mutmut.stats import status_by_exit_code

    with contextlib.chdir(root):
        for meta in sorted(Path("mutants/src/cmgdocs").glob("*/*.py.meta")):
            codes: dict[str, int | None] = json.loads(meta.read_text(encoding="utf-8"))["exit_code_by_key"]
            source = meta.relative_to("mutants").with_suffix("")
            for name, code in codes.items():
                if (status := status_by_exit_code[code]) != "not checked":
                    lives = status in ("survived", "no tests")
                    text = called(name, get_diff_for_mutant(name, path=source)) if lives else name
                    yield Mutant(meta.parent.name, text, status)


def called(name: str, difference: str) -> str:
    """Return what an alteration is called here, however many others mutmut counts before it."""
    place = re.sub(r"__mutmut_\d+$", "", name.removeprefix("cmgdocs."))
    place = re.sub(r"\.x_", ".", re.sub(r"\.xǁ(\w+?)ǁ", r".\1.", place))
    lines = difference.splitlines()[2:]
    old, new = (" ".join(line[1:].strip() for line in lines if line[:1] == sign) for sign in "-+")
    return f"{place}: {old} → {new}"


def tried(root: Path, files: Sequence[str], tests: Sequence[str], types: str = "", names: str = "*") -> list[Mutant]:
    """
    Alter *files* in a new copy of the repository.

    Args:
        root: Where the copy is made.
        files: Patterns of files.
        tests: The tests that have to notice.
        types: The folder whose types are checked first, or nothing.
        names: A pattern of mutmut's names of alterations; no others are tried.

    Raises:
        ValueError: The tests fail before anything is altered; mutmut has printed how.
    """
    configured(copied(root), files, tests, [types] if types else [])
    if not altered(root, *([] if names == "*" else [names])):
        raise ValueError(f"code: mutmut ended early in {root}")
    return list(mutants(root))


def _shown(found: Sequence[Mutant], package: str) -> bool:
    """Print what became of the alterations of one *package*, and say whether enough were noticed."""
    own = [mutant for mutant in found if mutant.package == package]
    typed = sum(mutant.status == "caught by type check" for mutant in own)
    killed = sum(not mutant.lives for mutant in own)
    print(f"code {package}: {killed} of {len(own)} noticed, {typed} of them by the check of types", flush=True)
    return bool(own) and killed >= ENOUGH * len(own)


def run(words: Sequence[str]) -> bool:
    """
    Alter the packages that *words* name, or all; print how many alterations were noticed, and the others by name.

    Raises:
        ValueError: A word names no package.
    """
    few = list(words) == ["sample"]
    if unknown := [] if few else sorted(set(words) - set(PACKAGES)):
        raise ValueError(f"code: found {', '.join(unknown)}; allowed: sample, {', '.join(PACKAGES)}")
    found, held = list[Mutant](), True
    if few:
        with tempfile.TemporaryDirectory() as folder:
            files = [f"src/cmgdocs/{file}" for file in SAMPLE]
            found += tried(Path(folder), files, sorted({*SAMPLE.values()}), names=f"*__mutmut_{NUMBER}")
        print(f"code: {sum(not mutant.lives for mutant in found)} of {len(found)} noticed")
    packages = [] if few else [package for package in PACKAGES if not words or package in words]
    for package in packages:
        shutil.rmtree(COPY, ignore_errors=True)
        where = "tests/firewall" if package == "firewall" else "tests"
        tests = [f"{where}/test_{name}.py" for name in PACKAGES[package].split()]
        folder = f"src/cmgdocs/{package}"
        found += tried(COPY, [f"{folder}/*.py"], tests, folder)
        held = _shown(found, package) and held
    reasons = explained()
    live = {mutant.text for mutant in found if mutant.lives}
    for text in sorted(live - reasons.keys()):
        print(f"  not noticed: {text}")
    own = {text for text in reasons if text.partition(".")[0] in packages}
    stale = sorted(own - live)
    for text in stale:
        print(f"  noticed now, so take it from {EXPLAINED.relative_to(ROOT).as_posix()}: {text}")
    return bool(found) and held and not live - reasons.keys() and not stale
