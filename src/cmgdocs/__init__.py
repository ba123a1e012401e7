"""
cmgdocs: how data flows through the cloud management gateway of Configuration Manager.

``cmgdocs.load()`` gives everything that is known as one checked, frozen system.
"""

from __future__ import annotations

from .errors import CmgdocsError
from .facts import load

__version__ = "0.1.0"
__all__ = ["CmgdocsError", "__version__", "load"]
