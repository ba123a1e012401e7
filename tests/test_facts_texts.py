"""Facts that were once wrong, outdated or missing: each has the value that its primary source gives."""

from __future__ import annotations

import re
from typing import Any

import pytest

from cmgdocs.facts.model import Support, System, find
from cmgdocs.facts.queries import logs, reported
from cmgdocs.views import registry
from cmgdocs.views.table import plain

# First availability of each version, as "Updates and servicing" has it.
FIRST_AVAILABLE = {
    "1610": "2016-11-18",
    "1702": "2017-03-27",
    "1802": "2018-03-22",
    "1806": "2018-07-31",
    "1810": "2018-11-27",
    "1902": "2019-03-27",
    "2002": "2020-04-01",
    "2006": "2020-08-11",
    "2010": "2020-11-30",
    "2107": "2021-08-02",
    "2111": "2021-12-01",
    "2203": "2022-04-06",
    "2207": "2022-08-12",
    "2309": "2023-10-09",
    "2403": "2024-04-22",
    "2409": "2024-12-04",
    "2503": "2025-03-31",
    "2603": "2026-05-05",
}
DATES = {
    "storage-tls": "2021-10-27",
    "connector-status": "2020-04-01",
    "throttling": "2022-03-02",
    "image-2403": "2024-06-20",
    "branch-cache-fixed": "2024-11-06",
    "storage-identities": "2024-12-04",
    "install-fixed": "2025-01-24",
    "rollup-2409": "2025-03-12",
    "public-ip-fixed": "2025-12-03",
    "management-point-internet": "2026-05-05",
    "fewer-ciphers-2603": "2026-05-05",
    "outbound-metric": "2026-05-05",
    "version-2603": "2026-05-27",
    "image-2022": "2026-06-02",
    "image-enforced": "2027",
    "support-2409": "2026-06-04",
    "support-2503": "2026-09-30",
    "support-2509": "2027-05-12",
    "support-2603": "2027-11-05",
}
# (file of facts, id, field, what it has to say)
SAID = [
    ("symptoms", "public-ip-zone", "remedy", "KB35958849"),
    ("symptoms", "public-ip-zone", "seen", "ID=9418"),
    ("symptoms", "public-ip-zone", "cause", "2409"),
    ("symptoms", "image-withdrawn", "remedy", "KB37942646"),
    ("symptoms", "image-withdrawn", "remedy", "KB37864969"),
    ("symptoms", "image-withdrawn", "remedy", "rollup KB32851084 or KB30385346"),
    ("symptoms", "extension-failed", "remedy", "KB30833053"),
    ("symptoms", "extension-failed", "seen", "InstallCMG"),
    ("symptoms", "content-link", "remedy", "KB30385346"),
    ("symptoms", "internal-server-error", "remedy", "KB30385346"),
    ("symptoms", "branch-cache", "remedy", "KB28204160"),
    ("symptoms", "entra-off", "remedy", "KB31909343"),
    ("symptoms", "throttled", "cause", "KB12896009"),
    ("symptoms", "invalid-template", "remedy", "2603"),
    ("symptoms", "resource-provider", "remedy", "Microsoft.Storage, Microsoft.Network and Microsoft.Compute"),
    ("symptoms", "token-library", "seen", "Technical preview 2006 only"),
    ("symptoms", "token-library", "cause", "KB30385346"),
    ("symptoms", "token-library", "remedy", r"SMS_CCM\CCM_STS\bin"),
    ("symptoms", "token-validation", "remedy", r"HKU\S-1-5-18"),
    ("symptoms", "token-validation", "seen", "0x87d00231"),
    ("symptoms", "revocation", "seen", "0x2f8f (12175)"),
    ("symptoms", "content-name", "seen", "0x87d00454"),
    ("symptoms", "no-device-token", "seen", "0xd0090016"),
    ("symptoms", "default-boundary-view", "remedy", "GRANT SELECT ON vSMS_DefaultBoundaryGroup TO smsdbrole_MP"),
    ("symptoms", "status-11412", "seen", "11411"),
    ("symptoms", "endpoint-codes", "seen", "407, 408, 426, 451, 502, 511, 598 or 599"),
    ("symptoms", "public-ip-zone", "cause", "regions with availability zones"),
    ("symptoms", "image-withdrawn", "seen", "image refresh brings no more patches"),
    ("symptoms", "secret-expired", "seen", "upload of content"),
    ("symptoms", "invalid-template", "cause", "capacity given as text"),
    ("events", "public-ip-error", "text", "KB30385346 of version 2409"),
    ("events", "public-ip-error", "text", "regions with availability zones"),
    ("events", "rollup-2409", "text", "download addresses"),
    ("events", "server-app", "text", "Set-UpdateServerApplication"),
    ("events", "storage-identities", "text", "is inferred"),
    ("disputes", "directory-interface", "says", "update rollup of version 2107"),
    ("disputes", "directory-interface", "says", "version 2409"),
    ("events", "storage-tls", "text", "KB11121541"),
    ("events", "image-2022", "text", "windowsserver2022"),
    ("events", "fewer-ciphers-2603", "text", "AES_256_GCM"),
    ("limits", "storage-key-days", "text", "version 2409"),
    ("limits", "threshold-check-minutes", "text", "{limit:usage-delay-hours}"),
    ("limits", "app-secret-years-max", "text", "imported apps"),
    ("certificates", "server-authentication", "text", ".pfx"),
    ("certificates", "token-signing", "text", "renewed"),
    ("credentials", "token", "text", "HTTPS management point"),
    ("disputes", "connection-point-certificate", "says", "2025-02-28"),
    ("disputes", "token-life", "says", "2026-03-25"),
    ("disputes", "observed-ports", "says", "2017-05-16"),
    ("disputes", "high-availability", "says", "2017-05-16"),
    ("disputes", "classic-rows", "says", "2024-04-22"),
    ("disputes", "certificates-with-enhanced-http", "says", "2024-12"),
    ("disputes", "token-log", "ruling", "CcmAad.log"),
    ("disputes", "cloudmgr-log", "ruling", "top-level site"),
    ("logs", "CMGSetup.log", "where", r"SMS\Logs of the site system server"),
    ("logs", "CMGService.log", "where", "ProxyService_IN_"),
    ("logs", "CloudMgr.log", "text", r"HKLM\SOFTWARE\Microsoft\SMS\COMPONENTS\SMS_CLOUD_SERVICES_MANAGER"),
    ("sources", "known-issue-tokens", "where", "4076dd55"),
    ("sources", "support-public-ip", "where", "77cb8dd3"),
    ("sources", "status-2020-03", "where", "55e522bf7"),
    ("sources", "ccmsetup-article", "title", "Microsoft Entra authentication workflow"),
    ("sources", "ccmsetup-article", "date", "2022-02-16"),
]
INFERRED = {
    ("events", "fewer-ciphers-2111"): True,
    ("events", "analyzer-in-console"): False,
    ("symptoms", "ciphers"): True,
    ("symptoms", "expired"): True,
    ("symptoms", "untrusted-client-certificate"): True,
    ("symptoms", "throttled"): True,
    ("credentials", "certificate"): False,
    ("credentials", "entra"): True,
    ("credentials", "token"): True,
}
VALUES = {
    "throttle-attempts": 5,
    "throttle-minutes": 5,
    "app-secret-years-default": 1,
    "app-secret-years-max": 2,
    "app-renewal-days": 800,
    "usage-fetch-hours": 1,
    "storage-egress-days": 30,
    "software-center-delay-seconds": 3,
}
LOGS = {
    "F09": "ClientAuth.log MP_Location.log BGBServer.log",
    "F07": "ccmsetup.log ClientIDManagerStartup.log ClientLocation.log CcmMessaging.log BgbHttpProxy.log",
    "F14": "SmsAdminUI.log",
    "F15": "SMS_AZUREAD_DISCOVERY_AGENT.log",
    "F17": "SMS_Cloud_ProxyConnector.log",
    "F20": "LocationServices.log",
    "F26": "LocationServices.log",
    "F28": "DataTransferService.log",
}
SUPPORT = {
    "bitlocker": Support.YES,
    "pull-distribution-point": Support.YES,
    "ipv4": Support.YES,
    "in-place-upgrade": Support.PART,
    "approval": Support.NO,
    "remote-tools": Support.NO,
    "peer-cache": Support.NO,
    "alternate-content": Support.NO,
    "cdn": Support.NO,
}


