"""
Answers that a reader may give, and for which of them something holds.

Nothing here is tried on examples. A setup that has not been answered yet stops the library at the first answer that it
looks for; then each possible answer is given in turn. What comes out covers every combination, and answers that the
library never looks for cannot matter.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, TypeVar, cast

from ..facts.model import FlowId, RoleId, System, Use
from ..facts.queries import earlier
from ..site.keys import Key, keys
from ..site.model import Setup

Answer = Any
"""A value of a key, or true or false for one of its choices and for two roles on one host."""
Item = TypeVar("Item", bound=Hashable)


class Apart(NamedTuple):
    """Two roles of which a site may have both on one host; as an answer it is true where they are on two."""

    one: RoleId
    other: RoleId

    def __str__(self) -> str:
        return f"{self.one}/{self.other}"


class Choice(NamedTuple):
    """One of the choices of a key that takes several; as an answer it is true where it is chosen."""

    field: str
    value: str

    def __str__(self) -> str:
        return f"{self.field}:{self.value}"


Question = str | Choice | Apart
"""A field of :class:`Setup`, one choice of a field that takes several, or a pair of roles."""
When = frozenset[tuple[Question, frozenset[Answer]]]
"""Answers that go together: to each of these questions one of these; to every other question any."""


class _Open(Exception):
    """A question that was looked for and has no answer yet."""

    def __init__(self, question: Question) -> None:
        super().__init__(question)
        self.question = question


@dataclass(frozen=True)
class _Setup:
    """A substitute for :class:`Setup` that holds the answers given so far."""

    given: Mapping[Question, Answer]
    uses_apart: Mapping[str, Apart]

    def __getattr__(self, field: str) -> Any:
        return _Choices(self, field) if field in ("credentials", "uses") else self.answer(field)

    def answer(self, question: Question) -> Answer:
        if question not in self.given:
            raise _Open(question)
        return self.given[question]


def answer(setup: Setup, question: Question) -> Answer:
    """What is answered to *question*, of a setup that :meth:`Questions.cases` hands out."""
    return cast(_Setup, setup).answer(question)


@dataclass(frozen=True)
class _Choices:
    """The chosen values of a field that takes several; where hosts decide a value, it asks about the hosts."""

    setup: _Setup
    field: str

    def __iter__(self) -> Iterator[str]:
        raise TypeError("ask for each value, so that only what matters is looked for")

    def __contains__(self, value: str) -> bool:
        pair = self.setup.uses_apart.get(value)
        return bool(self.setup.answer(pair or Choice(self.field, value)))


@dataclass(frozen=True)
class Questions:
    """
    All questions, each with its answers in order.

    Versions between which nothing makes a difference may be one answer, the newest of them: *versions* gives all.
    """

    answers: Mapping[Question, tuple[Answer, ...]]
    versions: Mapping[Answer, tuple[Answer, ...]]
    uses_apart: Mapping[str, Apart]

    def cases(
        self, of: Callable[[Setup], Iterable[Item]], given: Mapping[Question, Answer] | None = None
    ) -> dict[Item, tuple[When, ...]]:
        """
        Say of each item that *of* gives for some setup for which answers it does, over every combination.

        Args:
            of: Asked again and again with a setup; it must look at nothing else that changes.
            given: Answers that are not varied.

        Returns:
            Items in order of first appearance; an item holds where one of its conditions does.
        """
        found = self._cases(of, dict(given or {}))
        return {item: tuple(self._whole(when) for when in whens) for item, whens in found.items()}

    def within(self, when: When, flows: Collection[FlowId], system: System) -> Questions:
        """The same questions with nothing but the answers of *when*, and versions that are alike for *flows* as one."""
        few = replace(system, flows=tuple(flow for flow in system.flows if flow.id in flows), endpoints=())
        asked = alike(self, few)
        allowed = {question: values for question, values in when if question != VERSION}
        versions = dict(when).get(VERSION, frozenset(system.versions))
        spans = (tuple(version for version in span if version in versions) for span in asked.versions.values())
        kinds = {span[-1]: span for span in spans if span}
        answers = {q: tuple(a for a in found if a in allowed.get(q, found)) for q, found in asked.answers.items()}
        return replace(asked, answers={**answers, VERSION: tuple(kinds)}, versions=kinds)

    def _cases(self, of: Callable[[Setup], Iterable[Item]], given: dict[Question, Answer]) -> dict[Item, list[When]]:
        try:
            return {item: [frozenset()] for item in of(cast(Setup, _Setup(given, self.uses_apart)))}
        except _Open as open_:
            question = open_.question
        all_answers = self.answers[question]
        found: dict[Item, dict[When, list[Answer]]] = {}
        for answer in all_answers:
            for item, whens in self._cases(of, {**given, question: answer}).items():
                for when in whens:
                    found.setdefault(item, {}).setdefault(when, []).append(answer)
        return {
            item: [
                when if len(answers) == len(all_answers) else when | {(question, frozenset(answers))}
                for when, answers in by_when.items()
            ]
            for item, by_when in found.items()
        }

    def _whole(self, when: When) -> When:
        """The condition with every version in the place of the newest of its kind."""
        return frozenset(
            (question, frozenset(v for a in answers for v in self.versions[a]) if question == VERSION else answers)
            for question, answers in when
        )


VERSION = "configmgr"


def questions(system: System, pairs: Iterable[Apart]) -> Questions:
    """The questions that decide a plan: the keys of a site file, and which of *pairs* of roles share a host."""
    answers: dict[Question, tuple[Answer, ...]] = {}
    for key in keys(system):
        for question, values in _answers(key):
            answers[question] = values
    decided = {str(use.id): _apart(use) for use in system.uses if use.apart}
    for question in [q for q in answers if isinstance(q, Choice) and q.value in decided]:
        del answers[question]
    answers |= dict.fromkeys((*decided.values(), *pairs), (True, False))
    return Questions(answers, {version: (version,) for version in system.versions}, decided)


def _apart(use: Use) -> Apart:
    return Apart(use.apart[0], use.apart[1])


def _answers(key: Key) -> Iterator[tuple[Question, tuple[Answer, ...]]]:
    if key.many:
        yield from ((Choice(key.decides, value), (True, False)) for value in key.choices)
    elif key.bounds:
        yield key.decides, tuple(range(key.bounds[0], key.bounds[1] + 1))
    else:
        yield key.decides, tuple(key.becomes(value) for value in key.choices) or (True, False)


def alike(asked: Questions, system: System) -> Questions:
    """The same questions, with one answer for versions between which nothing begins or ends for flows of *system*."""
    flows = [when for flow in system.flows for when in (flow.when, *(service.when for service in flow.services))]
    whens = [*flows, *(item.when for item in system.endpoints)]
    edges = {edge for when in whens for edge in (when.since, when.before) if edge}
    spans: dict[Answer, list[Answer]] = {}
    for version in system.versions:
        begun = [edge for edge in edges if not earlier(system, version, edge)]
        latest = max(begun, key=system.versions.index, default=system.versions[0])
        spans.setdefault(latest, []).append(version)
    kinds = {span[-1]: tuple(span) for span in spans.values()}
    return replace(asked, answers={**asked.answers, VERSION: tuple(kinds)}, versions=kinds)
