"""The rendered rules in a kernel between namespaces: what they say happens, at once, and is counted."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from pathlib import Path

import dials
import pytest
from dials import Dial
from sitefiles import site_text
from tools import need, need_kernel

from cmgdocs.errors import LabError
from cmgdocs.facts import load
from cmgdocs.facts.model import RoleId
from cmgdocs.firewall.dialect import written
from cmgdocs.firewall.registry import dialect
from cmgdocs.plan.plan import Planner
from cmgdocs.plan.rules import RuleSet, rule_set
from cmgdocs.site.places import Place
from cmgdocs.site.reader import SiteReader
from cmgdocs.whatif.scenario import Firewall, Open
from cmglab.process import RouterProcess, _allowed
from cmglab.staging import RuleSetFirewall, addresses, allowed, stage

HOSTS: dict[str, object] = {
    "cmg": "shop.westeurope.cloudapp.azure.com",
    "connection-point": ["cp1.corp.example", "cp2.corp.example"],
    "management-point": ["mp1.corp.example", "mp2.corp.example"],
    "site-server": "cp1.corp.example",
}
SITES = {
    "classic": {"configmgr": "2309", "method": "classic", "instances": 2, "management_point": "enhanced-http"},
    "vmss": {"configmgr": "2603", "instances": 16, "client_authentication": ["entra", "certificate"]},
    "proxied": {"instances": 1, "proxy": "proxy.corp.example:3128", "software_update_point": 8531},
}
INTEREST = (80, 443, 445, 3128, 8530, 8531, 10_123, 10_124, 10_139, 10_140, 10_141, 10_155, 10_156)
FACTS = load()
CMG, CP1 = Place(RoleId("cmg")), Place(RoleId("connection-point"))


def rules_of(site: str) -> RuleSet:
    deployment = SiteReader(FACTS).parse(site_text(HOSTS, **SITES[site]), "site").deployment
    return rule_set(Planner(FACTS).plan(stage(deployment)))


def in_nft(rules: RuleSet) -> bytes:
    return written(rules, dialect("nftables"))


class Drawn(Open):
    """Refuses each dial with the same odds; the same one always alike."""

    spans = Firewall.spans  # each port by itself

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def refusal(self, source: Place, destination: Place, port: int) -> str:
        return "drawn" if random.Random(f"{self.seed} {source} {destination} {port}").random() < 0.4 else ""


@pytest.fixture(scope="module")
def router() -> Iterator[RouterProcess]:
    need_kernel()
    with RouterProcess() as process:
        yield process


@pytest.mark.parametrize("site", SITES)
def test_kernel_lets_through_what_the_rules_say_between_all_places(router: RouterProcess, site: str) -> None:
    rules = rules_of(site)
    firewall, places = RuleSetFirewall(rules), addresses(rules.plan.deployment)
    tried = [(source, target, port) for source, target in product(places, repeat=2) for port in INTEREST]
    tried = [dial for dial in tried if dial[0] != dial[1]]
    router.call(dials.stand, places, in_nft(rules))
    found = dict(zip(tried, router.call(dials.dialled, tried), strict=True))
    wanted = {dial: "EHOSTUNREACH" if firewall.refusal(*dial) else "reached" for dial in tried}
    assert found == wanted
    assert set(wanted.values()) == {"reached", "EHOSTUNREACH"}
    assert router.call(dials.refused) == {dial: 1 for dial, outcome in wanted.items() if outcome != "reached"}


def planned(rules: RuleSet) -> list[Dial]:
    """Every dial that the rules let through."""
    spans = [(*ends, span) for ends, spans in RuleSetFirewall(rules).open.items() for span in spans]
    return [(a, b, port) for a, b, span in spans for port in range(span.low, span.high + 1)]


@pytest.mark.parametrize("site", SITES)
def test_kernel_takes_narrowed_rules_one_set_after_the_other(router: RouterProcess, site: str) -> None:
    rules = rules_of(site)
    rules = replace(rules, rules=tuple(rule for rule in rules.rules if "RPC" not in rule.protocol))
    tried = planned(rules)
    router.call(dials.stand, addresses(rules.plan.deployment), in_nft(rules))
    for seed in range(20):
        narrowed = allowed(rules, Drawn(seed))
        firewall = RuleSetFirewall(narrowed)
        router.call(dials.load, in_nft(narrowed))
        found = router.call(dials.dialled, tried)
        assert found == ["EHOSTUNREACH" if firewall.refusal(*dial) else "reached" for dial in tried]
        assert router.call(dials.refused) == {dial: 1 for dial in tried if firewall.refusal(*dial)}


def test_where_nothing_listens_it_is_the_place_that_refuses(router: RouterProcess) -> None:
    rules = rules_of("vmss")
    router.call(dials.stand, addresses(rules.plan.deployment), in_nft(rules))
    assert router.call(dials.dialled, [(CP1, CMG, 10_124)], listen=False) == ["ECONNREFUSED"]
    assert router.call(dials.refused) == {}


def test_refusals_are_not_throttled(router: RouterProcess) -> None:
    rules = rules_of("vmss")
    router.call(dials.stand, addresses(rules.plan.deployment), in_nft(rules))
    began = time.monotonic()
    assert set(router.call(dials.dialled, [(CMG, CP1, 443)] * 500)) == {"EHOSTUNREACH"}
    assert time.monotonic() - began < 5  # were the router's answers limited, each would wait for seconds
    assert router.call(dials.refused) == {(CMG, CP1, 443): 500}


def test_connection_outlives_the_rule_that_let_it_through(router: RouterProcess) -> None:
    rules = rules_of("classic")
    dial = (CP1, CMG, 10_140)
    router.call(dials.stand, addresses(rules.plan.deployment), in_nft(rules))
    nothing = in_nft(allowed(rules, RuleSetFirewall(RuleSet(rules.plan, (), ()))))
    assert router.call(dials.kept, dial, nothing) == ("asked inwards", ["EHOSTUNREACH"])


def test_connection_that_has_ended_is_in_nobodys_way(router: RouterProcess) -> None:
    """The kernel draws the port of who dials, so that it may be one at which somebody listens in the next scenario."""
    rules = rules_of("vmss")
    router.call(dials.stand, addresses(rules.plan.deployment), in_nft(rules))
    assert not router.call(dials.left_and_listened, CP1, CMG, 10_124)


def test_place_keeps_its_address(router: RouterProcess) -> None:
    router.call(dials.stand, addresses(rules_of("vmss").plan.deployment), in_nft(rules_of("vmss")))
    with pytest.raises(LabError, match=r"connection-point 1: .* is wired up already"):
        router.call(dials.stand, {CP1: "10.77.0.1"}, b"")


def test_rules_that_the_kernel_does_not_take_are_an_error(router: RouterProcess) -> None:
    with pytest.raises(LabError, match=r"^[^ ]*nft -f -: .*syntax error"):
        router.call(dials.load, b"let everything through\n")


def test_too_many_rules_for_a_user_namespace_are_an_error_that_says_so(router: RouterProcess) -> None:
    if "--user" not in _allowed():
        pytest.skip("here only root may make namespaces, and root is not bound")
    rules = rules_of("vmss")
    long = replace(rules, rules=rules.rules * 200)
    with pytest.raises(LabError, match="about a hundred rules fit") as caught:
        router.call(dials.load, in_nft(long))
    assert "Traceback" not in str(caught.value)


def test_events_come_before_the_result_and_print_spoils_nothing() -> None:
    need_kernel()
    heard: list[str] = []
    with RouterProcess(told=heard.append) as process:
        assert process.call(dials.speak, ["one", "two", "three"]) == 3
        assert heard == ["one", "two"]


LAUNCH = """
import sys, time
from cmglab.process import RouterProcess, _allowed
process = RouterProcess()
print(process._process.pid, flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize("name", ["SIGINT", "SIGKILL"])
def test_router_ends_with_its_parent(name: str) -> None:
    need_kernel()
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", f"import signal; signal.signal(signal.SIGINT, signal.default_int_handler){LAUNCH}"]
    parent = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=env)
    assert parent.stdout is not None
    with parent:
        ident = parent.stdout.readline().strip()
        assert running(ident)
        parent.send_signal(getattr(signal, name))
    until = time.monotonic() + 10
    while running(ident) and time.monotonic() < until:
        time.sleep(0.01)
    assert not running(ident)


