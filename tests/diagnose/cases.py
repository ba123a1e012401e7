# ruff: noqa: E501 - lines of logs are long
"""Cases of trouble, and lines that nobody knows."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
CASES: list[dict[str, Any]] = tomllib.loads(Path(__file__).with_name("cases.toml").read_text(encoding="utf-8"))["case"]
for _case in CASES:
    if "file" in _case:
        _case["lines"] = (ROOT / _case["file"]).read_text(encoding="utf-8").splitlines()
UNKNOWN = (
    "Executing task Usage Report",
    "ERROR: the printer is out of paper",
    '<![LOG[Policy arrived for program]LOG]!><time="08:00:00.000-060" date="04-11-2024" component="PolicyAgent" type="1">',
    '<![LOG[Failed to open the tray]LOG]!><time="08:00:00.000-060" date="04-11-2024" component="TrayAgent" type="3">',
    "Waiting for changes  $$<SMS_OTHER_COMPONENT><04-11-2024 08:00:00.000-060><thread=7044 (0x1B84)>",
    "2024-04-11 08:00:00 10.1.0.4 GET /CMUserService/x - 443 - 10.1.0.3 agent - 200 0 0 15",
    "200 OK",
    "connection to the printer is connected",
)
"""Lines that are of no interest here, or of a fault of something else."""


def text_of(case: dict[str, Any]) -> str:
    """The lines of a case as one text."""
    return "\n".join(case["lines"])
