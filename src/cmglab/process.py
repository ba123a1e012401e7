"""
Starts a process in namespaces of its own and has it work there; says where that is forbidden, and by what.

Nothing needs root: in a user namespace of one's own everybody may make networks, on systems that allow it.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from cmgdocs.errors import LabError
from cmgdocs.facts.model import RoleId
from cmgdocs.site.places import Place

from .child import ERROR, TOLD, Router
from .tools import tool

P = ParamSpec("P")
T = TypeVar("T")
_NAMESPACES = (("--user", "--map-root-user", "--net"), ("--net",))  # the second is for root, where only it may
_INSTEAD = "the lab on loopback needs none of this and gives the same outcomes"
# What a system may forbid user namespaces by: a file, what it then holds, and how people know it.
_LOCKS = (
    ("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1", "as Ubuntu does from 23.10 on"),
    ("/proc/sys/kernel/unprivileged_userns_clone", "0", "as some Debian kernels do"),
    ("/proc/sys/user/max_user_namespaces", "0", "as hardened systems do"),
)
_PROBE = b"""\
table inet cmgdocs {
\tchain forward {
\t\ttype filter hook forward priority filter; policy drop;
\t\tct state established,related accept
\t}
}
"""


@cache
def available() -> str:
    """Why this machine cannot play on a firewall of its kernel, as a sentence without an end; empty where it can."""
    found = _allowed()
    return f"{found}; {_INSTEAD}" if isinstance(found, str) else ""


@cache
def _allowed() -> tuple[str, ...] | str:
    """The words for ``unshare`` that this machine allows, or why it allows none: each is tried as it will be used."""
    if sys.platform != "linux":
        return f"the firewall of the lab is that of Linux, and this is {sys.platform}"
    reasons = []
    for words in _NAMESPACES:
        try:
            with RouterProcess(words=words) as process:
                process.call(_try)
            return words
        except FileNotFoundError as error:
            return str(error)
        except LabError as error:
            reasons.append(str(error))
    return f"no network namespace could be made here ({reasons[0]}{_lock()})"


def _try(router: Router) -> None:
    """Everything that the lab asks of the kernel, once."""
    router.namespaces.add({Place(RoleId("client")): "10.8.0.1"})
    router.namespaces.load(_PROBE)


def _lock() -> str:
    """What is known to forbid namespaces here."""
    for name, value, who in _LOCKS:
        with suppress(OSError):
            if Path(name).read_text().strip() == value:
                return f"; {name.removeprefix('/proc/sys/').replace('/', '.')} is {value}, {who}"
    with suppress(OSError):
        if "\nSeccomp:\t2" in Path("/proc/self/status").read_text():
            return "; a seccomp filter is on, and Docker's default one forbids it"
    return ""


class RouterProcess:
    """
    A process that is a router with places around it.

    It ends with its ``with`` block, or with this process, whatever ends that; nothing of it is left.

    Args:
        told: Hears at once what functions tell on their way.
        words: For ``unshare``; by default those that this machine allows.

    Raises:
        LabError: This machine forbids it; the message says by what.
    """

    def __init__(self, told: Callable[[Any], None] | None = None, words: tuple[str, ...] | None = None) -> None:
        if words is None:
            found = _allowed()
            if isinstance(found, str):
                raise LabError(available())
            words = found
        program, *_ = [tool(name) for name in ("unshare", "ip", "nft")]
        self.told = told
        self._complaints = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the process
        path = os.pathsep.join(filter(None, sys.path))
        self._process = subprocess.Popen(
            [program, *words, sys.executable, "-P", "-c", f"from {Router.__module__} import main; main()"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._complaints,
            start_new_session=True,  # Ctrl-C ends this process, and that one with it
            env={**os.environ, "PYTHONPATH": path},
        )

    def call(self, work: Callable[Concatenate[Router, P], T], *arguments: P.args, **named: P.kwargs) -> T:
        """
        Have the process do *work*, a function of a module, and give its result. One at a time.

        Raises:
            LabError: It failed; where that was not foreseen, the message is the traceback of the other process.
        """
        try:
            kind, what = self._exchange(work, arguments, named)
        except (BrokenPipeError, EOFError):
            self._process.wait()
            self._complaints.seek(0)
            lines = self._complaints.read().decode(errors="replace").split("\n")
            raise LabError(next(filter(None, reversed(lines)), "the process ended without a word")) from None
        except BaseException:  # what comes next would be the answer to this
            self.close()
            raise
        if kind == ERROR:
            raise LabError(what.strip())
        return what  # type: ignore[no-any-return]

    def _exchange(self, *message: object) -> tuple[str, Any]:
        to, back = self._process.stdin, self._process.stdout
        assert to is not None
        assert back is not None
        to.write(pickle.dumps(message))
        to.flush()
        while True:
            kind, what = pickle.load(back)
            if kind != TOLD:
                return kind, what
            if self.told:
                self.told(what)

    def close(self) -> None:
        """End the process at once, and with it all its namespaces."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout, self._complaints):
            with suppress(OSError):  # what was not sent is lost
                if pipe:
                    pipe.close()

    def __enter__(self) -> RouterProcess:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
