"""Generated files are fresh, and a stale one names the command that repairs it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from cmgdocs import regen
from cmgdocs.errors import OutputError
from cmgdocs.facts.model import System
from cmgdocs.files import write

ROOT = Path(__file__).resolve().parents[1]


own_engine = pytest.mark.skipif(not regen.in_process(), reason="pictures are drawn by another Graphviz here")


@pytest.fixture(scope="module")
def wanted(facts: System) -> dict[str, bytes]:
    return regen.fresh(facts)


@pytest.fixture
def drawn(wanted: dict[str, bytes], monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """The generated files, drawn once for all tests."""
    monkeypatch.setattr(regen, "fresh", lambda *_: wanted)
    return wanted


def test_committed_files_are_fresh(wanted: dict[str, bytes]) -> None:
    names = regen.stale(ROOT, wanted)
    if not regen.in_process():  # another Graphviz sets other coordinates; the DOT text is the same
        names = [name for name in names if not name.endswith(".svg")]
    assert not names, f"not what the facts give: {', '.join(names)}; repair with: {regen.REPAIR}"


@own_engine
def test_each_altered_file_is_noticed_and_the_repair_named(
    drawn: dict[str, bytes], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert regen.main([str(tmp_path)]) == 0
    assert regen.main(["--check", str(tmp_path)]) == 0
    capsys.readouterr()
    assert {name.partition("/")[0] for name in drawn} == {"diagrams", "schemas", "src"}
    for name, kept in drawn.items():
        (tmp_path / name).write_bytes(kept.replace(b"443", b"444") + b"\n")
        assert regen.main(["--check", str(tmp_path)]) == 1
        assert (
            f"{tmp_path / name}: not what the facts give; repair with: python3 noxfile.py -s regen"
            in capsys.readouterr().err
        )
        (tmp_path / name).write_bytes(kept)


@own_engine
def test_strays_are_removed_and_missing_files_written(drawn: dict[str, bytes], tmp_path: Path) -> None:
    regen.main([str(tmp_path)])
    (tmp_path / "diagrams" / "ladder.svg").unlink()
    (tmp_path / "diagrams" / "old.svg").write_text("x")
    (tmp_path / "schemas" / "old.json").write_text("{}")
    assert regen.stale(tmp_path, drawn) == ["diagrams/ladder.svg", "diagrams/old.svg", "schemas/old.json"]
    regen.main([str(tmp_path)])
    assert regen.stale(tmp_path, drawn) == []


@pytest.mark.usefixtures("drawn")
def test_what_is_none_of_ours_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "diagrams").mkdir()
    kept = [tmp_path / "diagrams" / "README.md", tmp_path / "old.svg"]
    for path in kept:
        path.write_text("kept")
    regen.main([str(tmp_path)])
    assert [path.read_text() for path in kept] == ["kept", "kept"]


def test_an_unknown_word_writes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert regen.main(["--chek"]) == 2
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="has no pipes with names")
def test_a_pipe_or_device_is_refused_and_stays(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")  # stands for /dev/null, which a test must never risk
    with pytest.raises(OutputError, match="is a device, pipe or socket"):
        write(tmp_path / "pipe", b"x")
    assert (tmp_path / "pipe").is_fifo()


def test_a_link_keeps_pointing_to_its_file_and_the_mode_stays(tmp_path: Path) -> None:
    (tmp_path / "real").write_bytes(b"old")
    (tmp_path / "real").chmod(0o600)
    (tmp_path / "link").symlink_to("real")
    write(tmp_path / "link", b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_bytes() == b"new"
    assert (tmp_path / "real").stat().st_mode & 0o777 == 0o600


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    write(path, b"old")
    write(path, b"new")
    assert path.read_bytes() == b"new"
    assert [item.name for item in tmp_path.iterdir()] == ["a.txt"]


def test_a_place_that_cannot_be_written_is_an_error_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="is a folder"):
        write(tmp_path, b"x")
    with pytest.raises(OutputError, match="there is no folder"):
        write(tmp_path / "none" / "a.txt", b"x")
    assert list(tmp_path.iterdir()) == []


def test_another_graphviz_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(regen, "engine_name", lambda: "dot 2.43.0 on PATH")
    assert regen.main([str(tmp_path)]) == 2
    assert "this is dot 2.43.0 on PATH; " in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@own_engine
def test_an_id_of_code_that_no_fact_has_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("cmgdocs.site.keys.FEWEST_INSTANCES", "vm-instances-mni")
    assert regen.main(["--check"]) == 2
    assert capsys.readouterr().err == "regen: no limit 'vm-instances-mni'; did you mean 'vm-instances-min'?\n"
