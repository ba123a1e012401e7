"""Programs that some tests need: skipped with the reason where one is missing, failed where CMGDOCS_NEEDS names it."""

from __future__ import annotations

import os
import shutil
import subprocess
from functools import cache

import pytest

SBIN = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/local/sbin", "/usr/sbin", "/sbin"])
NAMESPACES = (("--user", "--map-root-user", "--net"), ("--net",))


def need(tool: str) -> str:
    """Give the path of a program."""
    path = shutil.which(tool, path=SBIN)
    return path or missing(tool, f"{tool} is not installed")


@cache
def unshare() -> list[str]:
    """Give the words before a command that run it in a network namespace of its own; no root where that is allowed."""
    tool, command = need("unshare"), [need("ip"), "link", "set", "lo", "up"]
    for words in NAMESPACES:
        if subprocess.run([tool, *words, *command], capture_output=True, check=False).returncode == 0:
            return [tool, *words]
    missing("unshare", "this machine allows no network namespace")
    return []


def missing(tool: str, reason: str) -> str:
    """Skip, or fail where the machine was promised to have the tool."""
    if tool in os.environ.get("CMGDOCS_NEEDS", "").split():
        pytest.fail(f"{reason}, and CMGDOCS_NEEDS names {tool}")
    pytest.skip(reason)


def need_namespaces() -> None:
    """Go on where this machine allows a router in network namespaces, with a firewall of its kernel."""
    from cmglab.namespaces import unavailable  # here, for the lab needs an extra and most tests do not

    for tool in ("ip", "nft"):
        need(tool)
    if reason := unavailable():
        missing("unshare", reason)
