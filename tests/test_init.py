"""``cmgdocs init`` as a user meets it."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from forked import command

from cmgdocs.facts import load
from cmgdocs.facts.queries import ends
from cmgdocs.site.keys import keys
from cmgdocs.site.reader import SiteReader


def test_without_options_it_writes_defaults_and_says_that_its_hosts_are_examples(tmp_path: Path) -> None:
    file = tmp_path / "a.toml"
    done = command("init", "-o", file)
    assert done.returncode == 0
    assert done.stderr.splitlines() == [
        "cmgdocs: the hosts are examples; put your own in their place",
        f"cmgdocs: {file} written; 'cmgdocs plan {file}' shows its connections",
    ]
    reading = SiteReader(load()).read(file)
    assert [role for role, _ in reading.deployment.hosts] == ["connection-point", "cmg"]
    assert {fault.where for fault in reading.warnings} == {"hosts"}  # examples of two roles, and none of the others


def test_every_key_has_an_option_and_what_is_given_is_written(tmp_path: Path) -> None:
    given = {
        "configmgr": "2203",
        "cloud": "us-government",
        "method": "vmss",
        "instances": 3,
        "content": False,
        "management-point": "enhanced-http",
        "software-update-point": 8531,
        "client-authentication": ["certificate", "entra"],
        "uses": [],
        "proxy": "proxy.corp.example:8080",
    }
    assert [*given] == [key.name for key in keys(load())]
    words = [
        f"--{key}={','.join(value) if isinstance(value, list) else str(value).lower()}" for key, value in given.items()
    ]
    hosts = ["cmg=contoso.example", "connection-point=10.0.1.5, 10.0.1.6", "connection-point=10.0.1.7"]
    done = command("init", *words, *(word for host in hosts for word in ("--host", host)), "-o", "-")
    doubts = SiteReader(load()).parse(done.stdout, where="init").warnings
    assert {doubt.where for doubt in doubts} > {"proxy", "management-point"}
    assert done.stderr.splitlines() == [f"cmgdocs: warning: {doubt}" for doubt in doubts]
    assert tomllib.loads(done.stdout) == given | {
        "hosts": {"connection-point": ["10.0.1.5", "10.0.1.6", "10.0.1.7"], "cmg": "contoso.example"}
    }


def test_the_example_is_a_gateway_of_the_chosen_cloud(tmp_path: Path) -> None:
    file = tmp_path / "a.toml"
    assert command("init", "--cloud", "us-government", "-o", file).returncode == 0
    assert 'cmg = "contoso.usgovcloudapp.net"' in file.read_text(encoding="utf-8")


def test_it_warns_as_the_plan_does_but_not_of_its_example_hosts(tmp_path: Path) -> None:
    file = tmp_path / "a.toml"
    proxied = ("--instances", "2", "--proxy", "proxy.corp.example:8080", "-o", file, "--force")
    (*_, warning) = command("init", *proxied).stderr.splitlines()
    assert f": warning: {file}: proxy: " in warning
    done = command("init", *proxied, "--host", "cmg=contoso.example")
    written, *doubts = done.stderr.splitlines()
    assert "written" in written
    assert doubts == command("plan", file).stderr.splitlines() != [warning]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--instances", "30"], "init: instances: found 30; allowed: 1 to 16"),
        (["--instances", "three"], "init: instances: found 'three'; allowed: 1 to 16"),
        (["--method", "vms"], "init: method: found 'vms'; did you mean 'vmss'?"),
        (["--uses", "console-signin"], "init: uses[0]: found 'console-signin'; did you mean 'console-sign-in'?"),
        (["--host", "cmg"], "--host: found 'cmg'; allowed: ROLE=HOST[,HOST], such as cmg=contoso.example\n"),
        (["--host", "cmg=a,"], "init: hosts.cmg[1]: found ''; name a host"),
        (["--host", "cgm=a.example"], "init: hosts.cgm: no such role; did you mean 'cmg'?"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_written(words: list[str], said: str, tmp_path: Path) -> None:
    done = command("init", *words, "-o", tmp_path / "a.toml")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"cmgdocs: {said}")
    assert list(tmp_path.iterdir()) == []


def test_a_word_without_a_role_comes_with_the_one_that_was_meant_or_with_all() -> None:
    assert command("init", "--host", "conection-point").stderr.endswith("; did you mean 'connection-point'?\n")
    roles = command("init", "--host", "a,b").stderr.partition("; no role 'a,b'; allowed: ")[2].strip().split(", ")
    said = " ".join(command("init", "--help").stdout.split()).replace("- ", "-")  # a line may end at a hyphen
    assert sorted(said.partition("Roles: ")[2].partition(". ")[0].split(", ")) == roles == sorted(ends(load()))


def test_a_file_that_is_there_is_kept_unless_forced(tmp_path: Path) -> None:
    file = tmp_path / "site.toml"
    file.write_text("kept")
    done = command("init", "-o", file)
    assert done.returncode == 2
    assert done.stderr == f"cmgdocs: {file}: already exists; --force overwrites it, -o names another file\n"
    assert file.read_text() == "kept"
    assert command("init", "--force", "-o", file).returncode == 0
    assert file.read_text() != "kept"


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "none" / "site.toml"
    done = command("init", "-o", file)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"cmgdocs: {file}: there is no folder {file.parent}; make it first\n"
