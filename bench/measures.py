"""What is measured: each figure and growth with its words, and the function that measures it in a folder of its own."""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from random import Random
from statistics import median
from typing import Any

import rivals
from costs import Action, growth, inside, process, ratios, rounded

import cmgdocs
from cmgdocs.facts.model import System
from cmgdocs.firewall.dialect import written
from cmgdocs.firewall.registry import dialect
from cmgdocs.plan.plan import Planner
from cmgdocs.plan.read import plan_of
from cmgdocs.plan.rules import rule_set
from cmgdocs.planner.document import document
from cmgdocs.render.dot import dot
from cmgdocs.site.reader import SiteReader
from cmgdocs.views import registry
from cmgdocs.whatif.ask import ask
from cmgdocs.whatif.options import circumstances
from dotpicture import draw

BENCH = Path(__file__).resolve().parent
ROOT = BENCH.parent
RIVALS = ROOT / ".nox" / "rivals" / "bin"
SITES = ROOT / "examples"
SITE = SITES / "by-address.toml"
FILES = SITE, SITES / "three-instances.toml", SITES / "firewalls" / "by-address-asa.cfg"
PYTHON = Path(sys.executable)
BOTH = ("processor", "memory")
Measure = Callable[[Path], dict[str, Any]]


@dataclass(frozen=True)
class Figure:
    """
    Ours divided by what a reader would use instead, *against*, or, where there are *sizes*, by ours at the first.

    In a growth *against* is what there are sizes of. *shows* is what the ratio shows and what not, *needs* are programs
    without which there is none. *measure* gives a ratio for each kind of cost, or for each line of a plot one a size.
    """

    what: str
    against: str
    shows: str
    needs: tuple[str, ...]
    sizes: tuple[int, ...]
    measure: Measure

    def words(self) -> dict[str, Any]:
        """All but what a run adds."""
        return {"what": self.what, "against": self.against, "shows": self.shows, "sizes": [*self.sizes]}


FIGURES: dict[str, Figure] = {}
"""By id; the part before the hyphen is the table of the page that shows it."""


def figure(
    ident: str, what: str, against: str, *needs: str, sizes: tuple[int, ...] = ()
) -> Callable[[Measure], Measure]:
    """Make a function the measure of a figure; it gets a folder of its own, and its docstring says what is shown."""

    def made(measure: Measure) -> Measure:
        shows = " ".join((measure.__doc__ or "").split())
        FIGURES[ident] = Figure(what, against, shows, needs, sizes, measure)
        return measure

    return made


def ours(*words: str | Path, no: bool = False) -> Action:
    """The command as a process."""
    return process(PYTHON, "-m", "cmgdocs", *words, no=no)


@cache
def system() -> System:
    """The facts, read once."""
    return cmgdocs.load()


# The book

STOCK = """
title: Stock
only_build_toc_files: true
execute: {execute_notebooks: force}
parse: {myst_enable_extensions: [attrs_block, attrs_inline, colon_fence, deflist, fieldlist, substitution, tasklist]}
sphinx: {extra_extensions: [cmgdocs.book]}
"""
_LOADED = re.compile(
    r'<(?:link(?=[^>]*\brel="(?:icon|preload|stylesheet)")|script|img)\b[^>]*?\b(?:href|src)="([^":?#]+)'
)


def loaded(page: Path) -> int:
    """Bytes of a page with each style sheet, script, font and picture of the site that its HTML loads."""
    named = {page.parent.joinpath(name).resolve() for name in _LOADED.findall(page.read_text(encoding="utf-8"))}
    return sum(file.stat().st_size for file in {page, *named} if file.is_file())


@figure("build-stock", "site and handbook, by nox -s build", "jupyter-book build of the same pages", "jupyter-book")
def built(folder: Path) -> dict[str, float]:
    """
    One run of each. The stock build has no handbook and runs notebooks one after another.

    A page is the median of all, not packed, with the files that its HTML loads and not what these load later.
    """
    own, stock = folder / "own", folder / "stock"
    for top in (own, stock):
        for part in ("bench", "book", "examples", "scripts"):
            shutil.copytree(ROOT / part, top / part, ignore=shutil.ignore_patterns("_build", "__pycache__"))
    for part in ("_static", "_templates"):
        shutil.rmtree(stock / "book" / part)
    Path(stock, "book", "_config.yml").write_text(STOCK, encoding="utf-8")
    build = process(PYTHON, own / "scripts" / "build_book.py")
    plain = process(PYTHON.with_name("jupyter-book"), "build", stock / "book")
    cost = ratios(build, plain, "waiting", "processor", runs=1)
    sites = [top / "book" / "_build" / "html" for top in (own, stock)]
    names = [path.relative_to(sites[1]) for path in sites[1].glob("[a-z]*/*.html")]
    pages = [[site / name for site in sites] for name in names if Path(sites[0], name).is_file()]
    page = median(loaded(one) / loaded(other) for one, other in pages)
    one, other = (sum(path.stat().st_size for path in site.rglob("*") if path.is_file()) for site in sites)
    return cost | {"page": rounded(page), "site": rounded(one / other)}


