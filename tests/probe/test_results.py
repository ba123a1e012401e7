"""What the PowerShell script wrote, read back: each result is that of its target, and nothing else passes for one."""

from __future__ import annotations

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
from cmgdocs.probe.targets import Targets, targets
from cmgdocs.probe.tried import By, Status, Tls, Tried
from cmgdocs.views.documents import probe_data
from cmgdocs.views.probe_kept import kept_probe, kept_results
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
    """One result for each target, and for each of its paths; the last instance does not answer."""
    out = []
    for number, target in enumerate(LISTED.tried):
        bad = number == 1
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


def of_later() -> Any:
    """The document once it is judged by facts with a symptom that these do not have."""
    return json.loads(json.dumps(judged()).replace(judged()["results"][1]["cause"]["symptom"], "of-later"))


KEPT = pytest.mark.parametrize("made", [document(), judged(), of_later()], ids=["as written", "judged", "of later"])


@KEPT
@pytest.mark.parametrize("listed", [None, LISTED], ids=["for a report", "as results"])
def test_a_probe_is_judged_anew_wherever_it_is_read(made: Any, listed: Targets | None) -> None:
    found = kept_probe(PLAN, made, "a.json", listed)
    assert any(item.tried.path for item in found.results)
    assert any(item.seen and item.seen.of_several for item in found.results)
    assert probe_data(found, {}) == judged()


@KEPT
def test_that_it_was_judged_since_is_no_difference(made: Any) -> None:
    before, after = (kept_results(FACTS, one, "a.json") for one in (document(), made))
    assert differences(before, after) == ()


def altered(key: str, value: object) -> Any:
    made = document()
    made["results"][0][key] = value
    return made


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (altered("path", "/elsewhere"), "results[0].name: no such target"),
        (altered("status", "maybe"), "results[0].status: found 'maybe'"),
        ({**document(), "by": "python"}, "by: found 'python'; allowed: powershell"),
        ({**document(), "role": "site-server"}, "role: found 'site-server'; allowed: connection-point"),
        ({**document(), "results": document()["results"][1:]}, f"results: none for {LISTED.tried[0].ident}"),
        ({**document(), "results": document()["results"][:1] + document()["results"]}, "is there twice; allowed: once"),
    ],
    ids=["name", "status", "by", "role", "missing", "twice"],
)
def test_what_is_no_result_of_these_targets_is_refused(made: Any, said: str) -> None:
    with pytest.raises(SiteError) as caught:
        kept_probe(PLAN, made, "a.json", LISTED)
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
    assert found["results"][1]["seen"] == Seen.LAST_SILENT.value
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
