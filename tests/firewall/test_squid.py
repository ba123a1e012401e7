"""The allow list as text, and in a real Squid: planned requests pass, others get 403."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from made_sites import BEHIND_A_PROXY as SITE
from made_sites import PLANNER, READER, rules_of
from tools import need
from vendor_readers import names as names_of

from cmgdocs.errors import SiteError
from cmgdocs.facts.ports import PortRange
from cmgdocs.firewall.dialect import written
from cmgdocs.firewall.registry import dialect
from cmgdocs.plan.rules import PROXY, RuleSet, rule_set

STRANGER, NEIGHBOUR = "127.77.1.200", "127.77.1.201"  # squid.conf's own lines deny the one and allow the other
PORTS = (80, 443, 8080, 10_123, 10_124, 10_126, 10_127, 10_140)
CONF = """
http_port 127.0.0.1:{port}
include {folder}/rules.conf
acl SSL_ports port 443
http_access deny CONNECT !SSL_ports
acl neighbour src {neighbour}
http_access allow neighbour
http_access deny all
hosts_file {folder}/hosts
dns_nameservers 127.0.0.1
dns_timeout 1 second
connect_timeout 1 second
connect_retries 0
access_log none
cache_log {folder}/log
pid_filename none
cache deny all
shutdown_lifetime 0 seconds
"""


def local(text: str) -> str:
    """The same with addresses of this machine, which a site file may not have, in the place of the site's own."""
    return text.replace("10.77.", "127.77.")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as door:
        return int(door.getsockname()[1])


@contextmanager
def squid(rules: bytes, names: dict[str, str], neighbour: str = NEIGHBOUR) -> Iterator[int]:
    """
    Run Squid with *rules* and with *names* in its file of hosts; give its port; it is gone afterwards.

    Its own lines let *neighbour*, an address or a network, reach all that listens at 443.
    """
    tool = need("squid")
    folder, port = Path(tempfile.mkdtemp(prefix="cmgdocs-squid-")), free_port()
    folder.chmod(0o777)  # started by root, Squid goes on as a user of its own
    (folder / "rules.conf").write_text(local(rules.decode()))
    (folder / "hosts").write_text("".join(f"{address} {name}\n" for name, address in names.items()))
    (folder / "squid.conf").write_text(CONF.format(port=port, folder=folder, neighbour=neighbour))
    running = subprocess.Popen([tool, "-N", "-n", f"cmgdocs{port}", "-f", str(folder / "squid.conf")], cwd=folder)
    try:
        until = time.monotonic() + 30
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                log = folder / "log"
                assert running.poll() is None, log.read_text() if log.exists() else "Squid ended at once"
                assert time.monotonic() < until, "Squid does not listen"
                time.sleep(0.05)
        yield port
    finally:
        running.kill()
        running.wait()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def listening(doors: set[tuple[str, int]]) -> Iterator[set[tuple[str, int]]]:
    """Answer at *doors*; give those that this user may open."""
    with ExitStack() as stack:
        opened = {}
        for door in doors:
            try:
                server = opened[door] = stack.enter_context(socket.create_server(door))
            except PermissionError:
                continue
            stack.callback(server.shutdown, socket.SHUT_RDWR)  # or its thread would keep it open
        for server in opened.values():
            threading.Thread(target=_answer, args=(server,), daemon=True).start()
        yield set(opened)


