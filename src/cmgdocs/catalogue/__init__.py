"""The only reader of fact files: folder of TOML in, checked :class:`~cmgdocs.model.System` out."""

from __future__ import annotations

from pathlib import Path

from .load import load

TYPE_CHECKING = False  # as typing has it, without what it costs to import
if TYPE_CHECKING:
    DATA: Path

__all__ = ["DATA", "load"]


def __getattr__(name: str) -> object:
    if name != "DATA":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from .load import FOLDER

    return Path(FOLDER)