# Pictures and rules


@figure("draw-dot", "one picture, drawn in process", "dot as a process, with the same DOT text", "dot")
def drawn_in_process(_: Path) -> dict[str, float]:
    """Mostly what a process and fonts of the system take. The layout is that of two versions of one program."""
    text = dot(registry.diagram(system(), "data-flow"))
    return ratios(inside(lambda: draw(text)), process("dot", "-Tsvg", text=text), "processor")


def drawing(folder: Path, *other: str | Path) -> dict[str, float]:
    """The command that draws, against *other*, which reads the flows from the file that ends it."""
    rivals.drawing(registry.diagram(system(), "data-flow"), folder / "flows.json")
    return ratios(ours("diagram", "data-flow", "-o", folder / "ours.svg"), process(*other), *BOTH)


@figure("draw-pytm", "cmgdocs diagram data-flow", "pytm with the same flows, its DOT text drawn by dot", "pytm", "dot")
def drawn_by_pytm(folder: Path) -> dict[str, float]:
    """From a bare start to an SVG. Ours also reads and checks all facts and leads arrows; pytm gets finished labels."""
    script = f"'{RIVALS / 'python'}' '{BENCH / 'draw_pytm.py'}' '{folder / 'flows.json'}' | dot -Tsvg"
    return drawing(folder, "sh", "-c", script)


@figure("draw-diagrams", "cmgdocs diagram data-flow", "diagrams with the same flows, by dot", "diagrams", "dot")
def drawn_by_diagrams(folder: Path) -> dict[str, float]:
    """As for pytm. diagrams checks nothing; what it is made for, the icons of vendors, is not used."""
    return drawing(folder, RIVALS / "python", BENCH / "draw_diagrams.py", folder / "flows.json")


@figure("rules-aerleon", "cmgdocs rules --dialect nftables", "aclgen with the same rules as a policy", "aerleon")
def rules_of_aerleon(folder: Path) -> dict[str, float]:
    """From a bare start to a file. Ours also reads the facts and plans; aerleon gets its rules and has more targets."""
    options = rivals.policy(rule_set(plan_of(system(), SITE)[0]), folder)
    return ratios(ours("rules", SITE, "--dialect", "nftables"), process(RIVALS / "aclgen", *options), *BOTH)


# A site


@figure("site-prediction", "one question, predicted", "the same played by the lab, with sockets and TLS", "Python")
def predicted(_: Path) -> dict[str, float]:
    """Why pages predict. That the prediction is right, only the lab shows."""
    from cmglab import run

    plan, words = plan_of(system(), SITE)[0], {"block": "connection-point:cmg:10124"}
    given, _faults = circumstances(plan, words)
    return ratios(inside(lambda: ask(plan, **words)), inside(lambda: run(plan.deployment, given)), "waiting")


@figure("site-planner", "the planner after an answer", "the command for the same site", "quickjs")
def updated(folder: Path) -> dict[str, float]:
    """Plan and CSV by the page's script, in QuickJS; a browser is faster. The command starts and reads the facts."""
    from quickjs import Context

    page = Context()
    page.set("text", json.dumps(document(system())))
    page.eval((ROOT / "book" / "_scripts" / "planner-core.js").read_text(encoding="utf-8"))
    page.eval("const data = JSON.parse(text), made = () => cmgPlanner.plan(data, {chosen: {}, hosts: {}})")
    site = folder / "site.toml"
    site.write_text(page.eval("cmgPlanner.toml(data, made())"), encoding="utf-8")
    update = inside(lambda: page.eval("cmgPlanner.csv(data, made())"))
    return ratios(update, ours("rules", site, "--dialect", "csv"), "processor")


def start(line: str) -> None:
    """The figure of a command, whose files have numbers."""

    def started(_: Path) -> dict[str, float]:
        """What the command adds to the least that a program in Python takes."""
        words = line.format(*FILES).split()
        return ratios(ours(*words, no=words[0] in ("audit", "lab")), process(PYTHON, "-c", "pass"), *BOTH)

    shown = line.format(*(file.name for file in FILES))
    figure(f"command-{line.split()[0]}", f"cmgdocs {shown}", "a bare start of Python", "Python")(started)


for line in ("ports", "explain F02", "plan {0}", "rules {0} --dialect xlsx", "what-if {0} --down management-point"):
    start(line)