def fact(facts: System, kind: str, ident: str) -> Any:
    return find(kind, getattr(facts, kind), ident)


def test_event_bears_its_date(facts: System) -> None:
    assert {ident: facts.event(ident).date for ident in DATES} == DATES


def test_version_bears_the_date_of_first_availability(facts: System) -> None:
    """An update bears its own date, and so do global availability and the end of support."""
    other = re.compile(r"KB[0-9]+|globally available|Support of the version ends")
    versions = [item for item in facts.events if item.version in facts.versions and not other.search(item.text)]
    wrong = [item.id for item in versions if item.date != FIRST_AVAILABLE[item.version]]
    assert len(versions) > 20
    assert wrong == []


def test_events_are_listed_oldest_first(facts: System) -> None:
    dates = [item.date for item in facts.events]
    assert dates == sorted(dates)


@pytest.mark.parametrize(("kind", "ident", "field", "words"), SAID, ids=[f"{s[1]}.{s[2]}" for s in SAID])
def test_fact_says(facts: System, kind: str, ident: str, field: str, words: str) -> None:
    value = getattr(fact(facts, kind, ident), field)
    assert words in (value if isinstance(value, str) else " ".join(value))


def test_what_no_primary_source_says_is_marked(facts: System) -> None:
    assert {what: fact(facts, *what).inferred for what in INFERRED} == INFERRED


