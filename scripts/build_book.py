"""
Build the site and the handbook side by side, each warning an error, all of them reported.

Usage: ``python scripts/build_book.py``; the session ``build`` calls it. It makes what these two
commands make, in half their time: the notebooks run all at once, which is mostly waiting, and
pages that were read once are written as HTML and as PDF at the same time. ::

    jupyter-book build book -W -n --keep-going
    jupyter-book build book -W -n --keep-going --builder custom --custom-builder typst
"""

# Imports are in the functions: each process loads only what it needs.

from __future__ import annotations

import errno
import gc
import os
import shutil
import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from multiprocessing import get_context
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any, NoReturn

BOOK = Path(__file__).resolve().parents[1] / "book"
OUT = BOOK / os.environ.get("CMGDOCS_BUILD", "_build")
CACHE = OUT / ".jupyter_cache"
NOTEBOOKS = "notebooks"  # their folder in the book
PAGE, ALL_READ = "source-read", "env-check-consistency"  # events of Sphinx


def run_notebooks() -> None:
    """
    Run all notebooks together and put their outputs where MyST-NB looks for them.

    The cache is as fresh as the build, so it cannot hold outputs of an older library. A notebook
    that fails is left out: MyST-NB runs it once more and reports it with its place.
    """
    from jupyter_cache import get_cache
    from jupyter_cache.base import CacheBundleIn
    from run_notebooks import executed

    cache = get_cache(str(CACHE))
    paths = sorted(BOOK.joinpath(NOTEBOOKS).glob("*.ipynb"))
    for path, notebook in zip(paths, executed(paths), strict=True):
        if not isinstance(notebook, BaseException):
            bundle = CacheBundleIn(notebook, str(path), data={"execution_seconds": 0.0})
            cache.cache_notebook_bundle(bundle, check_validity=False, overwrite=True)


def settings() -> dict[str, Any]:
    """Return the book's configuration as Sphinx wants it."""
    from jupyter_book.config import get_final_config

    ours = {
        "external_toc_path": (BOOK / "_toc.yml").as_posix(),
        "latex_individualpages": False,
        "nitpicky": True,
        "nb_execution_mode": "cache",
        "nb_execution_cache_path": str(CACHE),
    }
    config, _ = get_final_config(user_yaml=BOOK / "_config.yml", cli_config=ours, sourcedir=BOOK, raise_on_invalid=True)
    return dict(config)


def build(builder: str, at: Mapping[str, Callable[..., object]] | None = None) -> int:
    """
    Build the book with *builder*; return 0 if there was no warning.

    *at* names what to call at which event of Sphinx.
    """
    from sphinx.application import Sphinx
    from sphinx.util.docutils import docutils_namespace, patch_docutils

    gc.disable()  # what a build makes lives to its end: looking for waste takes a sixth of the time
    with patch_docutils(), docutils_namespace():
        app = Sphinx(
            srcdir=BOOK,
            confdir=None,
            outdir=OUT / builder,
            doctreedir=OUT / ".doctrees",
            buildername=builder,
            confoverrides=settings(),
            status=sys.stdout if at and sys.stdout.isatty() else None,
            warningiserror=True,
            keep_going=True,
        )
        for event, call in (at or {}).items():
            app.connect(event, call)
        app.build()
        return app.statuscode


def handbook(read: Event) -> None:
    """Load what takes long to load, wait until the pages are read, and build the handbook."""
    from sphinx.application import builtin_extensions

    for name in (*settings()["extensions"], *builtin_extensions, "typst"):
        import_module(name)
    read.wait()
    leave(build("typst"))


def leave(status: int) -> NoReturn:
    """End this process without taking apart what it made, which would take a quarter of a second."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def main() -> int:
    """Build both; return 0 if neither had a warning."""
    # Sphinx does not repeat old warnings, so only a clean build can be strict.
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir(parents=True)
    context = get_context("spawn")
    read = context.Event()
    notebooks = context.Process(target=run_notebooks)
    second = context.Process(target=handbook, args=(read,), daemon=True)
    notebooks.start()
    second.start()

    def wait_for_notebooks(_app: object, page: str, _text: list[str]) -> None:
        if page.startswith(NOTEBOOKS):
            notebooks.join()

    status = build("html", {PAGE: wait_for_notebooks, ALL_READ: lambda *_: read.set()})
    (OUT / "html" / ".buildinfo").unlink(missing_ok=True)  # a hash of paths, for builds that go on from an older one
    second.join()
    return status or notebooks.exitcode or second.exitcode or 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES):
            sys.exit(f"{error.filename or OUT}: cannot be written: {error.strerror}")
        raise
