"""
How fast it is, as ratios: ``nox -s bench``. Exit code 1 where a bound is not kept.

Each figure is a median of runs made in turn with what it is compared to, so that a machine that
slows down in between slows both. Not a test: what it prints on a busy machine proves little.
"""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from statistics import median
from types import FrameType

from audit_figures import audit_figures

import cmgdocs
from cmgdocs import cli
from cmgdocs.facts.model import System
from cmgdocs.render import tables
from cmgdocs.render.dot import dot
from cmgdocs.render.picture import svg
from cmgdocs.views import registry
from dotpicture import draw, engine_name

ROOT = Path(__file__).resolve().parents[1]
EXAMPLES = ROOT / "examples"
SITE = str(EXAMPLES / "three-instances.toml")
CONFIGURATION = str(EXAMPLES / "firewalls" / "by-address-asa.cfg")
COMMANDS = (
    "init --output -",
    "plan {}",
    "rules {} --dialect csv",
    "rules {} --dialect xlsx",
    "what-if {}",
    "diff {0} {0}",
    "ports",
    "table endpoints",
    "diagram data-flow",
    "explain F02",
    "views",
    "dialects",
    "completion bash",
    "check",
)
LONGER = ("lab {0}", "audit {0} {1}")  # they make keys and certificates, or start another program
RUNS = 7
STARTS = 30  # 20 were wanted: book/developers/decisions.md
LONGER_STARTS = 100
CALLS = 10_000


def timed(action: Callable[[], object]) -> float:
    """Seconds that one call takes."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def process(*words: str, text: bytes = b"", no: bool = False) -> Callable[[], object]:
    """A whole process that reads *text*, output thrown away; exit code 1 is an answer where *no* is one."""

    def run() -> None:
        done = subprocess.run(words, check=False, capture_output=True, input=text)
        if not (done.returncode == 1 and no):
            done.check_returncode()

    return run


def compare(ours: Callable[[], object], other: Callable[[], object], runs: int = RUNS) -> tuple[float, float]:
    """Medians of both, run in turn after one warm-up each."""
    pairs = [(timed(ours), timed(other)) for _ in range(runs + 1)][1:]
    return median(a for a, _ in pairs), median(b for _, b in pairs)


def report(what: str, ours: float, other: float, bound: float) -> bool:
    """Print a line with the ratio and its bound; True if the bound is kept."""
    kept = ours <= other * bound
    print(f"{what:66} {ours / other:7.2f} <= {bound:5.2f}  {'kept' if kept else 'NOT KEPT'}", flush=True)
    return kept


def calls(site: Path) -> int:
    """How many functions of ours a prediction for one site calls, the facts being there and all modules loaded."""
    found = 0

    def count(frame: FrameType, event: str, _: object) -> None:
        nonlocal found
        found += event == "call" and frame.f_globals.get("__name__", "").partition(".")[0] == "cmgdocs"

    for profile in (None, count):
        with redirect_stdout(io.TextIOWrapper(io.BytesIO())), redirect_stderr(io.StringIO()):
            sys.setprofile(profile)
            cli.run(["what-if", str(site)])
            sys.setprofile(None)
    return found


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
        pair = compare(lambda: draw(text), process(program, "-Tsvg", text=text.encode()))
        return report("a diagram : the same by the program dot", *pair, 0.25)
    return report("a diagram : bare Python start (there is no program dot)", *compare(lambda: draw(text), bare), 1)


def built(book: Path, *strict: str) -> Callable[[], object]:
    """A clean HTML build of a book."""
    command = [str(Path(sys.executable).with_name("jupyter-book")), "build", str(book), "-q", *strict]

    def run() -> None:
        shutil.rmtree(book / "_build", ignore_errors=True)
        subprocess.run(command, check=True, capture_output=True)  # a build that fails early is no fast one

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
    for words in LONGER:
        pair = compare(process(python, "-m", "cmgdocs", *words.format(SITE, CONFIGURATION).split(), no=True), bare)
        kept.append(report(f"cmgdocs {words.format('SITE', 'FILE')} : bare Python starts", *pair, LONGER_STARTS))
    for name in ("three-instances", "behind-a-proxy", "by-address"):
        number = calls(EXAMPLES / f"{name}.toml")
        kept.append(report(f"calls of cmgdocs what-if {name}.toml : {CALLS:,}", number, CALLS, 1))
    kept.append(diagram(system, bare))
    pair = compare(lambda: everything(system), bare, 3)
    kept.append(report("all tables and diagrams : bare Python starts", *pair, 20))
    with tempfile.TemporaryDirectory() as folder:
        kept += audit_figures(Path(folder), timed, report)
        shutil.copytree(EXAMPLES, Path(folder, "examples"))
        copy = Path(folder, "book")
        shutil.copytree(ROOT / "book", copy, ignore=shutil.ignore_patterns("_build"))
        pair = compare(built(copy, "-W", "-n", "--keep-going"), built(copy), 1)
        kept.append(report("strict clean HTML build : plain one of the same pages", *pair, 1.3))
    return int(not all(kept))


if __name__ == "__main__":
    sys.exit(main())
