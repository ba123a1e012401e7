"""The command as a user meets it: its words, its exit codes and both of its streams."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

import printed
import pytest
from forked import command as run

from cmgdocs import __version__
from cmgdocs.cli import command_line, run_words
from cmgdocs.cli.arguments import EXAMPLES
from cmgdocs.errors import FactsError, Fault
from cmgdocs.facts import load
from cmgdocs.views import registry
from cmgdocs.views.explanation import explain

HERE = Path(__file__).parent
SITES = HERE.parent / "examples"
COMMANDS = next(action for action in command_line()._actions if action.metavar == "COMMAND").choices
PROCESS = [sys.executable, "-m", "cmgdocs"]


def done(*words: str) -> str:
    result = run(*words)
    assert (result.returncode, result.stderr) == (0, "")
    return result.stdout


@pytest.mark.parametrize("edition", printed.EDITIONS)
def test_ports_prints_the_article_whole_even_into_a_pipe(edition: str) -> None:
    text = done("ports", "--edition", edition)
    for cells in printed.rows(edition):
        assert all(cell.replace(" Note", " [Note") in text for cell in cells)
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


def test_views_names_everything_that_can_be_shown() -> None:
    names = {row["name"] for row in json.loads(done("views", "--format", "json"))["rows"]}
    assert names == {*registry.diagram_names(load()), *registry.table_names(load())}


@pytest.mark.parametrize(
    "kind", ["flows", "roles", "endpoints", "limits", "methods", "credentials", "sources", "disputes", "events"]
)
def test_explain_knows_every_id_of_a_kind_and_names_its_sources(kind: str) -> None:
    for thing in getattr(load(), kind):
        found = explain(load(), thing.id)
        assert thing.id in found.title
        assert all(date for _, _, date, _ in found.sources)
        assert found.sources or kind == "sources"


def test_explain_says_the_same_as_text_and_as_json() -> None:
    text, data = done("explain", "F17"), json.loads(done("explain", "F17", "--format", "json"))
    assert "443 (inferred)" in text
    assert data["facts"]["port"] == "443 (inferred)"
    assert all(source["source"] in text for source in data["sources"])
    assert "\n\n\n" not in done("explain", "throttled")


def test_check_counts_good_facts_and_reports_every_fault_of_bad_ones(tmp_path: Path) -> None:
    assert "no faults" in done("check", str(HERE / "tiny"))
    (tmp_path / "zones.toml").write_text("zones = 5")
    result = run("check", str(tmp_path))
    assert result.returncode == 2
    assert "cmgdocs: zones: found 5; allowed: a list" in result.stderr
    assert f"cmgdocs: roles.toml: missing from {tmp_path.name};" in result.stderr
    assert "missing from /;" in run("check", "/").stderr


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (["ports", "--edition", "2020"], "no edition '2020'; "),
        (["ports", "--edition", "70000"], "no edition '70000'; allowed: 2020-11-30, 2022-04-08, 2026"),
        (["ports", "--edition", ""], "no edition ''"),
        (["ports", "--format", "xml"], "ports: no format 'xml'; allowed: csv, html, json, markdown, table"),
        (["ports", "--format=markdwon"], "ports: no format 'markdwon'; did you mean 'markdown'?"),
        (["ports", "--site", "a.toml"], "no option '--site'; 'cmgdocs plan SITE.toml' has a site's connections"),
        (["ports", "--format", "csv", "-o", "x.xlsx"], "x.xlsx: its ending is not that of csv; allowed: .csv"),
        (["ports", "-o", "nodir/"], "nodir/ is a folder; name a file"),
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
        (["explain", "F99"], "no fact 'F99'; there are 40, from F01 to F40"),
        (["explain", "<b>x</b>"], "no fact '<b>x</b>'"),
        (["explain", ""], "no fact ''"),
        (["explain", "F01", "-o", "x.csv"], "x.csv: an explanation cannot have this form; allowed: .txt or .json"),
        (["check", "/nowhere"], "/nowhere: there is no such folder of facts"),
        (["check", __file__], "is a file; name the folder that holds it"),
        (["nothing"], "no command 'nothing'; allowed: audit, check, "),
        (["diagramm"], "no command 'diagramm'; did you mean 'diagram'?"),
        (["help", "diagramm"], "no command 'diagramm'; did you mean 'diagram'?"),
        (["completion", "bsh"], "no shell 'bsh'; did you mean 'bash'?"),
        (["--verison"], "no option '--verison'; did you mean '--version'?"),
        (["explain"], "explain: the following arguments are required: ID; see 'cmgdocs explain --help'"),
        (["ports", "--fromat", "csv"], "ports: no option '--fromat'; did you mean '--format'?"),
        (["ports", "--form", "csv"], "ports: no option '--form'; did you mean '--format'?"),
        (["check", "--edition=2026"], "check: no option '--edition'; allowed: --help, -h"),
        (["ports", "--edition"], "ports: argument --edition: expected one argument; "),
        (["explain", "F01", "F02"], "explain: unexpected argument 'F02'; "),
        (["explain", "--", "-x"], "no fact '-x'"),
    ],
)
def test_a_wrong_word_is_one_clear_error(words: list[str], part: str) -> None:
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


@pytest.mark.parametrize("name", COMMANDS)
def test_help_of_a_command_is_found_on_every_way(name: str) -> None:
    short = re.search(rf"^    {name} +(.+)$", done("--help"), re.MULTILINE)
    assert short
    if name != "help":
        assert short[1].split(" ")[0] in done(name, "--help")
        assert done(name, "-h") == done(name, "--help") == done("help", name)


def test_help_lists_exit_codes_and_commands_in_the_order_of_need() -> None:
    text = " ".join(done("help").split())
    assert re.search("0 done.*1 the answer is no.*2 wrong use.*3 it could not be done.*130", text)
    needed = ["init", "plan", "rules", "audit", "what-if", "probe", "diagnose", "lab", "diff", "report"]
    assert [*COMMANDS][: len(needed)] == needed


def shown(name: str) -> list[str]:
    """Examples in the help of a command; those for one shell alone are not run here."""
    lines = (COMMANDS[name].epilog or "").removeprefix(EXAMPLES).splitlines()
    return [line.strip() for line in lines if ">" not in line and line]


# What a probe does is tested in tests/lab: no test asks the hosts of an example.
EVERY = [example for name in COMMANDS if name != "probe" for example in shown(name)]


@pytest.mark.parametrize("example", EVERY)
def test_every_example_in_a_help_text_runs(example: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    sites = {"contoso": "three-instances", "contoso-next": "contoso-two-instances", "fabrikam": "by-address"}
    for name, source in sites.items() if "init" not in example else ():
        shutil.copy(SITES / f"{source}.toml", f"{name}.toml")
    (tmp_path / "memdocs").mkdir()
    shutil.copy(SITES / "firewalls" / "by-address-asa.cfg", "edge.cfg")
    shutil.copytree(SITES / "logs", "Logs")
    shutil.copy(SITES / "logs" / "SMS_Cloud_ProxyConnector.log", tmp_path)
    program, *words = shlex.split(example)
    result = run(*words)
    assert program == "cmgdocs"
    assert result.returncode == (words[0] in ("audit", "diagnose")), result.stderr


def test_the_commands_of_the_readme_run_in_their_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    readme = (HERE.parent / "README.md").read_text(encoding="utf-8")
    block = readme.partition("## In the shell")[2].partition("```console\n")[2].partition("```")[0]
    lines = [line.removeprefix("$ ") for line in block.splitlines()]
    monkeypatch.chdir(tmp_path)
    Path("examples").symlink_to(SITES)
    said = {}
    for line in lines[1:]:
        result = run(*shlex.split(line)[1:])
        assert result.returncode == int(" audit " in line), (line, result.stderr)
        said[line.split()[1]] = result.stdout
    assert lines[0].startswith("python3 -m pip install")
    assert "10124-10126" in said["plan"]
    assert "2 of 3 channels are up" in said["what-if"]
    assert "open" in said["diff"]


def test_every_command_has_an_example() -> None:
    assert [name for name, parser in COMMANDS.items() if name != "help" and EXAMPLES not in (parser.epilog or "")] == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "powershell", "tcsh"])
def test_completion_knows_commands_and_choices(shell: str) -> None:
    text = done("completion", shell)
    assert all(word in text for word in ("what-if", "diff", "markdown"))


def test_bash_completes_commands_options_and_choices(tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.write_text(done("completion", "bash"), encoding="utf-8")
    ask = 'source "$0"; COMP_WORDS=({}); COMP_CWORD={}; _shtab_cmgdocs; echo "${{COMPREPLY[@]}}"'
    wanted = {"cmgdocs ru": "rules", "cmgdocs plan --for": "--format", "cmgdocs plan --format m": "markdown"}
    for words, word in wanted.items():
        line = ask.format(words, len(words.split()) - 1)
        made = subprocess.run(["bash", "-c", line, script], capture_output=True, text=True, check=False)
        assert made.stdout.split() == [word], made.stderr


def test_no_command_gives_the_help_and_exit_code_2() -> None:
    result = run()
    assert (result.returncode, result.stdout, result.stderr) == (2, done("--help"), "")


def test_version_is_printed() -> None:
    assert done("--version") == done("-V") == f"cmgdocs, version {__version__}\n"


# What follows are processes as the system starts them.


def sh(line: str) -> subprocess.CompletedProcess[str]:
    command = ["/bin/sh", "-c", line.replace("cmgdocs", shlex.join(PROCESS), 1)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.skipif(os.name == "nt", reason="needs a shell of POSIX")
@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("cmgdocs ports >&-", "standard output is closed"),
        ("cmgdocs ports > /dev/full", "standard output: No space left on device"),
        ("cmgdocs --help > /dev/full", "standard output: No space left on device"),
        ("cmgdocs what-if site.toml --fail-on fails > /dev/full", "standard output: No space left on device"),
    ],
)
def test_output_that_breaks_is_one_error_and_exit_code_3(
    line: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copy(SITES / "small-vmss.toml", "site.toml")
    if "/dev/full" in line and not Path("/dev/full").exists():
        pytest.skip("this system has no full device")
    result = sh(line)
    assert (result.returncode, result.stderr) == (3, f"cmgdocs: {said}\n")


@pytest.mark.skipif(os.name == "nt", reason="needs a shell of POSIX")
def test_a_file_given_as_standard_input_is_not_written_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    file = Path(shutil.copy(SITES / "small-vmss.toml", "site.toml"))
    before = file.read_bytes()
    result = sh("cmgdocs rules - --dialect names -o site.toml < site.toml")
    assert (result.returncode, file.read_bytes()) == (2, before)
    assert result.stderr.startswith("cmgdocs: site.toml: is read by this command")


@pytest.mark.skipif(os.name == "nt", reason="needs a shell of POSIX")
def test_a_result_in_a_file_needs_no_standard_output(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert sh("cmgdocs ports -o ports.csv >&-").returncode == 0
    assert Path("ports.csv").exists()


def test_commands_but_init_are_known_without_the_facts(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> NoReturn:
        raise FactsError([Fault("zones.toml", "missing")])

    monkeypatch.setattr("cmgdocs.cli.load", broken)
    with pytest.raises(SystemExit, match="0"):
        run_words(["plan", "--help"])
    with pytest.raises(FactsError):
        run_words(["init", "--help"])


@pytest.mark.skipif(os.name == "nt", reason="needs a shell of POSIX")
def test_a_reader_that_leaves_early_is_no_error_and_changes_no_answer() -> None:
    site = shlex.quote(str(SITES / "three-instances.toml"))
    result = sh(f"{{ cmgdocs diff --exit-code {site} {site} --format json; echo $? >&2; }} | :")
    assert result.stderr == "0\n"


def test_output_is_the_same_twice_and_whatever_the_locale() -> None:
    texts = [
        subprocess.run([*PROCESS, "table", "sources"], capture_output=True, check=True, env=os.environ | more).stdout
        for more in ({"PYTHONHASHSEED": "1", "LC_ALL": "C"}, {"PYTHONHASHSEED": "2", "LC_ALL": "de_DE.UTF-8"})
    ]
    assert texts[0] == texts[1]


@pytest.mark.skipif(os.name == "nt", reason="signals are sent otherwise there")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
@pytest.mark.parametrize("name", ["cmgdocs.cli", "cmgdocs.facts.model", "cmgdocs.views.table"])
def test_a_signal_while_modules_are_imported_ends_it_without_a_word(
    number: signal.Signals, name: str, tmp_path: Path
) -> None:
    hook = f"""
import os, signal, sys
signal.signal({number.value}, signal.default_int_handler if {number.value} == signal.SIGINT else signal.SIG_DFL)
class Hook:
    def find_spec(self, name, path, target=None):
        if name == {name!r}:
            os.kill(os.getpid(), {number.value})
sys.meta_path.insert(0, Hook())
"""
    (tmp_path / "sitecustomize.py").write_text(hook)
    env = os.environ | {"PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path])}
    made = subprocess.run([*PROCESS, "ports"], capture_output=True, text=True, check=False, env=env)
    assert (made.returncode, made.stdout, made.stderr) == (128 + number, "", "")
