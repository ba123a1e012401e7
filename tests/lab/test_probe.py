"""Each cause is made on purpose, with real sockets and real TLS on loopback, and the probe recognises it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest
from farends import OF_NAMES, Fault, causes, probed, world
from sitefiles import planned, site_text

from cmgdocs.errors import SiteError
from cmgdocs.facts.model import RoleId, Seen
from cmgdocs.plan.plan import Plan
from cmgdocs.probe.judge import Severity
from cmgdocs.probe.targets import Target, Trust, targets
from cmgdocs.probe.tried import Status

POINT = "connection-point"
MP, SUP, GATEWAY = "mp.corp.example", "sup.corp.example", "cmg.contoso.example"
BLOB, TABLE, VAULT = "blob.contoso.example", "table.contoso.example", "vault.contoso.example"
HOSTS = {
    "connection-point": "10.0.0.5",
    "site-server": "site.corp.example",
    "management-point": MP,
    "software-update-point": SUP,
    "cmg": GATEWAY,
    "blob-storage": BLOB,
    "table-storage": TABLE,
    "key-vault": VAULT,
    "crl": "crl.contoso.example",
}
CHANNEL = [f"{GATEWAY}:{port}" for port in (10124, 10125, 10126)]
PROXY = "10.0.0.80:3128"


def site(**values: object) -> Plan:
    """A site with three instances, revocation lists and names of its own for everything outside."""
    values = {
        "configmgr": "2509",
        "instances": 3,
        "management_point": "https",
        "uses": ["server-revocation", "public-names"],
    } | values
    return planned(site_text(HOSTS, **values))


CLASSIC = {"method": "classic", "configmgr": "2309"}
HTTPS, ENHANCED, PROXIED = site(), site(management_point="enhanced-http"), site(proxy=PROXY)
ONE_CLASSIC = site(**CLASSIC, instances=1)


def outside(fault: Fault) -> dict[str, Fault]:
    return dict.fromkeys((GATEWAY, BLOB, TABLE, VAULT), fault)


def channel(fault: Fault, first: int = 0) -> dict[str, Fault]:
    return dict.fromkeys(CHANNEL[first:], fault)


MADE: dict[str, tuple[Plan, dict[str, Fault], dict[str, str]]] = {
    "no name": (HTTPS, {SUP: Fault.NO_NAME}, {f"F10 {SUP}:8531": "no-dns"}),
    "dns silent": (HTTPS, {SUP: Fault.DNS_SILENT}, {f"F10 {SUP}:8531": "dns-server-silent"}),
    "name of the gateway": (
        HTTPS,
        {GATEWAY: Fault.NO_NAME},
        {f"F21 {GATEWAY}": "no-dns", f"F06 {CHANNEL[0]}": "no-dns"},
    ),
    "nothing listens": (HTTPS, {f"{SUP}:8531": Fault.REFUSED}, {f"F10 {SUP}:8531": "nothing-listens"}),
    "dropped": (HTTPS, {f"{SUP}:8531": Fault.DROPPED}, {f"F10 {SUP}:8531": "dropped"}),
    "rejected": (HTTPS, {f"{SUP}:8531": Fault.UNREACHABLE}, {f"F10 {SUP}:8531": "rejected-on-the-way"}),
    "host silent": (
        HTTPS,
        {SUP: Fault.DROPPED},
        {f"F10 {SUP}:8531": "host-does-not-answer", f"F29 {SUP}:8530": "host-does-not-answer"},
    ),
    "a port of the channel": (HTTPS, {CHANNEL[0]: Fault.DROPPED}, {f"F06 {CHANNEL[0]}": "channel-port-blocked"}),
    "one rule for three instances": (
        HTTPS,
        channel(Fault.DROPPED, first=1),
        {f"F06 {place}": "fewer-ports-than-instances" for place in CHANNEL[1:]},
    ),
    "only 443": (HTTPS, channel(Fault.UNREACHABLE), {f"F06 {place}": "only-https-open" for place in CHANNEL}),
    "only 443, classic": (
        ONE_CLASSIC,
        {f"{GATEWAY}:10140": Fault.DROPPED},
        {f"F02 {GATEWAY}:10140": "only-https-open"},
    ),
    "no way out": (HTTPS, outside(Fault.DROPPED), {f"F17 {BLOB}:443": "no-way-out", f"F06 {CHANNEL[2]}": "no-way-out"}),
    "storage": (HTTPS, {BLOB: Fault.DROPPED}, {f"F17 {BLOB}:443": "storage-blocked"}),
    "closed in TLS": (HTTPS, {VAULT: Fault.CLOSES}, {f"F19 {VAULT}:443": "closed-in-handshake"}),
    "reset in TLS": (HTTPS, {VAULT: Fault.RESETS}, {f"F19 {VAULT}:443": "closed-in-handshake"}),
    "no TLS": (HTTPS, {VAULT: Fault.PLAIN}, {f"F19 {VAULT}:443": "answers-without-tls"}),
    "ciphers of the channel": (HTTPS, channel(Fault.CIPHERS), {f"F06 {CHANNEL[1]}": "no-common-cipher"}),
    "ciphers": (HTTPS, {SUP: Fault.CIPHERS}, {f"F10 {SUP}:8531": "ciphers-differ"}),
    "inspection": (
        HTTPS,
        outside(Fault.FOREIGN),
        {f"F19 {VAULT}:443": "tls-inspection", f"F06 {CHANNEL[0]}": "tls-inspection"},
    ),
    "own authority": (HTTPS, {MP: Fault.FOREIGN}, {f"F09 {MP}:443": "issuer-not-trusted"}),
    "own authority of the channel": (
        HTTPS,
        {GATEWAY: Fault.FOREIGN},
        {f"F06 {CHANNEL[0]}": "channel-certificate-refused"},
    ),
    "other name": (HTTPS, {SUP: Fault.OTHER_NAME}, {f"F10 {SUP}:8531": "other-name"}),
    "expired": (HTTPS, {MP: Fault.EXPIRED}, {f"F09 {MP}:443": "certificate-expired"}),
    "clock": (HTTPS, {MP: Fault.NOT_YET}, {f"F09 {MP}:443": "clock"}),
    "client certificate": (HTTPS, {MP: Fault.WANTS_CLIENT}, {f"F09 {MP}:443": "connection-point-certificate"}),
    "client certificate, late": (
        HTTPS,
        {MP: Fault.WANTS_CLIENT_LATE},
        {f"F09 {MP}:443 /CCM_System": "connection-point-certificate"},
    ),
    "client certificate, once the path is known": (
        HTTPS,
        {MP: Fault.ASKS_LATE},
        {f"F09 {MP}:443 /CCM_System": "connection-point-certificate"},
    ),
    "name not known there": (HTTPS, {VAULT: Fault.NAME_ALERT}, {f"F19 {VAULT}:443": "other-name"}),
    "client certificate, 403": (
        HTTPS,
        {f"{MP}:443/CCM_System": Fault.FORBIDDEN},
        {f"F09 {MP}:443 /CCM_System": "connection-point-certificate"},
    ),
    "mode": (ENHANCED, {f"{MP}:443/CCM_STS": Fault.FORBIDDEN}, {f"F09 {MP}:443 /CCM_STS": "forbidden"}),
    "redirect": (
        HTTPS,
        {f"{MP}:443/CCM_STS": Fault.REDIRECTS},
        {f"F09 {MP}:443 /CCM_STS": "management-point-redirects"},
    ),
    "token": (HTTPS, {f"{MP}:443/CCM_STS": Fault.UNAUTHORIZED}, {f"F09 {MP}:443 /CCM_STS": "wants-token"}),
    "path missing": (ENHANCED, {f"{MP}:80/CCM_STS": Fault.MISSING}, {f"F09 {MP}:80 /CCM_STS": "path-missing"}),
    "application fails": (HTTPS, {f"{MP}:443/CCM_System": Fault.ERROR}, {f"F09 {MP}:443 /CCM_System": "server-error"}),
    "no answer to a request": (
        HTTPS,
        {f"{MP}:443/CCM_STS": Fault.NO_ANSWER},
        {f"F09 {MP}:443 /CCM_STS": "closed-without-answer"},
    ),
    "no HTTP": (HTTPS, {f"{MP}:443/CCM_STS": Fault.NO_HTTP}, {f"F09 {MP}:443 /CCM_STS": "closed-without-answer"}),
    "no status": (HTTPS, {f"{MP}:443/CCM_STS": Fault.NO_STATUS}, {f"F09 {MP}:443 /CCM_STS": "closed-without-answer"}),
    "revocation list": (
        HTTPS,
        {"crl.contoso.example": Fault.DROPPED},
        {"F32 crl.contoso.example:80": "revocation-list-unreachable"},
    ),
    "proxy silent": (PROXIED, {PROXY: Fault.REFUSED}, {f"F17 {BLOB}:443 via {PROXY}": "proxy-silent"}),
    "proxy dropped": (PROXIED, {PROXY: Fault.DROPPED}, {f"F17 {BLOB}:443 via {PROXY}": "proxy-silent"}),
    "proxy closes": (PROXIED, {PROXY: Fault.NO_ANSWER}, {f"F17 {BLOB}:443 via {PROXY}": "proxy-silent"}),
    "proxy wants credentials": (
        PROXIED,
        {"proxy": Fault.PROXY_CREDENTIALS},
        {f"F06 {CHANNEL[0]} via {PROXY}": "proxy-authentication"},
    ),
    "proxy denies a host": (
        PROXIED,
        {f"proxy {VAULT}:443": Fault.PROXY_DENIES},
        {f"F19 {VAULT}:443 via {PROXY}": "proxy-denies"},
    ),
    "proxy denies a list": (
        PROXIED,
        {"proxy crl.contoso.example:80": Fault.PROXY_DENIES},
        {f"F32 crl.contoso.example:80 via {PROXY}": "revocation-list-unreachable"},
    ),
    "proxy takes 443 only": (
        PROXIED,
        {f"proxy {place}": Fault.PROXY_DENIES for place in CHANNEL},
        {f"F06 {place} via {PROXY}": "proxy-takes-443-only" for place in CHANNEL},
    ),
    "proxy has one port for three instances": (
        PROXIED,
        {f"proxy {place}": Fault.PROXY_DENIES for place in CHANNEL[1:]},
        {f"F06 {place} via {PROXY}": "fewer-ports-than-instances" for place in CHANNEL[1:]},
    ),
    "proxy does not reach a host": (
        PROXIED,
        {f"proxy {VAULT}:443": Fault.PROXY_FAILS},
        {f"F19 {VAULT}:443 via {PROXY}": "proxy-does-not-reach"},
    ),
}
"""The site, what is wrong, and of which results what is the likely cause."""


@pytest.mark.parametrize(("plan", "faults", "expected"), MADE.values(), ids=MADE)
def test_a_fault_made_on_purpose_is_recognised(plan: Plan, faults: dict[str, Fault], expected: dict[str, str]) -> None:
    found = probed(plan, POINT, world(plan, POINT, faults))
    said = causes(found.results)
    assert {name: said[name] for name in expected} == expected
    hosts = {word.rpartition(":")[0] or word for key in faults for word in [key.partition("/")[0].split(" ")[-1]]}
    if "proxy" not in hosts and PROXY.partition(":")[0] not in hosts:
        others = [item for item in found.results if item.tried.target.host not in hosts]
        assert {item.tried.status for item in others} == {Status.WORKS}


@pytest.mark.parametrize("plan", [HTTPS, ENHANCED, PROXIED, ONE_CLASSIC], ids=["https", "enhanced", "proxy", "classic"])
def test_a_network_without_a_fault_has_no_finding(plan: Plan) -> None:
    found = probed(plan, POINT, world(plan, POINT))
    assert found.status is Status.WORKS
    assert {item.severity for item in found.results} == {Severity.NONE}


def test_what_works_through_the_proxy_only_is_a_note() -> None:
    listed = targets(PROXIED, RoleId(POINT))
    direct = {target.place: Fault.DROPPED for target in listed.tried if target.comparison}
    network = world(PROXIED, POINT, direct=direct)
    found = probed(PROXIED, POINT, network)
    notes = [item for item in found.results if item.severity is Severity.NOTE]
    assert found.status is Status.WORKS
    assert {item.tried.target.place for item in notes} == direct.keys()
    assert {item.cause.id for item in notes if item.cause} == {"proxy-needed"}


def test_a_fallback_that_works_makes_a_fault_less_grave() -> None:
    found = probed(ONE_CLASSIC, POINT, world(ONE_CLASSIC, POINT, {f"{GATEWAY}:10140": Fault.DROPPED}))
    assert {item.tried.name: item.severity for item in found.findings} == {f"F02 {GATEWAY}:10140": Severity.DEGRADED}
    both = {f"{GATEWAY}:10140": Fault.DROPPED, f"{GATEWAY}:443": Fault.DROPPED}
    found = probed(ONE_CLASSIC, POINT, world(ONE_CLASSIC, POINT, both))
    assert {item.severity for item in found.findings} == {Severity.FAULT}


def test_what_hangs_is_given_up_after_the_time_and_said_so() -> None:
    faults = {SUP: Fault.HANGS, VAULT: Fault.TLS_HANGS, f"{MP}:443/CCM_STS": Fault.HANGS}
    found = probed(HTTPS, POINT, world(HTTPS, POINT, faults), timeout_s=4)
    seen = {item.tried.name: item.tried.seen for item in found.findings}
    assert seen == {
        f"F10 {SUP}:8531": Seen.SILENT,
        f"F29 {SUP}:8530": Seen.SILENT,
        f"F19 {VAULT}:443": Seen.TLS_SILENT,
        f"F09 {MP}:443 /CCM_STS": Seen.CLOSED,
    }


@pytest.mark.parametrize(
    ("faults", "seen"),
    [({PROXY: Fault.HANGS}, Seen.PROXY_SILENT), ({f"{VAULT}:443": Fault.HANGS}, Seen.PROXY_FAILS)],
    ids=["of the proxy", "behind the proxy"],
)
def test_what_hangs_is_told_from_what_the_proxy_waits_for(faults: dict[str, Fault], seen: Seen) -> None:
    results = probed(PROXIED, POINT, world(PROXIED, POINT, faults), timeout_s=4).results
    assert {item.tried.name: item.tried.seen for item in results}[f"F19 {VAULT}:443 via {PROXY}"] is seen


def test_a_certificate_that_is_refused_stays_so_where_it_cannot_be_looked_at() -> None:
    network = world(HTTPS, POINT, {f"{SUP}:8531": Fault.FOREIGN_ONCE})
    found = probed(HTTPS, POINT, network, timeout_s=4).findings
    assert [(item.tried.name, item.tried.seen, item.tried.tls) for item in found] == [
        (f"F10 {SUP}:8531", Seen.UNKNOWN_ISSUER, None)
    ]


def test_a_403_through_the_proxy_without_tls_decides_nothing() -> None:
    """The proxy may have said it, or the host that it asked."""
    for place, status in ((f"{VAULT}:443", Status.FAILS), ("crl.contoso.example:80", Status.UNDECIDED)):
        results = probed(PROXIED, POINT, world(PROXIED, POINT, {f"proxy {place}": Fault.PROXY_DENIES})).results
        assert [item.tried.status for item in results if item.tried.seen is Seen.PROXY_REFUSES] == [status]


def test_details_name_alias_address_and_certificate() -> None:
    network = world(HTTPS, POINT, {SUP: Fault.FOREIGN}, aliases={BLOB: "blob.store.example"})
    results = {item.tried.name: item.tried for item in probed(HTTPS, POINT, network).results}
    refused, works = results[f"F10 {SUP}:8531"], results[f"F17 {BLOB}:443"]
    assert refused.tls
    assert "Inspection" in refused.tls.issuer
    assert refused.tls.names == (SUP,)
    assert works.tls
    assert (works.alias, works.tls.protocol) == ("blob.store.example", "TLSv1.3")


def test_only_planned_names_and_ports_are_asked_for() -> None:
    network = world(PROXIED, POINT, outside(Fault.FOREIGN))
    listed = targets(PROXIED, RoleId(POINT)).tried
    probed(PROXIED, POINT, network)
    direct = {target.place for target in listed if not target.proxy and not target.name_only}
    names = {target.host for target in listed if not target.host[0].isdigit()}
    assert set(network.log) == names | direct | {PROXY}


HOOKED = """
import json, socket, sys
seen = []
def hook(event, words):
    if event == "socket.connect":
        seen.append(f"{words[1][0]}:{words[1][1]}")
        raise ConnectionRefusedError(111, "not here")
    elif event == "socket.getaddrinfo":
        seen.append(words[0])
        raise socket.gaierror(socket.EAI_NONAME, "not here")
    elif event in ("socket.sendto", "socket.sendmsg", "socket.gethostbyname", "subprocess.Popen", "os.system"):
        seen.append(event)