@pytest.mark.parametrize(("table", "line"), [("events", "fewer-ciphers-2111"), ("client-credentials", "token")])
def test_the_mark_is_shown(facts: System, table: str, line: str) -> None:
    shown = find("line", registry.table(facts, table).lines, line)
    assert any("(inferred)" in plain(cell) for cell in shown.cells)


def test_limit_has_the_printed_value(facts: System) -> None:
    assert {ident: facts.limit(ident).value for ident in VALUES} == VALUES


def test_what_stops_without_the_server_app_names_its_tokens(facts: System) -> None:
    assert fact(facts, "symptoms", "secret-expired").flows == ("F01", "F12", "F15", "F30", "F31")
    assert fact(facts, "symptoms", "conditional-access").flows == ("F01", "F15", "F30", "F31")


def test_the_management_point_checks_tokens_of_the_site_too(facts: System) -> None:
    assert fact(facts, "certificates", "token-signing").checked_by == ("cmg", "connection-point", "management-point")


def test_ciphers_are_reported_of_a_classic_gateway_only(facts: System) -> None:
    assert fact(facts, "symptoms", "ciphers").flows == ("F02", "F03", "F04")


def test_no_remedy_says_that_the_public_address_has_no_effect(facts: System) -> None:
    found = [item.id for item in facts.symptoms if "Ignore" in item.remedy]
    assert found == []


@pytest.mark.parametrize(("ident", "names"), LOGS.items(), ids=LOGS)
def test_flow_has_its_logs(facts: System, ident: str, names: str) -> None:
    assert {*names.split()} <= {name for name, _ in logs(facts, ident)}


def test_a_log_and_its_flows_are_told_from_both_ends(facts: System) -> None:
    of_logs = {(item.id, flow, guessed) for item in facts.logs for flow, guessed in reported(facts, item)}
    of_flows = {(name, flow.id, guessed) for flow in facts.flows for name, guessed in logs(facts, flow.id)}
    assert of_logs == of_flows


def test_feature_is_supported_or_not(facts: System) -> None:
    assert {item.id: item.supported for item in facts.features if item.id in SUPPORT} == SUPPORT


def test_paths_that_devices_see_are_listed(facts: System) -> None:
    paths = [item.id for item in facts.http if item.kind == "path"]
    assert all(path.startswith(("/CCM_Proxy_", "/downloadrestservice.svc/")) for path in paths)
    assert len(paths) == 5


def test_copies_of_the_documentation_name_the_whole_path(facts: System) -> None:
    copies = [item for item in facts.sources if "intune-docs-mirror" in item.where and ".md in " in item.where]
    assert copies
    assert [item.id for item in copies if "intune/configmgr/" not in item.where] == []


def test_the_day_of_comparing_is_shown_in_words_where_there_is_none(facts: System) -> None:
    shown = {line.id: plain(line.cells[-1]) for line in registry.table(facts, "sources").lines}
    assert shown["article-2020"] == "2026-11-29"
    assert shown["blog-2017"] == "when it was added"
