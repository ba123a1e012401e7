"""What a check of the sources found, as tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from ..errors import Fault, SiteError, near
from ..facts.model import Source, System
from ..facts.queries import Change, changed_rows, rows
from ..files import decoded, read
from ..search.pages import kept
from ..views.ports_tables import changes_table
from ..views.table import Report, Table, code, flow_references, joined, record_table, text
from .ports import draft, printed_rows
from .watch import Lost, Reading, State, current, located, reading

MOST_BYTES = 10_000_000  # a page of documentation has some ten thousand bytes


class PortsTable(NamedTuple):
    """A table of required ports that a text has: the edition that it was held against, and what differs."""

    edition: str
    file: str
    changes: tuple[Change, ...]
    draft: str


class Watched(NamedTuple):
    """The readings of all sources, and the tables of required ports among their texts."""

    readings: tuple[Reading, ...]
    tables: tuple[PortsTable, ...]

    @property
    def same(self) -> bool:
        """Whether all evidence is still there and no table of ports differs."""
        gone = any(item.state is State.GONE for item in self.readings)
        return not gone and not any(table.changes for table in self.tables)


def watched(system: System, places: Sequence[Path], only: str | None = None, edition: str | None = None) -> Watched:
    """
    Compare the facts with the texts in files, and in folders below which the sources' files are looked for.

    Args:
        system: The facts.
        places: Files or folders; without any, nothing is compared.
        only: Take each file for one of this source, however it is called, and be it an old one.
        edition: Hold tables of required ports against this edition; else against the newest one that cites the source.

    Raises:
        SiteError: A file that is no text, or that no source is called like.
        UnknownId: No such source or edition.
    """
    system.edition(edition)
    files = [*_files(places)]
    found: list[Reading] = []
    tables: list[PortsTable] = []
    if faults := [*_strangers(system, places, only)]:
        raise SiteError(faults)
    for source in (system.source(only),) if only else current(system):
        own = files if only else located(source, files)
        texts = {str(file): decoded(read(file, MOST_BYTES), str(file)) for file in own}
        found.append(reading(system, source, texts))
        for file, content in texts.items():
            tables += _tables(system, source, file, content, edition)
    return Watched(tuple(found), tuple(tables))


def _files(places: Iterable[Path]) -> Iterator[Path]:
    for place in places:
        yield from sorted(place.rglob("*.md")) if place.is_dir() else (place,)


def _strangers(system: System, places: Iterable[Path], only: str | None) -> Iterator[Fault]:
    names = sorted({Path(file.path).name for source in current(system) for file in source.files})
    for place in places:
        if not place.exists():
            yield Fault(str(place), "there is no such file or folder")
        elif not (only or place.is_dir() or place.name in names):
            yield Fault(str(place), f"no source has a file of that name; {near(place.name, names)}, or say --as SOURCE")


def _tables(system: System, source: Source, file: str, content: str, edition: str | None) -> Iterator[PortsTable]:
    citing = [item.id for item in system.editions if source.id in item.sources]
    against = edition or (citing[-1] if citing else "")
    if against and (printed := printed_rows(content, system, against)):
        yield PortsTable(against, file, changed_rows(rows(system, against), printed), draft(printed, source.id))


def report(found: Watched) -> Report:
    """Each source and its state; then lost evidence with the facts and pages that rest on it; then changed tables."""
    states = [sum(item.state is state for item in found.readings) for state in State]
    counts = ", ".join(f"{number} {state.value}" for number, state in zip(states, State, strict=True) if number)
    lost = [(item, gone) for item in found.readings for gone in item.lost]
    tables = [_sources(found.readings)]
    if lost:
        tables.append(_lost(lost))
    tables += [changes_table(item.changes, item.edition, item.file) for item in found.tables if item.changes]
    return Report("Sources of the facts", (f"{len(found.readings)} sources: {counts}.",), (), tuple(tables))


def _sources(readings: tuple[Reading, ...]) -> Table:
    return record_table(
        "sources-check",
        "What the newer texts say",
        readings,
        {
            "Source": lambda item: code(item.source.id),
            "State": lambda item: item.state.value,
            "Text": lambda item: joined(map(code, item.files or (file.path for file in item.source.files)), ", "),
            "Words": lambda item: joined(map(code, item.words), ", "),
        },
        ids=lambda _, item: item.source.id,
    )


def _lost(lost: list[tuple[Reading, Lost]]) -> Table:
    homes = kept().homes

    def page(kind: str) -> str:
        return homes.get(kind) or homes.get(f"{kind.removesuffix('s')}-list", "")

    return record_table(
        "sources-lost",
        "What they no longer print",
        lost,
        {
            "Fact": lambda pair: code(pair[1].fact),
            "Flow": lambda pair: flow_references(pair[1].flows),
            "Page": lambda pair: code(page(pair[1].kind)) if page(pair[1].kind) else text("—"),
            "Source": lambda pair: code(pair[0].source.id),
            "Printed before": lambda pair: text(" … ".join(pair[1].passage)),
        },
        ids=lambda i, _: str(i),
    )
