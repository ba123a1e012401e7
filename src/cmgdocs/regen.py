"""Write the generated files of the repository, or say which of them are not fresh."""

from __future__ import annotations

import sys
from pathlib import Path

from dotpicture import REPAIR as REPAIR_ENGINE
from dotpicture import engine_name

from .errors import CmgdocsError, NotRead, NotWritten
from .facts import DATA, load
from .facts.model import System
from .files import write
from .render.picture import picture
from .render.schema import schema
from .render.tables import dump
from .search.pages import KEPT, kept_text, read_book
from .site.schema import schema_text
from .views import registry
from .views.documents import DOCUMENTS

REPAIR = "python3 noxfile.py -s regen"
DIAGRAMS = "diagrams"
SCHEMAS = "schemas"
BOOK = "book"
PAGES = "src/cmgdocs/search"
# Only such files are looked at: nothing else in these folders was ever made here, so it is not ours to remove.
OURS = {DIAGRAMS: (".dot", ".svg"), SCHEMAS: (".json",), PAGES: (".json",)}


def fresh(system: System, book: Path = Path(BOOK)) -> dict[str, bytes]:
    """Path below the root of the repository -> content, of everything that is generated: from the facts, and *book*."""
    pictures = {
        f"{DIAGRAMS}/{stem}.{form}": picture(registry.diagram(system, view, edition), form)
        for stem, view, edition in registry.pictures(system)
        for form in ("dot", "svg")
    }
    documents = {f"{SCHEMAS}/{document}.schema.json": dump(schema(document)).encode() for document in DOCUMENTS}
    site = {f"{SCHEMAS}/site.schema.json": schema_text(system).encode()}
    pages = {f"{PAGES}/{KEPT.name}": kept_text(read_book(book)).encode()}
    return pictures | documents | site | pages


def in_process() -> bool:
    """Say whether pictures are drawn by the pinned Graphviz, whose geometry the committed ones have."""
    return engine_name().endswith("in process")


def stale(root: Path, wanted: dict[str, bytes]) -> list[str]:
    """Paths of files that are missing below *root*, differ from what is *wanted*, or do not belong there."""
    there = {
        f"{folder}/{path.name}": path.read_bytes()
        for folder, endings in OURS.items()
        for path in (root / folder).glob("*")
        if path.suffix in endings
    }
    return sorted(name for name in there.keys() | wanted.keys() if there.get(name) != wanted.get(name))


def main(arguments: list[str] | None = None) -> int:
    """``python -m cmgdocs.regen [--check] [ROOT]``: write, or compare and give 1 if a file is stale."""
    given = sys.argv[1:] if arguments is None else arguments
    check, roots = "--check" in given, [Path(item) for item in given if item != "--check"]
    if len(roots) > 1 or any(item.startswith("-") for item in map(str, roots)):
        print(f"regen: found {' '.join(given)}; allowed: [--check] [ROOT]", file=sys.stderr)
        return 2
    if not in_process():
        print(
            f"regen: diagrams are kept as drawn in process, this is {engine_name()}; {REPAIR_ENGINE.partition(',')[0]}",
            file=sys.stderr,
        )
        return 2
    root = (roots or [Path()])[0]
    try:
        wanted = fresh(load(DATA), root / BOOK)
        names = stale(root, wanted)
        if not check:
            _write(root, names, wanted)
    except CmgdocsError as error:
        print("".join(f"regen: {line}\n" for line in str(error).splitlines()), end="", file=sys.stderr)
        return 3 if isinstance(error, NotRead | NotWritten) else 2
    except OSError as error:
        print(f"regen: {error.filename or root}: {error.strerror or error}", file=sys.stderr)
        return 3
    for name in names if check else ():
        print(f"{root / name}: not what the facts give; repair with: {REPAIR}", file=sys.stderr)
    return int(check and bool(names))


def _write(root: Path, names: list[str], wanted: dict[str, bytes]) -> None:
    for folder in OURS:
        (root / folder).mkdir(parents=True, exist_ok=True)
    for name in names:
        if name in wanted:
            write(root / name, wanted[name])
        else:
            (root / name).unlink()
        print(f"{'wrote' if name in wanted else 'removed'} {root / name}")


if __name__ == "__main__":
    sys.exit(main())
