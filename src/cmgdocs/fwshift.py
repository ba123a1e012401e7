"""
fwshift, which reads and writes the configurations of firewalls: run as a program, never imported.

It is under the GPL, version 3, and young: hence a process of its own, an exact version and tests of our own cases.
"""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from .errors import FwshiftError, MissingExtra

EXTRA = "firewall"
VERSION = "0.40.18"  # that of pyproject.toml
MOST_SECONDS = 300  # a list of 20,000 rules takes some 20


def run(words: Sequence[str], inputs: dict[str, bytes], outputs: Sequence[str]) -> dict[str, bytes]:
    """
    Run fwshift in a folder of its own.

    Args:
        words: Its arguments; files are named as in *inputs* and *outputs*.
        inputs: Files to read, by name.
        outputs: Names of files that it writes.

    Returns:
        The content of each of *outputs*.

    Raises:
        MissingExtra: fwshift is not installed.
        FwshiftError: What it says is wrong.
    """
    package = importlib.util.find_spec("fwshift")
    if package is None or package.origin is None:
        raise MissingExtra(EXTRA, "fwshift")
    if not (Path(package.origin).parents[1] / f"fwshift-{VERSION}.dist-info").is_dir():
        raise FwshiftError(f"found another fwshift; allowed: {VERSION}, which the extra {EXTRA} brings")
    with tempfile.TemporaryDirectory(prefix="cmgdocs-") as name:
        folder = Path(name)
        for file, content in inputs.items():
            (folder / file).write_bytes(content)
        command = [sys.executable, "-m", "fwshift", *words]
        try:
            done = subprocess.run(
                command, cwd=folder, capture_output=True, check=False, text=True, errors="replace", timeout=MOST_SECONDS
            )
        except subprocess.TimeoutExpired:
            raise FwshiftError(f"fwshift was not done after {MOST_SECONDS} seconds") from None
        missing = [file for file in outputs if not (folder / file).is_file()]
        if missing:
            said = done.stderr.strip().splitlines() or ["it said nothing"]
            raise FwshiftError(said[-1].removeprefix("fwshift: error: "))
        return {file: (folder / file).read_bytes() for file in outputs}
