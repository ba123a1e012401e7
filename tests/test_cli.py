"""The command as a user meets it: as a process, with its exit code and both of its streams."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from cmgdocs import __version__
from cmgdocs.facts import load
from cmgdocs.views import registry

HERE = Path(__file__).parent
EDITIONS = ("2020-11-30", "2022-04-08", "2026")


def run(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command with an emptied PATH: it may need nothing from there."""
    return subprocess.run(
        [sys.executable, "-m", "cmgdocs", *words],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={"PATH": "", "PYTHONPATH": os.environ.get("PYTHONPATH", ""), **environment},
        check=False,
    )


def done(*words: str) -> str:
    result = run(*words)
    assert (result.returncode, result.stderr) == (0, "")
    return result.stdout


@pytest.mark.parametrize("edition", EDITIONS)
def test_ports_prints_the_article_whole_even_into_a_pipe(edition: str) -> None:
    text = done("ports", "--edition", edition)
    for line in (HERE / "golden" / f"ports-{edition}.txt").read_text(encoding="utf-8").splitlines():
        assert all(cell in text for cell in line.split(" | "))
    assert "\x1b" not in text


def test_the_newest_edition_is_the_default() -> None:
    assert json.loads(done("ports", "--format", "json"))["edition"] == "2026"


def test_ports_reads_back_from_csv() -> None:
    rows = list(csv.DictReader(io.StringIO(done("ports", "--format", "csv", "--edition", "2020-11-30"))))
    assert [row["flow"] for row in rows] == ["F01", "F02", "F03, F05", "F04, F06", "F07", "F11", "F09", "F10"]


@pytest.mark.parametrize(
    ("form", "start"), [("svg", b"<svg"), ("png", b"\x89PNG"), ("pdf", b"%PDF"), ("dot", b"digraph")]
)
def test_a_diagram_is_written_in_the_form_of_its_ending(form: str, start: bytes, tmp_path: Path) -> None:
    path = tmp_path / f"picture.{form}"
    result = run("diagram", "data-flow", "-o", str(path))
    assert result.returncode == 0
    assert path.read_bytes().startswith(start)
    assert form == "dot" or "in process" in result.stderr


@pytest.mark.parametrize(
    ("name", "start"), [("a.csv", "flow,"), ("a.md", "| Flow"), ("a.json", "{"), ("a.HTML", "<table"), ("a.txt", "Req")]
)
def test_the_ending_of_the_file_says_its_form(name: str, start: str, tmp_path: Path) -> None:
    assert run("ports", "-o", str(tmp_path / name)).returncode == 0
    assert (tmp_path / name).read_text(encoding="utf-8").startswith(start)


@pytest.mark.skipif(os.name == "nt", reason="closes a descriptor by the shell")
def test_closed_output_is_one_clear_error() -> None:
    command = ["/bin/sh", "-c", f'"{sys.executable}" -m cmgdocs ports >&-']
    result = subprocess.run(command, stderr=subprocess.PIPE, text=True, check=False)
    assert (result.returncode, result.stderr) == (1, "cmgdocs: standard output is closed\n")


def test_views_names_everything_that_can_be_shown() -> None:
    text = done("views")
    facts = load()
    assert all(name in text for name in (*registry.diagram_names(), *registry.table_names(facts)))


@pytest.mark.parametrize(
    "kind", ["flows", "roles", "endpoints", "limits", "methods", "credentials", "sources", "disputes", "events"]
)
def test_explain_knows_every_id_of_a_kind_and_names_its_sources(kind: str) -> None:
    from cmgdocs.views.explanation import explain

    facts = load()
    for thing in getattr(facts, kind):
        found = explain(facts, thing.id)
        assert thing.id in found.title
        assert all(date for _, _, date in found.sources)
        assert found.sources or kind == "sources"


def test_explain_has_no_room_for_a_text_that_is_not_there() -> None:
    assert "\n\n\n" not in done("explain", "throttled")


def test_explain_tells_when_a_port_is_inferred() -> None:
    assert "443 (inferred)" in done("explain", "F17")


