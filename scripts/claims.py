"""
Count the claims in prose that are bound to a fact: pages, notebooks, README, CHANGELOG, CONTRIBUTING, help texts.

Usage: ``python scripts/claims.py [PAGE ...]``; the session ``claims`` calls it. It reads the pages as a build does, but
runs no notebook and writes no page, and exits with 1 if a claim is bound to nothing or a binding is wrong. With names
of pages, such as ``explanation/data-flow``, it reads these alone, in a few seconds.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from build_book import BOOK, settings
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace, patch_docutils

from cmgdocs import load
from cmgdocs.book.claims import LEDGER
from cmgdocs.book.domain import facts_domain
from cmgdocs.book.facts import EXAMPLES
from cmgdocs.book.roles import assertions
from cmgdocs.claims.agree import WrongWords
from cmgdocs.claims.documents import Block, code, helps, markdown, notebook, parts, scripts
from cmgdocs.claims.find import Finder, Kind
from cmgdocs.claims.judge import How
from cmgdocs.claims.ledger import Ledger, Placed, judge_file, ledger_at, unused
from cmgdocs.cli import command_line
from cmgdocs.errors import Fault, UnknownId
from cmgdocs.facts.numbers import cardinal, numbers

TEXTS = ("README.md", "CHANGELOG.md", "CONTRIBUTING.md")
HELP = "cmgdocs --help"  # the name of the help texts in the ledger


def files() -> Iterator[tuple[str, Iterable[Block]]]:
    """Every file without roles, with its text; of pages the code that they show."""
    top = BOOK.parent
    for name in TEXTS:
        yield name, markdown(top.joinpath(name).read_text(encoding="utf-8"))
    for path in sorted(BOOK.joinpath("notebooks").glob("*.ipynb")):
        yield f"notebooks/{path.name}", notebook(path.read_text(encoding="utf-8"))
    for path in sorted([*BOOK.glob("*.md"), *BOOK.glob("[!_]*/*.md")]):
        if shown := [*scripts(path.read_text(encoding="utf-8"))]:
            yield path.relative_to(BOOK.parent).as_posix(), shown
    yield HELP, helps(command_line())


def says_code(target: str, words: str) -> None:
    """Whether a notebook has that code, ``NAME: CODE``, and the code the numbers of *words*."""
    name, _, wanted = target.partition(": ")
    if wanted not in code(BOOK.joinpath("notebooks", f"{name}.ipynb").read_text(encoding="utf-8")):
        raise UnknownId(f"code in {name}", wanted, ())
    if not set(numbers(words)) <= set(numbers(wanted)):
        raise WrongWords(target, words, wanted)


def says_parts(target: str, words: str) -> None:
    """Whether a heading of a file, ``FILE: HEADING``, has as many below it as *words* say."""
    name, _, heading = target.partition(": ")
    right = parts(BOOK.parent.joinpath(name).read_text(encoding="utf-8"), heading)
    if set(numbers(words)) != {right}:
        raise WrongWords(target, words, cardinal(right))


def judge_files(ledger: Ledger) -> tuple[list[Placed], list[Fault]]:
    """Judge all files without roles."""
    finder, ours = Finder(load()), assertions(BOOK / EXAMPLES) | {"code": says_code, "parts": says_parts}
    placed, faults = [], []
    for name, blocks in files():
        found, wrong = judge_file(name, blocks, ledger, finder, ours)
        placed += found
        faults += wrong
    return placed, faults


@contextmanager
def opened(pages: Collection[str] = (), **more: Any) -> Iterator[Sphinx]:
    """Read the book as a build does, all of it or *pages* only; nothing runs and no page is written."""
    with TemporaryDirectory() as out, patch_docutils(), docutils_namespace():
        app = Sphinx(
            srcdir=BOOK,
            confdir=None,
            outdir=out,
            doctreedir=Path(out, "doctrees"),
            buildername="dummy",
            confoverrides=settings() | {"nb_execution_mode": "off"},
            status=None,
            **more,
        )
        if pages:
            wanted = {*pages, app.config.root_doc}  # without which Sphinx reads nothing
            app.connect("env-before-read-docs", lambda _app, _env, names: names.__setitem__(slice(None), [*wanted]))
        app.builder.read()
        yield app


def judge_pages(names: Iterable[str] = ()) -> tuple[list[Placed], int]:
    """Judge the pages of these names, or all; the second is 0 if no role of theirs warned."""
    some = [name.removeprefix("book/").removesuffix(".md") for name in names]
    with opened(some, warningiserror=True, keep_going=True) as app:
        pages = {page: found for page, found in facts_domain(app.env).claims.items() if not some or page in some}
        return [item for page in sorted(pages) for item in pages[page]], app.statuscode or bool(app._warncount)


def counted(placed: Iterable[Placed]) -> Iterator[str]:
    """Lines of the summary: how many claims of each kind are bound, and how."""
    by = Counter((item.judgement.claim.kind, item.judgement.how) for item in placed)
    for kind in Kind:
        row = {how: by[kind, how] for how in How}
        total, listed = sum(row.values()), row[How.LISTED]
        yield f"{kind.value:10} {total - row[How.NOT]:4} of {total:4} claims bound, {listed} of them listed as no claim"


def by_file(placed: Iterable[Placed]) -> Iterator[str]:
    """How many claims are bound in each file that has others."""
    files: dict[str, list[bool]] = {}
    for item in placed:
        files.setdefault(item.file, []).append(item.judgement.how is not How.NOT)
    return (f"{sum(bound):4} of {len(bound):4} in {name}" for name, bound in files.items() if not all(bound))


def main(names: list[str]) -> int:
    """Print what is not bound and the summary; return 0 if all is bound and nothing is wrong."""
    placed, status = judge_pages(names)
    faults: list[Fault] = []
    if not names:
        ledger = ledger_at(BOOK / LEDGER)
        others, faults = judge_files(ledger)
        placed += others
        faults += unused(ledger, (item.judgement for item in placed))
    loose = [item for item in placed if item.judgement.how is How.NOT]
    for line in (*map(str, loose), *map(str, faults)):
        print(line, file=sys.stderr)
    print(*by_file(placed), *counted(placed), sep="\n")
    print(f"{len(placed) - len(loose)} of {len(placed)} claims bound")
    return int(bool(loose or faults or status))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
