# /// script
# requires-python = ">=3.11"
# dependencies = ["nox[uv]>=2025.10.14"]
# ///
"""
Every task of the project, each one a session.

``python3 noxfile.py -s build`` needs Python 3.11 with pip and nothing else; ``nox -s build``,
``uv run --script noxfile.py -s build`` and ``pipx run nox -s build`` do the same.
"""

from __future__ import annotations

import atexit
import hashlib
import importlib.util
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

if sys.version_info < (3, 11):  # noqa: UP036 - an older one gets this far
    sys.exit(f"Python: found {sys.version.split()[0]}; cmgdocs needs 3.11 or newer")

ROOT = Path(__file__).resolve().parent
STATE = ROOT / ".nox"

if not str(ROOT).isascii() and sys.getfilesystemencoding() != "utf-8":
    sys.exit(f"{str(ROOT)!a}: this locale may lack letters for the name of the folder; set PYTHONUTF8=1")


def bring_nox() -> None:
    """
    Make ``import nox`` work where nox is missing.

    A folder of its own instead of ``pip install``, because a Debian Python refuses the latter
    (PEP 668), and instead of a virtual environment, because Debian keeps venv in another package.
    It stays off PYTHONPATH: what the sessions start must not see it.
    """
    if importlib.util.find_spec("nox"):
        return
    lock = ROOT / "requirements" / "nox.txt"
    tools = STATE / f"tools-{sys.version_info.major}.{sys.version_info.minor}-{digest(lock)}"
    if not tools.is_dir():
        print("Bringing nox and uv (once) ...", flush=True)
        unfinished = tools.with_name(f"{tools.name}.{os.getpid()}")
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        pip += ["--root-user-action=ignore", "--no-compile", "--require-hashes"]
        if subprocess.call([*pip, "--target", str(unfinished), "-r", str(lock)]):
            sys.exit(f"nox: not installed, see pip's message above; {sys.executable} needs pip")
        try:
            unfinished.rename(tools)
        except OSError:  # another session was faster
            shutil.rmtree(unfinished)
    sys.path.insert(0, str(tools))


def digest(*files: Path) -> str:
    """Return a short name for what *files* hold together."""
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()[:12]


bring_nox()

import tomllib  # noqa: E402 - an older Python has none
from datetime import UTC, datetime  # noqa: E402

import nox  # noqa: E402
from nox.command import CommandFailed  # noqa: E402

BOOK = ROOT / "book"
SITE = BOOK / "_build" / "html"
HANDBOOK = BOOK / "_build" / "typst" / "handbook.pdf"
NOTEBOOKS = BOOK / "notebooks"

# The day of the last comparison with the sources, in seconds since 1970: no output knows the real time.
READINGS = tomllib.loads((ROOT / "src/cmgdocs/facts/data/readings.toml").read_text(encoding="utf-8"))["readings"]
EPOCH = str(int(datetime.fromisoformat(READINGS[-1]).replace(tzinfo=UTC).timestamp()))
# On a terminal uv and Sphinx show how far they are, each on one line; in a log that is noise.
QUIET = () if sys.stdout.isatty() else ("--quiet",)
# Whole files, so that what the tests of a file share is made once and no two of them want the same port.
PARALLEL = ("-n", "logical", "--dist", "loadfile")
QUIET_KERNEL = "c.IPKernelApp.log_level = 40  # a warning about TCP would become an output\n"

PYODIDE = "314.0.7"  # Python for browsers; scripts/live.py knows its hash
VNU = "26.9.27"  # version of the checker of HTML
PUPPETEER = "24.43.1"  # what drives Firefox

nox.needs_version = ">=2025.10.14"
nox.options.sessions = ["build", "tests"]
nox.options.default_venv_backend = "none"  # `environment` makes the one that all sessions share


def uv(session: nox.Session, *words: str | Path) -> None:
    """Run uv, which comes with ``nox[uv]`` or is on PATH."""
    found = shutil.which("uv")
    if importlib.util.find_spec("uv"):
        from uv import find_uv_bin

        found = find_uv_bin()
    if found is None:
        session.error("uv: not found; install it, or run: python3 noxfile.py -s " + session.name)
    session.run(found, *map(str, words), external=True, log=False)


@contextmanager
def alone(session: nox.Session, what: str) -> Iterator[None]:
    """Hold a lock that no two sessions in this checkout hold at a time, and that ends with the process."""
    try:
        STATE.mkdir(exist_ok=True)
        lock = sqlite3.connect(STATE / f"{what}.lock", timeout=0, isolation_level=None)
        try:
            lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                raise
            session.log(f"Waiting for another session in this folder to end its {what} ...")
            lock.execute("PRAGMA busy_timeout = 3600000")
            lock.execute("BEGIN EXCLUSIVE")
    except (OSError, sqlite3.OperationalError) as error:
        session.error(f"{STATE}: cannot be written: {getattr(error, 'strerror', None) or error}")
    try:
        yield
    finally:
        lock.close()