sys.addaudithook(hook)
from cmgdocs.cli import run
code = run(["probe", "site.toml", "--from", "connection-point", "--json", "out.json"])
print(json.dumps([code, seen]))
"""


def test_the_command_contacts_planned_targets_alone(tmp_path: Path) -> None:
    """A hook of the interpreter sees every look-up and connection, and lets none of them go out."""
    hosts = {"connection-point": "192.0.2.5", "site-server": "192.0.2.9", "management-point": "mp.invalid"}
    hosts |= {"software-update-point": "192.0.2.7", "cmg": "cmg.invalid", "crl": "crl.invalid"}
    hosts |= {role: f"{role}.invalid" for role in ("blob-storage", "table-storage", "key-vault")}
    text = site_text(hosts, configmgr="2509", uses=["server-revocation", "public-names"])
    (tmp_path / "site.toml").write_text(text, encoding="utf-8")
    command = [sys.executable, "-c", HOOKED]
    made = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    code, seen = json.loads(made.stdout.splitlines()[-1])
    listed = targets(planned(text), RoleId(POINT)).tried
    names = {target.host for target in listed if target.host.endswith(".invalid")}
    numbers = {target.place for target in listed if target.host.startswith("192.0.2.")}
    assert (code, sorted(seen)) == (1, sorted(names | numbers))


CHANNEL_FLOWS = ("F02", "F03", "F04", "F05", "F06")
LISTS = ("F26", "F27", "F32", "F33", "F34", "F35", "F36")
SHUT = {
    "channel-port-blocked": CHANNEL_FLOWS,
    "azure-not-reached": ("F01",),
    "service-connection-point-cannot-sign-in": ("F30",),
    "console-endpoints-blocked": ("F14",),
    "storage-blocked": ("F17", "F18"),
    "upload-blocked": ("F12",),
    "revocation-list-unreachable": LISTS,
}
CERTIFICATE = {"channel-certificate-refused": CHANNEL_FLOWS}
CAUSES: dict[Fault, tuple[dict[str, tuple[str, ...]], str]] = {
    Fault.NO_NAME: ({}, "no-dns"),
    Fault.DNS_SILENT: ({}, "dns-server-silent"),
    Fault.REFUSED: (SHUT, "nothing-listens"),
    Fault.UNREACHABLE: (SHUT, "rejected-on-the-way"),
    Fault.DROPPED: (SHUT, "dropped"),
    Fault.CLOSES: ({}, "closed-in-handshake"),
    Fault.RESETS: ({}, "closed-in-handshake"),
    Fault.PLAIN: ({}, "answers-without-tls"),
    Fault.CIPHERS: ({"no-common-cipher": CHANNEL_FLOWS}, "ciphers-differ"),
    Fault.FOREIGN: (CERTIFICATE | {"unknown-authority": ("F07",)}, "issuer-not-trusted"),
    Fault.OTHER_NAME: (CERTIFICATE | {"wrong-name": ("F07",)}, "other-name"),
    Fault.EXPIRED: ({"expired": ("F07",)}, "certificate-expired"),
    Fault.NOT_YET: ({}, "clock"),
    Fault.WANTS_CLIENT: ({"connection-point-certificate": ("F09",)}, "wants-client-certificate"),
}
"""What each fault of a port is by itself: causes for some flows, and for all others; typed apart from the facts."""
UNPROVEN = (Fault.FOREIGN, Fault.OTHER_NAME, Fault.EXPIRED, Fault.NOT_YET)
"""What the product's own certificates may be, so that nobody looks."""
QUIET = (Fault.UNREACHABLE, Fault.DROPPED)
SHUT_FAULTS = (*QUIET, Fault.REFUSED)
ROLES = (POINT, "service-connection-point", "site-server", "client", "console", "management-point")