for line in ("diff {0} {1}", "audit {0} {2}", "lab {0}"):
    start(line)


# Growth


def planned(texts: list[str]) -> dict[str, list[float]]:
    """The plan of each site, and its rules as CSV."""
    deployments = [SiteReader(system()).parse(text).deployment for text in texts]
    plans = [Planner(system()).plan(deployment) for deployment in deployments]
    plan = [inside(partial(Planner(system()).plan, deployment)) for deployment in deployments]
    rules = [inside(lambda made=made: written(rule_set(made), dialect("csv"))) for made in plans]
    return {"plan": growth(plan)["processor"], "rules": growth(rules)["processor"]}


def site_text(instances: int = 2, hosts: int = 1) -> str:
    """A site with so many VM instances, and so many connection points and management points."""
    points = [[f"10.1.{net}.{number}" for number in range(1, hosts + 1)] for net in (2, 3)]
    top = f'method = "vmss"\nconfigmgr = "2603"\ninstances = {instances}\n[hosts]\ncmg = "203.0.113.10"\n'
    return f"{top}connection-point = {json.dumps(points[0])}\nmanagement-point = {json.dumps(points[1])}\n"


@figure("instances", "plan and rules", "VM instances", sizes=(1, 2, 4, 8, 16))
def grown_by_instances(_: Path) -> dict[str, list[float]]:
    """Ports are ranges, so more instances are no more work."""
    return planned([site_text(instances=size) for size in FIGURES["instances"].sizes])


@figure("hosts", "plan and rules", "hosts of two roles", sizes=(1, 4, 16, 64))
def grown_by_hosts(_: Path) -> dict[str, list[float]]:
    """A rule names all hosts of its ends, so the work grows with the hosts and not with their pairs."""
    return planned([site_text(hosts=size) for size in FIGURES["hosts"].sizes])


@figure("wishes", "prediction", "blocked ports in one question", sizes=(1, 4, 16, 64))
def grown_by_wishes(_: Path) -> dict[str, list[float]]:
    """Every planned connection is compared with every block."""
    plan = plan_of(system(), SITE)[0]
    words = [[f"any:any:{port}" for port in range(10_100, 10_100 + size)] for size in FIGURES["wishes"].sizes]
    return {"prediction": growth([inside(partial(ask, plan, block=blocks)) for blocks in words])["processor"]}


def access_list(random: Random, rules: int) -> str:
    """An access list of made-up rules."""
    rows = [
        f"access-list in extended {random.choice(['permit', 'permit', 'deny'])} tcp 10.{random.randrange(8)}."
        f"{random.randrange(256)}.0 255.255.255.0 {random.randrange(1, 223)}.{random.randrange(256)}.0.0 255.255.0.0"
        f" eq {random.randrange(1, 65535)}"
        for _ in range(rules)
    ]
    head = ["ASA Version 9.16(4)", "interface GigabitEthernet0/1", " nameif inside", " security-level 100"]
    return "\n".join([*head, " ip address 10.1.0.1 255.255.0.0", *rows, "access-group in in interface inside", ""])


@figure("audit", "audit of a Cisco ASA", "rules in its list", sizes=(1_250, 2_500, 5_000, 10_000, 20_000))
def grown_by_rules(folder: Path) -> dict[str, list[float]]:
    """The whole command, and fwshift, which reads the list in a process of its own. The rules are made up."""
    commands = []
    for size in FIGURES["audit"].sizes:
        path = folder / f"{size}.cfg"
        path.write_text(access_list(Random(1), size), encoding="utf-8")
        commands.append(ours("audit", SITE, path, "--perimeter", "--format", "json", no=True))
    costs = growth(commands, runs=3)
    return {"processor time": costs["processor"], "memory": costs["memory"]}


@figure("pages", "HTML build by Sphinx", "pages with a picture and a table", sizes=(4, 8, 16, 32))
def grown_by_pages(folder: Path) -> dict[str, list[float]]:
    """A whole process with its start, without notebooks and without the theme."""
    page = "# Page\n\n```{diagram} data-flow\n```\n"
    builds = []
    for size in FIGURES["pages"].sizes:
        names = [f"page{number}" for number in range(size)]
        files = {f"{name}.md": page for name in names}
        files["index.md"] = "\n".join(["# Book", "", "```{toctree}", *names, "```", ""])
        files["conf.py"] = "extensions = ['myst_parser', 'cmgdocs.book']\n"
        book = folder / str(size)
        book.mkdir()
        for name, text in files.items():
            (book / name).write_text(text, encoding="utf-8")
        builds.append(process(PYTHON, "-m", "sphinx", "-E", book, book / "_build"))
    return {"build": growth(builds, runs=3)["processor"]}
