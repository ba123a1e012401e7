"""What can go wrong with a picture."""

from __future__ import annotations


class EngineError(RuntimeError):
    """No Graphviz could be used, or it refused the text it was given."""