def environment(session: nox.Session, *extras: str) -> Path:
    """
    Return the folder of commands of the shared environment, made or completed where needed.

    Args:
        session: Whose ``env`` is set as well, so that no output depends on the machine.
        extras: Names of further locks in ``requirements/``. They are compiled against the first
            lock, so that adding one changes no version that build and tests use.
    """
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    venv = STATE / f"py{version}"
    bin_ = venv / ("Scripts" if os.name == "nt" else "bin")
    locks = [ROOT / "requirements.txt", *(ROOT / "requirements" / f"{e}.txt" for e in extras)]
    with alone(session, "environment"):
        for lock in locks:
            complete(session, venv, lock)
        ipython = STATE / "ipython" / "profile_default" / "ipython_kernel_config.py"
        ipython.parent.mkdir(parents=True, exist_ok=True)
        ipython.write_text(QUIET_KERNEL, encoding="utf-8")
    session.env.update(
        SOURCE_DATE_EPOCH=EPOCH,
        IPYTHONDIR=str(STATE / "ipython"),
        JUPYTER_PLATFORM_DIRS="1",
        PYTHONUTF8="1",
        PYTHONDONTWRITEBYTECODE=None,  # set, it doubles the time of a build
        PYTHONPATH=None,
        PATH=os.pathsep.join(filter(None, [str(bin_), os.environ.get("PATH")])),
        VIRTUAL_ENV=str(venv),
    )
    return bin_


def npm(session: nox.Session, package: str, version: str) -> Path:
    """Return the folder of modules where that version of a package of npm is, installed where needed."""
    folder = STATE / f"npm-{package}-{version}"
    if not (folder / "node_modules" / ".package-lock.json").is_file():  # written last
        install = ["npm", "install", "--silent", "--no-save", "--ignore-scripts", "--prefix", str(folder)]
        session.run(*install, f"{package}@{version}", external=True)
    return folder / "node_modules"


def complete(session: nox.Session, venv: Path, lock: Path, *, alone: bool = False) -> None:
    """Install *lock* into *venv*, made for it where it is *alone* there, unless its stamp says that this was done."""
    stamp = venv / f"{lock.stem}.stamp"
    first = lock.parent == ROOT
    wanted = f"{digest(lock, ROOT / 'pyproject.toml')} {ROOT} {sys.version}"
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted:
        return
    session.log(f"Installing what {lock.relative_to(ROOT).as_posix()} locks (once) ...")
    if first or alone:
        uv(session, "venv", *QUIET, "--clear", "--python", sys.executable, venv)
    install = ["pip", "install", *QUIET, "--python", venv]
    uv(session, *install, "--require-hashes", "-r", lock)
    if first:
        uv(session, *install, "--no-deps", "--no-build-isolation", "-e", ROOT)
    stamp.write_text(wanted, encoding="utf-8")


def report(started: float) -> None:
    """Name both results as the last thing on the screen, after nox's own closing lines."""
    print(f"\nBuilt in {time.monotonic() - started:.1f} s")
    print(f"Site      {SITE / 'index.html'}")
    print(f"Handbook  {HANDBOOK}", flush=True)


@nox.session
def build(session: nox.Session) -> None:
    """Build the site and the handbook."""
    started = time.monotonic()
    bin_ = environment(session)
    with alone(session, "build"):
        session.log("Building the site and the handbook ...")
        session.run(str(bin_ / "python"), "scripts/build_book.py", external=True)
        shutil.copy2(HANDBOOK, SITE / HANDBOOK.name)
    atexit.register(report, started)


@nox.session
def tests(session: nox.Session) -> None:
    """Run the tests, and compare every output of the notebooks; words after -- go to pytest."""
    bin_ = environment(session)
    what = session.posargs or [*PARALLEL, "--nbval", "--nbval-current-env", "tests", str(NOTEBOOKS)]
    session.run(str(bin_ / "python"), "-m", "pytest", *what, external=True)


@nox.session(default=False)
def claims(session: nox.Session) -> None:
    """Count the claims in prose that are bound to a fact, and name the others; pages after -- are read alone."""
    bin_ = environment(session)
    session.run(str(bin_ / "python"), "scripts/claims.py", *session.posargs, external=True)


@nox.session(default=False)
def proof(session: nox.Session) -> None:
    """Prove the rules at length: slow and long tests, and laws with many examples; words after -- go to pytest."""
    bin_ = environment(session, "dev", "mutate")
    what = session.posargs or [*PARALLEL, "tests"]
    long = ["-m", "slow or long or hypothesis", "--hypothesis-profile", "thorough"]
    session.run(str(bin_ / "python"), "-m", "pytest", *long, *what, external=True)


