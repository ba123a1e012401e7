"""Asking a person for a site file: key by key, then the hosts of the roles that matter to the answers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from .errors import Fault, SiteError
from .model import RoleId, System
from .plan import Plan, Planner
from .records import dataclass
from .sitefile import Key, SiteReader
from .sitetext import concerned
from .sitewords import allowed, meanings, plain_text, written
from .words import fill, find

Read = Callable[[str], str]  # prompt -> a line; EOFError where no more come
Show = Callable[[str], None]

EXPLAIN, NONE = "?", "none"
INTRODUCTION = "Enter takes what stands in brackets, ? explains, Ctrl-C leaves without writing anything."
ABOUT_HOSTS = "Hosts are DNS names, addresses or networks, separated by commas. Enter leaves a role out."
GATEWAY = RoleId("cmg")  # asked for though its name has a pattern: the other names follow from it
_WORDS = {"yes": True, "y": True, "true": True, "no": False, "n": False, "false": False}
_SITE = "site"


@dataclass(frozen=True, slots=True)
class Answers:
    """What was answered: key -> value as in a site file, and role -> its hosts, without roles that have none."""

    values: dict[str, object]
    hosts: dict[str, list[str]]


class Interview:
    """Asks through *read* and *show*, which know no more than lines of text."""

    def __init__(self, system: System, read: Read, show: Show) -> None:
        self._system, self._read, self._show = system, read, show
        self._reader, self._planner = SiteReader(system), Planner(system)
        self._texts = meanings(system)

    def answers(self) -> Answers:
        """
        Ask until all is answered; what the reader of site files would refuse is told and asked again.

        Raises:
            EOFError: No more lines come.
        """
        self._show(INTRODUCTION)
        values: dict[str, object] = {}
        for key in self._reader.keys.values():
            values[key.name] = self._key(key, values)
        self._show(f"\n{ABOUT_HOSTS}")
        hosts: dict[str, list[str]] = {}
        while role := self._next_role(values, hosts):
            hosts[role] = self._role(role, values, hosts)
        return Answers(values, {role: found for role, found in hosts.items() if found})

    def _key(self, key: Key, values: dict[str, object]) -> object:
        possible = [choice for choice in key.choices if not self._refused(key, values, choice)]
        usual = key.default
        if possible and not key.many and usual not in possible:
            usual = possible[0]
        self._show(f"\n{key.text}\nAllowed: {_bare(allowed(possible, key.bounds))}")
        while True:
            line = self._line(key.name, usual)
            if line == EXPLAIN:
                self._explain(key, values)
                continue
            value = typed(key, line) if line else usual
            faults = self._faults(values | {key.name: value})
            if not faults:
                return value
            self._tell(faults)

    def _explain(self, key: Key, values: dict[str, object]) -> None:
        texts = self._texts.get(key.name, {})
        for choice in key.choices:
            faults = self._refused(key, values, choice)
            words = ["not here: " + faults[0].what] if faults else [". ".join(texts[choice])] if choice in texts else []
            self._show("  " + ": ".join([_bare(written(choice)), *words]))
        if key.many:
            none = "" if key.least else f"; {NONE} for an empty list"
            self._show(f"  Several are separated by commas{none}.")
        self._show(f"  {INTRODUCTION}")

    def _role(self, role: RoleId, values: dict[str, object], hosts: Mapping[str, list[str]]) -> list[str]:
        found = find("role", self._system.roles, role)
        self._show(f"\n{found.name}")
        while True:
            line = self._line(f"hosts.{role}", None)
            if line == EXPLAIN:
                self._show(f"  {fill(found.text, self._system)}")
                self._show(f"  {ABOUT_HOSTS}")
                continue
            given = [] if line.lower() == NONE else _split(line)
            faults = self._faults(values, dict(hosts) | {role: given})
            if not faults:
                return given
            self._tell(faults)

    def _next_role(self, values: dict[str, object], hosts: Mapping[str, list[str]]) -> RoleId | None:
        roles = concerned(self._plan(values, hosts), self._system)
        return next((role for role in roles if role not in hosts and (role == GATEWAY or not roles[role])), None)

    def _plan(self, values: dict[str, object], hosts: Mapping[str, list[str]]) -> Plan:
        return self._planner.plan(self._reader.parse(_text(values, hosts)).deployment)

    def _refused(self, key: Key, values: dict[str, object], choice: object) -> list[Fault]:
        return self._faults(values | {key.name: [choice] if key.many else choice})

    def _faults(self, values: dict[str, object], hosts: Mapping[str, list[str]] | None = None) -> list[Fault]:
        """
        What is wrong with the answers so far.

        Keys that are still to come do not count, and one of them may save an earlier answer: the cloud can be
        one that only the other method knows.
        """
        first: list[Fault] | None = None
        for tried in self._completed(values):
            faults = [fault for fault in self._parse(tried, hosts or {}) if _key_of(fault) in {*values, "hosts"}]
            if not faults:
                return []
            first = first or faults
        return first or []

    def _completed(self, values: dict[str, object]) -> Iterator[dict[str, object]]:
        yield values
        for key in self._reader.keys.values():
            if key.name not in values and not key.many:
                yield from (values | {key.name: choice} for choice in key.choices)

    def _parse(self, values: dict[str, object], hosts: Mapping[str, list[str]]) -> Iterator[Fault]:
        try:
            self._reader.parse(_text(values, hosts), _SITE)
        except SiteError as error:
            yield from (Fault(fault.where.removeprefix(f"{_SITE}: "), fault.what) for fault in error.faults)

    def _line(self, name: str, usual: object) -> str:
        shown = NONE if usual is None or usual == () else _bare(written(usual)).strip("[]")
        return self._read(f"{name} [{shown}]: ").strip()

    def _tell(self, faults: list[Fault]) -> None:
        for fault in faults:
            self._show(f"  {fault}")


def typed(key: Key, line: str) -> Any:
    """What a line means as a value of *key*; text that means nothing stays text, for the reader to refuse."""
    text = line.strip().strip("\"'")
    if key.many:
        return [] if text.lower() == NONE else _split(line.strip("[]"))
    if not key.choices and not key.bounds:
        return None if text.lower() == NONE else text
    if key.choices and isinstance(key.choices[0], bool):
        return _WORDS.get(text.lower(), text)
    number = key.bounds or isinstance(key.choices[0], int)
    return int(text) if number and re.fullmatch("-?[0-9]{1,9}", text) else text


def _split(line: str) -> list[str]:
    return [word.strip("\"'") for word in re.split(r"[,\s]+", line) if word]


def _text(values: dict[str, object], hosts: Mapping[str, list[str]]) -> str:
    return plain_text(values, {role: found for role, found in hosts.items() if found})


def _key_of(fault: Fault) -> str:
    return re.split(r"[.\[]", fault.where, maxsplit=1)[0]


def _bare(text: str) -> str:
    return text.replace('"', "")
