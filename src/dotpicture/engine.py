"""
Graphviz, wherever it can be had: in this process, else as a program.

The first choice is the set of C libraries inside the pygraphviz wheel (`inprocess`): it needs no
system package and gives the same bytes on every machine. Where those cannot be loaded, a ``dot``
on PATH is used; it may place things differently, so committed pictures are made with the first.
"""

from __future__ import annotations

import threading
from functools import cache
from typing import Literal, Protocol

import graphviz

from .errors import EngineError
from .inprocess import Library

Format = Literal["svg", "json", "dot"]

REPAIR = "`pip install pygraphviz==2.0.4`, or install Graphviz so that `dot` is on PATH"

_lock = threading.RLock()  # the C libraries keep global state


class Engine(Protocol):
    """Something that lays out DOT text and says what it is."""

    name: str

    def draw(self, dot: str, fmt: Format) -> bytes:
        """Lay *dot* out and write it as *fmt*. Raises EngineError with Graphviz's words."""
        ...


class Program:
    """The ``dot`` on PATH. Building it raises EngineError if there is none."""

    def __init__(self) -> None:
        self._graphviz = graphviz
        try:
            version = graphviz.version()
        except (graphviz.ExecutableNotFound, graphviz.CalledProcessError) as error:
            raise EngineError(f"dot: {error}") from error
        self.name = f"dot {'.'.join(map(str, version))} on PATH"

    def draw(self, dot: str, fmt: Format) -> bytes:
        """
        Pipe *dot* through the program.

        Its warnings are dropped: they speak of the machine's fonts, not of the text.
        """
        try:
            return bytes(self._graphviz.pipe("dot", fmt, dot.encode(), quiet=True))
        except self._graphviz.CalledProcessError as error:
            words = error.stderr.decode(errors="replace").strip()
            raise EngineError(f"graphviz: {words}") from error


def draw(dot: str, fmt: Format = "svg") -> bytes:
    """
    Lay out DOT text with the first engine that works on this machine.

    Args:
        dot: One graph. In process, every font must be a bundled one (see `metrics`).
        fmt: ``"svg"``, ``"json"`` (DOT's attributes with every drawing step) or ``"dot"`` (the
            text with positions).

    Returns:
        The output as Graphviz writes it, in UTF-8; lengths are points.

    Raises:
        EngineError: Graphviz refused the text, or warned of it; the message is Graphviz's own.
            Or there is no engine; the message gives both reasons and the repair.
    """
    with _lock:
        return _engine().draw(dot, fmt)


def engine_name() -> str:
    """
    Say which engine draws: ``"Graphviz 14.1.5 in process"`` or ``"dot 2.43.0 on PATH"``.

    Raises:
        EngineError: There is none; the message gives both reasons and the repair.
    """
    with _lock:
        return _engine().name


@cache
def _engine() -> Engine:
    """Build the engine on first use; a failure is not remembered, so that a repair helps."""
    try:
        return _in_process()
    except EngineError as first:
        try:
            return Program()
        except EngineError as second:
            raise EngineError(f"no Graphviz: {first}; {second}; {REPAIR}") from first


def _in_process() -> Engine:
    """Import late: ctypes and the wheel's libraries cost time that only a drawing should pay."""
    return Library()
