"""
Bring the newest texts of the sources, and compare the facts with them.

Usage: sources.py FOLDER [WORD ...], the words going to ``cmgdocs sources check``. FOLDER gets a clone of each
repository, with nothing but the files that sources name. CMGDOCS_GIT is where repositories are, https://github.com by
default.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path, PurePosixPath

from cmgdocs.facts import load
from cmgdocs.sources.watch import current

GIT = os.environ.get("CMGDOCS_GIT", "https://github.com")


def wanted() -> dict[str, list[str]]:
    """Repository -> names of its files, which are looked for wherever they have moved to."""
    files = [file for source in current(load()) for file in source.files]
    found = {file.repository: set[str]() for file in files}
    for file in files:
        found[file.repository].add(PurePosixPath(file.path).name)
    return {repository: sorted(names) for repository, names in sorted(found.items())}


def bring(repository: str, names: list[str], folder: Path) -> bool:
    """Clone *repository*, or bring its clone up to date; whether that was possible."""
    clone = folder / repository
    git = ["git", "-C", str(clone)]
    start = [
        "git",
        "clone",
        "--quiet",
        "--depth",
        "1",
        "--filter=blob:none",
        "--no-checkout",
        f"{GIT}/{repository}",
        str(clone),
    ]
    steps = [[*git, "fetch", "--quiet", "--depth", "1", "origin", "HEAD"]] if clone.is_dir() else [start]
    steps += [[*git, "sparse-checkout", "set", "--no-cone", *names]]
    steps += [[*git, "checkout", "--quiet", "--detach", "FETCH_HEAD" if clone.is_dir() else "HEAD"]]
    return all(subprocess.run(step, check=False).returncode == 0 for step in steps)


def main(folder: Path, words: list[str]) -> int:
    """Bring all that can be had, name what cannot, and check."""
    folder.mkdir(parents=True, exist_ok=True)
    missing = [repository for repository, names in wanted().items() if not bring(repository, names, folder)]
    for repository in missing:
        print(f"{GIT}/{repository}: not brought; its sources are compared with an older clone, or not at all")
    code = subprocess.run(
        [sys.executable, "-m", "cmgdocs", "sources", "check", str(folder), *words], check=False
    ).returncode
    return code or bool(missing) * 3


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
