"""Ask for each server of a site what suffers while it restarts: what-may-restart.py SITE.toml."""

import json
import subprocess
import sys
import tomllib
from itertools import chain
from pathlib import Path
from typing import Any

SERVERS = ("connection-point", "management-point", "software-update-point", "site-server", "service-connection-point")


def ask(*options: str) -> dict[str, Any]:
    """Give the answer to one question, for a gateway that stands."""
    words = [sys.executable, "-m", "cmgdocs", "what-if", sys.argv[1], "--deployed", "--format", "json", *options]
    return dict(json.loads(subprocess.run(words, check=True, stdout=subprocess.PIPE).stdout))


def suffers(answer: dict[str, Any]) -> list[str]:
    """Give what does not work."""
    steps = {f"step {number}": step for number, step in answer["steps"].items()} | {"upload": answer["upload"]}
    return [f"{name} {step['state']}" for name, step in steps.items() if step and step["state"] != "works"]


named = tomllib.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))["hosts"]
hosts = [[named[role]] if isinstance(named[role], str) else named[role] for role in SERVERS if role in named]
for host in dict.fromkeys(chain(*hosts)):
    print(f"{host}: {', '.join(suffers(ask('--down', host))) or 'nothing'}")
