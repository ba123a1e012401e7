"""
cmgdocs: how data flows through the cloud management gateway of Configuration Manager.

``cmgdocs.load()`` gives everything that is known as one checked, frozen system.
Names are imported when they are first used, so that ``import cmgdocs`` costs next to nothing.
"""

from __future__ import annotations

TYPE_CHECKING = False  # as typing has it, without what it costs to import
if TYPE_CHECKING:
    from .catalogue import load as load
    from .errors import CmgdocsError as CmgdocsError

__version__ = "0.1.0"
__all__ = ["CmgdocsError", "__version__", "load"]
_HOMES = {"load": ".catalogue", "CmgdocsError": ".errors"}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'cmgdocs' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name], __name__), name)
