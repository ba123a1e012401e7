"""What the PowerShell script wrote, read back: each result is that of its target, and nothing else passes for one."""

from __future__ import annotations

import copy
import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from forked import command as run
from sitefiles import FACTS, planned, site_text

from cmgdocs.errors import SiteError
from cmgdocs.facts.model import RoleId, Seen
from cmgdocs.probe.compare import differences
from cmgdocs.probe.judge import judge
from cmgdocs.probe.powershell import script
from cmgdocs.probe.targets import targets
from cmgdocs.probe.tried import By, Status, Tls, Tried
from cmgdocs.views.documents import probe_data
from cmgdocs.views.probe_kept import kept_probe, kept_results, probe_trials
from cmgdocs.views.probe_tables import LIMITS

SITE = site_text(
    {
        "cmg": "contoso.westeurope.cloudapp.azure.com",
        "connection-point": "10.0.0.5",
        "management-point": "mp.corp.example",
        "software-update-point": "10.0.0.7",
        "site-server": "10.0.0.9",
    },
    configmgr="2509",
    instances=2,
    management_point="https",
)
PLAN = planned(SITE)
LISTED = targets(PLAN, RoleId("connection-point"))
TLS = Tls("Tls12", "Aes256", "CN=mp", "CN=ca", ("mp.corp.example",), "2027-01-01", ("CN=mp", "CN=ca"))


def trials() -> tuple[Tried, ...]:
    """One result for each target, and for each of its paths; one of them failed."""
    out = []
    for number, target in enumerate(LISTED.tried):
        bad = number == 0
        status, seen = (Status.FAILS, Seen.REFUSED) if bad else (Status.WORKS, None)
        out.append(Tried(target, "", status, seen, "10.0.0.1", "10.0.0.1", "", 3, TLS if target.tls else None))
        out += (Tried(target, path, Status.UNDECIDED, Seen.UNAUTHORIZED, "'401'") for path in target.paths)
    return tuple(out)


def document() -> Any:
    """The document of these trials, with what each alone saw, and without causes."""
    made = json.loads(json.dumps(judged()))
    for item, tried in zip(made["results"], trials(), strict=True):
        item["seen"], item["cause"] = tried.seen.value if tried.seen else None, None
    return made


def judged() -> Any:
    """The document of these trials once they are judged."""
    return probe_data(judge(PLAN, LISTED, trials(), By.POWERSHELL), {})


def test_results_are_read_back_as_they_were() -> None:
    assert any(item.path for item in trials())
    assert probe_trials(FACTS, document(), "a.json", LISTED) == trials()


@pytest.mark.parametrize("made", [document(), judged()], ids=["as written", "judged"])
def test_what_the_script_wrote_is_judged_where_it_is_reported(made: Any) -> None:
    found = kept_probe(PLAN, made, "a.json")
    assert json.loads(json.dumps(probe_data(found, {})["results"])) == json.loads(json.dumps(judged()["results"]))
    assert found.by is By.POWERSHELL


def test_that_it_was_judged_since_is_no_difference() -> None:
    before, after = (kept_results(FACTS, made, "a.json") for made in (document(), judged()))
    assert differences(before, after) == ()


def test_a_cause_that_these_facts_do_not_have_keeps_no_run_from_being_compared() -> None:
    other = json.loads(json.dumps(judged()).replace(judged()["results"][0]["cause"]["symptom"], "of-later"))
    before, after = (kept_results(FACTS, made, "a.json") for made in (judged(), other))
    assert differences(before, after) == ()
    assert after[0].cause is None


def altered(key: str, value: object, place: int = 0) -> Any:
    made = copy.deepcopy(document())
    made["results"][place][key] = value
    return made


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (altered("name", "F06 elsewhere.example:10124"), "results[0].name: no such target"),
        (altered("status", "maybe"), "results[0].status: found 'maybe'"),
        (altered("seen", Seen.HOST_SILENT.value), "which no trial sees alone"),
        ({**document(), "by": "python"}, "by: found 'python'; allowed: powershell"),
        ({**document(), "role": "site-server"}, "role: found 'site-server'; allowed: connection-point"),
        ({**document(), "results": document()["results"][1:]}, f"results: none for {LISTED.tried[0].ident}"),
        ({**document(), "results": document()["results"][:1] + document()["results"]}, "is there twice; allowed: once"),
    ],
    ids=["name", "status", "seen", "by", "role", "missing", "twice"],
)
def test_what_is_no_result_of_these_targets_is_refused(made: Any, said: str) -> None:
    with pytest.raises(SiteError) as caught:
        probe_trials(FACTS, made, "a.json", LISTED)
    assert said in str(caught.value)
    assert all(line.startswith("a.json: ") for line in str(caught.value).splitlines())


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A site file."""
    path = tmp_path / "site.toml"
    path.write_text(SITE, encoding="utf-8")
    return path


def test_the_command_writes_the_script_and_its_hash(site: Path) -> None:
    path = site.with_name("probe.ps1")
    result = run("probe", str(site), "--from", "connection-point", "--powershell", "-o", str(path))
    assert (result.returncode, result.stdout) == (0, "")
    assert path.read_text(encoding="ascii") == script(PLAN, LISTED)
    digest = sha256(path.read_bytes()).hexdigest().upper()
    for word in (digest, "Get-FileHash", "Not run on Windows, and not signed", "Set-AuthenticodeSignature"):
        assert word in result.stderr


def test_without_a_file_the_script_is_the_output(site: Path) -> None:
    result = run("probe", str(site), "--from", "connection-point", "--powershell")
    assert (result.returncode, result.stdout) == (0, script(PLAN, LISTED))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])  # with a mark, and as > of Windows writes
def test_the_command_judges_what_the_script_wrote(site: Path, encoding: str) -> None:
    path = site.with_name("results.json")
    path.write_text(json.dumps(document()), encoding=encoding)
    result = run("probe", str(site), "--from", "connection-point", "--results", str(path), "--json", "-")
    assert result.returncode == 1, result.stderr
    found = json.loads(result.stdout)
    assert found["verdict"] == "fails"
    assert found["results"][0]["seen"] == Seen.REFUSED.value
    result = run("probe", str(site), "--from", "connection-point", "--results", str(path))
    assert LIMITS[By.POWERSHELL] in " ".join(result.stdout.split())


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("-o", "a.ps1"), "found -o; allowed: -o with --powershell"),
        (("--powershell", "-o", "a.toml"), "its ending is not that of a PowerShell script; allowed: .ps1"),
        (("--powershell", "--json", "a.json"), "found --powershell and a.json"),
        (("--powershell", "--results", "a.json"), "found --powershell and a.json"),
        (("--powershell", "--timeout", "60"), "found --timeout, but nothing is tried here; allowed: -TimeoutSeconds"),
        (("--results", "a.json", "--timeout", "60"), "found --timeout, but nothing is tried here"),
    ],
    ids=["no script", "ending", "json", "results", "time of the script", "time of results"],
)
def test_what_does_not_go_together_is_refused(site: Path, words: tuple[str, ...], said: str) -> None:
    result = run("probe", str(site), "--from", "connection-point", *words)
    assert result.returncode == 2
    assert said in result.stderr
