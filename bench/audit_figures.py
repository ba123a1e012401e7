"""How long the audit of a long rule list takes, and how much memory: made-up rules, whole processes."""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

ROOT = Path(__file__).resolve().parents[1]
RULES = 20_000
HEADER = "name,action,source,destination,port"


def csv_list(random: Random) -> str:
    """Rules of a strict CSV, of which a few hold hosts of the site."""
    rows = [
        f"r{i},{random.choice(['allow', 'allow', 'deny'])},10.{random.randrange(8)}.{random.randrange(256)}.0/24,"
        f"{random.randrange(1, 223)}.{random.randrange(256)}.{random.randrange(256)}.0/24,"
        f"tcp/{random.randrange(1, 65535)}"
        for i in range(RULES)
    ]
    return "\n".join([HEADER, *rows, ""])


def asa_list(random: Random) -> str:
    """The same kind as an access list, which fwshift reads."""
    rows = [
        f"access-list in extended {random.choice(['permit', 'permit', 'deny'])} tcp 10.{random.randrange(8)}."
        f"{random.randrange(256)}.0 255.255.255.0 {random.randrange(1, 223)}.{random.randrange(256)}.0.0 255.255.0.0"
        f" eq {random.randrange(1, 65535)}"
        for _ in range(RULES)
    ]
    head = ["ASA Version 9.16(4)", "interface GigabitEthernet0/1", " nameif inside", " security-level 100"]
    return "\n".join([*head, " ip address 10.1.0.1 255.255.0.0", *rows, "access-group in in interface inside", ""])


def audit_figures(folder: Path, report: Callable[..., bool]) -> list[bool]:
    """What is promised of long rule lists; most of the time for those of a device is fwshift's."""
    site, kept = ROOT / "examples" / "by-address.toml", []
    for name, made, bound in (("list.csv", csv_list, 10.0), ("list.cfg", asa_list, 60.0)):
        path = folder / name
        path.write_text(made(Random(1)), encoding="utf-8")
        start = time.perf_counter()
        words = [sys.executable, "-m", "cmgdocs", "audit", str(site), str(path), "--perimeter", "--format", "json"]
        subprocess.run(words, check=False, capture_output=True)
        seconds = time.perf_counter() - start
        memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        kept.append(report(f"audit of {RULES:,} rules, {name}, seconds : {bound:.0f}", seconds, bound, 1, "s"))
        kept.append(report(f"audit of {RULES:,} rules, {name}, MB : 500", memory, 500, 1, "MB"))
    return kept
