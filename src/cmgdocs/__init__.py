"""
cmgdocs: how data flows through the cloud management gateway of Configuration Manager.

``cmgdocs.load()`` returns everything that is known as one checked, frozen system.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .errors import CmgdocsError

if TYPE_CHECKING:
    from .facts.model import System

__version__ = "0.1.0"
__all__ = ["CmgdocsError", "__version__", "load"]


def load() -> System:
    """Return the project's own facts, read once in a process; :func:`cmgdocs.facts.load` reads any folder."""
    from .facts import load as read  # here, or it would run before the command can handle a signal

    return read()