def running(ident: str) -> bool:
    """Whether a process is there and more than a zombie, which nobody may have fetched yet."""
    try:
        return "\nState:\tZ" not in Path("/proc", ident, "status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


def said(prefix: list[str], before: str = "pass") -> str:
    """What a fresh process says of what is available."""
    code = f"{before}; from cmglab.process import available; print(available())"
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "LC_ALL": "C"}
    command = [*prefix, sys.executable, "-c", code]
    return subprocess.run(command, capture_output=True, text=True, check=True, env=env).stdout.strip()


def test_reason_names_what_forbids_namespaces() -> None:
    need_kernel()
    forbid = "echo 0 >/proc/sys/user/max_user_namespaces; echo 0 >/proc/sys/user/max_net_namespaces;"
    shell = f'{forbid} exec "$@"'
    found = said([need("unshare"), "--user", "--map-root-user", "sh", "-c", shell, "sh"])
    assert found.startswith("no network namespace could be made here (unshare: unshare failed: ")
    assert "; user.max_user_namespaces is 0, as hardened systems do); " in found
    assert found.endswith("the lab on loopback needs none of this and gives the same outcomes")


def test_reason_names_a_missing_program_and_another_system() -> None:
    end = "; the lab on loopback needs none of this and gives the same outcomes"
    assert said([], "import cmglab.tools as tools; tools._SBIN = ''") == f"unshare is not installed{end}"
    other = said([], "import sys; import cmglab; sys.platform = 'darwin'")
    assert other == f"the firewall of the lab is that of Linux, and this is darwin{end}"
