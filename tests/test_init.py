"""``cmgdocs init`` as a user meets it: as a process, with a keyboard, a file and both streams."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cmgdocs.catalogue import load
from cmgdocs.sitefile import SiteReader

COMMAND = [sys.executable, "-m", "cmgdocs", "init"]
ENTERS = b"\n" * 60
PATHS = [str(Path(item).resolve()) for item in os.environ.get("PYTHONPATH", "").split(os.pathsep) if item]
ENVIRONMENT = os.environ | {"PYTHONPATH": os.pathsep.join(PATHS)}  # holds in every folder


def run(folder: Path, *words: str, lines: bytes = b"") -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [*COMMAND, *words], cwd=folder, input=lines, capture_output=True, check=False, env=ENVIRONMENT
    )
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())


def test_enter_all_the_way_writes_a_file_and_its_warnings(tmp_path: Path) -> None:
    done = run(tmp_path, lines=ENTERS)
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr.endswith("cmgdocs: site.toml written; 'cmgdocs plan site.toml' shows its connections\n")
    assert "\nwarning: site.toml: hosts.cmg: missing; " in done.stderr
    SiteReader(load()).read(tmp_path / "site.toml")


def test_yes_asks_nothing_and_says_that_its_hosts_are_examples(tmp_path: Path) -> None:
    done = run(tmp_path, "--yes", "-o", "a.toml")
    assert done.returncode == 0
    assert done.stderr.splitlines() == [
        "cmgdocs: the hosts are examples; put your own in their place",
        "cmgdocs: a.toml written; 'cmgdocs plan a.toml' shows its connections",
    ]
    reading = SiteReader(load()).read(tmp_path / "a.toml")
    assert [role for role, _ in reading.deployment.hosts] == ["connection-point", "cmg"]
    assert reading.warnings == ()


def test_questions_stay_out_of_a_file_on_standard_output(tmp_path: Path) -> None:
    done = run(tmp_path, "-o", "-", lines=ENTERS)
    assert done.returncode == 0
    assert done.stdout.startswith("# Site file: ")
    assert "configmgr [" not in done.stdout
    assert done.stdout in done.stderr  # the finished file is shown before it is written
    assert done.stderr.endswith("Write it to standard output? [yes]: ")
    assert "configmgr [" in done.stderr
    SiteReader(load()).parse(done.stdout)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_there_is_kept_unless_forced(tmp_path: Path) -> None:
    (tmp_path / "site.toml").write_text("kept")
    done = run(tmp_path)
    assert done.returncode == 2
    assert done.stderr == "cmgdocs: site.toml: is there already; --force writes over it, -o names another file\n"
    assert (tmp_path / "site.toml").read_text() == "kept"
    assert run(tmp_path, "--force", "--yes").returncode == 0
    assert (tmp_path / "site.toml").read_text() != "kept"


def test_a_file_that_is_not_agreed_to_is_not_written(tmp_path: Path) -> None:
    questions = run(tmp_path, "-o", "-", lines=ENTERS).stderr.count("]: ") - 1
    done = run(tmp_path, lines=b"\n" * questions + b"no\n")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.endswith("Write it to site.toml? [yes]: cmgdocs: init: nothing was written\n")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("lines", [b"", b"2509\n", b"\xff\xfe\x00\n"])
def test_the_end_of_the_input_writes_nothing(tmp_path: Path, lines: bytes) -> None:
    done = run(tmp_path, lines=lines)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.endswith("\ncmgdocs: init: the input ended before the last answer; nothing was written\n")
    assert list(tmp_path.iterdir()) == []


def test_a_missing_folder_is_told_before_anything_is_asked(tmp_path: Path) -> None:
    done = run(tmp_path, "-o", "none/site.toml", lines=ENTERS)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "cmgdocs: none/site.toml: there is no folder none; make it first\n"


@pytest.mark.skipif(os.name == "nt", reason="signals are sent otherwise there")
def test_ctrl_c_writes_nothing(tmp_path: Path) -> None:
    def heeds() -> None:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # a job in the background is started without heeding it

    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(COMMAND, cwd=tmp_path, env=ENVIRONMENT, preexec_fn=heeds, **pipes) as process:  # type: ignore[call-overload]
        shown = b""
        while not shown.endswith(b"configmgr [2603]: "):
            shown += process.stderr.read(1)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
    assert (process.returncode, out, err) == (130, b"", b"\nNothing was written.\n")
    assert list(tmp_path.iterdir()) == []
