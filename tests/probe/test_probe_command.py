"""The command for a probe as a user meets it: its words, its exit codes, two runs compared."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from sitefiles import planned, site_text

import cmgdocs.cli.probe
from cmgdocs.cli import run
from cmgdocs.facts.model import RoleId, Seen
from cmgdocs.probe.targets import Target, targets
from cmgdocs.probe.tried import Status, Tls, Tried

TEXT = site_text(
    {"connection-point": "10.0.0.5", "management-point": "10.0.0.6", "cmg": "cmg.contoso.example"},
    configmgr="2509",
    management_point="https",
)
LISTED = targets(planned(TEXT), RoleId("connection-point")).tried
WORKS = [Tried(target, "", Status.WORKS, None, "10.0.0.1", tls=Tls("TLSv1.3", "A", issuer="O=B")) for target in LISTED]


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder with the site file, in which the command runs."""
    (tmp_path / "site.toml").write_text(TEXT, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def seen(monkeypatch: pytest.MonkeyPatch, *tried: Tried) -> None:
    """Have every trial see what it is told to see."""

    async def all_of(listed: tuple[Target, ...], timeout_s: float, told: object) -> tuple[Tried, ...]:
        assert listed == LISTED
        return tried

    monkeypatch.setattr(cmgdocs.cli.probe, "trials", all_of)


def probe(*words: str) -> int:
    return run(["probe", *words])


def failing(tried: Tried, what: Seen = Seen.SILENT, status: Status = Status.FAILS) -> Tried:
    return replace(tried, status=status, seen=what, tls=None)


def test_nothing_that_fails_is_exit_code_0(
    site: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    seen(monkeypatch, *WORKS)
    assert probe("site.toml", "--from", "connection-point") == 0
    out = capsys.readouterr().out
    assert out.splitlines()[1].startswith(f"Works: all of {len(WORKS)} connections and paths worked. No trial decides ")
    assert "What no trial decides" in out


def test_a_doubt_is_said_and_is_exit_code_0(
    site: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    seen(monkeypatch, failing(WORKS[0], Seen.CERTIFICATE_WANTED, Status.UNDECIDED), *WORKS[1:])
    assert probe("site.toml", "--from", "connection-point") == 0
    out = capsys.readouterr().out
    assert f"Undecided: 1 of {len(WORKS)} connections and paths decided nothing, none failed" in out


def test_something_that_fails_is_exit_code_1_with_its_cause(
    site: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    seen(monkeypatch, failing(WORKS[0]), *WORKS[1:])
    assert probe("site.toml", "--from", "connection-point", "--json", "out.json") == 1
    out = capsys.readouterr().out
    assert f"Fails: 1 of {len(WORKS)} connections and paths failed (no answer: 1)" in out
    assert "(channel-port-blocked)" in out
    (found,) = (item for item in json.loads((site / "out.json").read_text())["results"] if item["cause"])
    assert found["cause"]["page"] == "reference/symptoms-and-logs.html#symptoms-channel-port-blocked"
    assert found["name"] == WORKS[0].name


def test_json_takes_the_place_of_the_tables(
    site: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    seen(monkeypatch, *WORKS)
    assert probe("site.toml", "--from", "connection-point", "--json", "-") == 0
    assert json.loads(capsys.readouterr().out)["verdict"] == "works"


def test_two_runs_that_saw_the_same_do_not_differ(
    site: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    seen(monkeypatch, *WORKS)
    probe("site.toml", "--from", "connection-point", "--json", "a.json")
    seen(monkeypatch, *(replace(tried, ms=7) for tried in WORKS))
    probe("site.toml", "--from", "connection-point", "--json", "b.json")
    capsys.readouterr()
    assert probe("--compare", "a.json", "b.json") == 0
    assert capsys.readouterr().out == "a.json and b.json saw the same.\n"


def test_two_runs_are_compared_result_by_result(
    site: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    seen(monkeypatch, *WORKS)
    probe("site.toml", "--from", "connection-point", "--json", "a.json")
    seen(monkeypatch, failing(WORKS[0]), *WORKS[2:])
    probe("site.toml", "--from", "connection-point", "--json", "b.json")
    capsys.readouterr()
    assert probe("--compare", "a.json", "b.json") == 1
    lines = [line.split("  ") for line in capsys.readouterr().out.splitlines()[4:] if line]
    cells = [[cell.strip() for cell in line if cell] for line in lines]
    assert cells == [
        [WORKS[0].name, "works; issuer O=B", "fails; no answer; likely cause: A port of the channel is blocked"],
        [WORKS[1].name, "works; issuer O=B", "not tried"],
    ]


def test_runs_of_two_programs_are_compared_with_a_warning(
    site: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    seen(monkeypatch, *WORKS)
    probe("site.toml", "--from", "connection-point", "--json", "a.json")
    made = json.loads((site / "a.json").read_text())
    (site / "b.json").write_text(json.dumps(made | {"by": "powershell"}))
    capsys.readouterr()
    assert probe("--compare", "a.json", "b.json") == 0
    assert capsys.readouterr().err == "cmgdocs: warning: the program differs: python and powershell\n"


def test_a_run_that_is_none_is_refused_with_every_place(
    site: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    seen(monkeypatch, *WORKS)
    probe("site.toml", "--from", "connection-point", "--json", "a.json")
    made = json.loads((site / "a.json").read_text())
    made["results"][0] |= {"status": "work", "ms": True, "more": 1}
    del made["results"][1]["flow"]
    (site / "b.json").write_text(json.dumps(made | {"untried": {}, "site": None}))
    capsys.readouterr()
    assert probe("--compare", "a.json", "b.json") == 2
    assert capsys.readouterr().err.splitlines() == [
        "cmgdocs: b.json: site: found None; allowed: text",
        "cmgdocs: b.json: results[0].more: no such key; allowed: address, alias, cause, flow, ms, name, path, role, "
        "said, seen, severity, status, target, tls",
        "cmgdocs: b.json: results[0].status: found 'work'; did you mean 'works'?",
        "cmgdocs: b.json: results[0].ms: found True; allowed: a whole number",
        "cmgdocs: b.json: results[1].flow: missing",
        "cmgdocs: b.json: untried: found {}; allowed: a list",
    ]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["site.toml"], "probe: --from ROLE is missing; allowed: SITE.toml --from ROLE, or --compare"),
        (["--from", "connection-point"], "probe: SITE.toml is missing"),
        (["site.toml", "--compare", "a", "b"], "found --compare and more; allowed: --compare A.json B.json alone"),
        (["--compare", "a", "b", "-o", "x.ps1"], "found --compare and more"),
        (["--compare", "a", "b", "--timeout", "9"], "found --compare and more"),
        (["site.toml", "--from", "conection-point"], "no role 'conection-point'; did you mean 'connection-point'?"),
        (["site.toml", "--from", "software-update-point"], "role software-update-point: opens no connection"),
        (["site.toml", "--from", "client", "--timeout", "0"], "found '0'; allowed: seconds, more than 0 and "),
        (["--compare", "nothing.json", "site.toml"], "nothing.json: cannot be read"),
        (["--compare", "site.toml", "site.toml"], "site.toml: line 1: not valid JSON"),
        (["site.toml", "--from", "client", "--json", "site.toml"], "site.toml: is read by this command"),
    ],
)
def test_wrong_use_is_exit_code_2(site: Path, capsys: pytest.CaptureFixture[str], words: list[str], said: str) -> None:
    assert probe(*words) == 2
    assert said in capsys.readouterr().err


class Terminal(io.StringIO):
    """Standard error that is a terminal."""

    def isatty(self) -> bool:
        return True


def test_progress_is_shown_on_a_terminal_only_and_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    for screen, shown in ((Terminal(), "\r\x1b[K1 of 2 tried\r\x1b[K"), (io.StringIO(), "")):
        monkeypatch.setattr(sys, "stderr", screen)
        for done in (1, 2):
            cmgdocs.cli.probe._progress(done, 2)
        assert screen.getvalue() == shown


HANGING = """
import socket, sys, time
socket.getaddrinfo = lambda *words, **more: time.sleep(600)
from cmgdocs.__main__ import main
sys.argv[1:] = ["probe", "site.toml", "--from", "connection-point", "--timeout", "0.2"]
main()
"""


def test_a_resolver_that_hangs_keeps_no_process(site: Path) -> None:
    (site / "site.toml").write_text(TEXT.replace("10.0.0.6", "mp.invalid"), encoding="utf-8")
    ended = subprocess.run([sys.executable, "-c", HANGING], capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode == 1
    assert "no answer from DNS" in ended.stdout
