"""Explanations of what has no id of its own: a port, a host, an error code, an abbreviation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ..errors import UnknownId
from ..facts import load
from ..facts.model import System
from ..views.documents import Result
from ..views.explanation import Explanation, explain
from .index import built_in
from .rank import PORT, Sort

_WITHOUT = (Sort.HTTP.value, Sort.PAGE.value, Sort.RULES.value, Sort.TERM.value)
"""Kinds of results of which nothing more is known than their page says."""


def explanation_of(word: str) -> Explanation:
    """
    Gather all that is known of the thing with that id, else of whatever says exactly that word.

    Several things are listed, with the evidence of all.

    Raises:
        UnknownId: The word is no id, and nothing says exactly it.
    """
    system = load()
    try:
        return explain(system, word)
    except UnknownId:
        found = [(ident, result) for result in built_in().exact(word) for ident in _idents(system, result)]
        if not found:
            raise
    parts = {ident: (explain(system, ident), result) for ident, result in found}
    if len(parts) == 1:
        made, result = next(iter(parts.values()))
        return replace(made, title=result.title) if result.kind == PORT else made
    facts = tuple((ident, _short(made)) for ident, (made, _) in parts.items())
    sources = dict.fromkeys(source._replace(prints=()) for made, _ in parts.values() for source in made.sources)
    return Explanation(f"{word}: {len(parts)} facts", "", facts, tuple(sources))


def _short(made: Explanation) -> str:
    """The lead of an explanation; where it has none, its heading and the first that is known."""
    known = [f"{name}: {value}" for name, value in made.facts[:1]]
    return made.lead or "; ".join([made.title.partition(": ")[2], *known])


def _idents(system: System, result: Result) -> Iterator[str]:
    """Ids of the facts that a result is about; of a host, those of all endpoints that have it."""
    if result.kind == Sort.HOST.value:
        yield from (item.id for item in system.endpoints if result.id in (*item.public, *item.us_government))
    elif result.kind not in _WITHOUT:
        yield result.id
