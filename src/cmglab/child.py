"""
The process that is the router: it does what its parent sends, and ends when the parent does.

Messages are pickles over standard input and output: a function with its arguments comes in; what it tells on the
way, then its result or its error, goes out.
"""

from __future__ import annotations

import os
import pickle
import select
import sys
import threading
import traceback
from collections.abc import Callable

from cmgdocs.errors import CmgdocsError

from .namespaces import Namespaces

TOLD, RESULT, ERROR = "told", "result", "error"


class Router:
    """What a function that is sent here works with; it lives as long as the process."""

    def __init__(self, send: Callable[[str, object], None]) -> None:
        self.namespaces = Namespaces()
        self._send = send

    def tell(self, event: object) -> None:
        """Hand *event* to the parent at once."""
        self._send(TOLD, event)


def main() -> None:
    """Work until the parent closes the pipe, or ends."""
    import resource  # here, for other systems than Linux have none

    threading.Thread(target=_end_with_parent, daemon=True).start()
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # every place is an open file
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what is printed by mistake is no message

    def send(kind: str, what: object) -> None:
        message = pickle.dumps((kind, what))  # as a whole, or nothing of it
        out.write(message)
        out.flush()

    router: Router | None = None
    while True:
        try:
            work, arguments, named = pickle.load(sys.stdin.buffer)
            router = router or Router(send)
            send(RESULT, work(router, *arguments, **named))
        except EOFError:
            return
        except CmgdocsError as error:
            send(ERROR, str(error))
        except Exception:
            send(ERROR, traceback.format_exc())


def _end_with_parent() -> None:
    """Wait for the other end of standard input to be closed, by whatever the parent ended."""
    pipe = select.poll()
    pipe.register(0, 0)  # a hang-up is always told
    pipe.poll()
    os._exit(0)