@nox.session(default=False)
def mutate(session: nox.Session) -> None:
    """Alter facts, sentences, generated files and code, and demand that something notices; words after -- choose."""
    bin_ = environment(session, "dev", "mutate")
    session.run(str(bin_ / "python"), "scripts/mutate.py", *session.posargs, external=True)


@nox.session(default=False)
def lint(session: nox.Session) -> None:
    """Check style, format, imports between the rooms, shell scripts and the workflow's schema."""
    bin_ = environment(session, "dev")
    session.run(str(bin_ / "ruff"), "check", ".", external=True)
    session.run(str(bin_ / "ruff"), "format", "--check", ".", external=True)
    session.run(str(bin_ / "lint-imports"), external=True)
    scripts = [".ci/run", *map(str, sorted((ROOT / "scripts").glob("*.sh")))]
    session.run(str(bin_ / "shellcheck"), *scripts, external=True)
    workflows = map(str, sorted((ROOT / ".github" / "workflows").glob("*.yml")))
    schema = ["--builtin-schema", "vendor.github-workflows"]
    session.run(str(bin_ / "check-jsonschema"), *schema, *workflows, external=True)


@nox.session(default=False)
def types(session: nox.Session) -> None:
    """Check the types, strictly."""
    bin_ = environment(session, "dev")
    session.run(str(bin_ / "mypy"), external=True)


@nox.session(default=False)
def bench(session: nox.Session) -> None:
    """Measure what the project costs against other programs, and write the page's file; words after -- name figures."""
    bin_ = environment(session)
    try:
        complete(session, STATE / "rivals", ROOT / "requirements" / "bench.txt", alone=True)
    except CommandFailed:
        session.warn("Not installed: what requirements/bench.txt locks; what needs it is left out")
    session.run(str(bin_ / "python"), "bench/bench.py", *session.posargs, external=True)


@nox.session(default=False)
def browser(session: nox.Session) -> None:
    """Open the built site in Chromium: no request leaves, no error, no barrier."""
    bin_ = environment(session, "browser")
    what = session.posargs or ["-n", "logical", "tests/browser"]
    session.run(str(bin_ / "python"), "-m", "pytest", *what, external=True)


@nox.session(default=False)
def html(session: nox.Session) -> None:
    """Check the HTML of every page of the built site with the Nu checker, which needs npm and Java."""
    jar = npm(session, "vnu-jar", VNU) / "vnu-jar" / "build" / "dist" / "vnu.jar"
    pages = sorted(map(str, SITE.rglob("*.html")))
    session.run("java", "-jar", str(jar), "--errors-only", *pages, external=True)


@nox.session(default=False)
def firefox(session: nox.Session) -> None:
    """Open the built site in Firefox, which it needs besides npm: no request leaves, no error, nothing too wide."""
    found = next(filter(None, map(shutil.which, ("firefox", "firefox-esr"))), None)
    if found is None:
        session.error("PATH: no Firefox, looked for firefox, firefox-esr; run: apt-get install firefox-esr")
    modules = npm(session, "puppeteer-core", PUPPETEER)
    env = {"NODE_PATH": str(modules)}
    session.run("node", "scripts/firefox.mjs", str(SITE), found, external=True, env=env)


@nox.session(default=False)
def notebooks(session: nox.Session) -> None:
    """Open the notebooks in JupyterLab."""
    bin_ = environment(session, "notebooks")
    session.run(str(bin_ / "jupyter"), "lab", str(NOTEBOOKS), *session.posargs, external=True)


@nox.session(default=False)
def live(session: nox.Session) -> None:
    """Add Python for browsers to the built site: its notebooks then run there, offline, from any web server."""
    bin_ = environment(session)
    package = STATE / f"pyodide-{PYODIDE}.tgz"
    if not package.is_file():
        fetch = ["npm", "pack", "--silent", "--pack-destination", str(STATE), f"pyodide@{PYODIDE}"]
        session.run(*fetch, external=True)
    session.run(str(bin_ / "python"), "scripts/live.py", str(SITE), str(package), external=True)


@nox.session(default=False)
def serve(session: nox.Session) -> None:
    """Show the site in the browser and rebuild it at each change."""
    bin_ = environment(session, "dev")
    # sphinx-autobuild starts Sphinx itself, which wants the configuration as conf.py.
    session.run(str(bin_ / "jupyter-book"), "config", "sphinx", str(BOOK), external=True)
    watch = ["--watch", "src", "--re-ignore", r"conf\.py$|/_build/|__pycache__"]
    out = str(BOOK / "_build" / "serve")
    # All pages each time, for any may show a changed fact; the notebooks as they are stored.
    fresh = ["-E", "-D", "nb_execution_mode=off"]
    words = [*watch, *fresh, "--open-browser", *session.posargs, str(BOOK), out]
    session.run(str(bin_ / "sphinx-autobuild"), *words, external=True)


