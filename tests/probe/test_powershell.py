"""The PowerShell script, parsed and not run: its data is the plan's, and its body does nothing that it should not."""

from __future__ import annotations

import doctest
import re
from dataclasses import fields, replace
from functools import cache
from pathlib import Path

import pwsh
import pytest
from hypothesis import given
from sitefiles import FACTS, planned, site_text
from test_site_laws import Site, sites

from cmgdocs.errors import SiteError
from cmgdocs.facts.model import FlowId, Protocol, RoleId, Seen
from cmgdocs.plan.plan import Plan
from cmgdocs.plan.read import plan_of
from cmgdocs.probe import powershell, trial
from cmgdocs.probe.judge import Severity
from cmgdocs.probe.powershell import script
from cmgdocs.probe.targets import Target, Targets, Trust, Untried, targets
from cmgdocs.probe.tried import Status
from cmgdocs.views.document import Many, Maybe, Object
from cmgdocs.views.documents import PROBE

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*.toml"))
POINT = RoleId("connection-point")
BODY = (Path(powershell.__file__).with_name("probe.ps1")).read_text(encoding="ascii")
BEGIN, END = "#region Data", "#endregion"

# What the body may call: three commands of PowerShell itself, besides its own functions.
COMMANDS = {"ConvertTo-Json", "Set-StrictMode", "Write-Output"}
# Of Get-Verb in PowerShell 7.4, the groups Common, Communications, Data, Lifecycle, Security and Diagnostic.
_VERBS = """
    Add Clear Close Copy Enter Exit Find Format Get Hide Join Lock Move New Open Optimize Pop Push Redo Remove Rename
    Reset Resize Search Select Set Show Skip Split Step Switch Undo Unlock Watch Connect Disconnect Read Receive Send
    Write Backup Checkpoint Compare Compress Convert ConvertFrom ConvertTo Dismount Edit Expand Export Group Import
    Initialize Limit Merge Mount Out Publish Restore Save Sync Unpublish Update Approve Assert Build Complete Confirm
    Deny Deploy Disable Enable Install Invoke Register Request Restart Resume Start Stop Submit Suspend Uninstall
    Unregister Wait Block Grant Protect Revoke Unblock Unprotect Measure Repair Resolve Test Trace Debug Ping
"""
VERBS = frozenset(_VERBS.split())
# Types: words of the language, values, networking, and runspaces. None starts a program, and one writes a file.
TYPES = {
    *("bool", "byte[]", "char", "char[]", "hashtable", "int", "ordered", "ref", "string", "string[]", "type", "void"),
    "System.Collections.Generic.List[hashtable]",
    "System.Collections.Generic.List[object]",
    "System.Collections.Generic.List[string]",
    "System.Collections.Generic.List[System.Net.Sockets.TcpClient]",
    "System.ComponentModel.Win32Exception",
    "System.DateTime",
    "System.Diagnostics.Stopwatch",
    "System.Exception",
    "System.Globalization.CultureInfo",
    "System.InvalidOperationException",
    "System.IO.Directory",
    "System.IO.File",
    "System.IO.InvalidDataException",
    "System.IO.IOException",
    "System.IO.Path",
    "System.IO.Stream",
    "System.Management.Automation.PowerShell",
    "System.Management.Automation.Runspaces.RunspaceFactory",
    "System.Math",
    "System.Net.Dns",
    "System.Net.IPAddress",
    "System.Net.IPAddress[]",
    "System.Net.Security.RemoteCertificateValidationCallback",
    "System.Net.Security.SslPolicyErrors",
    "System.Net.Security.SslStream",
    "System.Net.Sockets.SocketError",
    "System.Net.Sockets.SocketException",
    "System.Net.Sockets.TcpClient",
    "System.Security.Authentication.AuthenticationException",
    "System.Security.Authentication.SslProtocols",
    "System.Security.Cryptography.X509Certificates.X509Certificate2",
    "System.StringComparison",
    "System.Text.Encoding",
    "System.Text.StringBuilder",
    "System.Text.UTF8Encoding",
    "System.Threading.Tasks.Task",
    "System.Threading.Tasks.Task[]",
    "System.Threading.ThreadPool",
    "System.TimeoutException",
}
GIVEN = {"$_", "$false", "$matches", "$null", "$pscmdlet", "$true"}
"""Variables that PowerShell itself sets."""
# Methods that would start something, load something or send more than a request.
NEVER = {"DownloadFile", "DownloadString", "GetType().Assembly", "Invoke", "InvokeScript", "Load", "LoadFile", "Start"}


