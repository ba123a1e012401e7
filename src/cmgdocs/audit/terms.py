"""Ends of a plan in the terms of a rule list."""

from __future__ import annotations

from ..hosts import Host, HostKind
from ..plan import End
from ..rulelist.terms import Term, TermKind, parse_term


def host_term(host: Host) -> Term:
    """A host of a site file as a term."""
    return Term(host.text, TermKind.NAME) if host.kind is HostKind.NAME else parse_term(host.text)


def end_terms(end: End) -> tuple[Term, ...]:
    """The hosts of an end, its names with unknown parts, or its role where nothing is known."""
    found = (*map(host_term, end.hosts), *(Term(text, TermKind.PATTERN) for text in end.patterns))
    return found or (Term(f"hosts of {end.name}", TermKind.ROLE),)
