"""How the audit grows with the length of a rule list, and how much memory it takes: made-up rules, whole processes."""

from __future__ import annotations

import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from random import Random

ROOT = Path(__file__).resolve().parents[1]
RULES = 20_000
HEADER = "name,action,source,destination,port"


def csv_list(random: Random, rules: int) -> str:
    """Rules of a strict CSV, of which a few hold hosts of the site."""
    rows = [
        f"r{i},{random.choice(['allow', 'allow', 'deny'])},10.{random.randrange(8)}.{random.randrange(256)}.0/24,"
        f"{random.randrange(1, 223)}.{random.randrange(256)}.{random.randrange(256)}.0/24,"
        f"tcp/{random.randrange(1, 65535)}"
        for i in range(rules)
    ]
    return "\n".join([HEADER, *rows, ""])


def asa_list(random: Random, rules: int) -> str:
    """The same kind as an access list, which fwshift reads."""
    rows = [
        f"access-list in extended {random.choice(['permit', 'permit', 'deny'])} tcp 10.{random.randrange(8)}."
        f"{random.randrange(256)}.0 255.255.255.0 {random.randrange(1, 223)}.{random.randrange(256)}.0.0 255.255.0.0"
        f" eq {random.randrange(1, 65535)}"
        for _ in range(rules)
    ]
    head = ["ASA Version 9.16(4)", "interface GigabitEthernet0/1", " nameif inside", " security-level 100"]
    return "\n".join([*head, " ip address 10.1.0.1 255.255.0.0", *rows, "access-group in in interface inside", ""])


def audited(path: Path) -> Callable[[], object]:
    """A whole process that audits the list at *path*; the answer is that rules are missing."""
    site = str(ROOT / "examples" / "by-address.toml")
    words = [sys.executable, "-m", "cmgdocs", "audit", site, str(path), "--perimeter", "--format", "json"]
    return lambda: subprocess.run(words, check=False, capture_output=True)


def audit_figures(folder: Path, timed: Callable[..., float], report: Callable[..., bool]) -> list[bool]:
    """Ten times the rules take little more than ten times as long, and do not fill the memory."""
    kept = []
    for name, made in (("list.csv", csv_list), ("list.cfg", asa_list)):
        short, long = folder / f"short-{name}", folder / name
        short.write_text(made(Random(1), RULES // 10), encoding="utf-8")
        long.write_text(made(Random(1), RULES), encoding="utf-8")
        pair = timed(audited(long)), timed(audited(short))
        kept.append(report(f"audit of {RULES:,} rules, {name} : of a tenth of them", *pair, 15))
        memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        kept.append(report(f"audit of {RULES:,} rules, {name}, MB : 500", memory, 500, 1))
    return kept
