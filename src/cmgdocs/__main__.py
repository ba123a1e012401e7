"""The command as a process, ``cmgdocs`` or ``python -m cmgdocs``: a signal ends it without a traceback."""

from __future__ import annotations

import signal
import sys
import warnings
from types import FrameType
from typing import NoReturn

SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")  # by name, because Windows lacks the last one


def main() -> NoReturn:
    """Run the command and end the process with its exit code, or with 128 and the number of the signal."""
    stopped: list[int] = []

    def stop(number: int, _frame: FrameType | None) -> NoReturn:
        stopped.append(128 + number)
        warnings.simplefilter("ignore")  # about what is left half done
        sys.exit(128 + number)  # an exception, so that half-written files are removed

    for number in (getattr(signal, name) for name in SIGNALS if hasattr(signal, name)):
        if signal.getsignal(number) != signal.SIG_IGN:  # as nohup sets it
            signal.signal(number, stop)
    code = 0
    try:
        from .cli import run  # here, so that a signal during the import is handled as well

        code = run(sys.argv[1:])
    except BaseException:  # not SystemExit alone: in a class body Python turns it into RuntimeError
        if not stopped:
            raise
    sys.exit(stopped[0] if stopped else code)


if __name__ == "__main__":
    main()
