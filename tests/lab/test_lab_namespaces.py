"""The rendered rules in a kernel between namespaces: what they say happens, at once, and is counted."""

from __future__ import annotations

import errno
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from itertools import product
from pathlib import Path

import pytest
from cast import CMG, CP, Drawn
from lab_sites import rules_of
from tools import need, need_namespaces

from cmgdocs.errors import LabError
from cmgdocs.firewall.dialect import written
from cmgdocs.firewall.registry import dialect
from cmgdocs.plan.rules import RuleSet
from cmglab.namespaces import Router, in_router
from cmglab.staging import RuleSetFirewall, addresses, allowed

INTEREST = (80, 443, 445, 3128, 8530, 10_123, 10_124, 10_140, 10_141, 10_156)
WAIT_S = 2.0
Dial = tuple[str, str, int]


def in_nft(rules: RuleSet) -> bytes:
    return written(rules, dialect("nftables"))


def routed(rules: RuleSet, work: Callable[[Router], object]) -> object:
    """Do *work* with a router that has the places of a staged site, its rules, and a counter of refusals."""
    need_namespaces()

    def prepared(router: Router) -> object:
        router.add(addresses(rules.plan.deployment).values())
        router.load(in_nft(rules))
        router.count_refusals()
        return work(router)

    return in_router(prepared)


def door(router: Router, address: str, port: int) -> socket.socket:
    with router.inside(address):
        made = socket.create_server((address, port), backlog=64)
    made.settimeout(WAIT_S)
    return made


def dialled(router: Router, dials: Iterable[Dial], listen: bool = True) -> list[str]:
    """Dial, and give for each ``reached`` or the name of the error; *listen* on every port that is dialled."""
    dials = list(dials)
    doors = {end: door(router, *end) for end in {dial[1:] for dial in dials}} if listen else {}
    return [_outcome(router, *dial, doors.get(dial[1:])) for dial in dials]


def _outcome(router: Router, source: str, destination: str, port: int, there: socket.socket | None) -> str:
    with router.inside(source):
        near = socket.socket()
    near.settimeout(WAIT_S)
    with near:
        try:
            near.connect((destination, port))
        except OSError as error:
            return errno.errorcode.get(error.errno or 0, type(error).__name__)
        assert there
        far, (peer, _) = there.accept()
        far.close()
        return "reached" if peer == source else f"reached as {peer}"


@pytest.mark.parametrize(
    "site", ["classic-2-http", *(pytest.param(name, marks=pytest.mark.slow) for name in ("vmss-16", "proxied-1"))]
)
def test_kernel_lets_through_what_the_rules_say_between_all_places(site: str) -> None:
    rules = rules_of(site)
    firewall, at = RuleSetFirewall(rules), addresses(rules.plan.deployment)
    tried = [(*ends, port) for ends in product(at, repeat=2) if ends[0] != ends[1] for port in INTEREST]
    dials = [(at[source], at[target], port) for source, target, port in tried]
    wanted = ["EHOSTUNREACH" if firewall.refusal(*dial) else "reached" for dial in tried]
    found, refused = routed(rules, lambda router: (dialled(router, dials), router.refused()))
    assert found == wanted
    assert set(wanted) == {"reached", "EHOSTUNREACH"}
    assert refused == {dial: 1 for dial, outcome in zip(dials, wanted, strict=True) if outcome != "reached"}


@pytest.mark.parametrize("site", ["classic-2-http", "vmss-16", "proxied-1"])
def test_kernel_takes_narrowed_rules_one_set_after_the_other(site: str) -> None:
    rules = rules_of(site)
    at, spans = addresses(rules.plan.deployment), RuleSetFirewall(rules).open.items()
    tried = [(*ends, port) for ends, found in spans for span in found for port in range(span.low, span.high + 1)]
    dials = [(at[source], at[target], port) for source, target, port in tried]
    narrowed = [allowed(rules, Drawn(seed, 0.4)) for seed in range(4)]

    def work(router: Router) -> list[list[str]]:
        out = []
        for each in narrowed:
            router.load(in_nft(each))
            router.count_refusals()
            out.append(dialled(router, dials))
        return out

    for each, found in zip(narrowed, routed(rules, work), strict=True):
        firewall = RuleSetFirewall(each)
        assert found == ["EHOSTUNREACH" if firewall.refusal(*dial) else "reached" for dial in tried]


def test_a_closed_port_is_not_a_refusal_and_refusals_are_not_throttled() -> None:
    rules = rules_of("vmss-16")
    at = addresses(rules.plan.deployment)
    inside, outside = at[CP], at[CMG]

    def work(router: Router) -> tuple[list[str], set[str], dict[Dial, int]]:
        closed = dialled(router, [(inside, outside, 10_124)], listen=False)
        return closed, set(dialled(router, [(outside, inside, 443)] * 500)), router.refused()

    assert routed(rules, work) == (["ECONNREFUSED"], {"EHOSTUNREACH"}, {(outside, inside, 443): 500})


def test_rules_that_the_kernel_does_not_take_are_an_error() -> None:
    need_namespaces()
    with pytest.raises(LabError, match=r"^nft -f -: .*syntax error"):
        in_router(lambda router: router.load(b"let everything through\n"))


def test_what_is_told_comes_before_the_result_and_an_error_has_its_traceback() -> None:
    need_namespaces()
    heard: list[str] = []

    def work(router: Router) -> int:
        for word in ("one", "two"):
            router.tell(word)
        return 3

    assert (in_router(work, heard.append), heard) == (3, ["one", "two"])
    with pytest.raises(LabError, match=r"(?s)Traceback.*ZeroDivisionError"):
        in_router(lambda router: 1 // 0)


LAUNCH = """
import os, signal, time
from cmglab.namespaces import in_router
signal.signal(signal.SIGINT, signal.default_int_handler)
def work(router):
    router.tell(os.getpid())
    time.sleep(60)
in_router(work, lambda ident: print(ident, flush=True))
"""


@pytest.mark.parametrize("name", ["SIGINT", "SIGKILL"])
def test_router_ends_with_its_parent(name: str) -> None:
    need_namespaces()
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", LAUNCH]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=env) as parent:
        assert parent.stdout is not None
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


END = "; the lab on loopback needs none of this and gives the same outcomes"


def said(prefix: list[str], before: str = "pass") -> str:
    """What a fresh process says of what is unavailable."""
    code = f"{before}; from cmglab.namespaces import unavailable; print(unavailable())"
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "LC_ALL": "C"}
    command = [*prefix, sys.executable, "-c", code]
    return subprocess.run(command, capture_output=True, text=True, check=True, env=env).stdout.strip()


def test_reason_names_what_forbids_namespaces() -> None:
    need_namespaces()
    forbid = "echo 0 >/proc/sys/user/max_user_namespaces; echo 0 >/proc/sys/user/max_net_namespaces;"
    found = said([need("unshare"), "--user", "--map-root-user", "sh", "-c", f'{forbid} exec "$@"', "sh"])
    assert found.startswith("no network namespace could be made here (")
    assert found.endswith(f"; user.max_user_namespaces is 0, as hardened systems do){END}")


def test_reason_names_a_missing_program_and_another_system() -> None:
    need_namespaces()
    assert said([], "import cmglab.namespaces as them; them._SBIN = ''") == f"ip is not installed{END}"
    other = said([], "import sys; import cmglab; sys.platform = 'darwin'")
    assert other == f"the firewall of the lab is that of Linux, and this is darwin{END}"
