"""Write the generated files of the repository, or say which of them are not fresh."""

from __future__ import annotations

import sys
from pathlib import Path

from .catalogue import load
from .files import write
from .model import System
from .render.engine import REPAIR as REPAIR_ENGINE
from .render.engine import engine_name
from .render.picture import picture
from .views import registry

REPAIR = "nox -s regen"
DIAGRAMS = Path("diagrams")


def fresh(system: System) -> dict[str, bytes]:
    """File name -> content of everything that belongs into the folder of diagrams."""
    return {
        f"{stem}.{form}": picture(registry.diagram(system, view, edition), form)
        for stem, view, edition in registry.pictures(system)
        for form in ("dot", "svg")
    }


def in_process() -> bool:
    """Say whether pictures are drawn by the pinned Graphviz, whose geometry the committed ones have."""
    return engine_name().endswith("in process")


def stale(folder: Path, wanted: dict[str, bytes]) -> list[str]:
    """
    Names of files that are missing from *folder*, differ from what is *wanted*, or do not belong there.

    Only pictures are looked at: nothing else in the folder was ever made here, so it is not ours to remove.
    """
    there = {path.name: path.read_bytes() for path in folder.glob("*") if path.suffix in (".dot", ".svg")}
    return sorted(name for name in there.keys() | wanted.keys() if there.get(name) != wanted.get(name))


def main(arguments: list[str] | None = None) -> int:
    """``python -m cmgdocs.regen [--check] [FOLDER]``: write, or compare and give 1 if a file is stale."""
    given = sys.argv[1:] if arguments is None else arguments
    check, folders = "--check" in given, [Path(item) for item in given if item != "--check"]
    if len(folders) > 1 or any(item.startswith("-") for item in map(str, folders)):
        print(f"regen: found {' '.join(given)}; allowed: [--check] [FOLDER]", file=sys.stderr)
        return 2
    if not in_process():
        print(
            f"regen: diagrams are kept as drawn in process, this is {engine_name()}; {REPAIR_ENGINE.partition(',')[0]}",
            file=sys.stderr,
        )
        return 2
    folder, wanted = (folders or [DIAGRAMS])[0], fresh(load())
    names = stale(folder, wanted)
    if check:
        for name in names:
            print(f"{folder / name}: not what the facts give; repair with: {REPAIR}", file=sys.stderr)
        return int(bool(names))
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        if name in wanted:
            write(folder / name, wanted[name])
        else:
            (folder / name).unlink()
        print(f"{'wrote' if name in wanted else 'removed'} {folder / name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
