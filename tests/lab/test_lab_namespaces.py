"""The rendered rules in a kernel between namespaces: what they say happens, at once, and is counted."""

from __future__ import annotations

import errno
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from cast import CMG, CP
from lab_sites import rules_of
from tools import need_namespaces

from cmgdocs.errors import LabError
from cmgdocs.firewall.dialect import written
from cmgdocs.firewall.registry import dialect
from cmglab.namespaces import Router, in_router
from cmglab.staging import addresses

WAIT_S = 2.0


def dialled(router: Router, source: str, destination: str, port: int) -> str:
    """Dial, and give the name of the error."""
    with router.inside(source):
        near = socket.socket()
    near.settimeout(WAIT_S)
    with near:
        return errno.errorcode[near.connect_ex((destination, port))]


def test_a_closed_port_is_not_a_refusal_and_refusals_are_not_throttled() -> None:
    need_namespaces()
    rules = rules_of("vmss-16")
    at = addresses(rules.plan.deployment)
    inside, outside = at[CP], at[CMG]

    def work(router: Router) -> tuple[str, set[str], dict[tuple[str, str, int], int]]:
        router.add(at.values())
        router.load(written(rules, dialect("nftables")))
        router.count_refusals()
        closed = dialled(router, inside, outside, 10_124)
        return closed, {dialled(router, outside, inside, 443) for _ in range(500)}, router.refused()

    assert in_router(work) == ("ECONNREFUSED", {"EHOSTUNREACH"}, {(outside, inside, 443): 500})


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


def unavailable(before: str) -> str:
    """What a fresh process says of what is unavailable."""
    code = f"{before}; from cmglab.namespaces import unavailable; print(unavailable())"
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", code]
    return subprocess.run(command, capture_output=True, text=True, check=True, env=env).stdout.strip()


def test_reason_names_a_missing_program_and_another_system() -> None:
    need_namespaces()
    end = "; the lab on loopback needs none of this and gives the same outcomes"
    assert unavailable("import cmglab.namespaces as them; them._SBIN = ''") == f"ip is not installed{end}"
    other = unavailable("import sys; import cmglab; sys.platform = 'darwin'")
    assert other == f"the firewall of the lab is that of Linux, and this is darwin{end}"
