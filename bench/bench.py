"""
How fast it is, as ratios: ``nox -s bench``. Exit code 1 where a bound is not kept.

Each figure is the median of several runs made in turn with what it is compared to, so that a
machine that slows down in between slows both. Not a test: a busy machine proves nothing.
"""

from __future__ import annotations

import contextlib
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
from cmgdocs.cli.fleet import plans, site_files
from cmgdocs.errors import SiteError
from cmgdocs.facts.model import System
from cmgdocs.firewall.dialect import written
from cmgdocs.firewall.registry import DIALECTS
from cmgdocs.plan.plan import Planner
from cmgdocs.plan.rules import rule_set
from cmgdocs.render import tables
from cmgdocs.render.dot import dot
from cmgdocs.render.picture import svg
from cmgdocs.render.stream import STREAMS
from cmgdocs.site.reader import SiteReader
from cmgdocs.views import registry
from dotpicture import draw, engine_name

ROOT = Path(__file__).resolve().parents[1]
RUNS = 11


def timed(action: Callable[[], object]) -> float:
    """Seconds that one call takes."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def process(*words: str) -> Callable[[], object]:
    """A whole process, output thrown away."""
    return lambda: subprocess.run(words, check=True, capture_output=True)


def compare(ours: Callable[[], object], other: Callable[[], object], runs: int) -> tuple[float, float]:
    """Medians of both, run in turn after one warm-up each."""
    pairs = [(timed(ours), timed(other)) for _ in range(runs + 1)][1:]
    return median(a for a, _ in pairs), median(b for _, b in pairs)


def report(what: str, ours: float, other: float, bound: float, unit: str = "ms") -> bool:
    """Print a line: the ratio, its bound and what was measured, seconds as ms; True if the bound is kept."""
    ratio = ours / other
    verdict = "kept" if ratio <= bound else "NOT KEPT"
    a, b = (ours * 1000, other * 1000) if unit == "ms" else (ours, other)
    print(
        f"{what:58} {ratio:6.2f} <= {bound:4.1f}  {verdict:8}  {_three(a):>8} {unit} : {_three(b):>8} {unit}",
        flush=True,
    )
    return ratio <= bound


def _three(value: float) -> str:
    """A number with at least three digits."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def everything(system: System) -> None:
    """Make every table in every form and draw every diagram, of every edition."""
    for name in registry.table_names(system):
        editions = [item.id for item in system.editions] if registry.has_editions(name) else [None]
        for edition in editions:
            for form in tables.FORMATS:
                tables.render(registry.table(system, name, edition), form)
    for _, name, edition in registry.pictures(system):
        svg(registry.diagram(system, name, edition))


def build(book: Path, *strict: str) -> Callable[[], object]:
    """A clean HTML build of a book."""
    command = [str(Path(sys.executable).with_name("jupyter-book")), "build", str(book), "-q", *strict]

    def run() -> None:
        shutil.rmtree(book / "_build", ignore_errors=True)
        process(*command)()

    return run


SITE = """
configmgr = "2509"
instances = {n}

[hosts]
cmg = "contoso.westeurope.cloudapp.azure.com"
connection-point = ["10.{a}.{b}.5", "10.{a}.{b}.6"]
service-connection-point = "10.{a}.{b}.4"
management-point = "10.{a}.{b}.7"
"""
SITES = 10_000
DIALECTS_OF = "instances-behind-a-proxy"  # the one whose rules Squid takes as well


def fleet(folder: Path) -> Path:
    """A folder of site files, all different."""
    for i in range(SITES):
        text = SITE.format(n=1 + i % 16, a=i // 250, b=i % 250)
        (folder / f"site-{i:05}.toml").write_text(text, encoding="utf-8")
    return folder


def streamed(system: System, folder: Path) -> int:
    """Plan every site of a folder and write all rows as CSV; the number of characters."""
    planned = plans(site_files([folder]), SiteReader(system), Planner(system))
    return sum(map(len, STREAMS["csv"](planned)))


def all_dialects(system: System, name: str) -> int:
    """Write an example's rules in each dialect of our own, its names looked up in a made-up table; how many could."""
    reading = SiteReader(system).read(ROOT / "examples" / f"{name}.toml")
    rules = rule_set(Planner(system).plan(reading.deployment))
    done = 0
    for dialect in DIALECTS:
        if dialect.extra:  # those start a program, which takes half a second
            continue
        with contextlib.suppress(SiteError):  # ip6tables, of a site that has IPv4 only
            written(rules, dialect, lambda name: ("192.0.2.7",))
            done += 1
    return done


def site_figures(system: System, folder: Path) -> list[bool]:
    """What is promised of plans, rules and fleets."""
    reading = SiteReader(system).parse(SITE.format(n=3, a=0, b=1))
    cold = median(timed(lambda: Planner(system).plan(reading.deployment)) for _ in range(RUNS * 9))
    rules = timed(lambda: all_dialects(system, DIALECTS_OF))  # the first time, with all that it imports
    done = all_dialects(system, DIALECTS_OF)
    fleet(folder)
    seconds = timed(lambda: streamed(system, folder))
    return [
        report("one plan, nothing known before : 1 ms", cold, 0.001, 1),
        report(f"{done} of {len(DIALECTS)} dialects of one site, imports included : 0.5 s", rules, 0.5, 1),
        report(f"{SITES:,} site files to one CSV : 2,000 a second", seconds, SITES / 2000, 1),
    ]


def main() -> int:
    """Measure, print, and give 1 where a bound was not kept."""
    system = cmgdocs.load()
    texts = [dot(registry.diagram(system, name, edition)) for _, name, edition in registry.pictures(system)]
    print(f"Python {sys.version.split()[0]}, {engine_name()}, {os.cpu_count()} processors; medians")
    print(f"{'':58} {'ratio':>6}    bound            ours : compared to")
    python = sys.executable
    bare, command = process(python, "-c", "pass"), process(python, "-m", "cmgdocs", "ports")
    slowest = max(median(timed(lambda text=text: draw(text)) for _ in range(RUNS)) for text in texts)
    whole = median(timed(lambda: everything(system)) for _ in range(3))
    kept = [
        report("import cmgdocs : bare Python start", *compare(process(python, "-c", "import cmgdocs"), bare, RUNS), 2),
        report("slowest diagram : 5 ms", slowest, 0.005, 1),
        report("all tables and diagrams of all editions : 1 s", whole, 1.0, 1),
        report("command to table : 0.35 s", compare(command, bare, RUNS)[0], 0.35, 1),
    ]
    with tempfile.TemporaryDirectory() as folder:
        kept += audit_figures(Path(folder), report)
        kept += site_figures(system, Path(folder))
    site = str(ROOT / "examples" / "three-instances.toml")
    command = process(python, "-m", "cmgdocs", "plan", site)
    kept.append(report("command from site file to plan : 0.35 s", compare(command, bare, RUNS)[0], 0.35, 1))
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(ROOT / "examples", Path(folder, "examples"))
        copy = Path(folder, "book")
        shutil.copytree(ROOT / "book", copy, ignore=shutil.ignore_patterns("_build"))
        pair = compare(build(copy, "-W", "-n", "--keep-going"), build(copy), 3)
        kept.append(report("strict clean HTML build : plain one of the same pages", *pair, 1.3))
    return int(not all(kept))


if __name__ == "__main__":
    sys.exit(main())
