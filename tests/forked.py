"""Programs run in a fork of the tests that has them loaded, which saves each the third of a second of a start."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

Run = subprocess.CompletedProcess[str]
FORKS = hasattr(os, "fork")


def command(*words: str | Path, stdin: str | None = None, env: Mapping[str, str] | None = None) -> Run:
    """What ``python -m cmgdocs`` says to *words*, by default with an emptied PATH: it may need nothing from there."""
    from cmgdocs.cli import main

    given = {"PATH": "", "PYTHONPATH": os.environ.get("PYTHONPATH", "")} if env is None else env
    line = [sys.executable, "-m", "cmgdocs", *map(str, words)]
    if not FORKS:
        options = {"input": stdin, "env": given, "encoding": "utf-8"}
        return subprocess.run(line, check=False, capture_output=True, **options)
    return _forked(main, line, Path.cwd(), stdin or "", given)


class Fwshift:
    """Stands for ``subprocess`` where the library runs fwshift."""

    TimeoutExpired = subprocess.TimeoutExpired

    @staticmethod
    def run(line: Sequence[str], *, cwd: Path, **options: Any) -> Run:
        if not FORKS:
            return subprocess.run(line, cwd=cwd, check=False, **options)
        from fwshift.cli import main

        assert line[:3] == [sys.executable, "-m", "fwshift"]
        return _forked(lambda: sys.exit(main()), line, cwd, "", os.environ)


def _forked(main: Callable[[], object], line: Sequence[str], cwd: Path, stdin: str, env: Mapping[str, str]) -> Run:
    with ExitStack() as stack:
        given, out, err = (stack.enter_context(tempfile.TemporaryFile()) for _ in range(3))
        given.write(stdin.encode())
        given.seek(0)
        if not (child := os.fork()):
            os._exit(_played(main, line, cwd, env, [file.fileno() for file in (given, out, err)]))
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        said = []
        for file in (out, err):
            file.seek(0)
            said.append(file.read().decode("utf-8", "replace").replace("\r\n", "\n"))
    return subprocess.CompletedProcess(list(line), code, *said)


def _played(main: Callable[[], object], line: Sequence[str], cwd: Path, env: Mapping[str, str], to: list[int]) -> int:
    """What the child does; it ends without running anything of its parent."""
    try:
        os.chdir(cwd)
        for number, file in enumerate(to):
            os.dup2(file, number)
        sys.stdin, sys.stdout, sys.stderr = (
            os.fdopen(number, mode, encoding="utf-8", closefd=False) for number, mode in enumerate("rww")
        )
        os.environ.clear()
        os.environ.update(env)
        sys.argv = [line[2], *line[3:]]
        code: object = 0
        try:
            main()
        except SystemExit as error:
            code = error.code
        if code is not None and not isinstance(code, int):
            print(code, file=sys.stderr)
            code = 1
        sys.stdout.flush()
        sys.stderr.flush()
        return code or 0
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
        return 1