@nox.session(default=False)
def regen(session: nox.Session) -> None:
    """Write every generated file again: diagrams, the schema and the notebooks' outputs."""
    bin_ = environment(session)
    python = str(bin_ / "python")
    session.run(python, "-m", "cmgdocs.regen", *session.posargs, external=True)
    session.run(python, "scripts/run_notebooks.py", str(NOTEBOOKS), external=True)


@nox.session(default=False)
def sources(session: nox.Session) -> None:
    """Compare the facts with the newest texts of their sources, which git brings; words after -- go to the command."""
    bin_ = environment(session)
    session.run(str(bin_ / "python"), "scripts/sources.py", str(STATE / "sources"), *session.posargs, external=True)


@nox.session(default=False)
def lock(session: nox.Session) -> None:
    """Resolve all locks again; words after -- go to uv, such as --upgrade."""
    same = ["--universal", "--python-version", "3.11", "--generate-hashes", "--no-annotate"]
    same += ["--no-emit-index-url", "--custom-compile-command", "python3 noxfile.py -s lock"]
    compile_ = ["pip", "compile", "--quiet", *same, *session.posargs]
    names = ("book", "completion", "lab", "firewall", "sources", "test")
    extras = [word for name in names for word in ("--extra", name)]
    uv(session, *compile_, *extras, "pyproject.toml", "requirements.in", "-o", "requirements.txt")
    for name in ("dev", "notebooks", "browser", "mutate"):
        files = [f"requirements/{name}.in", "-o", f"requirements/{name}.txt"]
        uv(session, *compile_, "-c", "requirements.txt", *files)
    for name in ("nox", "bench"):  # environments of their own
        uv(session, *compile_, f"requirements/{name}.in", "-o", f"requirements/{name}.txt")
    files = sorted([*ROOT.glob("requirements*.*"), *ROOT.glob("requirements/*.*")])
    sums = [f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.relative_to(ROOT).as_posix()}\n" for file in files]
    (ROOT / "requirements" / "SHA256SUMS").write_text("".join(sums), encoding="utf-8", newline="\n")


@nox.session(default=False)
def advisories(session: nox.Session) -> None:
    """Ask the database of the Open Source Vulnerabilities project, osv.dev, about every version that is locked."""
    for lock in (ROOT / "requirements.txt", *sorted((ROOT / "requirements").glob("*.txt"))):
        lines = lock.read_text(encoding="utf-8").splitlines()
        pins = [line.rstrip(" \\") for line in lines if "==" in line and line[0].isalnum()]
        session.log(f"{lock.relative_to(ROOT).as_posix()}: {len(pins)} versions")
        # uv asks about a project or a script, so each lock becomes a script that needs what it pins.
        script = Path(session.create_tmp()) / f"{lock.stem}.py"
        needs = [f"#   {pin!r}," for pin in pins]
        text = ["# /// script", '# requires-python = ">=3.11"', "# dependencies = [", *needs, "# ]", "# ///", ""]
        script.write_text("\n".join(text), encoding="utf-8")
        uv(session, "audit", "--preview-features", "audit-command", "--script", script)


@nox.session(default=False)
def forward(session: nox.Session) -> None:
    """Build the book with the newest Sphinx, past the bounds of Jupyter Book; in an environment of its own."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    wanted = [*project["dependencies"], *extras["lab"], *extras["firewall"]]
    wanted += [pin.replace("==", ">=") for pin in extras["book"]]
    venv, lifted = STATE / "newest", Path(session.create_tmp()) / "lifted.txt"
    lifted.write_text("jupyter-book<2\nsphinx\nmyst-parser\n", encoding="utf-8")
    bin_ = environment(session)
    with alone(session, "build"):
        uv(session, "venv", *QUIET, "--clear", "--python", sys.executable, venv)
        install = ["pip", "install", *QUIET, "--python", venv, "--upgrade"]
        uv(session, *install, "--overrides", lifted, *wanted)
        uv(session, *install, "--no-deps", "-e", ROOT)
        uv(session, "pip", "freeze", "--python", venv)
        session.env.update(VIRTUAL_ENV=str(venv), CMGDOCS_BUILD="_build/forward")
        python = venv / bin_.name / "python"
        session.env["PATH"] = os.pathsep.join([str(python.parent), session.env["PATH"] or ""])
        session.run(str(python), "scripts/build_book.py", external=True)


if __name__ == "__main__":
    nox.main()
