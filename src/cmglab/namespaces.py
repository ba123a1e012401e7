"""
A router in a network namespace of Linux, with one namespace for each address on a wire of its own, and its firewall.

:func:`in_router` runs a function in a process of its own that is such a router; whatever it makes ends with the
process, and the process ends with the call or with its parent. Nothing needs root: in a user namespace of one's own
everybody may make networks, on systems that allow it. Needs ``ip``, and what loads the rules.
"""

from __future__ import annotations

import ctypes
import json
import multiprocessing
import os
import resource
import shutil
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, TypeVar

from cmgdocs.errors import CmgdocsError, LabError

T = TypeVar("T")
NFT = ("nft", "-f", "-")
_SBIN = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/local/sbin", "/usr/sbin", "/sbin"])
_NEW_USER, _NEW_NET = 0x10000000, 0x40000000  # CLONE_NEWUSER and CLONE_NEWNET of <linux/sched.h>
_END_WITH_PARENT = 1  # PR_SET_PDEATHSIG of <linux/prctl.h>
_ROUTER = "10.254.0.1"  # the router's end of every wire
_SAME = "address 02:00:00:00:00:01"  # both ends of a wire have one hardware address, so that none has to be asked for
_TABLE = "inet cmgdocs"
# A refused dial shall fail at once and be counted. What the rules let through was accepted before this one.
_COUNTER = (
    f"add set {_TABLE} refused {{ type ipv4_addr . ipv4_addr . inet_service; flags dynamic; size 65535; }}\n"
    f"add rule {_TABLE} forward ct state new add @refused {{ ip saddr . ip daddr . tcp dport counter }}"
    " reject with icmpx admin-prohibited\n"
)
# Outside of user namespaces nft has the kernel lift the bound on one message, which is that of any socket else.
_TOO_LONG = "; about a hundred rules fit, for without root nft hands over some 200 kB and no more"
_INSTEAD = "the lab on loopback needs none of this and gives the same outcomes"
# What a system may forbid user namespaces by: a file, what it then holds, and how people know it.
_LOCKS = (
    ("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1", "as Ubuntu does from 23.10 on"),
    ("/proc/sys/kernel/unprivileged_userns_clone", "0", "as some Debian kernels do"),
    ("/proc/sys/user/max_user_namespaces", "0", "as hardened systems do"),
)
_PROBE = (
    f"add table {_TABLE}\nadd chain {_TABLE} forward {{ type filter hook forward priority filter; policy drop; }}\n"
)


