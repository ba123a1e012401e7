# ruff: noqa: E501 - lines of logs are long
"""The command for logs: what it prints, what it refuses, and what it hides."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from cases import CASES, text_of
from forked import command as run

from cmgdocs.diagnose.mask import Mask
from cmgdocs.diagnose.reading import diagnose, files, stem
from cmgdocs.facts import load
from cmgdocs.files import STANDARD_INPUT

SITE = Path(__file__).resolve().parents[2] / "examples" / "contoso-two-instances.toml"
BY_ID = {case["id"]: case for case in CASES}
PORT = text_of(BY_ID["vmss-second-instance-port"])


def log(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_log_leads_to_cause_remedy_and_the_very_rule(tmp_path: Path) -> None:
    path = log(tmp_path, "SMS_Cloud_ProxyConnector.log", PORT)
    result = run("diagnose", str(path), "--site", str(SITE), "--format", "json")
    (finding,) = json.loads(result.stdout)["findings"]
    assert (result.returncode, finding["cause"], finding["flows"]) == (1, "channel-port-blocked", ["F06"])
    assert finding["lines"][0]["line"] == 2
    assert [(rule["rule"], rule["ports"]) for rule in finding["rules"]] == [("F06", [[10124, 10125]])]
    shown = run("diagnose", str(path), "--site", str(SITE)).stdout
    assert re.search(r"Planned rule +F06: .*TCP\s+10124-10125", shown, re.DOTALL)


@pytest.mark.parametrize("form", ["table", "markdown", "html", "json"])
def test_what_is_not_of_the_site_is_said_first(form: str) -> None:
    one = SITE.with_name("contoso-one-instance.toml")
    for words, host in ([], "CMG.CONTOSO.EXAMPLE"), (["--mask"], "host-1.example"):
        result = run("diagnose", "--site", str(one), "--format", form, *words, stdin=PORT)
        shown = " ".join(result.stdout.replace("\\", "").split())
        misfit = f"The log tried {host} on port 10125."
        assert (shown.count(misfit), result.stderr) == (1, "")
        if form == "json":
            (said,) = json.loads(result.stdout)["misfits"]
            assert said.startswith(misfit)
        else:
            assert shown.index(misfit) < shown.index("Cause:")


def test_pasted_lines_come_from_standard_input_and_no_finding_is_no_promise() -> None:
    result = run("diagnose", stdin="All is quiet\n")
    assert (result.returncode, result.stderr) == (0, "")
    assert "That does not prove that all is well; the pages “Find out why …” lead on by questions." in " ".join(
        result.stdout.split()
    )
    assert "no lines" in run("diagnose", "-", stdin="").stdout


def lead(*lines: str) -> list[str]:
    """What is said before the tables, without the title."""
    shown = run("diagnose", "--format", "markdown", stdin="\n".join(lines)).stdout
    return [line.replace("\\", "") for line in shown.partition("\n## ")[0].splitlines()[2:] if line]


def test_the_first_lines_are_cause_network_and_remedy() -> None:
    cause, network, remedy, where, read = lead(*BY_ID["proxy-wants-authentication"]["lines"])
    assert (cause, network) == ("Cause: The server has no valid credentials for the proxy", "Network: yes")
    assert remedy.startswith("Do this: Set the proxy account")
    assert where == "Where: CMG.CONTOSO.EXAMPLE, port 443; standard-input, line 1 at 2024-04-11 09:14:05"
    assert read == "All lines were recognised."


def test_a_generic_code_is_no_cause_yet() -> None:
    cause, network, *_ = lead(*BY_ID["client-after-channel-came-back"]["lines"])
    assert cause.startswith("No cause yet: ")
    assert network == "Network: unclear from this line"


def test_several_causes_are_listed_and_an_old_one_is_not_the_headline() -> None:
    cause, *_, several, first, second, _ = lead(*BY_ID["second-cause-days-later"]["lines"])
    assert cause == "Cause: The client's token has expired"
    assert several == "2 causes found; the earliest is first:"
    assert first.endswith(", 2024-04-11 09:14:05, more than a day older than the others")
    assert second == "2. The client's token has expired, 2024-05-20 09:14:05"


def test_an_error_that_no_longer_counts_is_named() -> None:
    works, past, other, _ = lead(*BY_ID["first-minutes-are-noisy"]["lines"])
    assert works.startswith("2024-04-11 09:16:05: A connection of the channel is up.")
    assert past == "One earlier error (2024-04-11 09:05:00) no longer counts."
    assert other.startswith("No other line shows a fault that is known here.")
    (works, nothing, _) = lead(*BY_ID["traffic-report-is-healthy"]["lines"])
    assert "none has failed" in works
    assert nothing.startswith("None of these lines")


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["a"], "The line was not recognised."),
        (["a", "b"], "Neither of the two lines was recognised."),
        (["a", "b", "c"], "None of the lines was recognised."),
        (["a", PORT], "Not recognised: 1 of 3 lines."),
    ],
)
def test_lines_that_are_not_known_are_counted(lines: list[str], said: str) -> None:
    assert lead(*lines)[-1] == said


def test_a_folder_is_read_with_its_rolled_logs_first(tmp_path: Path) -> None:
    names = ["CcmMessaging.log", "CcmMessaging-20240411-091405.log", "CloudMgr.lo_", "CloudMgr.log", "notes.pdf"]
    for name in names:
        log(tmp_path, name, "")
    read = [path.name for path in files([tmp_path])]
    assert read == ["CcmMessaging-20240411-091405.log", "CcmMessaging.log", "CloudMgr.lo_", "CloudMgr.log"]
    assert stem("SMS_Cloud_ProxyConnector.lo_") == "sms_cloud_proxyconnector"


def test_a_file_is_read_once_and_one_that_is_named_like_standard_input_too() -> None:
    same = Path(STANDARD_INPUT.name)
    assert files([STANDARD_INPUT, same, STANDARD_INPUT, same]) == [STANDARD_INPUT, same]


def test_what_a_rolled_log_shows_is_over_if_the_next_one_says_so_and_only_there(tmp_path: Path) -> None:
    fault, *_, connected = BY_ID["first-minutes-are-noisy"]["lines"]
    log(tmp_path, "SMS_Cloud_ProxyConnector.lo_", fault)
    log(tmp_path, "SMS_Cloud_ProxyConnector.log", connected)
    system = load()
    assert diagnose(system, [tmp_path]).findings == ()
    other = tmp_path / "other"
    other.mkdir()
    log(other, "SMS_Cloud_ProxyConnector.log", fault)
    assert [it.cause for it in diagnose(system, [tmp_path, other]).findings] == ["channel-port-blocked"]


@pytest.mark.parametrize("what", ["missing.log", ""])
def test_what_is_no_log_is_refused_by_name(tmp_path: Path, what: str) -> None:
    result = run("diagnose", str(tmp_path / what))
    assert (result.returncode, result.stdout) == (2, "")
    assert str(tmp_path / what) in result.stderr


def test_an_output_over_an_input_and_an_unknown_form_are_refused(tmp_path: Path) -> None:
    path = log(tmp_path, "a.log", PORT)
    for words in (["-o", str(path)], ["-o", str(tmp_path / "a.csv")], ["--site", str(tmp_path / "no.toml")]):
        assert run("diagnose", str(path), *words).returncode == 2
    assert path.read_text(encoding="utf-8") == PORT


def test_standard_input_is_no_log_and_site_at_once() -> None:
    result = run("diagnose", "--site", "-", stdin=SITE.read_text(encoding="utf-8"))
    assert (result.returncode, result.stdout) == (2, "")
    assert "standard input can be read once" in result.stderr


HOSTILE = "=cmd|'/C calc'!A0 \x1b[31m\x07\u202e <script>alert(1)</script> | `x` CMGConnector_Forbidden\n"


@pytest.mark.parametrize("form", ["table", "markdown", "html", "json"])
def test_a_hostile_line_is_harmless_in_every_form(form: str) -> None:
    shown = run("diagnose", "--format", form, stdin=HOSTILE).stdout
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f\u202e]", shown)
    assert "\\u001b[31m" in shown.replace("\\\\", "\\").replace("\\[", "[")
    if form in ("markdown", "html"):
        assert not re.search("(?<!\\\\)<script", shown)


OWN = "CP1.CORP.CONTOSO.EXAMPLE, CONTOSO\\admin1, admin@corp.contoso.example, 10.1.2.3, fe80:1:2::9, 3b1f5c1e-0000-4000-8000-00000000a001"


def test_a_mask_hides_hosts_users_addresses_and_ids_and_keeps_public_names() -> None:
    line = (
        f"ERROR: {OWN}; cp1 asked contosocmg.blob.core.windows.net and login.microsoftonline.com at 72057594037927941"
    )
    hidden = Mask(load(), [line])(line)
    assert not re.search("contoso|cp1|admin|10\\.1|fe80|3b1f|72057", hidden, re.IGNORECASE)
    assert "login.microsoftonline.com" in hidden
    assert re.search(r"host-\d+\.blob\.core\.windows\.net", hidden)
    assert Mask(load(), ["CP1.CORP.CONTOSO.EXAMPLE"])("cp1.corp.contoso.example CP1.") == "host-1.example host-1."
    both = "gw.contoso.example gw.fabrikam.example"
    assert Mask(load(), [both])(both) == "host-1.example host-2.example"
    text = "System.Net.WebException in ccmhttp.cpp at 09:14:05, HKLM\\SOFTWARE, root\\ccm, version 5.00.9128.1000; service point"
    assert Mask(load(), [text])(text) == text


@pytest.mark.parametrize(
    "own",
    [
        *("fe80::1ff:fe23:4567:890a", "fd00::5", "10.20.30.41", "S-1-12-1-11-22-33-44", "müller-pc.fabrikam.de"),
        *("srv_01.corp.fabrikam.com", "System.fabrikam.com", "C:\\Users\\jdoe\\AppData", "user:FABRIKAM\\jdoe"),
        *("FABRIKAM-EU-LONGDOMAIN\\jdoe", "?sig=AbCdEf%2B", "CN=JDOE-PC,OU=x", "LAPTOP-7GH3K2", "\\\\JDOE\\share"),
        *("for service FABRIKAMCMG : failed", "CMG-FABRIKAM-ProxyService_IN_0-CMGService.log", "CM_FA1"),
    ],
)
def test_nothing_of_the_reader_is_left(own: str) -> None:
    line = f"It broke at {own}."
    hidden = Mask(load(), [line])(line)
    assert not re.search("1ff|fd00|10.20|-11-22|ller|srv_01|fabrikam|jdoe|AbCd|7GH3K2|FA1", hidden, re.IGNORECASE)


def test_a_word_of_any_length_is_masked_at_once() -> None:
    word = "a" * 200_000  # minutes if each letter could begin an address
    assert Mask(load(), [word])(word) == word


def test_a_ticket_names_no_host_of_the_reader(tmp_path: Path) -> None:
    path = log(tmp_path, "SMS_Cloud_ProxyConnector.log", PORT + "\nERROR: what of srv9.corp.contoso.example")
    for form in ("markdown", "json"):
        shown = run("diagnose", str(path), "--site", str(SITE), "--mask", "--format", form).stdout
        assert not re.search("contoso|srv9|3b1f5c1e", shown, re.IGNORECASE)
