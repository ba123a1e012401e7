"""Reading logs: files, folders and standard input, rolled files before those that follow them."""

from __future__ import annotations

import re
from pathlib import Path

from ..errors import Fault, SiteError
from ..facts.model import System
from ..files import STANDARD_INPUT, opened
from . import blocks
from .diagnosis import Diagnoser, Diagnosis
from .knowledge import Knowledge

ENDINGS = (".log", ".lo_", ".txt")
"""Endings of the files that are read in a folder."""
_ROLLED = re.compile(r"-[0-9]{8}-[0-9]{6}$")


def diagnose(system: System, places: list[Path]) -> Diagnosis:
    """
    Say what the logs at *places* show.

    Args:
        system: All facts, or those of one site.
        places: Files, folders, whose logs are read, and ``STANDARD_INPUT``.

    Raises:
        SiteError: A place that is not there, or a folder without logs.
        NotRead: The system refused.
    """
    knowledge = Knowledge.of(system)
    diagnoser = Diagnoser(knowledge)
    last = None
    for place in files(places):
        own = (place.parent, _unrolled(place.name))
        diagnoser.begin(place.name, knowledge.log_of(stem(place.name)), continued=own == last)
        last = own
        with opened(place, "name its files, or a folder that holds them") as file:
            blocks.read(file, diagnoser)
    return diagnoser.result()


def files(places: list[Path]) -> list[Path]:
    """The files to read, those of one log of one folder together and in order of time."""
    found: dict[Path, Path] = {}
    faults: list[Fault] = []
    for place in places:
        own = [place]
        if place is not STANDARD_INPUT and place.is_dir():
            own = [it for it in place.iterdir() if it.suffix.lower() in ENDINGS and it.is_file()]
        if not own:
            faults.append(Fault(str(place), f"holds no log; allowed: files that end in {', '.join(ENDINGS)}"))
        found = {it if it is STANDARD_INPUT else it.resolve(): it for it in own} | found
    if faults:
        raise SiteError(faults)
    return sorted(found.values(), key=_place)


def stem(name: str) -> str:
    """
    A file's name without its ending and what a rolled one adds, in lower case.

    >>> stem("CcmMessaging-20240411-091405.log"), stem("CloudMgr.lo_"), stem("CMG-GRANITE-IN_0-CMGService.log")
    ('ccmmessaging', 'cloudmgr', 'cmgservice')
    """
    own = _unrolled(name)
    return own.rpartition("-")[2] if own.startswith("cmg-") else own


def _place(file: Path) -> tuple[object, ...]:
    """What files are sorted by."""
    name = file.name
    rolled = name.lower().endswith(".lo_") or bool(_ROLLED.search(name.rpartition(".")[0]))
    return stem(name), file.parent, _unrolled(name), not rolled, name


def _unrolled(name: str) -> str:
    return _ROLLED.sub("", name.rpartition(".")[0] or name).lower()
