"""Everything that the page's script works with, as one document: texts, and for which answers each holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from .. import __version__
from ..facts.ids import DATA_FLOW, GATEWAY, LONGEST_NAME, PROXY, SHORTEST_NAME
from ..facts.model import System
from ..facts.queries import Direction
from ..facts.text import inner
from ..firewall.dialect import LOOSE, NO_RULE, instances_text
from ..plan.reach import OTHER_WORK
from ..site.hosts import HINTS
from ..site.keys import keys, written
from ..site.names import gateway_names
from ..views import request_tables
from ..views.request_tables import FLAT, REQUEST
from ..views.sentences import counted
from ..views.table import UNKNOWN, plain
from ..whatif.outcome import State
from .answers import Answer, Apart, Question, Questions, When
from .effects import Effects
from .faults import Doubt, doubts, faults, unsure_names
from .form import EXAMPLES, PREFIX, REGION, fields
from .form import PROXY as PROXY_EXAMPLE
from .items import SITE, Items, items
from .texts import TOML_DOUBT, TOML_HEAD, comments, frames

MOST_RULES = 60


def document(system: System) -> dict[str, Any]:
    """
    The document; the same facts give the same one.

    Raises:
        AssertionError: Some answers make an inbound rule, and the page says that none do.
    """
    made = items(system)
    assert not any(item.direction == Direction.INBOUND.value for item in made.rules)
    coded = _Coded(made.questions)
    return {
        "made": f"cmgdocs {__version__}",
        "site": SITE,
        "questions": coded.questions,
        "fields": [*_fields(system, coded)],
        "servers": [{"role": role, "name": system.role(role).name, "example": EXAMPLES[role]} for role in EXAMPLES],
        "pairs": [*_pairs(system, made.questions)],
        "clouds": [*_clouds(system, made)],
        "gateway": _gateway(system, made.questions, coded),
        "hints": [[pattern.pattern, hint] for pattern, hint in HINTS],
        "proxy": {"role": PROXY, "example": PROXY_EXAMPLE},
        "roles": {role.id: role.name for role in system.roles},
        "inside": [role.id for role in system.roles if system.zone(role.zone).inside],
        "zones": {zone.id: zone.name for zone in system.zones},
        "rules": [*_rules(system, made, coded)],
        "names": [[item.flow, [*item.names], coded.whens(whens)] for item, whens in made.names.items()],
        "elsewhere": [*_elsewhere(made, coded)],
        "faults": [{**fault._asdict(), "when": coded.whens(whens)} for fault, whens in faults(system).items()],
        "doubts": [*_doubts(doubts(made.questions, system), coded)],
        "rungs": {flow.id: flow.rung for flow in system.flows if flow.rung},
        "request": _request(system, coded),
        "states": [state.value for state in State],
        "steps": [*step_titles_of(system)],
        "counts": [instances_text(number) for number in coded.answers["instances"]],
        "frames": frames(system, next(iter(made.rules)).rule),
        "toml": {"head": TOML_HEAD, "doubt": TOML_DOUBT, "keys": [key.name for key in keys(system)]},
    }


def step_titles_of(system: System) -> Iterator[str]:
    """What happens in the five steps."""
    return (step.title for step in system.sequence(DATA_FLOW).steps)


class _Coded:
    """Questions and answers as the page has them: an answer is its place among all of its question."""

    def __init__(self, asked: Questions) -> None:
        self.answers = asked.answers
        self.questions = {str(question): len(found) for question, found in self.answers.items()}

    def place(self, question: Question, answer: Answer) -> int:
        """The place of an answer."""
        return self.answers[question].index(answer)

    def whens(self, whens: Iterable[When]) -> list[dict[str, list[int]]]:
        """Conditions of which one must hold: for each question spans of the places of the answers."""
        return [self._when(when) for when in whens]

    def when(self, answers: Mapping[Question, Answer]) -> dict[str, list[int]]:
        """The condition that exactly these answers are given."""
        return self._when(frozenset((question, frozenset({answer})) for question, answer in answers.items()))

    def _when(self, when: When) -> dict[str, list[int]]:
        parts = sorted(when, key=lambda part: str(part[0]))
        return {str(question): self._spans(question, answers) for question, answers in parts}

    def _spans(self, question: Question, answers: Iterable[Answer]) -> list[int]:
        """The places of *answers* as spans: first and last place of each, in one list."""
        places = sorted(self.place(question, answer) for answer in answers)
        spans: list[int] = []
        for place in places:
            if spans and spans[-1] == place - 1:
                spans[-1] = place
            else:
                spans += [place, place]
        return spans


def _fields(system: System, coded: _Coded) -> Iterator[dict[str, Any]]:
    for field in fields(system):
        options = [
            {
                "toml": written(option.value),
                "label": option.label,
                "asks": str(option.question),
                "is": coded.place(option.question, option.answer),
                "not": coded.place(option.question, False) if option.answer is True else None,
                "chosen": option.value in field.chosen,
            }
            for option in field.options
        ]
        yield {
            "key": field.key.name,
            "label": field.label,
            "first": field.first,
            "options": options,
            "many": field.many,
            "list": field.key.many,
            "least": field.key.least,
            "otherwise": written(False) if field.key.choices == (True, False) else None,
        }


def _pairs(system: System, asked: Questions) -> Iterator[dict[str, Any]]:
    """Pairs of servers: of some, the plan asks whether they are the same, of others only where one host is both."""
    by_use = {*asked.uses_apart.values()}
    for pair in (question for question in asked.answers if isinstance(question, Apart)):
        yield {"asks": str(pair), "one": pair.one, "other": pair.other, "sets": pair in by_use}


def _clouds(system: System, made: Items) -> Iterator[dict[str, Any]]:
    """Roles outside of which a plan knows the names, and which are outside wherever the reader says that they are."""
    named = {system.flow(item.flow).responder for item in made.names}
    for role in system.roles:
        zones = [system.zone(zone) for zone in (role.zone, *role.also)]
        if role.id in named and not any(zone.inside for zone in zones):
            yield {"role": role.id, "name": role.name}


def _gateway(system: System, asked: Questions, coded: _Coded) -> dict[str, Any]:
    names = [
        [name, coded.when({"method": method, "cloud": cloud})]
        for method, cloud, name in dict.fromkeys(gateway_names(system))
    ]
    low, high = (system.limit(ident).value for ident in (SHORTEST_NAME, LONGEST_NAME))
    return {
        "role": GATEWAY,
        "names": names,
        "unsure": [*_doubts(unsure_names(asked, system), coded)],
        "prefix": PREFIX,
        "prefixes": f"^[a-z][a-z0-9]{{{low - 1},{high - 1}}}$",
        "region": REGION,
        "regions": "^[a-z0-9]{1,40}$",
    }


def _rules(system: System, made: Items, coded: _Coded) -> Iterator[dict[str, Any]]:
    effects = Effects(made, system)
    for item, whens in made.rules.items():
        yield {
            "order": item.order,
            "id": item.rule.id,
            "label": item.label,
            "zones": item.zones,
            "ends": item.ends,
            "transport": item.rule.transport.value,
            "service": item.service,
            "ports": item.ports,
            "protocol": item.protocol,
            "direction": item.direction,
            "reason": item.reason,
            "flows": item.flows,
            "inferred": item.inferred,
            "effects": [[*both, coded.whens(some)] for both, some in effects.of(item).items()],
            **comments(item.rule),
            "when": coded.whens(whens),
        }


def _elsewhere(made: Items, coded: _Coded) -> Iterator[dict[str, Any]]:
    """Lines for what has no rule: in the head of a file of rules, and in a request."""
    for item, whens in sorted(made.elsewhere.items(), key=lambda found: found[0].order):
        yield {
            "head": NO_RULE.format(item.flow, item.reason),
            "note": f"No rule for {item.flow} {item.purpose}: {item.reason}.",
            "order": item.order,
            "when": coded.whens(whens),
        }
    for always, whens in made.always.items():
        yield {
            "head": NO_RULE.format(", ".join(always.names), LOOSE.format(always.what)),
            "names": [*always.names],
            "when": coded.whens(whens),
        }


def _doubts(found: Mapping[Doubt, Sequence[When]], coded: _Coded) -> Iterator[dict[str, Any]]:
    for doubt, whens in found.items():
        yield {**doubt._asdict(), "when": coded.whens(whens)}


def _request(system: System, coded: _Coded) -> dict[str, Any]:
    """What a request has besides its rules."""
    return {
        "title": request_tables.TITLE.format(SITE),
        "lead": request_tables.LEAD,
        "rules": [counted(number, "rule").capitalize() for number in range(MOST_RULES)],
        "pairs": [counted(number, "pair") for number in range(MOST_RULES)],
        "planned": request_tables.PLANNED,
        "methods": {method.id: inner(method.name) for method in system.methods},
        "instances": [counted(number, "VM instance") for number in coded.answers["instances"]],
        "notes": [request_tables.NO_INBOUND, request_tables.STATEFUL],
        "channel": request_tables.CHANNEL,
        "inferred": request_tables.INFERRED,
        "always": request_tables.ALWAYS,
        "last": f"{OTHER_WORK}.",
        "across": request_tables.ACROSS,
        "within": request_tables.WITHIN,
        "columns": [[key, field.title] for key, field in REQUEST.items()],
        "flat": [*FLAT],
        "unknown": plain(UNKNOWN),
    }
