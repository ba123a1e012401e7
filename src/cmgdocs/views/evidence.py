"""Tables of the evidence: the sources, and where they disagree."""

from __future__ import annotations

from ..facts.model import System
from .table import Table, code, joined, link, record_table, reference, source_references, text


def disputes(system: System) -> Table:
    """Where sources disagree, and which of them the facts here follow."""
    return record_table(
        "disputes",
        "Where the sources disagree",
        "Question|What is said|What the facts here follow|Sources",
        system.disputes,
        lambda item: (
            text(item.title, system),
            text(_sides(item.says), system),
            text(item.ruling, system),
            source_references(item.sources),
        ),
    )


def gaps(system: System) -> Table:
    """What the tables of required ports once lacked, until a reader reported it."""
    return record_table(
        "gaps",
        "What the tables lacked until a reader reported it",
        "Gap|Table|Flow|Printed|Reported|What it broke|Sources",
        system.gaps,
        lambda item: (
            text(item.title, system),
            text(item.table, system),
            reference("flow", item.flow),
            text(" or ".join(map(str, item.printed)) or "nothing"),
            text(item.reported),
            text(item.text, system),
            source_references(item.sources),
        ),
        tight=("Flow", "Printed", "Reported"),
    )


def _sides(says: tuple[str, ...]) -> str:
    """What each side says, led by a letter where there is more than one."""
    return " ".join(f"({chr(97 + i)}) {side}" for i, side in enumerate(says)) if len(says) > 1 else says[0]


def sources_table(system: System) -> Table:
    """All evidence, with the date that it bears and the day on which the facts were last compared with it."""
    return record_table(
        "sources",
        "Sources",
        "Source|Title|Where|Date|Last compared",
        system.sources,
        lambda item: (
            text(item.id),
            joined([link(item.title, item.url), text(item.publisher), text(item.licence)], ", "),
            code(item.where),
            text(item.date),
            text(item.compared or "not again since it was added"),
        ),
        tight=("Date",),
    )
