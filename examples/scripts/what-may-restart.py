"""What suffers while a server restarts, asked for each: what-may-restart.py SITE.toml."""

import json
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

SERVERS = ("connection-point", "management-point", "software-update-point", "site-server", "service-connection-point")
SITE = Path(sys.argv[1])
ASK = [sys.executable, "-m", "cmgdocs", "what-if", str(SITE)]


def servers() -> list[str]:
    """Give the hosts of these roles, each once."""
    hosts = tomllib.loads(SITE.read_text(encoding="utf-8"))["hosts"]
    named = [hosts.get(role, []) for role in SERVERS]
    lists = [[item] if isinstance(item, str) else item for item in named]
    return list(dict.fromkeys(host for item in lists for host in item))


def answer(*options: str) -> dict[str, Any]:
    """Ask one question about a gateway that is deployed."""
    words = [*ASK, "--deployed", "--format", "json", *options]
    done = subprocess.run(words, check=True, stdout=subprocess.PIPE)
    return dict(json.loads(done.stdout))


for server in servers():
    found = answer("--down", server)
    states = {f"step {n}": step["state"] for n, step in found["steps"].items()}
    if found["upload"]:
        states["upload"] = found["upload"]["state"]
    lost = [f"{name} {state}" for name, state in states.items() if state != "works"]
    print(f"{server}: {', '.join(lost) or 'nothing'}")