def fault_at(target: Target, faults: dict[str, Fault]) -> Fault | None:
    """The fault that a trial of *target* meets first."""
    if target.name_only or faults.get(target.host) in OF_NAMES:
        return faults.get(target.host)
    fault = faults.get(target.place)
    if fault in UNPROVEN and target.trust is Trust.PRODUCT:
        return None
    return None if fault is Fault.OTHER_NAME and not target.checks_name else fault


def drawn(random: Random) -> tuple[Plan, str, dict[str, Fault]]:
    """A site, a role, and faults: of a few ports, of the last instances, of a host, of all outside, of names."""
    plan, role = random.choice([HTTPS, ENHANCED, ONE_CLASSIC]), random.choice([POINT, *ROLES])
    listed = [target for target in targets(plan, RoleId(role)).tried if not target.name_only]
    ports = {target.place: target for target in listed}
    shape = random.choice(["few", "few", "few", "last", "host", "outside", "inspected"])
    faults: dict[str, Fault] = {}
    if shape == "last":
        instances = sorted(place for place, target in ports.items() if target.role == "cmg" and target.port != 443)
        faults |= dict.fromkeys(instances[random.randint(0, 2) :], random.choice(SHUT_FAULTS))
    elif shape == "host":
        host = random.choice(listed).host
        faults |= {place: random.choice(QUIET) for place, target in ports.items() if target.host == host}
    elif shape == "outside":
        faults |= {place: random.choice(QUIET) for place, target in ports.items() if beyond(target)}
    elif shape == "inspected":
        faults |= {place: Fault.FOREIGN for place, target in ports.items() if target.trust is Trust.PUBLIC}
    for place in random.sample(sorted(ports), min(len(ports), random.randint(1, 3))):
        faults[place] = random.choice(
            [f for f in CAUSES if f not in OF_NAMES and (ports[place].tls or f in SHUT_FAULTS)]
        )
    named = sorted({target.host for target in listed if not target.host[0].isdigit()})
    if named and random.random() < 0.25:
        faults[random.choice(named)] = random.choice(OF_NAMES)
    return plan, role, faults


