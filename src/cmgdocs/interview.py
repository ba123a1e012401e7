"""Asking a person for a site file: key by key, then the hosts of the roles that matter to the answers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .answers import NONE, YES_NO, split, spoken, typed
from .deployment import GATEWAY
from .errors import Fault, SiteError
from .model import RoleId, System
from .plan import Plan, Planner
from .sitefile import Key, SiteReader
from .sitetext import concerned, site_text
from .sitewords import BOTH_NAMES, NAME_PARTS, advice, allowed, meanings, plain_text, written
from .words import fill, find

Read = Callable[[str], str]  # prompt -> a line; EOFError where no more come
Show = Callable[[str], None]

EXPLAIN, BACK = "?", "back"
INTRODUCTION = "Enter takes what stands in brackets, ? explains, back returns to the question before."
LEAVING = "Ctrl-C leaves without writing anything."
ABOUT_HOSTS = "Hosts are DNS names, addresses or networks, separated by commas. Enter leaves a role out."
ABOUT_FILE = "yes writes the file, no leaves without it, back returns to the last question."
_SITE = "site"


@dataclass(frozen=True, slots=True)
class Answers:
    """What was answered: key -> value as in a site file, and role -> its hosts, without roles that have none."""

    values: dict[str, object]
    hosts: dict[str, list[str]]


class _Back(Exception):
    """Somebody wants the question before."""


class Interview:
    """
    Asks through *read* and *show*, which know no more than lines of text.

    An answer that was taken back is what Enter takes when its question comes again.
    """

    def __init__(self, system: System, read: Read, show: Show) -> None:
        self._system, self._read, self._show = system, read, show
        self._reader, self._planner = SiteReader(system), Planner(system)
        self._texts, self._names, self._advice = meanings(system), spoken(system), advice(system)
        self._values: dict[str, object] = {}
        self._hosts: dict[str, list[str]] = {}
        self._taken_back: dict[str, Any] = {}

    def site(self, name: str) -> str | None:
        """
        Ask until all is answered, show the finished file, and ask whether to write it to *name*.

        Returns:
            The text of the site file, or None where it is not to be written.

        Raises:
            EOFError: No more lines come.
        """
        while True:
            answers = self.answers()
            text = site_text(self._system, answers.values, answers.hosts)
            self._show(f"\n{text}")
            for warning in self._reader.parse(text, where=name).warnings:
                self._show(f"warning: {warning}")
            try:
                return text if self._agreed(name) else None
            except _Back:
                self._step_back()

    def answers(self) -> Answers:
        """
        Ask until all is answered; what the reader of site files would refuse is told and asked again.

        Raises:
            EOFError: No more lines come.
        """
        if not self._values:
            self._show(f"{INTRODUCTION}\n{LEAVING}")
        more = True
        while more:
            try:
                more = self._ask_next()
            except _Back:
                self._step_back()
        return Answers(dict(self._values), {role: found for role, found in self._hosts.items() if found})

    def _ask_next(self) -> bool:
        """Ask the first question that has no answer; False where there is none."""
        key = next((key for key in self._reader.keys.values() if key.name not in self._values), None)
        if key:
            self._values[key.name] = self._key(key)
            return True
        roles = concerned(self._plan(), self._system)
        # The gateway is asked for though its name has a pattern: the other names follow from it.
        open_ = (role for role in roles if role not in self._hosts and (role == GATEWAY or not roles[role]))
        role = next(open_, None)
        if role:
            if not self._hosts:
                self._show(f"\n{ABOUT_HOSTS}")
            self._hosts[role] = self._role(role, roles[role])
        return role is not None

    def _step_back(self) -> None:
        """Forget the last answer, but offer it when the question comes again."""
        if self._hosts:
            role, hosts = self._hosts.popitem()
            self._taken_back[f"hosts.{role}"] = hosts
        elif self._values:
            name, value = self._values.popitem()
            self._taken_back[name] = value
        else:
            self._show("  There is no question before this one.")

    def _agreed(self, name: str) -> bool:
        while True:
            line = self._line(f"Write it to {name}?", "yes").lower()
            if (agreed := YES_NO.get(line or "yes")) is not None:
                return agreed
            self._show(f"  {ABOUT_FILE}")

    def _key(self, key: Key) -> object:
        possible = [choice for choice in key.choices if not self._refused(key, choice)]
        usual = self._usual(key, possible)
        self._show(f"\n{key.text}\nAllowed: {_bare(allowed(possible, key.bounds))}")
        while True:
            line = self._line(key.name, usual)
            if line == EXPLAIN:
                self._explain(key)
                continue
            value = typed(key, line, self._names.get(key.name, {})) if line else usual
            faults = self._faults(self._values | {key.name: value})
            if not faults:
                return value
            self._tell(faults)

    def _usual(self, key: Key, possible: list[object]) -> Any:
        """What Enter takes: the answer that was taken back, or the default, or else what earlier answers leave."""
        before = self._taken_back.get(key.name)
        if before is not None and not self._faults(self._values | {key.name: before}):
            return before
        if possible and not key.many and key.default not in possible:
            return possible[0]
        return key.default

    def _explain(self, key: Key) -> None:
        texts = self._texts.get(key.name, {})
        for choice in key.choices:
            faults = self._refused(key, choice)
            words = "not here: " + faults[0].what if faults else ". ".join(texts.get(choice, ()))
            if words:
                self._show(f"  {_bare(written(choice))}: {words}")
        if key.name in self._advice:
            self._show(f"  {self._advice[key.name]}")
        if key.many:
            none = "" if key.least else f"; {NONE} for an empty list"
            self._show(f"  Several are separated by commas{none}.")
        self._show(f"  {INTRODUCTION}")

    def _role(self, role: RoleId, names: tuple[str, ...]) -> list[str]:
        found = find("role", self._system.roles, role)
        usual = self._taken_back.get(f"hosts.{role}", [])
        self._show(f"\n{found.name}")
        if names:
            self._show(f"Azure names it {' or '.join(names)}.\n{BOTH_NAMES}")
        while True:
            line = self._line(f"hosts.{role}", usual)
            if line == EXPLAIN:
                parts = (
                    f"{part} is {text}" for part, text in NAME_PARTS.items() if any(part in name for name in names)
                )
                for text in filter(None, (fill(found.text, self._system), ", ".join(parts), ABOUT_HOSTS)):
                    self._show(f"  {text}")
                continue
            given = [] if line.lower() == NONE else split(line) if line else usual
            faults = self._faults(self._values, self._hosts | {role: given})
            if not faults:
                return given
            self._tell(faults)

    def _plan(self) -> Plan:
        return self._planner.plan(self._reader.parse(_text(self._values, self._hosts)).deployment)

    def _refused(self, key: Key, choice: object) -> list[Fault]:
        return self._faults(self._values | {key.name: [choice] if key.many else choice})

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
        shown = NONE if usual is None or usual in ((), []) else _bare(written(usual)).strip("[]")
        line = self._read(f"{name} [{shown}]: ").strip()
        if line.lower() == BACK:
            raise _Back
        return line

    def _tell(self, faults: list[Fault]) -> None:
        """Tell faults; people count what they have typed from 1, files from 0."""
        for fault in faults:
            where = re.sub(r"\[(\d+)\]$", lambda found: f", number {int(found[1]) + 1}", fault.where)
            self._show(f"  {Fault(where, fault.what)}")


def _text(values: dict[str, object], hosts: Mapping[str, list[str]]) -> str:
    return plain_text(values, {role: found for role, found in hosts.items() if found})


def _key_of(fault: Fault) -> str:
    return re.split(r"[.\[]", fault.where, maxsplit=1)[0]


def _bare(text: str) -> str:
    return text.replace('"', "")
