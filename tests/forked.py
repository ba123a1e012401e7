"""
Programs run in a fork of a process that has them loaded, which saves each the third of a second of a start.

The process is a server of its own, begun when it is first needed: the tests have threads, which a fork loses.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

Run = subprocess.CompletedProcess[str]
FORKS = hasattr(os, "fork")


def command(*words: str | Path, stdin: str | None = None, env: Mapping[str, str] | None = None) -> Run:
    """What ``python -m cmgdocs`` says to *words*, by default with an emptied PATH: it may need nothing from there."""
    given = {"PATH": "", "PYTHONPATH": os.environ.get("PYTHONPATH", "")} if env is None else env
    return _run([sys.executable, "-m", "cmgdocs", *map(str, words)], Path.cwd(), stdin or "", given)


class Fwshift:
    """Stands for ``subprocess`` where the library runs fwshift."""

    TimeoutExpired = subprocess.TimeoutExpired

    @staticmethod
    def run(line: Sequence[str], *, cwd: Path, **_: Any) -> Run:
        return _run(line, cwd, "", dict(os.environ))


def _run(line: Sequence[str], cwd: Path, stdin: str, env: Mapping[str, str]) -> Run:
    if not FORKS:
        return subprocess.run(line, cwd=cwd, env=env, input=stdin, capture_output=True, encoding="utf-8", check=False)
    with tempfile.TemporaryDirectory(prefix="cmgdocs-forked-") as name:
        files = [str(Path(name, word)) for word in ("in", "out", "err")]
        Path(files[0]).write_text(stdin, encoding="utf-8")
        server = _server()
        assert server.stdin
        assert server.stdout
        server.stdin.write(json.dumps({"line": list(line), "cwd": str(cwd), "env": dict(env), "files": files}) + "\n")
        server.stdin.flush()
        code = int(server.stdout.readline())
        said = [Path(file).read_text(encoding="utf-8", errors="replace") for file in files[1:]]
    return subprocess.CompletedProcess(list(line), code, *said)


@cache
def _server() -> subprocess.Popen[str]:
    """It ends with the tests, for then its standard input does."""
    command = [sys.executable, __file__]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8")


def serve() -> None:
    """Fork for each line of standard input, and print the exit code."""
    import fwshift.cli

    import cmgdocs.__main__
    import cmgdocs.cli
    import cmgdocs.fwshift
    from cmgdocs.audit import configuration
    from cmgdocs.facts import load

    assert configuration
    load()
    mains = {"cmgdocs": cmgdocs.__main__.main, "fwshift": lambda: sys.exit(fwshift.cli.main())}
    for text in sys.stdin:
        asked = json.loads(text)
        if not (child := os.fork()):
            cmgdocs.fwshift.subprocess = _Inner  # type: ignore[assignment, attr-defined]
            os._exit(_played(mains[asked["line"][2]], **asked))
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


class _Inner:
    """The same inside of a command, which is a fork of the server itself."""

    TimeoutExpired = subprocess.TimeoutExpired

    @staticmethod
    def run(line: Sequence[str], *, cwd: Path, **_: Any) -> Run:
        import fwshift.cli

        files = [str(Path(cwd, f".{word}")) for word in ("in", "out", "err")]
        Path(files[0]).touch()
        if not (child := os.fork()):
            os._exit(_played(lambda: sys.exit(fwshift.cli.main()), list(line), str(cwd), dict(os.environ), files))
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        said = [Path(file).read_text(encoding="utf-8", errors="replace") for file in files[1:]]
        return subprocess.CompletedProcess(list(line), code, *said)


def _played(main: Any, line: list[str], cwd: str, env: dict[str, str], files: list[str]) -> int:
    """What the child does; it ends without running anything of its parent."""
    try:
        os.chdir(cwd)
        for number, (name, flags) in enumerate(zip(files, (os.O_RDONLY, *[os.O_WRONLY | os.O_CREAT] * 2), strict=True)):
            os.dup2(os.open(name, flags, 0o600), number)
        sys.stdin, sys.stdout, sys.stderr = (
            os.fdopen(number, mode, encoding="utf-8", closefd=False) for number, mode in enumerate("rww")
        )
        os.environ.clear()
        os.environ.update(env)
        sys.argv = line[2:]
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


if __name__ == "__main__":
    serve()
