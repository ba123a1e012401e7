"""Many sites: their files, read one after the other, with the faults of all of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from ..errors import Fault, SiteError
from ..plan.plan import Plan, Planner
from ..site.reader import SiteReader

ENDING = ".toml"


def site_files(given: Iterable[Path]) -> tuple[Path, ...]:
    """
    Files to read: those that are given, and in the place of a folder the site files in it, by name.

    Raises:
        SiteError: A folder has none, or a file stands there twice.
    """
    found: list[Path] = []
    faults: list[Fault] = []
    for path in given:
        inside = sorted(path.glob(f"*{ENDING}")) if path.is_dir() else [path]
        if not inside:
            faults.append(Fault(str(path), f"is a folder without a file that ends in {ENDING}"))
        found += inside
    seen: set[Path] = set()
    for path in found:
        if path in seen:
            faults.append(Fault(str(path), "is listed twice"))
        seen.add(path)
    if faults:
        raise SiteError(dict.fromkeys(faults))
    return tuple(found)


def site_names(paths: Iterable[Path]) -> Iterator[tuple[Path, str]]:
    """Give each path with the name of its site: the file's, with its folder before it where two files share it."""
    given = tuple(paths)
    shared = Counter(path.stem for path in given)
    longer = Counter(f"{path.parent.name}/{path.stem}" for path in given)
    for path in given:
        folder = f"{path.parent.name}/{path.stem}"
        name = path.stem if shared[path.stem] == 1 else folder if longer[folder] == 1 else str(path.with_suffix(""))
        yield path, name


def plans(
    paths: Sequence[Path],
    reader: SiteReader,
    planner: Planner,
    edition: str | None = None,
    each: Callable[[Sequence[tuple[Path, str]]], Iterable[tuple[Path, str]]] = iter,
) -> Iterator[tuple[Plan, tuple[Fault, ...]]]:
    """
    Give the plan and the warnings of each site, one at a time, so that no memory holds them all.

    *each* goes through the paths and their names; a progress bar may stand there.

    Raises:
        SiteError: At the end, with all faults of all files; what was given before is then of no use.
    """
    faults: list[Fault] = []
    for path, name in each(tuple(site_names(paths))):
        try:
            reading = reader.read(path, name)
        except SiteError as error:
            faults += error.faults
            continue
        if not faults:
            yield planner.plan(reading.deployment, edition), reading.warnings
    if faults:
        raise SiteError(faults)
