"""From a site file to its plan, as the command, pages and notebooks need it."""

from __future__ import annotations

from pathlib import Path

from ..errors import Fault
from ..facts.model import System
from ..site.reader import SiteReader
from .plan import Plan, Planner


def plan_of(system: System, path: Path, edition: str | None = None) -> tuple[Plan, tuple[Fault, ...]]:
    """
    The plan of a site file, and what is doubtful about the file.

    Raises:
        SiteError: Every fault of the file, each beginning with its path.
        UnknownId: There is no such edition.
    """
    reading = SiteReader(system).read(path)
    return Planner(system).plan(reading.deployment, edition), reading.warnings
