"""Newer texts of the sources held against the facts: what is as it was, and what has lost its evidence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path, PurePosixPath

from ..facts.model import Flow, FlowId, Source, SourceId, System
from .text import blocks, digest, holds


class State(Enum):
    """How the newer text of a source compares with what was read."""

    SAME = "unchanged"
    KEPT = "changed, all evidence is there"
    THERE = "all evidence is there; its words were not kept"
    GONE = "evidence is gone"
    MISSING = "no text of it was given"


@dataclass(frozen=True)
class Lost:
    """A passage that no block of the newer text holds. *fact* is its kind and id, *flows* are those it is about."""

    fact: str
    kind: str
    flows: tuple[FlowId, ...]
    passage: tuple[str, ...]


@dataclass(frozen=True)
class Reading:
    """One source and its newer texts: their *files*, the *words* of each as a digest, and what is *lost*."""

    source: Source
    state: State
    files: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    lost: tuple[Lost, ...] = ()


def current(system: System) -> tuple[Source, ...]:
    """The sources that can change: of those that are one page at several times, the newest."""
    newest: dict[str, Source] = {}
    for source in system.sources:
        for name in {PurePosixPath(file.path).name for file in source.files}:
            if name not in newest or newest[name].date.removeprefix("mid-") <= source.date.removeprefix("mid-"):
                newest[name] = source
    kept = {source.id for source in newest.values()}
    return tuple(source for source in system.sources if source.id in kept)


def located(source: Source, files: Sequence[Path]) -> tuple[Path, ...]:
    """Those of *files* that are files of a source: the same name, and as much of the path above it as any has."""
    found = []
    for file in source.files:
        wanted = PurePosixPath(file.path).parts[::-1]
        named = [path for path in files if path.name == wanted[0]]
        if named:
            found.append(max(named, key=lambda path: _alike(path.parts[::-1], wanted)))
    return tuple(dict.fromkeys(found))


def _alike(path: Sequence[str], wanted: Sequence[str]) -> int:
    """How many parts two turned paths have in common, one by one."""
    return next((i for i, (a, b) in enumerate(zip(path, wanted, strict=False)) if a != b), min(len(path), len(wanted)))


def reading(system: System, source: Source, texts: Mapping[str, str]) -> Reading:
    """Hold the newer *texts* of a source, by file, against what the facts say that it prints."""
    if not texts:
        return Reading(source, State.MISSING)
    words, before = tuple(map(digest, texts.values())), tuple(file.words for file in source.files)
    if words == before:
        return Reading(source, State.SAME, tuple(texts), words)
    there = [block for text in texts.values() for block in blocks(text)]
    lost = tuple(
        item for item in _evidence(system, source.id) if not any(holds(item.passage, block) for block in there)
    )
    kept = State.KEPT if all(before) else State.THERE
    return Reading(source, State.GONE if lost else kept, tuple(texts), words, lost)


def _evidence(system: System, source: SourceId) -> Iterator[Lost]:
    """Every passage that a fact quotes from a source."""
    for kind, item in system.cited():
        for evidence in item.evidence:
            for passage in evidence.passages if evidence.source == source else ():
                yield Lost(f"{kind}.{item.id}", kind, _flows(item), passage)


def _flows(item: object) -> tuple[FlowId, ...]:
    """The flows that a fact is about; a flow is about itself."""
    own = item.id if isinstance(item, Flow) else getattr(item, "flow", None) or getattr(item, "flows", ())
    return own if isinstance(own, tuple) else (own,)
