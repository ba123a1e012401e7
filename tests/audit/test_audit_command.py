"""The command audit: exit codes, forms, JSON, and what is refused."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from audited import CONFIGS, LISTS, SITE, flows, plan_of, policy_of
from forked import Run, command

from cmgdocs.audit import audit

EXACT, TRUST = CONFIGS / "exact.csv", ("--zone", "trust=10.0.0.0/8", "--zone", "untrust=any")


def run(*words: str | Path, stdin: str | None = None) -> Run:
    return command("audit", *words, stdin=stdin)


def data(*words: str | Path) -> dict[str, object]:
    return json.loads(run(*words, "--format", "json").stdout)


def test_exit_code_is_0_only_where_all_is_open_and_nothing_more(tmp_path: Path) -> None:
    assert run(SITE, EXACT, "--perimeter").returncode == 0
    rows = EXACT.read_text("utf-8")
    for old, new in (
        ("tcp/10124-10125", "tcp/10124"),
        ("tcp/10124-10125", "tcp/10124-10126"),
        ("guests,deny,10.99.0.0/16", "x,deny,any"),
    ):
        changed = tmp_path / "fw.csv"
        changed.write_text(rows.replace(old, new), "utf-8")
        assert run(SITE, changed, "--perimeter").returncode == 1
    assert run(SITE, CONFIGS / "junos.conf", "--perimeter").returncode == 1


def test_first_line_says_the_verdict_with_its_numbers() -> None:
    lines = run(SITE, CONFIGS / "junos.conf", "--perimeter").stdout.splitlines()
    assert lines[1].startswith("Undecided: ")
    assert "planned rules are undecided" in lines[1]
    assert "--zone trust=NETWORKS --zone untrust=NETWORKS" in lines[2]
    lines = run(SITE, EXACT, "--perimeter").stdout.splitlines()
    verdict = "Complete: every planned connection gets through. No rule lets through more than is planned."
    assert lines[1] == f"{verdict} All five steps work."


def test_json_names_flows_rules_and_reasons(tmp_path: Path) -> None:
    changed = tmp_path / "fw.csv"
    changed.write_text(EXACT.read_text("utf-8").replace("channel-2,allow", "channel-2,deny"), "utf-8")
    found = data(SITE, changed, "--perimeter")
    assert (found["verdict"], found["undecided"], found["beyond"]) == ("incomplete", [], [])
    assert found["missing"] == [
        {
            "flow": "F06",
            "step": 2,
            "rule": "F06",
            "whole": False,
            "source": "connection-point",
            "source_hosts": ["10.10.1.22"],
            "destination": "cmg",
            "destination_hosts": ["203.0.113.10"],
            "services": ["tcp/10124-10125"],
            "why": "rule 'channel-2 (line 4)' denies it",
        }
    ]
    assert found["steps"] == {"1": "works", "2": "degraded", "3": "works", "4": "works", "5": "works"}


def test_what_is_open_beyond_the_plan_names_rule_host_and_service(tmp_path: Path) -> None:
    changed = tmp_path / "fw.csv"
    changed.write_text(
        EXACT.read_text("utf-8").replace("cleanup,deny,any,any,any", "rdp,allow,any,10.10.1.21,tcp/3389"), "utf-8"
    )
    (found,) = data(SITE, changed, "--perimeter")["beyond"]  # type: ignore[misc]
    assert found == {
        "rule": "rdp (line 17)",
        "direction": "to the site",
        "hosts": ["10.10.1.21"],
        "others": ["any"],
        "services": ["tcp/3389"],
        "certain": True,
    }


def test_earlier_deny_takes_what_a_later_rule_would_open(tmp_path: Path) -> None:
    changed = tmp_path / "fw.csv"
    rows = EXACT.read_text("utf-8").replace("guests,", "no-rdp,deny,any,any,tcp/3389\nguests,")
    changed.write_text(rows.replace("cleanup,deny,any,any,any", "rdp,allow,any,10.10.1.21,tcp/3389"), "utf-8")
    assert data(SITE, changed, "--perimeter")["beyond"] == []


@pytest.mark.parametrize("path", [*sorted(LISTS.iterdir()), *sorted(CONFIGS.iterdir())], ids=lambda path: path.name)
def test_nothing_is_said_to_work_that_was_not_judged(path: Path) -> None:
    made = run(SITE, path, "--perimeter", "--format", "json")
    assert made.returncode in (0, 1, 2)
    assert "Traceback" not in made.stderr
    if made.returncode == 2:
        assert made.stdout == ""
        assert made.stderr.startswith("cmgdocs: ")
    elif json.loads(made.stdout)["undecided"]:
        assert json.loads(made.stdout)["verdict"] != "complete"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("nothing.toml", EXACT), "nothing.toml: cannot be read"),
        ((SITE, "nothing.cfg"), "nothing.cfg: cannot be read"),
        ((SITE, "."), ".: is a folder"),
        ((SITE, ""), "found an empty word; name a file"),
        (("", EXACT), "found an empty word; name a file"),
        ((SITE, EXACT, "--from", "asaa"), "no platform 'asaa'; did you mean 'asa'?"),
        ((SITE, EXACT, "--from", "asa"), "cannot be read as a configuration"),
        ((SITE, EXACT, "--zone", "trust=10.0.0.0/8"), "its rules name no zones"),
        (
            (SITE, CONFIGS / "junos.conf", "--zone", "trusted=10.0.0.0/8"),
            "no zone 'trusted' in junos.conf; did you mean 'trust'",
        ),
        ((SITE, CONFIGS / "junos.conf", "--zone", "trust"), "allowed: NAME=NETWORKS"),
        ((SITE, CONFIGS / "junos.conf", "--zone", "trust=10.0.0.0/33"), "10.0.0.0/33"),
        ((SITE, EXACT, "--format", "csv"), "no format 'csv'"),
        ((SITE, EXACT, "-o", "x.csv"), "an audit has several tables"),
        ((SITE, CONFIGS / "windows-firewall.csv"), "allowed: the header name,action,source,destination,port"),
    ],
)
def test_wrong_use_is_refused(words: tuple[str | Path, ...], message: str) -> None:
    made = run(*words)
    assert (made.returncode, made.stdout) == (2, "")
    assert message in made.stderr
    assert "Traceback" not in made.stderr


@pytest.mark.parametrize("output", ["site.toml", "fw.csv", "link.csv"])
def test_output_never_takes_the_place_of_an_input(output: str, tmp_path: Path) -> None:
    site, rules = tmp_path / "site.toml", tmp_path / "fw.csv"
    shutil.copy(SITE, site)
    shutil.copy(EXACT, rules)
    (tmp_path / "link.csv").symlink_to(rules)
    before = site.read_bytes(), rules.read_bytes()
    made = run(site, rules, "--format", "json", "-o", tmp_path / output)
    assert (made.returncode, before) == (2, (site.read_bytes(), rules.read_bytes()))
    assert "is read by this command" in made.stderr


def test_without_fwshift_its_extra_is_named(tmp_path: Path) -> None:
    code = "import sys; sys.modules['fwshift'] = None; from cmgdocs.__main__ import main; main()"
    command = [sys.executable, "-c", code, "audit", str(SITE), str(CONFIGS / "asa.cfg")]
    made = subprocess.run(
        command, capture_output=True, text=True, check=False, env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    )
    assert made.returncode == 3
    assert "install it with: pip install 'cmgdocs[" in made.stderr


def test_names_are_looked_up_where_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    text = SITE.read_text("utf-8").replace('"203.0.113.10"', '"contosocmg.westeurope.cloudapp.azure.com"')
    policy = policy_of(EXACT.read_bytes(), "exact.csv")
    found = audit(plan_of(text), policy, perimeter=True, resolve=lambda name: ("203.0.113.10",))
    assert (found.verdict, flows(found.missing)) == ("complete", set())
    other = audit(plan_of(text), policy, perimeter=True, resolve=lambda name: ("203.0.113.10", "203.0.113.11"))
    assert flows(other.missing) == {"F06"}

    def nothing(name: str) -> tuple[str, ...]:
        raise OSError(-2, "Name or service not known")

    lost = audit(plan_of(text), policy, perimeter=True, resolve=nothing)
    assert (lost.verdict, flows(lost.undecided), len(lost.unresolved)) == ("undecided", {"F06"}, 1)


def test_one_part_of_a_file_with_several_is_named(tmp_path: Path) -> None:
    edge = (CONFIGS / "fortios.conf").read_text("utf-8")
    listed = "config vdom\nedit root\nnext\nedit edge\nnext\nend\n"
    both = f"{listed}config vdom\nedit root\n{edge}end\nconfig vdom\nedit edge\n{edge}end\n"
    config = tmp_path / "two.conf"
    config.write_text(both, "utf-8")
    made = run(SITE, config)
    assert made.returncode == 2
    assert made.stderr.endswith("choose one with --part vdom=NAME: edge, root\n")
    alone = data(SITE, CONFIGS / "fortios.conf", "--perimeter") | {"configuration": "two.conf", "part": "edge"}
    assert data(SITE, config, "--perimeter", "--part", "vdom=edge") == alone


@pytest.mark.parametrize(
    ("name", "parts", "said"),
    [
        ("fortios.conf", ["vdom=corner"], "VDOM 'corner' not found; the configuration has no VDOMs\n"),
        ("fortios.conf", ["edge"], "--part edge: no kind 'edge' of part; "),
        ("fortios.conf", ["vdm=edge"], "did you mean 'vdom'?"),
        ("fortios.conf", ["vdom="], "--part vdom=: allowed: one name for each kind, as vdom=NAME"),
        ("fortios.conf", ["vdom=one", "vdom=two"], "--part vdom=two: allowed: one name for each kind"),
        ("fortios.conf", ["layer=edge"], "--part layer=edge: a file of fortios has no such part"),
        ("exact.csv", ["vdom=edge"], "--part vdom=edge: a CSV has no such part"),
    ],
)
def test_a_part_that_is_not_there_or_named_twice_is_refused(name: str, parts: list[str], said: str) -> None:
    made = run(SITE, CONFIGS / name, *(f"--part={part}" for part in parts))
    assert made.returncode == 2
    assert said in made.stderr


def test_what_one_connection_point_loses_leaves_the_channel_of_the_other(tmp_path: Path) -> None:
    site, rules = tmp_path / "site.toml", tmp_path / "fw.csv"
    hosts = 'connection-point = ["10.0.0.5", "10.0.0.6"]\npublic-dns = "192.0.2.53"\ncmg = "203.0.113.9"\n'
    site.write_text(f'instances = 1\nuses = ["public-names"]\n[hosts]\n{hosts}', "utf-8")
    head = "name,action,source,destination,port\n"
    for denied, states in ((["10.0.0.6"], ["undecided", "works"]), (["10.0.0.5", "10.0.0.6"], ["undecided"] * 2)):
        deny = "".join(f"no,deny,{host},192.0.2.53,any\n" for host in denied)
        rules.write_text(f"{head}{deny}all,allow,any,any,any\n", "utf-8")
        found = data(site, rules, "--deployed")
        assert [found["steps"][number] for number in "24"] == states  # type: ignore[index]
        assert "unless other servers resolve names for it" in run(site, rules, "--deployed").stdout