@cache
def listed(site: Path, role: str = POINT) -> tuple[Plan, Targets]:
    plan, _ = plan_of(FACTS, site)
    return plan, targets(plan, RoleId(role))


def region(made: str) -> str:
    """The part of a script that is data."""
    inner, found, _ = made.partition(BEGIN)[2].partition(END)
    assert found
    return inner.partition("\n")[2]


def body(made: str) -> str:
    """A script without its data."""
    return made.replace(region(made), "")


def read_back(made: str) -> Targets:
    """The targets that a script has, as the tree of its text gives them."""
    data = pwsh.data(region(made))
    assert list(data) == ["Site", "Role", "Targets", "Untried"]
    tried = tuple(_target(item) for item in data["Targets"])
    untried = tuple(Untried(*(item[key] for key in ("Flow", "Role", "What", "Reason"))) for item in data["Untried"])
    assert [item["Name"] for item in data["Targets"]] == [target.ident for target in tried]
    assert [item["Place"] for item in data["Targets"]] == [target.place for target in tried]
    return Targets(RoleId(data["Role"]), tried, untried)


def _target(item: dict[str, object]) -> Target:
    return Target(
        flow=FlowId(str(item["Flow"])),
        role=RoleId(str(item["Role"])),
        host=str(item["Host"]),
        port=item["Port"] or 0,  # type: ignore[arg-type]
        protocol=Protocol(item["Protocol"]),
        tls=item["Tls"] is True,
        server_name=str(item["ServerName"]),
        checks_name=item["ChecksName"] is True,
        trust=Trust(item["Trust"]),
        proxy=item["Proxy"],  # type: ignore[arg-type]
        comparison=item["Comparison"] is True,
        paths=tuple(item["Paths"]),  # type: ignore[arg-type]
        name_only=item["NameOnly"] is True,
    )


# The data


@pytest.mark.parametrize("site", EXAMPLES, ids=lambda path: path.stem)
def test_a_script_has_the_targets_of_the_plan_and_no_others(site: Path) -> None:
    plan, wanted = listed(site)
    assert read_back(script(plan, wanted)) == wanted


@given(sites())
def test_any_site_gives_a_script_that_parses_and_has_its_targets(site: Site) -> None:
    plan = planned(site.text)
    for role in FACTS.roles:
        try:
            wanted = targets(plan, role.id)
        except SiteError:
            continue
        made = script(plan, wanted)
        assert pwsh.broken(region(made)) == []
        assert read_back(made) == wanted
        assert body(made) == body(BODY)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ('it\'s $(Get-Date) `n "x"', 'it\'s $(Get-Date) `n "x"'),
        ("')\nRemove-Item 'C:\\*", "') Remove-Item 'C:\\*"),
        ("caf\u00e9 \u2018x\u2019", "caf\\xe9 \\u2018x\\u2019"),
        ("#endregion", "#endregion"),
    ],
)
def test_no_name_of_a_site_leaves_its_quotes(name: str, shown: str) -> None:
    plan = planned(site_text({"cmg": "contoso.westeurope.cloudapp.azure.com"}, configmgr="2509"))
    plan = replace(plan, deployment=replace(plan.deployment, name=name))
    made = script(plan, targets(plan, POINT))
    assert pwsh.broken(made) == []
    found = made.partition(BEGIN)[2].partition("\n")[2].partition("\n")[0]
    assert pwsh.data(found) == {"Site": shown}
    assert made.isascii()


