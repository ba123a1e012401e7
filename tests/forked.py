"""Stands for ``subprocess`` where the library runs fwshift: a fork that has it loaded already."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any


class Forked:
    """Runs ``python -m fwshift`` in a fork, which saves the half of a second that its start takes."""

    TimeoutExpired = subprocess.TimeoutExpired

    @staticmethod
    def run(command: Sequence[str], *, cwd: Path, **options: Any) -> subprocess.CompletedProcess[str]:
        if not hasattr(os, "fork"):
            return subprocess.run(command, cwd=cwd, check=False, **options)
        from fwshift.cli import main

        assert command[:3] == [sys.executable, "-m", "fwshift"]
        with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as said:
            child = os.fork()
            if child == 0:
                os._exit(_played(main, command[3:], cwd, said.fileno()))
            code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            said.seek(0)
            return subprocess.CompletedProcess(command, code, "", said.read())


def _played(main: Any, words: Sequence[str], cwd: Path, said: int) -> int:
    """What the child does; it ends without running anything of its parent."""
    os.chdir(cwd)
    os.dup2(said, 1)
    os.dup2(said, 2)
    sys.stdout = os.fdopen(1, "w", encoding="utf-8", closefd=False)
    sys.stderr = os.fdopen(2, "w", encoding="utf-8", closefd=False)
    try:
        code = main(list(words))
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else 1
    except BaseException:
        traceback.print_exc()
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    return code
