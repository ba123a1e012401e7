"""The facts: who there is, who connects to whom, and what is said about it; read from TOML and checked."""

from __future__ import annotations

from .reader import DATA, load

__all__ = ["DATA", "load"]