def altered(made: str) -> dict[str, str]:
    """A script with one thing of its data changed, by what was changed."""
    port = re.search(r"'Port' = [0-9]+", made)
    line = re.search(r"    @\{ 'Name'.*\n", made)
    assert port is not None
    assert line is not None
    return {
        "another port": made.replace(port[0], f"{port[0]}0", 1),
        "a target less": made.replace(line[0], "", 1),
        "a target twice": made.replace(line[0], line[0] * 2, 1),
        "another host": made.replace("'Host' = '", "'Host' = 'x", 1),
        "no TLS": made.replace("'Tls' = $true", "'Tls' = $false", 1),
        "a name not checked": made.replace("'ChecksName' = $true", "'ChecksName' = $false", 1),
        "an untried thing less": re.sub(r"    @\{ 'Flow'.*\n", "", made, count=1),
    }


def test_whatever_is_changed_in_the_data_is_seen() -> None:
    plan, wanted = listed(next(path for path in EXAMPLES if path.stem == "contoso-two-instances"))
    made = script(plan, wanted)
    for what, other in altered(made).items():
        assert other != made, what
        try:
            found = read_back(other)
        except AssertionError:
            continue
        assert found != wanted, what


def test_what_is_computed_is_no_data() -> None:
    for value in ('"$(1)"', "1 + 1", "(Get-Date)", "@(1 + 1)", "$Site"):
        with pytest.raises(AssertionError):
            pwsh.data(f"$Site = {value}\n")


def test_every_field_of_a_target_is_in_the_script() -> None:
    names = {name.replace("_", "").lower() for name in (field.name for field in fields(Target))}
    target = Target(FlowId("F01"), RoleId("cmg"), "a", 1, Protocol.HTTPS, tls=True)
    assert names == {key.lower() for key in powershell.target_data(target)} - {"name", "place"}


def test_every_key_of_the_data_is_read_by_the_body() -> None:
    plan, wanted = listed(EXAMPLES[0])
    data = pwsh.data(region(script(plan, wanted)))
    read = set(re.findall(r"\$(?:Target|one\['Target'\])\['(\w+)'\]", BODY))
    assert read == set(data["Targets"][0])


def test_doctests_hold() -> None:
    assert doctest.testmod(powershell).failed == 0


# The body


def test_the_body_parses_and_is_ascii() -> None:
    assert pwsh.broken(BODY) == []
    assert BODY.isascii()
    assert "\r" not in BODY


def test_the_body_has_no_data_of_its_own() -> None:
    assert pwsh.data(region(BODY)) == {"Site": "", "Role": "", "Targets": [], "Untried": []}


def test_the_body_calls_its_own_functions_and_three_commands() -> None:
    own = pwsh.functions(BODY)
    assert pwsh.commands(BODY) == COMMANDS | set(own)
    assert len(own) == len(set(own))


def test_functions_have_approved_verbs() -> None:
    assert {name.partition("-")[0] for name in pwsh.functions(BODY)} <= VERBS


def test_the_body_uses_known_types_only() -> None:
    assert pwsh.types(BODY) == TYPES


def test_the_body_starts_and_loads_nothing() -> None:
    assert not pwsh.members(BODY) & NEVER
    assert not {text for text in pwsh.commands(BODY) if text.startswith(("&", "."))}


def test_every_variable_of_the_body_is_set_somewhere() -> None:
    assert pwsh.used(BODY) - pwsh.assigned(BODY) == GIVEN


def test_each_call_of_an_own_function_has_its_parameters() -> None:
    known = pwsh.parameters(BODY)
    asked = [(name, options) for name, options in pwsh.calls(BODY) if name in known]
    assert {name for name, _ in asked} == set(known)
    for name, options in asked:
        needed = {parameter for parameter, default in known[name].items() if not default}
        assert needed <= set(options) <= set(known[name]), name


def test_the_state_of_a_trial_has_all_keys_from_the_start() -> None:
    first = next(keys for keys in map(pwsh.keys, pwsh.tables(BODY)) if keys[:1] == ["Step"])
    assert set(re.findall(r"\$State\['(\w+)'\]", BODY)) == set(first)
    assert set(re.findall(r"\$State\['Step'\] = '(\w+)'", BODY)) == {"name", "connection", "proxy", "tls", "request"}


