"""
Build the site and the handbook side by side, each warning an error, all of them reported.

Usage: ``python scripts/build_book.py``; the session ``build`` calls it. It does what these do,
in two thirds of their time, because pages are read once and written twice at the same time::

    jupyter-book build book -W -n --keep-going
    jupyter-book build book -W -n --keep-going --builder custom --custom-builder typst
"""

from __future__ import annotations

import shutil
import sys
from multiprocessing import get_context
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

from jupyter_book.config import get_final_config
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace, patch_docutils

BOOK = Path(__file__).resolve().parents[1] / "book"
OUT = BOOK / "_build"
READ = "env-check-consistency"  # the first event after what was read has been stored


def settings() -> dict[str, Any]:
    """Return the book's configuration as Sphinx wants it."""
    ours = {
        "external_toc_path": (BOOK / "_toc.yml").as_posix(),
        "latex_individualpages": False,
        "nitpicky": True,
    }
    config, _ = get_final_config(
        user_yaml=BOOK / "_config.yml", cli_config=ours, sourcedir=BOOK, raise_on_invalid=True
    )
    return dict(config)


def build(builder: str, config: dict[str, Any], read: Event | None = None) -> int:
    """
    Build the book with *builder*; return 0 if there was no warning.

    *read* is set as soon as other builders can go on from what this one has read.
    """
    with patch_docutils(), docutils_namespace():
        app = Sphinx(
            srcdir=BOOK,
            confdir=None,
            outdir=OUT / builder,
            doctreedir=OUT / ".doctrees",
            buildername=builder,
            confoverrides=config,
            status=sys.stdout if read and sys.stdout.isatty() else None,
            warningiserror=True,
            keep_going=True,
        )
        if read:
            app.connect(READ, lambda *_: read.set())
        app.build()
        return app.statuscode


def handbook(read: Event) -> None:
    """Get ready, wait until the pages are read, and build the handbook."""
    config = settings()
    import myst_nb  # noqa: F401 - these take a second to load, in which the other process reads
    import sphinx_book_theme  # noqa: F401

    import cmgdocs.handbook
    import cmgdocs.sphinx_ext  # noqa: F401

    read.wait()
    sys.exit(build("typst", config))


def main() -> int:
    """Build both; return 0 if neither had a warning."""
    # Sphinx does not repeat old warnings, so only a clean build can be strict.
    shutil.rmtree(OUT, ignore_errors=True)
    context = get_context("spawn")
    read = context.Event()
    second = context.Process(target=handbook, args=(read,), daemon=True)
    second.start()
    status = build("html", settings(), read)
    second.join()
    return status or second.exitcode or 0


if __name__ == "__main__":
    sys.exit(main())