def test_check_counts_good_facts_and_tells_every_fault_of_bad_ones(tmp_path: Path) -> None:
    assert "no faults" in done("check", str(HERE / "tiny"))
    (tmp_path / "zones.toml").write_text("zones = 5")
    result = run("check", str(tmp_path))
    assert result.returncode == 2
    assert "zones: found 5; allowed: a list" in result.stderr
    assert "roles.toml: missing" in result.stderr


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (["ports", "--edition", "2020"], "no edition '2020'; "),
        (["ports", "--edition", "70000"], "no edition '70000'; allowed: 2020-11-30, 2022-04-08, 2026"),
        (["ports", "--edition", ""], "no edition ''"),
        (["ports", "--format", "xml"], "ports: no format 'xml'; allowed: csv, html, json, markdown, table"),
        (["ports", "--format=markdwon"], "ports: no format 'markdwon'; did you mean 'markdown'?"),
        (["diagram", "dataflow"], "no diagram 'dataflow'; did you mean 'data-flow'?"),
        (["diagram", "ladder", "--edition", "2026"], "no diagram with editions 'ladder'; allowed: data-flow"),
        (["diagram", "ladder", "-o", "x.gif"], "no form of picture '.gif'; allowed: .dot, .pdf, .png, .svg"),
        (["diagram", "ladder", "-o", "x"], "no form of picture '.'"),
        (["diagram", "ladder", "-o", "none/x.svg"], "there is no folder none"),
        (["ports", "-o", "."], "is a folder"),
        (["ports", "-o", "x.svg"], "no form of table '.svg'; "),
        (["table", "steps-data-flow", "--edition", "2026"], "no table with editions 'steps-data-flow'"),
        (["table", "portz"], "no table 'portz'"),
        (["table", "steps-x"], "no sequence 'x'"),
        (["explain", "F010"], "did you mean 'F10'?"),
        (["explain", "<b>x</b>"], "no fact '<b>x</b>'"),
        (["explain", ""], "no fact ''"),
        (["check", "/nowhere"], "/nowhere: there is no such folder of facts"),
        (["check", __file__], "is a file; name the folder that holds it"),
        (["ports", "-o", "x" * 300 + ".md"], ".md: File name too long"),
        (["nothing"], "no command 'nothing'; allowed: audit, check, "),
        (["diagramm"], "no command 'diagramm'; did you mean 'diagram'?"),
        (["--verison"], "no option '--verison'; did you mean '--version'?"),
        (["explain"], "explain: the following arguments are required: ID; 'cmgdocs explain --help' tells"),
        (["ports", "--fromat", "csv"], "ports: no option '--fromat'; did you mean '--format'?"),
        (["ports", "--form", "csv"], "ports: no option '--form'; did you mean '--format'?"),
        (["views", "--edition=2026"], "views: no option '--edition'; allowed: --help, -h"),
        (["ports", "--edition"], "ports: argument --edition: expected one argument; "),
        (["explain", "F01", "F02"], "explain: 'F02' is one word too many; "),
        (["explain", "--", "-x"], "no fact '-x'"),
    ],
)
def test_a_wrong_word_is_one_clear_error(words: list[str], part: str, tmp_path: Path) -> None:
    result = run(*words)
    assert result.returncode == 2
    assert re.fullmatch(r"cmgdocs: .+\n", result.stderr)
    assert part in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize(
    "words",
    [
        ["table", "roles", "--format", "csv"],
        ["table", "--format=csv", "roles"],
        ["table", "--format", "csv", "--", "roles"],
    ],
    ids=" ".join,
)
def test_options_stand_before_or_after_the_words(words: list[str]) -> None:
    assert done(*words).startswith("role,")


def test_a_file_may_be_joined_to_its_option(tmp_path: Path) -> None:
    assert done("ports", f"-o{tmp_path / 'a.csv'}") == ""
    assert (tmp_path / "a.csv").read_text(encoding="utf-8").startswith("flow,")


@pytest.mark.parametrize("command", ["ports", "table", "diagram", "views", "explain", "check"])
def test_help_of_a_command_is_told_on_every_level(command: str) -> None:
    short = re.search(rf"^    {command} +(.+)$", done("--help"), re.MULTILINE)
    assert short
    assert short[1] in done(command, "--help")
    assert done(command, "-h") == done(command, "--help")


def test_no_command_gives_the_help_and_exit_code_2() -> None:
    result = run()
    assert (result.returncode, result.stdout, result.stderr) == (2, "", done("--help"))


def test_version_is_told() -> None:
    assert done("--version") == f"cmgdocs, version {__version__}\n"


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no full device")
def test_a_full_disk_is_one_clear_error() -> None:
    with open("/dev/full", "w") as full:
        command = [sys.executable, "-m", "cmgdocs", "ports"]
        result = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert (result.returncode, result.stderr) == (1, "cmgdocs: standard output: No space left on device\n")


def test_a_reader_that_leaves_early_is_no_error() -> None:
    command = f'"{sys.executable}" -m cmgdocs table sources | head -1'
    result = subprocess.run(["/bin/sh", "-c", command], capture_output=True, text=True, check=False)
    assert result.stderr == ""


def test_output_is_the_same_twice_and_whatever_the_locale() -> None:
    first = run("table", "sources", PYTHONHASHSEED="1", LC_ALL="C").stdout
    assert first == run("table", "sources", PYTHONHASHSEED="2", LC_ALL="de_DE.UTF-8").stdout