def beyond(target: Target) -> bool:
    return target.role == "cmg" or target.trust is Trust.PUBLIC


def made(plan: Plan, role: str, faults: dict[str, Fault]) -> dict[str, str]:
    """The cause of each trial that fails, worked out from the faults and not from what is seen."""
    listed = targets(plan, RoleId(role)).tried
    met = {target: fault for target in listed if (fault := fault_at(target, faults))}
    out = {target.ident: cause_of(target, fault) for target, fault in met.items()}
    ports = [target for target in listed if not target.name_only]
    looked_up = [target for target in ports if met.get(target) not in OF_NAMES]
    for target in ports:
        same_host = [other for other in ports if other.host == target.host]
        if len({other.port for other in same_host}) > 1 and all(met.get(other) in QUIET for other in same_host):
            out[target.ident] = "host-does-not-answer" if target.flow not in LISTS else "revocation-list-unreachable"
    numbered = sorted((t for t in ports if t.role == "cmg" and t.port != 443), key=lambda target: target.port)
    for flow in {target.flow for target in numbered}:
        group = [target for target in numbered if target.flow == flow]
        shut = [met.get(target) in SHUT_FAULTS for target in group]
        first = shut.index(True) if True in shut else len(shut)
        if 0 < first < len(shut) and all(shut[first:]):
            out |= {target.ident: "fewer-ports-than-instances" for target in group[first:]}
        reached = [t for t in looked_up if beyond(t) and t.port == 443 and met.get(t) not in SHUT_FAULTS]
        if all(shut) and reached:
            out |= {target.ident: "only-https-open" for target in group}
    away = [target for target in looked_up if beyond(target)]
    if len({target.host for target in away}) > 1 and all(met.get(target) in QUIET for target in away):
        out |= {target.ident: "no-way-out" for target in away}
    if any(fault is Fault.FOREIGN and target.trust is Trust.PUBLIC for target, fault in met.items()):
        out |= {t.ident: "tls-inspection" for t, fault in met.items() if fault is Fault.FOREIGN and beyond(t)}
    return out


def cause_of(target: Target, fault: Fault) -> str:
    some, rest = CAUSES[fault]
    return next((cause for cause, flows in some.items() if target.flow in flows), rest)


def wrong(seed: int) -> str:
    """What a probe of random faults takes for another cause than the one that was made; empty where nothing."""
    random = Random(seed)
    while True:
        try:
            plan, role, faults = drawn(random)
        except SiteError:  # the role opens nothing there
            continue
        break
    found = probed(plan, role, world(plan, role, faults))
    said = {name: cause for name, cause in causes(found.results).items() if cause}
    expected = made(plan, role, faults)
    apart = {name: (said.get(name), expected.get(name)) for name in said.keys() | expected.keys()}
    apart = {name: pair for name, pair in apart.items() if pair[0] != pair[1]}
    return f"{seed}: {role}: {apart} of {faults}" if apart else ""


def test_random_faults_have_the_causes_that_were_made() -> None:
    assert [line for seed in range(24) if (line := wrong(seed))] == []


@pytest.mark.slow
def test_a_thousand_random_faults_have_the_causes_that_were_made() -> None:
    assert [line for seed in range(1000) if (line := wrong(seed))] == []
