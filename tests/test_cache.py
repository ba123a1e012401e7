"""What is kept of the facts: the same as the files tell, and never what they told before."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from test_house import PACKAGE, imported, modules

from cmgdocs.catalogue import DATA, cache, load
from cmgdocs.model import System


class Reader:
    """Gives a system, and counts how often it was asked."""

    def __init__(self, system: System) -> None:
        self.system, self.times = system, 0

    def __call__(self) -> System:
        self.times += 1
        return self.system


@pytest.fixture
def read(tiny: System) -> Reader:
    return Reader(tiny)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A folder with one file of facts, on a Python that writes byte code beside the code."""
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    monkeypatch.setattr(sys, "pycache_prefix", None)
    (tmp_path / "facts").mkdir()
    (tmp_path / "facts" / "zones.toml").write_text("zones = []")
    return str(tmp_path / "facts")


def test_what_is_kept_equals_what_was_read(folder: str, read: Reader, facts: System) -> None:
    assert cache.through(folder, read) == cache.through(folder, read) == read.system
    assert read.times == 1
    assert load() == load(DATA) == facts


def test_facts_are_kept_beside_them_in_the_folder_of_byte_code(folder: str, read: Reader) -> None:
    cache.through(folder, read)
    kept = Path(folder, "__pycache__", f"facts.{sys.implementation.cache_tag}.pickle")
    assert list(Path(folder).rglob("*.pickle")) == [kept] == [Path(cache.place(folder))]


def touch(folder: str) -> None:
    os.utime(Path(folder, "zones.toml"), ns=(1, 1))


def lengthen(folder: str) -> None:
    path = Path(folder, "zones.toml")
    then = path.stat().st_mtime_ns
    path.write_text("zones = [ ]")
    os.utime(path, ns=(then, then))


def add(folder: str) -> None:
    Path(folder, "roles.toml").touch()


def remove(folder: str) -> None:
    Path(folder, "zones.toml").unlink()


@pytest.mark.parametrize("change", [touch, lengthen, add, remove])
def test_changed_files_are_read_again(change: object, folder: str, read: Reader) -> None:
    cache.through(folder, read)
    assert callable(change)
    change(folder)
    cache.through(folder, read)
    cache.through(folder, read)
    assert read.times == 2


@pytest.mark.parametrize(("name", "value"), [("_CODE", ()), ("__version__", "0")])
def test_other_code_reads_again(
    name: str, value: object, folder: str, read: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache.through(folder, read)
    monkeypatch.setattr(cache, name, value)
    cache.through(folder, read)
    assert read.times == 2


def test_all_code_that_makes_a_system_is_in_the_stamp() -> None:
    known, seen = modules(), set()
    todo = [name for name in known if name.partition(".")[0] == "catalogue"]
    while todo:
        name = todo.pop()
        if name in known and name not in seen:
            seen.add(name)
            todo += imported(name, known[name])
    assert {"model", "ports", "words", "catalogue.check"} <= seen
    assert {known[name].parent for name in seen} == {PACKAGE, PACKAGE / "catalogue"}


@pytest.mark.parametrize("at", [0, 0.5, -1], ids=["stamp", "middle", "end"])
def test_damage_is_found_and_mended(at: float, folder: str, read: Reader) -> None:
    cache.through(folder, read)
    path = Path(cache.place(folder))
    good = path.read_bytes()
    bad = bytearray(good)
    bad[int(at * len(bad)) if at > 0 else int(at)] ^= 1
    for content in (bytes(bad), good[: len(good) // 2], b""):
        path.write_bytes(content)
        assert cache.through(folder, read) == read.system
        assert path.read_bytes() == good


def test_a_place_that_cannot_be_written_is_no_fault(folder: str, read: Reader) -> None:
    Path(folder, "__pycache__").write_text("a file where the folder should be")
    assert cache.through(folder, read) == cache.through(folder, read) == read.system
    assert read.times == 2


def test_nothing_is_written_where_python_writes_no_byte_code(
    folder: str, read: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    assert cache.through(folder, read) == read.system
    assert os.listdir(folder) == ["zones.toml"]


def test_byte_code_kept_elsewhere_takes_the_facts_along(
    folder: str, read: Reader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "pycache_prefix", str(tmp_path / "elsewhere"))
    cache.through(folder, read)
    assert os.listdir(folder) == ["zones.toml"]
    assert len(list((tmp_path / "elsewhere").rglob("*.pickle"))) == 1


def test_nothing_that_is_kept_gets_into_a_wheel(folder: str, read: Reader, tmp_path: Path) -> None:
    common = pytest.importorskip("flit_core.common")
    cache.through(folder, read)
    Path(folder, "__init__.py").touch()
    packed = [os.path.relpath(path, folder) for path in common.Module("facts", tmp_path).iter_files()]
    assert packed == ["__init__.py", "zones.toml"]