class Router:
    """
    The router: it forwards between addresses, each in a namespace of its own, as its firewall says.

    A socket belongs to the namespace in which it was made for as long as it lives, so one process, in one thread,
    can speak for every address.

    Args:
        tell: Hands an object to the process that waits for this one, at once.
    """

    def __init__(self, tell: Callable[[object], None]) -> None:
        self.tell = tell
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._leave()
        self._libc.prctl(_END_WITH_PARENT, signal.SIGKILL)  # only now: what changes its rights is forgotten by it
        self._own = _here()
        self._namespaces: dict[str, int] = {}
        _ip(["link set lo up"])
        # No limit on the rate of refusals, or those that come often would seem to be dropped.
        _set("ipv4/icmp_ratemask", "0")

    def add(self, addresses: Collection[str], bare: bool = False) -> None:
        """
        Wire up IPv4 addresses, each once.

        *bare* ones, of either IP version, are known to the router alone: packets are written on their wires as they
        are, and nothing there answers.
        """
        lines = []
        for number, address in enumerate(addresses, len(self._namespaces)):
            self._namespaces[address] = namespace = self._new()
            near, far = f"v{number}", f"netns /proc/{os.getpid()}/fd/{namespace}"
            lines += [
                f"link add {near} {_SAME} type veth peer name eth0 {_SAME} {far}",
                f"link set {near} arp off addrgenmode none up",
                f"route add {address} dev {near}" if bare else f"address add {_ROUTER} peer {address} dev {near}",
            ]
        _ip(lines)
        for address in addresses:
            with self.inside(address):
                _set("ipv6/conf/all/disable_ipv6", "1")  # it would speak of itself
                own = [] if bare else [f"address add {address} dev eth0", "route add default dev eth0"]
                _ip(["link set lo up", "link set eth0 arp off addrgenmode none up", *own])
        _set("ipv4/ip_forward", "1")
        if bare:
            _set("ipv6/conf/all/forwarding", "1")

    @contextmanager
    def inside(self, address: str) -> Iterator[None]:
        """Work in the namespace of an address; nothing may be awaited meanwhile."""
        self._enter(self._namespaces[address])
        try:
            yield
        finally:
            self._enter(self._own)

    def load(self, rules: bytes, command: Iterable[str] = NFT) -> None:
        """
        Have a program read rules from its standard input, such as ``nft -f -`` or ``iptables-restore``.

        Raises:
            LabError: It does not take the rules, or they are too many for a user namespace.
        """
        _run(command, rules)

    def count_refusals(self) -> None:
        """
        Add a rule behind the last one of our file for nft: it answers what would have been dropped, and counts it.

        Without it a dial would learn of a refusal only by waiting. It does not change what is refused, only how.
        """
        _run(NFT, _COUNTER.encode())

    def refused(self) -> dict[tuple[str, str, int], int]:
        """How often the router refused which dials since it counts: source, destination and port, in no order."""
        found = json.loads(_run(["nft", "-j", "list", "set", *_TABLE.split(), "refused"], b""))
        elements = [each["elem"] for item in found["nftables"] for each in item.get("set", {}).get("elem", ())]
        return {tuple(elem["val"]["concat"]): elem["counter"]["packets"] for elem in elements}

    def _leave(self) -> None:
        """
        Go into a network namespace of one's own, and where this is not allowed into a user namespace as well.

        Raises:
            LabError: Neither is allowed.
        """
        user, group = os.geteuid(), os.getegid()
        try:
            if self._libc.unshare(_NEW_NET):
                self._checked(self._libc.unshare(_NEW_USER | _NEW_NET))
                for name, text in (("setgroups", "deny"), ("uid_map", f"0 {user} 1"), ("gid_map", f"0 {group} 1")):
                    Path(f"/proc/self/{name}").write_text(text, encoding="ascii")
        except OSError as error:
            why = f"{os.strerror(error.errno or 0)}{_lock()}"
            raise LabError(f"no network namespace could be made here ({why}); {_INSTEAD}") from None

    def _new(self) -> int:
        self._checked(self._libc.unshare(_NEW_NET))
        made = _here()
        self._enter(self._own)
        return made

    def _enter(self, namespace: int) -> None:
        self._checked(self._libc.setns(namespace, _NEW_NET))

    def _checked(self, result: int) -> None:
        if result:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def in_router(work: Callable[[Router], T], tell: Callable[[Any], None] | None = None) -> T:
    """
    Have a new process be a router and do *work* in it, and give its result.

    Args:
        work: What to do; its result has to be something that can be pickled.
        tell: Called at once with what the router reports on the way.

    Raises:
        LabError: This machine forbids it, or it failed there; where that was not foreseen, with its traceback.
    """
    if sys.platform != "linux":
        raise LabError(f"the firewall of the lab is that of Linux, and this is {sys.platform}; {_INSTEAD}")
    fork = multiprocessing.get_context("fork")
    ours, theirs = fork.Pipe(duplex=False)
    process = fork.Process(target=_child, args=(theirs, work), daemon=True)
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # Ctrl-C ends the parent, and that one with it
    try:
        process.start()
        theirs.close()
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        while True:
            done, what = ours.recv()
            if done is not None:
                break
            if tell:
                tell(what)
    except EOFError:
        raise LabError("the process of the router ended without a word") from None
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        process.kill()
        process.join()
        process.close()
        ours.close()
    if not done:
        raise LabError(what)
    return what  # type: ignore[no-any-return]


def _child(pipe: Connection, work: Callable[[Router], object]) -> None:
    """Do the work; send ``(None, what)`` for what is reported, ``(True, result)`` at the end, or ``(False, why)``."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # every address is an open file
    try:
        pipe.send((True, work(Router(lambda what: pipe.send((None, what))))))
    except (CmgdocsError, OSError) as error:  # OSError: too few files, no folder for what is temporary
        pipe.send((False, str(error)))
    except Exception:
        pipe.send((False, traceback.format_exc().strip()))


@cache
def unavailable() -> str:
    """Why this machine cannot play on a firewall of its kernel; empty where it can. Everything is tried once."""
    try:
        in_router(_try)
    except LabError as error:
        return str(error)
    return ""


def _try(router: Router) -> None:
    router.add(["10.8.0.1"])
    router.load(_PROBE.encode())


def _lock() -> str:
    """What is known to forbid namespaces here."""
    for name, value, who in _LOCKS:
        with suppress(OSError):
            if Path(name).read_text(encoding="ascii").strip() == value:
                return f"; {name.removeprefix('/proc/sys/').replace('/', '.')} is {value}, {who}"
    with suppress(OSError):
        if "\nSeccomp:\t2" in Path("/proc/self/status").read_text(encoding="utf-8"):
            return "; a seccomp filter is on, and Docker's default one forbids it"
    return ""


def _here() -> int:
    return os.open("/proc/thread-self/ns/net", os.O_RDONLY)


def _set(key: str, value: str) -> None:
    with suppress(FileNotFoundError):  # a kernel without IPv6 has none of its keys
        Path("/proc/sys/net", key).write_text(value, encoding="ascii")


def _ip(lines: Iterable[str]) -> None:
    _run(["ip", "-batch", "-"], "".join(f"{line}\n" for line in lines).encode())


def _run(command: Iterable[str], text: bytes) -> bytes:
    name, *words = command
    program = shutil.which(name, path=_SBIN)  # those of the administrator are found for other users, too
    if program is None:
        raise LabError(f"{name} is not installed; {_INSTEAD}")
    done = subprocess.run([program, *words], input=text, capture_output=True, check=False)
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip()
        raise LabError(f"{name} {' '.join(words)}: {said}{_TOO_LONG if 'Message too long' in said else ''}")
    return done.stdout