def _answer(server: socket.socket) -> None:
    while True:
        try:
            peer, _ = server.accept()
        except OSError:
            return
        with peer:
            peer.settimeout(0.2)
            try:
                if peer.recv(4).startswith(b"GET"):
                    peer.sendall(b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n")
            except OSError:
                continue


def asked(port: int, source: str, words: str) -> int:
    """Ask the proxy from an address; give the status."""
    with socket.create_connection(("127.0.0.1", port), 5, (source, 0)) as to:
        to.sendall(f"{words} HTTP/1.1\r\nHost: example\r\nConnection: close\r\n\r\n".encode())
        return int(to.makefile("rb").readline().split()[1])


def named(rules: RuleSet) -> dict[str, str]:
    """Each name that the proxy may be asked for, and one more, with an address on this machine."""
    names = [host.text for rule in rules.rules if rule.source.role == PROXY for host in rule.destination.hosts]
    names = [name for name in dict.fromkeys(names) if not name[0].isdigit()]
    return {name: f"127.77.2.{number}" for number, name in enumerate([*names, "other.example"], 1)}


CLIENTS = {
    "127.77.1.5": "connection-point",
    "127.77.1.18": "connection-point",
    "127.77.1.6": "service-connection-point",
    "127.77.1.7": "site-server",
    "127.77.1.8": "management-point",
    "127.77.1.100": "console",
    STRANGER: "",
}


def test_planned_tunnels_pass_and_others_are_refused() -> None:
    rules = rules_of(SITE)
    names = named(rules)
    # A name that a reverse zone gives for an address must not open that address.
    bare = names["contoso.westeurope.cloudapp.azure.com"]
    hosts = {**names, "127.77.2.200": "127.77.2.200", "127.77.2.201": "127.77.2.201", bare: bare}
    open_to = {
        (row.initiator.role, local(host.text), port)
        for row in rules.plan.rows
        if row.proxied and row.protocol == "HTTPS"
        for host in row.responder.hosts
        for span in row.ports
        for port in range(span.low, span.high + 1)
    }
    doors = {(address, port) for address in hosts.values() for port in (443, 10_124, 10_126, 10_127)}
    with listening(doors) as opened, squid(written(rules, dialect("squid")), names) as port:
        found, wanted = {}, {}
        for client, role in CLIENTS.items():
            for host, address in hosts.items():
                for to in PORTS:
                    found[client, host, to] = asked(port, client, f"CONNECT {host}:{to}")
                    passes = 200 if (address, to) in opened else 503
                    wanted[client, host, to] = passes if (role, host, to) in open_to else 403
        assert found == wanted
        assert {200, 403} <= set(found.values())
        # The other lines of squid.conf are there for other clients only.
        assert asked(port, NEIGHBOUR, "CONNECT other.example:443") == (
            200 if (names["other.example"], 443) in opened else 503
        )
        assert asked(port, NEIGHBOUR, "CONNECT other.example:10126") == 403
        assert asked(port, "127.77.1.5", "GET http://contoso.westeurope.cloudapp.azure.com:10124/") == 403


def test_what_others_allow_stays_open_until_the_denies_are_taken() -> None:
    """Servers and consoles keep what the lines below allow; with the denies the servers lose it, and only they."""
    rules = rules_of(SITE)
    names, text = named(rules), written(rules, dialect("squid")).decode()
    assert not [line for line in text.splitlines() if line.startswith("http_access deny")]
    held = text.replace("\n# http_access deny ", "\nhttp_access deny ")
    assert held.count("\nhttp_access deny ") == 4
    servers = [client for client, role in CLIENTS.items() if role not in ("", "console")]
    free = ["127.77.1.100", STRANGER]
    for rest, wanted in ((text, servers + free), (held, free)):
        with squid(rest.encode(), names, "127.77.1.0/24") as port:
            passed = [client for client in servers + free if asked(port, client, "CONNECT other.example:443") != 403]
            assert passed == wanted
            assert asked(port, "127.77.1.7", "CONNECT contoso.blob.core.windows.net:443") != 403


def test_a_console_among_the_servers_stays_free() -> None:
    """One on the site server's own machine, and in a network that holds the servers."""
    text = SITE.replace('"10.77.1.64/26"', '["10.77.1.7", "10.77.1.64/26"]')
    rules = rules_of(text)
    held = written(rules, dialect("squid")).replace(b"\n# http_access deny ", b"\nhttp_access deny ")
    with squid(held, named(rules), "127.77.1.0/24") as port:
        assert asked(port, "127.77.1.7", "CONNECT other.example:443") != 403
        assert asked(port, "127.77.1.8", "CONNECT other.example:443") == 403


def test_a_server_that_may_be_any_host_has_no_deny() -> None:
    text = written(rules_of(SITE.replace('"10.77.1.7"', '"any"'), "small"), dialect("squid")).decode()
    assert "# http_access deny cmgdocs_small_management-point !cmgdocs_small_console\n" in text
    assert "deny cmgdocs_small_site-server" not in text


@pytest.mark.parametrize(
    ("more", "edition"),
    [("", None), ("", "2026"), ('graph = "10.77.2.3"', None)],
    ids=["as it is", "without consoles", "with a service by address only"],
)
def test_every_list_that_is_asked_is_made(more: str, edition: str | None) -> None:
    rules = rule_set(PLANNER.plan(READER.parse(SITE + more).deployment, edition))
    text = written(rules, dialect("squid")).decode()
    asked = re.findall(r"^(?:# )?http_access (?:allow|deny) (.*)", text, re.MULTILINE)
    assert {name.lstrip("!") for line in asked for name in line.split()} - {"connect", "all"} == names_of(text, "squid")


@pytest.mark.parametrize(("one", "other"), [("contoso", "fabrikam"), ("<b>x</b>", "x" * 300), ("A", "a")])
def test_two_sites_have_no_list_in_common(one: str, other: str) -> None:
    found = [names_of(written(rules_of(SITE, name), dialect("squid")).decode(), "squid") for name in (one, other)]
    assert len(found[0]) == len(found[1]) > 10
    assert not {name.casefold() for name in found[0]} & {name.casefold() for name in found[1]}  # as Squid compares
    assert all(len(name) <= 63 for name in found[0] | found[1])


def test_the_lists_of_two_sites_stand_in_one_squid() -> None:
    first = rules_of(SITE, "contoso")
    second = rules_of(SITE.replace("contoso", "fabrikam").replace("10.77.1.", "10.77.3."), "fabrikam")
    names = named(first) | named(second)
    text = b"".join(written(rules, dialect("squid")) for rules in (first, second))
    with squid(text, {name: f"127.77.2.{number}" for number, name in enumerate(names, 1)}) as port:
        for mine, others, net in (("contoso", "fabrikam", 1), ("fabrikam", "contoso", 3)):
            assert asked(port, f"127.77.{net}.7", f"CONNECT {mine}.blob.core.windows.net:443") != 403
            assert asked(port, f"127.77.{net}.7", f"CONNECT {others}.blob.core.windows.net:443") == 403


def http() -> RuleSet:
    """A site whose channel is of plain HTTP, too, on a port that only it has."""
    rules = rules_of(SITE)
    port = (PortRange(10_124, 10_124),)
    changed = (replace(rule, protocol="HTTP", ports=port) if rule.id == "F06" else rule for rule in rules.rules)
    return replace(rules, rules=tuple(changed))


def test_plain_http_passes_without_a_tunnel_and_only_so() -> None:
    rules = http()
    names = named(rules)
    host = "contoso.westeurope.cloudapp.azure.com"
    with listening({(names[host], 10_124)}), squid(written(rules, dialect("squid")), names) as port:
        assert asked(port, "127.77.1.5", f"GET http://{host}:10124/x.crl") == 200
        assert asked(port, "127.77.1.5", f"CONNECT {host}:10124") == 403
        assert asked(port, "127.77.1.6", f"GET http://{host}:10124/x.crl") == 403
        for client in ("127.77.1.5", "127.77.1.6", "127.77.1.7", "127.77.1.8"):  # but not for its lists of Microsoft
            assert asked(port, client, "GET http://crl.microsoft.com/x.crl") == 503
            assert asked(port, client, "CONNECT crl.microsoft.com:80") == 403
        assert asked(port, "127.77.1.100", "GET http://crl.microsoft.com/x.crl") == 403
        assert asked(port, "127.77.1.5", f"GET http://{host}:10125/x.crl") == 403


def test_squid_finds_nothing_to_say_about_odd_hosts(tmp_path: Path) -> None:
    """Overlaps, networks of half of all and ``any`` are read without a word."""
    text = SITE.replace('"10.77.1.16/30"', '"0.0.0.0/1", "::/1", "2001:db8::1"')
    text = text.replace('"10.77.1.7"', '["10.0.0.0/8", "10.1.0.0/16", "10.1.0.1"]').replace('"10.77.1.64/26"', '"any"')
    (tmp_path / "squid.conf").write_bytes(written(rules_of(text), dialect("squid")) + b"http_port 3128\n")
    command = [need("squid"), "-k", "parse", "-f", str(tmp_path / "squid.conf")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr
    assert "ERROR" not in done.stderr


def test_half_of_ipv6_lets_no_ipv4_in() -> None:
    text = SITE.replace('"10.77.1.16/30"', '"::/1"').replace('"10.77.1.7"', '"0.0.0.0/1"')
    rules = rules_of(text)
    names = named(rules)
    with squid(written(rules, dialect("squid")), names) as port:
        blob, gateway = "contoso.blob.core.windows.net:443", "contoso.westeurope.cloudapp.azure.com:10124"
        assert asked(port, "127.77.1.5", f"CONNECT {gateway}") != 403
        assert asked(port, STRANGER, f"CONNECT {gateway}") == 403
        assert asked(port, STRANGER, f"CONNECT {blob}") != 403


def test_a_site_without_a_proxy_has_no_list() -> None:
    text = "\n".join(line for line in SITE.splitlines() if not line.startswith("proxy"))
    with pytest.raises(SiteError) as caught:
        written(rules_of(text), dialect("squid"))
    assert str(caught.value) == "proxy: missing; a Squid allow list needs the site's proxy, as host:port"


def test_a_client_is_an_address_and_a_destination_may_be_a_name() -> None:
    rules = rules_of(SITE.replace('"10.77.1.7"', '"srv-01.corp.example"'), "small")
    with pytest.raises(SiteError) as caught:
        written(rules, dialect("squid"))
    assert str(caught.value) == (
        "hosts.site-server: found srv-01.corp.example (F12, F31, F35); allowed: addresses and networks as sources\n"
        "dialect squid: found names; it takes addresses and networks as sources only: "
        "give them under [hosts], or ask for look-ups with --resolve"
    )
    asked_for: list[str] = []

    def resolve(name: str) -> tuple[str, ...]:
        asked_for.append(name)
        return ("10.77.1.7",)

    assert written(rules, dialect("squid"), resolve) == written(rules_of(SITE, "small"), dialect("squid"))
    assert asked_for == ["srv-01.corp.example"]


def test_hosts_that_do_not_pass_the_proxy_need_not_be_known() -> None:
    with pytest.raises(SiteError, match=r"hosts\.site-database: found no host of Site database \(F24\)"):
        written(rules_of(SITE), dialect("nftables"))
    assert b"F24" not in written(rules_of(SITE), dialect("squid"))


def test_what_no_web_proxy_carries_is_refused() -> None:
    rules = http()
    strange = tuple(replace(rule, protocol="DNS") if rule.id == "F06" else rule for rule in rules.rules)
    with pytest.raises(SiteError) as caught:
        written(replace(rules, rules=strange), dialect("squid"))
    assert str(caught.value) == "F06 protocol: found DNS over TCP; squid takes HTTPS or HTTP only"
