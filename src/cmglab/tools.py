"""The programs of Linux that the lab on a kernel needs."""

from __future__ import annotations

import os
import shutil

_SBIN = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/local/sbin", "/usr/sbin", "/sbin"])


def tool(name: str) -> str:
    """
    The path of a program; those of the administrator are found for other users, too.

    Raises:
        FileNotFoundError: It is not installed.
    """
    path = shutil.which(name, path=_SBIN)
    if path is None:
        raise FileNotFoundError(f"{name} is not installed")
    return path