@pytest.mark.parametrize(
    "line",
    [
        "iex 'x'",
        "Invoke-Expression 'x'",
        "& $Site",
        "gci",
        ". ./other.ps1",
        "[System.Net.WebClient]::new()",
        "[System.Diagnostics.Process]::Start('x')",
        "$shell.Invoke()",
        "Write-Output $Unset",
        "if ($Site) {",
        "Get-Rest -Often 3",
        "function Frob-It { }",
    ],
)
def test_what_does_not_belong_into_the_body_is_noticed(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"{__name__}.BODY", f"{BODY}{line}\n")
    checks = (
        test_the_body_parses_and_is_ascii,
        test_the_body_calls_its_own_functions_and_three_commands,
        test_functions_have_approved_verbs,
        test_the_body_uses_known_types_only,
        test_the_body_starts_and_loads_nothing,
        test_every_variable_of_the_body_is_set_somewhere,
        test_each_call_of_an_own_function_has_its_parameters,
    )
    noticed = 0
    for check in checks:
        try:
            check()
        except AssertionError:
            noticed += 1
    assert noticed


def test_errors_end_the_script_and_its_trials() -> None:
    assert BODY.count("Set-StrictMode -Version Latest") == BODY.count("$ErrorActionPreference = 'Stop'") == 2


# The document


def test_the_document_has_the_keys_of_the_probes_document() -> None:
    tables = {tuple(pwsh.keys(table)) for table in pwsh.tables(body(BODY))}
    for wanted in objects(PROBE):
        if wanted.title == "Cause":
            continue  # the script has none
        assert tuple(wanted.keys) in tables, wanted.title


def objects(form: object) -> list[Object]:
    """An object of a document and those in it."""
    match form:
        case Object():
            return [form, *(inner for key in form.keys.values() for inner in objects(key.form))]
        case Many(item):
            return objects(item)
        case Maybe(value):
            return objects(value)
    return []


def test_the_words_of_results_are_those_of_the_facts() -> None:
    seen = {word for _, word in pwsh.options(BODY, "-Seen")} | set(re.findall(r"\$seen = '(.+)'", BODY))
    assert seen == {item.value for item in Seen if not item.of_several}
    assert set(re.findall(r"-Status '(\w+)'|\[string\] \$Status = '(\w+)'", BODY)) <= {
        pair for item in Status for pair in ((item.value, ""), ("", item.value))
    }
    assert set(re.findall(r"\$severity = '(\w+)'", BODY)) == {item.value for item in Severity} - {"degraded"}
    trusts = set(re.findall(r"\$Target\['Trust'\] -(?:eq|ne) '(.+)'", BODY))
    assert trusts == {Trust.PRODUCT.value, Trust.TRUSTED.value}


def test_the_first_lines_say_that_it_is_not_run_on_windows_and_not_signed() -> None:
    head = BODY.partition("#>")[0]
    assert powershell.LABEL in head
    assert "Not signed." in head
    for word in ("Get-FileHash", "Set-AuthenticodeSignature", "schtasks /Create", "schtasks /Delete", "psexec -s"):
        assert word in head
    for word in ("TLS 1.2 only", "Unblock-File", "take another name"):
        assert word in head
    runs = [line for line in head.splitlines() if "powershell.exe" in line]
    assert len(runs) == 2
    assert all("-NoProfile -ExecutionPolicy RemoteSigned -File" in line for line in runs)


def test_script_and_command_ask_a_proxy_alike() -> None:
    command = Path(trial.__file__).read_text(encoding="utf-8")
    for asked in ("CONNECT {}", "HEAD http://{}/"):
        assert f'"{asked.format("{place}")}"' in command
        assert f'$asked = "{asked.format("$place")}"' in BODY
    assert "@(502, 503, 504)" in BODY
    assert {status for status in trial._PROXY_SAYS if status >= 500} == {502, 503, 504}
    assert "-Seen 'the proxy refuses' -Said $said -Status 'undecided'" in BODY


def test_trials_are_ended_and_left_whatever_happens() -> None:
    end = BODY.rpartition("finally {")[2].partition("# ---- The document")[0]
    for word in ("['Shell'].Dispose()", "['Shell'].BeginStop($null, $null)", "$pool.BeginClose($null, $null)"):
        assert word in end
    assert "$pool.Close()" not in BODY  # which waits for what hangs


def test_nothing_is_contacted_before_the_file_has_a_place() -> None:
    assert BODY.index("allowed: a file in a folder that exists") < BODY.index("$pool.Open()")
