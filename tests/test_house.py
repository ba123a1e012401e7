"""The repository keeps its own rules: locks, names and links."""

from __future__ import annotations

import ast
import hashlib
import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "src" / "cmgdocs"

MADE = re.compile(r"/(?:\.(?!github/|ci/|git[ai])|_build/|__pycache__/|book/conf\.py)")
LOCK = "repair with: python3 noxfile.py -s lock"
LOCKS = sorted([ROOT / "requirements.txt", *(ROOT / "requirements").glob("*.txt")])
MACHINE = re.compile(
    r"/(?:work|farm|root|home/[a-z]+|Users/[A-Za-z]+|tmp/[a-z])/|C:\\Users"
    r"|(?:files\.)?pythonhosted\.org|pypi\.org/simple|registry\.npmjs\.org|deb\.debian\.org"
)


def tracked() -> list[Path]:
    """Return the files that git knows or would take; where git is missing, what looks like them."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        git = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True)
    except (OSError, subprocess.CalledProcessError):
        inner = (path for path in ROOT.rglob("*") if not MADE.search(path.as_posix()))
        return sorted(path for path in inner if path.is_file())
    names = filter(None, git.stdout.split("\0"))
    return sorted(path for name in names if (path := ROOT / name).is_file())


def texts() -> Iterator[tuple[str, str]]:
    """Give the name and the text of each file that is text."""
    for path in tracked():
        try:
            yield path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue


def pins(lock: Path) -> dict[str, str]:
    return dict(re.findall(r"^([\w.-]+)==(\S+)", lock.read_text(encoding="utf-8"), re.MULTILINE))


def exact(requirements: list[str]) -> dict[str, str]:
    """Return the versions of those *requirements* that name an exact one."""
    return {r.partition("==")[0]: r.partition("==")[2] for r in requirements if "==" in r}


def sessions() -> set[str]:
    """Return the names of the sessions in noxfile.py, which is read and not run."""
    tree = ast.parse((ROOT / "noxfile.py").read_text(encoding="utf-8"))
    functions = (node for node in tree.body if isinstance(node, ast.FunctionDef))
    return {f.name for f in functions if any("session" in ast.unparse(d) for d in f.decorator_list)}


def project() -> dict[str, object]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_no_file_names_a_machine() -> None:
    own = Path(__file__).relative_to(ROOT).as_posix()
    found = [
        f"{name}:{number}: {match[0]}"
        for name, text in texts()
        if name != own
        for number, line in enumerate(text.splitlines(), start=1)
        if (match := MACHINE.search(line))
    ]
    assert not found, "\n".join(found)


def test_text_files_end_with_one_newline() -> None:
    one = re.compile(r"[^\n]\n\Z")
    assert [name for name, text in texts() if text and ("\r" in text or not one.search(text))] == []


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_lock_has_hashes_for_every_pin(lock: Path) -> None:
    entries = re.split(r"^(?=[\w.-]+==)", lock.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    without = [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry]
    assert entries
    assert not without


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_locks_agree_with_the_first_one(lock: Path) -> None:
    if lock.stem == "nox":
        pytest.skip("lives in an environment of its own")
    first = pins(ROOT / "requirements.txt")
    differing = {n: (v, first[n]) for n, v in pins(lock).items() if first.get(n, v) != v}
    assert not differing, f"{lock.name}: {differing}; {LOCK}"


def test_lock_holds_what_pyproject_pins() -> None:
    extras = project()["optional-dependencies"]
    required = [*project()["dependencies"], *(name for names in extras.values() for name in names)]
    wanted = exact(required)
    wanted |= exact((ROOT / "requirements.in").read_text(encoding="utf-8").splitlines())
    locked = pins(ROOT / "requirements.txt")
    differing = {n: (v, locked.get(n)) for n, v in wanted.items() if locked.get(n) != v}
    assert not differing, f"wanted, locked: {differing}; {LOCK}"
    assert {re.match(r"[\w.-]+", name)[0] for name in required} <= locked.keys()


def test_locks_and_what_they_are_made_of_are_as_the_session_lock_left_them() -> None:
    lines = (ROOT / "requirements" / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    noted = {name: digest for digest, name in (line.split() for line in lines)}
    files = [*ROOT.glob("requirements*.*"), *ROOT.glob("requirements/*.*")]
    there = {path.relative_to(ROOT).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
    other = sorted(name for name in noted.keys() | there.keys() if noted.get(name) != there.get(name))
    assert not other, f"{', '.join(other)}: not as the session left them; {LOCK}"


def test_version_stands_once() -> None:
    text = (PACKAGE / "__init__.py").read_text(encoding="utf-8")
    assert f'__version__ = "{project()["version"]}"' in text


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", ".ci/run"])
def test_named_sessions_exist(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    named = set(re.findall(r"(?:noxfile\.py|\bnox) -s ([a-z]+)", text))
    assert named
    assert named <= sessions()


def test_readme_tells_every_session() -> None:
    table = re.findall(r"^\| `([a-z]+)` \|", (ROOT / "README.md").read_text("utf-8"), re.M)
    repair = "README.md: not the sessions of noxfile.py, each once; where the change is meant: a row for each session"
    assert sorted(table) == sorted(sessions()), repair


def test_workflow_calls_sessions() -> None:
    text = (ROOT / ".github" / "workflows" / "book.yml").read_text(encoding="utf-8")
    steps = [s for job in yaml.safe_load(text)["jobs"].values() for s in job["steps"]]
    commands = [step["run"] for step in steps if "run" in step]
    assert commands
    for command in commands:
        assert command.startswith("python noxfile.py -s ")
        assert command.split()[-1] in sessions()


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"])
def test_links_and_paths_lead_to_files(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    targets = [t for t in re.findall(r"\]\(([^)#\s]+)", text) if not t.startswith("https:")]
    paths = re.findall(r"`((?:src|tests|book|examples|diagrams|schemas|requirements)/[a-z][\w/.-]*)`", text)
    assert [t for t in (*targets, *paths) if not (ROOT / t).exists()] == []


def test_a_page_refers_by_number_to_its_own_tables_only() -> None:
    for name, text in texts():  # the site counts the tables of each page from 1
        if re.match(r"book/.*\.md$", name):
            own = {*re.findall(r"^:(?:table-)?name: (\S+)$", text, re.MULTILINE)}
            assert {*re.findall(r"\{numref\}`([^`]+)`", text)} <= own, name


def test_contributing_draws_every_room_and_names_every_contract() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    rooms = {f"{path.parent.name}/" for path in PACKAGE.glob("*/__init__.py")}
    packages = {f"src/{path.parent.name}/" for path in ROOT.glob("src/*/__init__.py")}
    assert [room for room in rooms | packages if room not in text] == []
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    named = re.sub(r"\W+", " ", text)
    heads = [re.sub(r"\W+", " ", item["name"].partition(":")[0]) for item in contracts]
    assert [head for head in heads if head not in named] == []


def test_fonts_carry_their_licence() -> None:
    folder = ROOT / "src" / "dotpicture" / "fonts"
    text = (folder / "OFL.txt").read_text(encoding="utf-8")
    fonts = {path.name for path in folder.iterdir() if path.suffix in {".otf", ".ttf"}}
    assert fonts
    assert all(f"{font.partition('-')[0]}-*" in text for font in fonts)
    assert "SIL OPEN FONT LICENSE Version 1.1" in text
