"""The command ``lab``: a live trace, a comparison, an exit code, and nothing that stays behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tools import need, need_namespaces

EXAMPLES = Path(__file__).parents[2] / "examples"
COMMAND = [sys.executable, "-m", "cmgdocs"]


def run(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *words], capture_output=True, text=True, check=False, env=os.environ | environment, timeout=60
    )


def test_the_trace_goes_step_by_step_and_ends_with_the_comparison() -> None:
    made = run("lab", str(EXAMPLES / "fabrikam-classic.toml"), "--block", "connection-point:cmg:10141")
    assert made.returncode == 0, made.stderr
    lines = made.stdout.splitlines()
    events = [line for line in lines if line[1:3] in (" ✓", " ✗")]
    assert events[0] == "1 ✓ Service connection point 10.20.1.10 → Microsoft Entra ID, port 443: connected"
    assert events[2] == "1 ✓ Service connection point 10.20.1.10 → Azure (Resource Manager), port 443: connected"
    assert any(line.startswith("2 ✗ CMG connection point 10.20.1.11") and "10141" in line for line in events)
    assert any("port 10125: the channel to instance 2 stands by HTTPS" in line for line in events)
    assert {line[0] for line in events} == set(" 12345")
    assert "Seen as predicted (network: loopback)" in lines
    assert any(line.split() == ["2", "Build", "the", "channel", "degraded", "degraded"] for line in lines)


def test_the_kernel_prints_the_same_but_for_the_words_of_a_refusal() -> None:
    need_namespaces()
    words = ("lab", str(EXAMPLES / "small-vmss.toml"), "--block", "client:blob-storage:443")
    here, there = (run(*words, "--network", name) for name in ("loopback", "kernel"))
    assert (here.returncode, there.returncode) == (0, 0), there.stderr
    one, other = (
        [line.split(": blocked")[0].split(" (network: ")[0] for line in made.stdout.splitlines()]
        for made in (here, there)
    )
    assert one == other
    assert "Seen as predicted (network: kernel)" in there.stdout


def test_json_has_the_trace_and_the_verdict() -> None:
    found = json.loads(run("lab", str(EXAMPLES / "small-vmss.toml"), "--format", "json").stdout)
    assert (found["network"], found["agree"], found["differences"]) == ("loopback", True, [])
    assert found["predicted"]["channels"] == [{"instance": 1, "protocol": "HTTPS", "port": 443}]
    assert found["trace"][0].startswith("1 ✓ ")


def test_what_was_not_predicted_is_exit_code_1(tmp_path: Path) -> None:
    """Facts with another port for the channel: the scenario, which is transcribed apart, dials the one of the prose."""
    code = (
        "import sys; from cmgdocs import cli; from cmgdocs.cli import lab; from dataclasses import replace; "
        "from cmgdocs.facts.ports import PortSpec; facts = lab.load(); "
        "wrong = lambda f: replace(f, services=(replace(f.services[0], port=PortSpec(base=20000)),)); "
        "lab.load = lambda: replace(facts, flows=tuple(wrong(f) if f.id == 'F06' else f for f in facts.flows)); "
        f"sys.argv = ['cmgdocs', 'lab', {str(EXAMPLES / 'contoso-two-instances.toml')!r}]; cli.main()"
    )
    made = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    assert made.returncode == 1, made.stderr
    assert "Seen otherwise than predicted (network: loopback)" in made.stdout


def test_without_the_extra_it_says_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "h11.py").write_text("raise ModuleNotFoundError('no h11', name='h11')\n", encoding="utf-8")
    made = run("lab", str(EXAMPLES / "small-vmss.toml"), PYTHONPATH=os.pathsep.join([str(tmp_path), *sys.path]))
    assert (made.returncode, made.stdout) == (2, "")
    assert "cmgdocs[lab]" in made.stderr
    assert "Traceback" not in made.stderr


def test_where_namespaces_are_refused_the_reason_is_a_line_and_exit_code_2() -> None:
    need_namespaces()
    forbid = 'echo 0 >/proc/sys/user/max_user_namespaces; echo 0 >/proc/sys/user/max_net_namespaces; exec "$@"'
    prefix = [need("unshare"), "--user", "--map-root-user", "sh", "-c", forbid, "sh"]
    command = [*prefix, *COMMAND, "lab", str(EXAMPLES / "small-vmss.toml"), "--network", "kernel"]
    made = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert made.returncode == 2
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
    _, said = process.communicate(timeout=20)
    assert (process.returncode, said) == (130, "")
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)


def test_roles_that_share_a_host_are_told_apart_where_it_matters(tmp_path: Path) -> None:
    site = tmp_path / "shared.toml"
    hosts = "".join(f'{role} = "10.0.0.5"\n' for role in ("connection-point", "management-point"))
    site.write_text(f'instances = 1\n[hosts]\ncmg = "contoso.westeurope.cloudapp.azure.com"\n{hosts}', encoding="utf-8")
    made = run("lab", str(site), "--block", "connection-point:management-point:any")
    assert made.returncode == 0
    assert "step 5: fails here and works on your hosts" in made.stderr
    assert "step" not in run("lab", str(site)).stderr


def test_a_site_that_is_undecided_on_its_hosts_is_not_proved(tmp_path: Path) -> None:
    site = tmp_path / "six.toml"
    site.write_text(
        'instances = 1\n[hosts]\ncmg = "20.30.40.50"\nconnection-point = "2001:db8::21"\n', encoding="utf-8"
    )
    made = run("lab", str(site))
    assert made.returncode == 0
    assert any(line.split()[-3:] == ["works", "works", "undecided"] for line in made.stdout.splitlines())
    assert "step 2: works here and undecided on your hosts, for every host is played on IPv4" in made.stderr


def test_a_step_that_may_fail_for_what_is_closed_besides_is_undecided_on_the_hosts(tmp_path: Path) -> None:
    site = tmp_path / "crl.toml"
    hosts = '[hosts]\ncmg = "20.30.40.50"\nconnection-point = "10.0.0.21"\n'
    site.write_text(f'instances = 1\nuses = ["server-revocation"]\n{hosts}', encoding="utf-8")
    made = run("lab", str(site), "--block", "connection-point:crl:80")
    assert made.returncode == 0
    assert (
        "step 2: works here and undecided on your hosts, for no source says whether the step works without F32"
        in made.stderr
    )
    assert "your hosts" not in run("lab", str(EXAMPLES / "large-with-content.toml")).stdout


def test_what_is_lost_besides_the_steps_is_in_a_table_below() -> None:
    made = run("lab", str(EXAMPLES / "contoso-one-instance.toml"), "--block", "connection-point:microsoft-crl:80")
    assert (made.returncode, made.stderr) == (0, "")
    assert "may be refused or be slow to start" in made.stdout.rpartition("Also closed")[2]
