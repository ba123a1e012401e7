"""The part of ``cmgdocs probe`` for servers without Python: the script, and what it wrote."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from ..plan.plan import Plan
from ..probe.powershell import LABEL, script
from ..probe.targets import Targets
from .arguments import UsageError
from .output import make_sure_of_ending, note, put_bytes


def make_sure_of_use(
    powershell: bool, output: Path | None, document: Path | None, results: Path | None, timeout_s: float | None
) -> None:
    """Refuse a file for a script that is not asked for, whatever does not go with one, and a time for no trial."""
    other = document or results
    if output and not powershell:
        raise UsageError("cmgdocs probe", "found -o; allowed: -o with --powershell, or --json FILE")
    if other and powershell:
        raise UsageError("cmgdocs probe", f"found --powershell and {other}; allowed: --powershell without it")
    if timeout_s is not None and (powershell or results):
        what = "found --timeout, but nothing is tried here; allowed: -TimeoutSeconds of the script"
        raise UsageError("cmgdocs probe", what)
    make_sure_of_ending(output, ".ps1", "a PowerShell script")


def put_script(plan: Plan, listed: Targets, output: Path | None) -> None:
    """Write the script, and say on standard error what it is and how to know it again."""
    content = script(plan, listed).encode("ascii")
    put_bytes(content, output)
    name = output.name if output else "probe.ps1"
    note(f"{name}: {LABEL}, and not signed")
    note(f"SHA-256 {sha256(content).hexdigest().upper()}, as Get-FileHash -LiteralPath {name} must show it")
    note(f"to sign it with your certificate: Set-AuthenticodeSignature -FilePath {name} -Certificate $Certificate")
