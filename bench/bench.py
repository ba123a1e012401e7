"""
Measure what the project costs and write it to ``bench/figures.json``: ``nox -s bench``; words after -- name figures.

A figure is our cost divided by that of what a reader would use instead, measured in turn in one run.
What needs a program that is not here is left out, and the page says so.
No bound is checked: a machine that is slow or busy is no fault.
"""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from measures import FIGURES, RIVALS, Figure

FILE = Path(__file__).with_name("figures.json")


def version_of(program: str) -> str:
    """The version of a program or package; empty where it is not here."""
    if program == "Python":
        return platform.python_version()
    python = sys.executable if program in ("jupyter-book", "quickjs") else shutil.which(RIVALS / "python")
    ask = f"from importlib.metadata import version; print(version('{program}'))"
    command = [shutil.which("dot"), "-V"] if program == "dot" else [python, "-c", ask]
    if command[0] is None:
        return ""
    shown = subprocess.run(command, capture_output=True, text=True, check=False)
    found = re.search(r"^(?:dot - graphviz version )?(\d[\w.]*)", shown.stdout or shown.stderr)
    return found[1] if found else ""


def measured(figure: Figure) -> dict[str, object]:
    """What the file says of a figure besides its words: its ratios, or the programs that are missing."""
    versions = {program: version_of(program) for program in figure.needs}
    if missing := [program for program, found in versions.items() if not found]:
        return {"ratios": {}, "missing": missing}
    with tempfile.TemporaryDirectory() as folder:
        ratios = figure.measure(Path(folder))
    return {"ratios": ratios, "versions": versions, "measured": f"{datetime.now(UTC):%Y-%m-%d}"}


def main(names: list[str]) -> None:
    """Measure the figures with these names, or all, and keep the others; each has the words that it has today."""
    if unknown := [name for name in names if name not in FIGURES]:
        sys.exit(f"{', '.join(unknown)}: no such figure; allowed: {', '.join(FIGURES)}")
    known = json.loads(FILE.read_text(encoding="utf-8"))["figures"] if FILE.is_file() else {}
    for name in names or FIGURES:
        known[name] = measured(FIGURES[name])
        print(name, known[name]["ratios"] or f"left out, missing: {known[name]['missing']}", flush=True)
    machine = f"{platform.system()} with {os.cpu_count()} processors and Python {platform.python_version()}"
    figures = {name: known[name] | figure.words() for name, figure in FIGURES.items() if name in known}
    FILE.write_text(json.dumps({"machine": machine, "figures": figures}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
