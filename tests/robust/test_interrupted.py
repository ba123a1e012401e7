"""At whatever step a writer is stopped, the old file is whole or the new one is, and nothing else is left."""

from __future__ import annotations

import errno
import gc
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from types import FrameType

import pytest

from cmgdocs import regen
from cmgdocs.files import write

OLD, NEW = b"old" * 5000, b"new" * 9000
EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


@dataclass
class Stop:
    """What raises *error* at the line that is *left* lines ahead, once."""

    error: BaseException
    left: int

    def __call__(self, _frame: FrameType, event: str, _argument: object) -> Stop:
        self.left -= event == "line"
        if self.left == 0:
            self.left = -1
            raise self.error
        return self


def stopped(call: Callable[[], object], error: BaseException) -> Iterator[BaseException | None]:
    """Make a call again and again, stopped at its first line, its second one and so on, till it comes through."""
    for place in count(1):
        stop, before = Stop(error, place), sys.gettrace()
        caught: BaseException | None = None
        gc.disable()  # else what listens to it is stopped in the writer's place
        sys.settrace(stop)
        try:
            call()
        except BaseException as raised:
            caught = raised
        finally:
            sys.settrace(before)
            gc.enable()
        yield caught
        if stop.left > 0:
            return


@pytest.mark.parametrize("there", [True, False], ids=["over a file", "new"])
@pytest.mark.parametrize(
    "error", [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt(), SystemExit(143)], ids=repr
)
def test_a_writer_that_is_stopped_at_any_line_leaves_one_whole_file(
    there: bool, error: BaseException, tmp_path: Path
) -> None:
    path = tmp_path / "out.txt"
    found = []

    def again() -> None:
        path.unlink(missing_ok=True)
        if there:
            path.write_bytes(OLD)

    again()
    for caught in stopped(lambda: write(path, NEW), error):
        left = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
        assert left in ([{"out.txt": OLD}] if there else [{}]) + [{"out.txt": NEW}]
        assert caught is None or isinstance(caught, type(error))
        found.append(left)
        again()
    assert len(found) > 15
    assert found[0] == ({"out.txt": OLD} if there else {})
    assert found[-1] == {"out.txt": NEW}


@pytest.mark.skipif(os.name == "nt", reason="this system has no such limit")
def test_a_disk_that_fills_leaves_the_old_file_and_is_exit_code_3(tmp_path: Path) -> None:
    import resource

    shutil.copy(EXAMPLES / "three-instances.toml", tmp_path / "site.toml")
    (tmp_path / "plan.json").write_bytes(OLD)
    for words in (["plan", "site.toml", "-o", "plan.json"], ["init", "--force", "-o", "site.toml"]):
        made = subprocess.run(
            [sys.executable, "-m", "cmgdocs", *words],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000)),
        )
        assert (made.returncode, made.stdout) == (3, "")
        assert made.stderr == f"cmgdocs: {words[-1]}: cannot be written: File too large\n"
    assert (tmp_path / "plan.json").read_bytes() == OLD
    assert (tmp_path / "site.toml").read_bytes() == (EXAMPLES / "three-instances.toml").read_bytes()
    assert {file.name for file in tmp_path.iterdir()} == {"plan.json", "site.toml"}


@pytest.mark.skipif(not regen.in_process(), reason="pictures are drawn by another Graphviz here")
@pytest.mark.parametrize("taken", ["diagrams", "diagrams/ladder.svg"])
def test_generated_files_that_cannot_be_written_are_named(
    taken: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(regen, "fresh", lambda *_: {"diagrams/ladder.svg": b"x"})
    place = tmp_path / taken
    place.parent.mkdir(exist_ok=True)
    if taken == "diagrams":
        place.write_text("a file")
    else:
        place.symlink_to(tmp_path / "none" / "x")
    assert regen.main([str(tmp_path)]) == 3
    said = capsys.readouterr().err
    assert said.startswith(f"regen: {place}: ")
    assert said.count("\n") == 1
