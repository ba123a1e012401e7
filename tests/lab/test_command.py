"""The command ``lab``: a live trace, a comparison, an exit code, and nothing that stays behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest
from tools import need, need_namespaces

from cmgdocs import cli
from cmgdocs.facts.model import System
from cmgdocs.facts.ports import PortSpec
from cmgdocs.render.schema import schema

EXAMPLES = Path(__file__).parents[2] / "examples"
COMMAND = [sys.executable, "-m", "cmgdocs"]


Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs the command here: the exit code, what it writes, and what it says on standard error."""

    def made(*words: str) -> tuple[int, str, str]:
        return cli.run(list(words)), *capsys.readouterr()

    return made


def test_the_trace_goes_step_by_step_and_ends_with_the_comparison(run: Run) -> None:
    code, out, err = run("lab", str(EXAMPLES / "fabrikam-classic.toml"), "--block", "connection-point:cmg:10141")
    assert code == 0, err
    lines = out.splitlines()
    events = [line for line in lines if line[1:3] in (" ✓", " ✗")]
    assert events[0] == "1 ✓ Service connection point 10.20.1.10 → Microsoft Entra ID, port 443: connected"
    assert events[2] == "1 ✓ Service connection point 10.20.1.10 → Azure (Resource Manager), port 443: connected"
    assert any(line.startswith("2 ✗ CMG connection point 10.20.1.11") and "10141" in line for line in events)
    assert any("port 10125: the channel to instance 2 is up over HTTPS" in line for line in events)
    assert {line[0] for line in events} == set(" 12345")
    assert "Seen as predicted (network: loopback)" in lines
    assert any(line.split() == ["2", "Build", "the", "channel", "degraded", "degraded"] for line in lines)


def test_the_kernel_prints_the_same_but_for_the_words_of_a_refusal(run: Run) -> None:
    need_namespaces()
    words = ("lab", str(EXAMPLES / "small-vmss.toml"), "--block", "client:blob-storage:443")
    here, there = (run(*words, "--network", name) for name in ("loopback", "kernel"))
    assert (here[0], there[0]) == (0, 0), there[2]
    one, other = (
        [line.split(": blocked")[0].split(" (network: ")[0] for line in made[1].splitlines()] for made in (here, there)
    )
    assert one == other
    assert "Seen as predicted (network: kernel)" in there[1]


def test_json_has_the_trace_and_the_verdict(run: Run) -> None:
    found = json.loads(run("lab", str(EXAMPLES / "small-vmss.toml"), "--format", "json")[1])
    jsonschema.validate(found, schema("lab"))
    assert (found["network"], found["agree"], found["differences"]) == ("loopback", True, [])
    assert found["predicted"]["channels"] == [{"instance": 1, "protocol": "HTTPS", "port": 443}]
    assert found["trace"][0].startswith("1 ✓ ")


def test_what_was_not_predicted_is_exit_code_1(run: Run, facts: System, monkeypatch: pytest.MonkeyPatch) -> None:
    """Facts with another port for the channel: the scenario, which is transcribed apart, dials the one of the prose."""
    (service,) = facts.flow("F06").services
    wrong = replace(facts.flow("F06"), services=(replace(service, port=PortSpec(base=20000)),))
    flows = tuple(wrong if flow.id == wrong.id else flow for flow in facts.flows)
    monkeypatch.setattr("cmgdocs.cli.lab.load", lambda: replace(facts, flows=flows))
    code, out, _ = run("lab", str(EXAMPLES / "contoso-two-instances.toml"))
    assert code == 1
    assert "Seen otherwise than predicted (network: loopback)" in out


def test_without_the_extra_it_says_what_to_install(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("cmglab")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "h11", None)
    code, out, err = run("lab", str(EXAMPLES / "small-vmss.toml"))
    assert (code, out) == (3, "")
    assert err == "cmgdocs: no module 'h11'; install it with: pip install 'cmgdocs[lab]'\n"


def test_where_namespaces_are_refused_the_reason_is_a_line_and_exit_code_3() -> None:
    need_namespaces()
    forbid = 'echo 0 >/proc/sys/user/max_user_namespaces; echo 0 >/proc/sys/user/max_net_namespaces; exec "$@"'
    prefix = [need("unshare"), "--user", "--map-root-user", "sh", "-c", forbid, "sh"]
    command = [*prefix, *COMMAND, "lab", str(EXAMPLES / "small-vmss.toml"), "--network", "kernel"]
    made = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert made.returncode == 3
    (line,) = made.stderr.splitlines()
    assert line.startswith("cmgdocs: no network namespace could be made here (")
    assert "; user.max_user_namespaces is 0, as hardened systems do); the lab on loopback needs none of this" in line


@pytest.mark.skipif(os.name == "nt", reason="signals are sent otherwise there")
@pytest.mark.parametrize("network", ["loopback", "kernel"])
def test_ctrl_c_ends_everything(network: str) -> None:
    if network == "kernel":
        need_namespaces()

    def heed() -> None:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # a job in the background is started without heeding it

    words = [*COMMAND, "lab", str(EXAMPLES / "classic-sixteen.toml"), "--network", network]
    process = subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=heed, start_new_session=True
    )
    assert process.stdout is not None
    while not process.stdout.readline().startswith("2 "):  # in the middle of step 2
        pass
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=90)
    assert (process.returncode, said) == (130, "")
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)


SITE = 'instances = 1\n{uses}\n[hosts]\ncmg = "20.30.40.50"\nconnection-point = "{point}"\n'


def test_roles_that_share_a_host_are_named_where_it_matters(run: Run, tmp_path: Path) -> None:
    site = tmp_path / "shared.toml"
    site.write_text(f'{SITE.format(uses="", point="10.0.0.5")}management-point = "10.0.0.5"\n', encoding="utf-8")
    code, _, err = run("lab", str(site), "--block", "connection-point:management-point:any")
    assert code == 0
    assert "step 5: fails here and works on your hosts" in err
    assert "step" not in run("lab", str(site))[2]


def test_a_site_that_is_undecided_on_its_hosts_is_not_proved(run: Run, tmp_path: Path) -> None:
    site = tmp_path / "six.toml"
    site.write_text(SITE.format(uses="", point="2001:db8::21"), encoding="utf-8")
    code, out, err = run("lab", str(site))
    assert code == 0
    assert any(line.split()[-3:] == ["works", "works", "undecided"] for line in out.splitlines())
    assert "step 2: works here and undecided on your hosts, for every host is played on IPv4" in err


def test_a_step_that_may_fail_for_what_is_closed_as_well_is_undecided_on_the_hosts(run: Run, tmp_path: Path) -> None:
    site = tmp_path / "crl.toml"
    site.write_text(SITE.format(uses='uses = ["server-revocation"]', point="10.0.0.21"), encoding="utf-8")
    code, _, err = run("lab", str(site), "--block", "connection-point:crl:80")
    assert code == 0
    why = "no source says whether the step works without F32"
    assert f"step 2: works here and undecided on your hosts, for {why}" in err
    assert "your hosts" not in run("lab", str(EXAMPLES / "large-with-content.toml"))[1]


def test_what_is_lost_besides_the_steps_is_in_a_table_below(run: Run) -> None:
    words = ("--block", "connection-point:microsoft-crl:80")
    code, out, err = run("lab", str(EXAMPLES / "contoso-one-instance.toml"), *words)
    assert (code, err) == (0, "")
    assert "may be refused or be slow to start" in out.rpartition("Also blocked")[2]
