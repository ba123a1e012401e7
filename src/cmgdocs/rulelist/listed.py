"""A firewall's flat list of rules: asked from the first to the last, the first that matches decides."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from enum import Enum

from ..errors import Fault
from ..records import dataclass, replace
from .terms import Service, Term

MOST_RULES = 20_000  # more than any list that a person keeps; time and memory grow with its square


class Action(Enum):
    """What becomes of a connection that matches."""

    ALLOW = "allow"
    DENY = "deny"


@dataclass(frozen=True, slots=True)
class ListedRule:
    """
    One rule. *number* is its place in the order of asking, from 1; *where* the place in its file.

    *unjudged* says why it cannot be judged, as one that looks at source ports; it then matches nothing here.
    A *standing* rule comes with the firewall and cannot be taken away.
    """

    number: int
    name: str
    where: str
    action: Action
    sources: tuple[Term, ...]
    destinations: tuple[Term, ...]
    services: tuple[Service, ...]
    unjudged: str = ""
    standing: bool = False

    @property
    def allows(self) -> bool:
        """Whether it lets through what it matches."""
        return self.action is Action.ALLOW


@dataclass(frozen=True, slots=True)
class RuleList:
    """
    The rules of one firewall in the order of asking, each with a name of its own; what none matches is denied.

    *warnings* are what the file holds beside them, or what was taken in one of several ways. *inward* is None where the
    file tells no direction; else only what leaves is judged by the rules, and these are the names of those for what
    comes in, which are set aside; without those that come with the firewall.
    """

    name: str
    rules: tuple[ListedRule, ...]
    warnings: tuple[Fault, ...] = ()
    inward: tuple[str, ...] | None = None


def printable(text: str) -> str:
    """The same text with a space for every sign that would steer a terminal; line ends and tabs stay."""
    if text.isprintable():
        return text
    return "".join(sign if sign.isprintable() or sign in "\n\r\t" else " " for sign in text)


def numbered(
    name: str, rules: Iterable[ListedRule], warnings: Iterable[Fault], inward: Iterable[str] | None = None
) -> RuleList:
    """Number *rules*, and give each a name of its own: ``rule 7`` where it has none, its number behind a shared one."""
    given = [replace(rule, number=number) for number, rule in enumerate(rules, 1)]
    shared = Counter(rule.name for rule in given)
    taken = {rule.name for rule in given if shared[rule.name] == 1}
    aside = None if inward is None else tuple(inward)
    return RuleList(name, tuple(_named(given, shared, taken)), (*warnings, *_told(name, shared)), aside)


def _named(rules: Iterable[ListedRule], shared: Counter[str], taken: set[str]) -> Iterator[ListedRule]:
    for rule in rules:
        if rule.name and shared[rule.name] == 1:
            yield rule
            continue
        own = f"{rule.name} (rule {rule.number})" if rule.name else f"rule {rule.number}"
        while own in taken:
            own += "'"
        taken.add(own)
        yield replace(rule, name=own)


def _told(name: str, shared: Counter[str]) -> Iterator[Fault]:
    several = [found for found, count in shared.items() if found and count > 1]
    if several:
        shown = ", ".join(several[:5]) + (f" and {len(several) - 5} more" if len(several) > 5 else "")
        yield Fault(name, f"several rules are called {shown}; their numbers tell them apart")
