"""The only reader of fact files: folder of TOML in, checked :class:`~cmgdocs.model.System` out."""

from .load import DATA, load

__all__ = ["DATA", "load"]
