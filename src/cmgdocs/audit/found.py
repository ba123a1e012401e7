"""What an audit finds, as records."""

from __future__ import annotations

from ..errors import Fault
from ..plan import Plan
from ..records import dataclass
from ..rulelist import ListedRule, RuleList
from ..rulelist.terms import Service, Term
from ..rules import Rule


@dataclass(frozen=True, slots=True)
class Traffic:
    """Connections from all of *sources* to all of *destinations* on all of *services*; none of them is empty."""

    sources: tuple[str, ...]
    destinations: tuple[str, ...]
    services: tuple[Service, ...]


@dataclass(frozen=True, slots=True)
class Doubt:
    """
    A rule that may let connections through all the same.

    *sources* and *destinations* are its terms that cannot be compared with the hosts of an end; empty for an end that
    the rule holds. There is at least one.
    """

    rule: ListedRule
    sources: tuple[Term, ...]
    destinations: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class Gap:
    """
    Planned connections that do not get through.

    *denied_by* is the rule that denies them, None where no rule lets them through.
    """

    traffic: Traffic
    denied_by: ListedRule | None
    doubt: Doubt | None = None


@dataclass(frozen=True, slots=True)
class Missing:
    """A planned rule of which at least something does not get through; *whole*: nothing of it does."""

    rule: Rule
    whole: bool
    gaps: tuple[Gap, ...]


@dataclass(frozen=True, slots=True)
class Excess:
    """
    An allow rule that lets through more than the site needs.

    *whole*: nothing that it lets through is needed. Otherwise *sources*, *destinations* and *services* are those of
    which nothing is needed, as text, and *pairs* are what is left: not needed together, though each of the three is
    needed with others. *touches* says whether a host of the site itself is among its hosts. *undecided*: more of it
    may be needed, because hosts cannot be compared; what is said is beyond need all the same, and that may be nothing.
    """

    rule: ListedRule
    whole: bool
    touches: bool
    sources: tuple[str, ...] = ()
    destinations: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    pairs: tuple[Traffic, ...] = ()
    undecided: bool = False


@dataclass(frozen=True, slots=True)
class Idle:
    """
    A rule that never matches.

    *by* is a rule that is asked earlier and holds all of it, or several that do so together; it is empty where no
    connection can be what the rule asks for, as from IPv4 to IPv6.
    """

    rule: ListedRule
    by: tuple[ListedRule, ...]


@dataclass(frozen=True, slots=True)
class Audit:
    """
    All that was found: by planned rule in the plan's order, by listed rule in the order of asking.

    *limits* are what the list cannot answer for any plan; they stand among the *warnings*, too.
    """

    plan: Plan
    listed: RuleList
    missing: tuple[Missing, ...]
    excess: tuple[Excess, ...]
    idle: tuple[Idle, ...]
    limits: tuple[Fault, ...]
    warnings: tuple[Fault, ...]
