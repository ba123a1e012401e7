"""
Put Python for browsers beside a built site, so that the notebooks in its pages can be run there.

Usage: ``python scripts/live.py SITE PACKAGE``; the session ``live`` calls it, with the package of Pyodide from npm.
The library, what it imports and the examples come from here.
"""

from __future__ import annotations

import sys
import tarfile
from base64 import b64encode
from collections.abc import Iterator
from hashlib import sha512
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import graphviz

from cmgdocs.book.notebooks import READY

ROOT = Path(__file__).resolve().parents[1]
# SHA-512, as npm has it
PINNED = "0YvXxEhfEdpLfb/XkM2BFAeMROq0iMUX2bzzH9pOttyMcWkwq+HbE5uyuGD82LN7y2q+SNvi/6V5JEsOlD2R1A=="
LOADED = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip", "pyodide-lock.json")
SAID = ("package.json", "README.md")  # licence and origin


def project() -> Iterator[tuple[str, Path]]:
    """Name in the archive and file of everything that cells import or read."""
    imported = [ROOT / "src" / "cmgdocs", ROOT / "src" / "dotpicture", Path(graphviz.__file__).parent]
    for folder, place in [*((folder, "src/") for folder in imported), (ROOT / "examples", "")]:
        for file in sorted(folder.rglob("*")):
            if file.is_file() and file.suffix != ".pyc":
                yield f"{place}{file.relative_to(folder.parent).as_posix()}", file


def main() -> None:
    """Fill the folder ``_live`` of the site, and let its pages know how large it is."""
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    site, pyodide = map(Path, sys.argv[1:])
    ready, out = site / "_static" / READY, site / "_live"
    if not ready.is_file():
        sys.exit(f"{site}: no site with notebooks; run: python3 noxfile.py -s build")
    data = pyodide.read_bytes()
    if b64encode(sha512(data).digest()).decode() != PINNED:
        sys.exit(f"{pyodide}: not the package that was pinned; remove it")
    out.mkdir(exist_ok=True)
    with tarfile.open(fileobj=BytesIO(data)) as package:
        for name in (*LOADED, *SAID):
            member = package.extractfile(f"package/{name}")
            assert member
            (out / name).write_bytes(member.read())
    with ZipFile(out / "project.zip", "w", ZIP_DEFLATED) as archive:
        archive.writestr(ZipInfo("book/notebooks/"), "")
        for name, file in project():
            archive.writestr(ZipInfo(name), file.read_bytes(), ZIP_DEFLATED)
    size = f"{sum((out / name).stat().st_size for name in (*LOADED, 'project.zip')) / 1e6:.1f} MB"
    ready.write_text(f'globalThis.CMG_LIVE = "{size}";\n', encoding="utf-8")
    print(f"Notebooks run in the site's pages, from a web server: {size} in {out}")


if __name__ == "__main__":
    main()
