"""The command for the server itself: whether what its role has to reach is reached from here, and why not."""

from __future__ import annotations

import argparse
import asyncio
import sys
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

from ..facts import load
from ..facts.model import RoleId
from ..files import STANDARD_INPUT, read_json
from ..plan.read import plan_of
from ..probe.compare import differences
from ..probe.judge import judge
from ..probe.powershell import LABEL, in_ascii
from ..probe.powershell import script as powershell_script
from ..probe.targets import targets
from ..probe.trial import TIMEOUT_S, trials
from ..probe.tried import Status
from ..render.tables import dump
from ..render.text import text_table
from ..search.index import symptom_pages
from ..views.documents import probe_data
from ..views.probe_kept import kept_probe, kept_results
from ..views.probe_tables import apart_table, probe_report
from .arguments import Commands, UsageError, add_command, path, target
from .output import make_sure_of_ending, note, put, put_bytes, put_report, terminal_width, warn

LONGEST_S = 300.0
_CLEAR = "\r\x1b[K"


def add(commands: Commands) -> None:
    """Add this command."""
    parser = add_command(
        commands,
        probe,
        "cmgdocs probe contoso.toml --from connection-point --json before.json",
        "cmgdocs probe --compare before.json after.json",
        "cmgdocs probe contoso.toml --from connection-point --powershell -o probe.ps1",
    )
    parser.add_argument("site", metavar="SITE.toml", type=path, nargs="?")
    parser.add_argument(
        "--from", dest="role", metavar="ROLE", help="The role of this server, connection-point for one."
    )
    document = "Write everything to FILE for programs and for --compare; - writes it in the place of the tables."
    parser.add_argument("--json", dest="output", metavar="FILE", type=path, help=document)
    limit = f"Seconds until one trial is given up. Default: {TIMEOUT_S:g}."
    parser.add_argument("--timeout", dest="timeout_s", metavar="S", type=_seconds, help=limit)
    runs = "Show where two kept runs differ: two servers, or before and after a change."
    parser.add_argument("--compare", dest="runs", metavar=("A.json", "B.json"), nargs=2, type=path, help=runs)
    powershell = f"Try nothing, but write the trials as a PowerShell script, for servers without Python. {LABEL}."
    parser.add_argument("--powershell", action="store_true", help=powershell)
    parser.add_argument("-o", dest="script", metavar="FILE.ps1", type=target, help="The file for the script.")
    results = "Try nothing, but judge what that script wrote into FILE."
    parser.add_argument("--results", metavar="FILE", type=path, help=results)


def probe(
    site: Path | None,
    role: str | None,
    output: Path | None,
    timeout_s: float | None,
    runs: list[Path] | None,
    powershell: bool,
    script: Path | None,
    results: Path | None,
) -> None:
    """
    Try from this server what its role has to reach: names, ports, the proxy, TLS and the management point.

    Run it on a server of that role. It opens the planned connections and no others, all at once, sends no
    credentials and changes nothing. What fails is shown with its likely cause and what helps; what no trial can
    decide, such as UDP, is listed.

    Exit code 0: nothing fails, though something may be undecided. 1: something fails, or two runs differ.
    2: wrong use, or a file that is wrong. 3: it could not be done.
    """
    if runs is not None:
        if site or role or output or timeout_s or powershell or script or results:
            raise UsageError("cmgdocs probe", "found --compare and more; allowed: --compare A.json B.json alone")
        _compare(*runs)
        return
    if site is None or role is None:
        missing = "SITE.toml" if site is None else "--from ROLE"
        raise UsageError("cmgdocs probe", f"{missing} is missing; allowed: SITE.toml --from ROLE, or --compare")
    _make_sure_of_use(powershell, script, output, results, timeout_s)
    plan, doubts = plan_of(load(), site)
    listed = targets(plan, RoleId(role))
    if powershell:
        _put_script(powershell_script(plan, listed).encode("ascii"), script)
        warn(doubts)
        return
    if results:
        found = kept_probe(plan, read_json(results), str(results), listed)
    else:
        found = judge(plan, listed, asyncio.run(trials(listed.tried, timeout_s or TIMEOUT_S, _progress)))
    document = dump(probe_data(found, symptom_pages(), doubts)) if output else ""
    if output is STANDARD_INPUT:  # which is what - names
        put(document, None)
    else:
        put_report(probe_report(found), "table", None)
        if output:
            put(document, output)
    warn(doubts)
    if found.status is Status.FAILS:
        sys.exit(1)


def _make_sure_of_use(
    powershell: bool, script: Path | None, output: Path | None, results: Path | None, timeout_s: float | None
) -> None:
    """Refuse a file for a script that is not asked for, whatever does not go with one, and a time for no trial."""
    if script and not powershell:
        raise UsageError("cmgdocs probe", "found -o; allowed: -o with --powershell, or --json FILE")
    if powershell and (output or results):
        found = f"found --powershell and {output or results}; allowed: --powershell without it"
        raise UsageError("cmgdocs probe", found)
    if timeout_s and (powershell or results):
        what = "found --timeout, but nothing is tried here; allowed: -TimeoutSeconds of the script"
        raise UsageError("cmgdocs probe", what)
    make_sure_of_ending(script, ".ps1", "a PowerShell script")


def _put_script(content: bytes, output: Path | None) -> None:
    """Write the script, and say on standard error what it is and how to know it again."""
    put_bytes(content, output)
    name = output.name if output else "probe.ps1"
    note(f"{name}: {LABEL}, and not signed")
    note(f"SHA-256 {sha256(content).hexdigest().upper()}, as Get-FileHash -LiteralPath {name} must show it")
    note(f"to sign it with your certificate: Set-AuthenticodeSignature -FilePath {name} -Certificate $Certificate")


def _compare(before: Path, after: Path) -> None:
    read, system = [(file, read_json(file)) for file in (before, after)], load()
    apart = differences(*(kept_results(system, data, str(file)) for file, data in read))
    warn(_unlike(*(data for _, data in read)))
    names = (before.name, after.name) if before.name != after.name else (str(before), str(after))
    if not apart:
        put(f"{names[0]} and {names[1]} saw the same.\n", None)
        return
    put(text_table(apart_table(apart, *names), terminal_width()), None)
    sys.exit(1)


def _unlike(before: Any, after: Any) -> list[str]:
    whats = (("site", "site"), ("role", "role"), ("by", "program"))
    found = ((what, before[key], after[key]) for key, what in whats)
    return [f"the {what} differs: {one} and {other}" for what, one, other in found if in_ascii(one) != in_ascii(other)]


def _seconds(word: str) -> float:
    with suppress(ValueError):
        if 0 < (found := float(word)) <= LONGEST_S:
            return found
    raise argparse.ArgumentTypeError(f"found {word!r}; allowed: seconds, more than 0 and {LONGEST_S:g} at most")


def _progress(done: int, of: int) -> None:
    """Count on the terminal, if standard error is one, and leave no trace of it."""
    if sys.stderr and sys.stderr.isatty():
        with suppress(OSError):
            sys.stderr.write(f"{_CLEAR}{done} of {of} tried" if done < of else _CLEAR)
            sys.stderr.flush()
