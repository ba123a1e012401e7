"""The command where a machine lacks something: it does its work, or says in one line why not and exits with 3."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from cmgdocs.cli import run

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
NAME = "Zürich west 東京"
PROCESS = [sys.executable, "-m", "cmgdocs"]
posix = pytest.mark.skipif(os.name == "nt", reason="needs a shell of POSIX")
WHERE = {
    "letters of ASCII only": {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    "Latin-1 on the terminal": {"PYTHONIOENCODING": "latin-1", "PYTHONUTF8": "0"},
}


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder whose name has spaces and letters of several alphabets, with a site and a configuration."""
    folder = tmp_path / f"a folder {NAME}"
    folder.mkdir()
    shutil.copy(EXAMPLES / "by-address.toml", folder / f"{NAME}.toml")
    shutil.copy(EXAMPLES / "firewalls" / "by-address-asa.cfg", folder / "edge.cfg")
    return folder


def bare(**more: str) -> dict[str, str]:
    """An environment without a home, a path or a folder for drafts that is there."""
    nowhere = {"PATH": "", "TMPDIR": "/nowhere", "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    return nowhere | {"SYSTEMROOT": os.environ.get("SYSTEMROOT", "")} | more


@posix
@pytest.mark.parametrize("where", WHERE)
def test_nothing_of_the_machine_is_needed_and_names_may_have_any_letters(where: str, place: Path) -> None:
    said = {}
    for words in (
        ("plan", f"{NAME}.toml", "--format", "json"),
        ("diagram", "perimeter", "--site", f"{NAME}.toml", "-o", f"{NAME}.svg"),
        ("audit", f"{NAME}.toml", "edge.cfg", "--perimeter", "--format", "json"),
    ):
        made = subprocess.run(
            [*PROCESS, *words], cwd=place, env=bare(**WHERE[where]), capture_output=True, check=False, timeout=60
        )
        assert made.returncode == (words[0] == "audit"), made.stderr
        said[words[0]] = made.stdout.decode()
    assert json.loads(said["plan"])["site"] == NAME
    assert json.loads(said["audit"])["verdict"]
    assert (place / f"{NAME}.svg").read_text(encoding="utf-8").startswith("<svg")
    assert {path.name for path in place.iterdir()} == {f"{NAME}.toml", f"{NAME}.svg", "edge.cfg"}


def test_without_any_folder_for_drafts_the_reason_is_said(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setattr(tempfile, "_candidate_tempdir_list", lambda: ["/nowhere"])
    assert run(["audit", str(place / f"{NAME}.toml"), str(place / "edge.cfg")]) == 3
    assert capsys.readouterr().err == "cmgdocs: No usable temporary directory found in ['/nowhere']\n"


@posix
@pytest.mark.parametrize("command", ["plan -", "find -", "audit - edge.cfg"])
def test_a_closed_standard_input_is_said(command: str, place: Path) -> None:
    line = f"{shlex.join(PROCESS)} {command} <&-"
    made = subprocess.run(["/bin/sh", "-c", line], cwd=place, capture_output=True, text=True, check=False)
    said = "cmgdocs: standard-input: cannot be read: Bad file descriptor\n"
    assert (made.returncode, made.stdout, made.stderr) == (3, "", said)


@posix  # elsewhere a file in use is not replaced
def test_two_at_once_write_one_whole_file(place: Path) -> None:
    words = [*PROCESS, "plan", f"{NAME}.toml", "-o", "plan.json"]
    both = [subprocess.Popen(words, cwd=place, env=bare()) for _ in range(2)]
    assert [process.wait(60) for process in both] == [0, 0]
    assert json.loads((place / "plan.json").read_text(encoding="utf-8"))["site"] == NAME
    assert {path.name for path in place.iterdir()} == {f"{NAME}.toml", "plan.json", "edge.cfg"}
