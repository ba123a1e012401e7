"""The command for logs: what it prints, what it refuses, and what it hides."""

from __future__ import annotations
