"""
Ranking: which entries answer some words, best first.

``book/_search/search/rank.js`` does the same in the reader's browser, step by step and in whole numbers only; a test
compares the two. Whatever they need besides these steps is in the entries or in :data:`RULES`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from enum import Enum
from functools import cached_property
from itertools import pairwise

from ..facts.ports import HIGHEST, LOWEST
from ..views.documents import Result

PORT = "port"
"""Kind of a result that was found by its port."""


class Sort(Enum):
    """What an entry is about, in the words that readers see."""

    FLOW = "flow"
    HOST = "host"
    SYMPTOM = "symptom"
    LOG = "log"
    ROLE = "role"
    ENDPOINT = "endpoint"
    LIMIT = "limit"
    CERTIFICATE = "certificate"
    CREDENTIAL = "credential"
    METHOD = "method"
    RULES = "rules"
    FEATURE = "feature"
    USE = "use"
    HTTP = "http"
    TERM = "term"
    PAGE = "page"
    EVENT = "event"
    GAP = "gap"
    DISPUTE = "dispute"
    SOURCE = "source"


@dataclass(frozen=True)
class Entry:
    """
    Something that can be found.

    *page* is its address below the site's root, *text* what is searched besides the title. *keys* are names that say
    exactly this, as the id does: file names, abbreviations, of a host its fixed part. *ports* are triples of the lowest
    port, the highest one and the base of the formula ``base + i``, 0 where there is none. *weight*, 1 to 4, is that of
    its part of the book.
    """

    kind: Sort
    id: str
    title: str
    page: str
    text: str = ""
    keys: tuple[str, ...] = ()
    ports: tuple[tuple[int, int, int], ...] = ()
    weight: int = 4


Span = tuple[int, int]
PortOf = tuple[Span, int]
"""Ports of an entry, both ends included, with the base of their formula or 0."""

RULES: Mapping[str, str] = {
    # What programs write around the words of a log line: times, threads, places in their code, ids and addresses.
    "noise": "|".join(
        (
            r"<!\[LOG\[|\]LOG\]!>",
            r"\b(?:time|date|context|type|thread|file)=\"[^\"]*\"",
            r"<[0-9]{1,2}-[0-9]{1,2}-[0-9]{4} [^<>]*>",
            r"<?thread=[^<>]*>",
            r"\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b",
            r"\b[0-9]{1,2}:[0-9]{2}:[0-9]{2}[^ <>\t\n]*",
            r"\b[0-9]{1,3}(?:\.[0-9]{1,3}){3}\b",
        )
    ),
    "range": r"\b([0-9]{3,5}) ?(?:-|\u2013|\u2014|\.\.| to ) ?([0-9]{3,5})\b",
    "word": r"[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?",
    "seam": r"[._-]",
    "plural": r"^(?!https$).{3,}[^sui]s$",
    "letters": r"^[a-z]+$",
    "port": r"^([0-9]{1,5})(?:-([0-9]{1,5}))?$",
}
"""Regular expressions that Python, with ASCII's classes, and JavaScript read alike."""
KEY, TITLE, TEXT = 8, 4, 1
"""What a word is worth by the place where an entry has it; a key of several words is worth two keys."""
LONGEST = 8
"""Names of a query that are tried together as a key."""
MOST = 25
"""Results that are given; more is a list, not an answer."""
WORST = 32
"""A result has at least the best one's score divided by this."""

_NOISE, _RANGE, _WORD, _SEAM, _PLURAL, _LETTERS, _PORT = (re.compile(rule, re.ASCII) for rule in RULES.values())


def words(text: str, known: Container[str] = ()) -> Iterator[str]:
    """
    Words of a text in small letters: names with dots, hyphens and underscores whole, and then their parts.

    Of *known* names there are no parts.

    >>> list(words("CMGConnector_Forbidden on ports 10124-10139"))
    ['cmgconnector_forbidden', 'cmgconnector', 'forbidden', 'on', 'port', '10124-10139']
    """
    for name in _names(text):
        yield name
        parts = _SEAM.split(name)
        if len(parts) > 1 and name not in known:
            yield from (_stem(part) for part in parts if len(part) > 1 and not part.isdecimal())


def phrase(text: str) -> str:
    """All names of a text as one, such as ``"cmg connection point"``."""
    return " ".join(_names(text))


def _names(text: str) -> list[str]:
    return [_stem(name) for name in _WORD.findall(text.lower())]


def _stem(word: str) -> str:
    return word[:-1] if _PLURAL.match(word) else word


def said(query: str) -> str:
    """A query without what a log puts around its lines."""
    return _RANGE.sub(r"\1-\2", _NOISE.sub(" ", query))


def terms(query: str, known: Container[str] = ()) -> tuple[str, ...]:
    """Different words of a query, without the parts of *known* names; neighbours are tried as one word, too."""
    found = list(words(said(query), known))
    pairs = (one + other for one, other in pairwise(found) if _both(one, other))
    return tuple(dict.fromkeys([*found, *pairs]))


def runs(query: str) -> dict[str, int]:
    """What of a query may be a key: each run of its names, and how many names these are."""
    found = _names(said(query))
    spans = ((start, many) for start in range(len(found)) for many in range(1, LONGEST + 1))
    return {" ".join(found[start : start + many]): many for start, many in spans if start + many <= len(found)}


def _both(one: str, other: str) -> bool:
    return bool(_LETTERS.match(one) and _LETTERS.match(other))


def _counts(term: str) -> int:
    """As how many words a term counts: as none if it is short, as two if it has a digit, as codes do."""
    return (1 + any(map(str.isdigit, term))) * (len(term) > 2)


def ports(term: str) -> Span | None:
    """The port or range that a word is, its ends in order; None if it is none."""
    if not (match := _PORT.match(term)):
        return None
    low, high = sorted((int(match[1]), int(match[2] or match[1])))
    return (low, high) if low >= LOWEST and high <= HIGHEST else None


class Index:
    """Entries, in the order in which they are listed where nothing else decides."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self.entries = tuple(entries)

    @cached_property
    def vocabulary(self) -> Mapping[str, Mapping[int, int]]:
        """Word -> place of each entry that has it -> what it is worth there."""
        made: dict[str, dict[int, int]] = {}
        for place, entry in enumerate(self.entries):
            named = [entry.title, *entry.keys]
            found = dict.fromkeys(words(entry.text), TEXT) | {word: TITLE for text in named for word in words(text)}
            for word, worth in found.items():
                made.setdefault(word, {})[place] = worth
        return made

    @cached_property
    def keys(self) -> Mapping[str, frozenset[int]]:
        """Key -> places of the entries that have it."""
        made: dict[str, set[int]] = {}
        for place, entry in enumerate(self.entries):
            for key in (entry.id, *entry.keys):
                made.setdefault(phrase(key), set()).add(place)
        return {key: frozenset(places) for key, places in made.items()}

    def find(self, query: str) -> tuple[Result, ...]:
        """
        What answers a query: all that has a run of its names as a key, and all that has most of its words.

        Most are two words, or the only one, and two thirds of the words that any result has.

        Returns:
            Results, best first; one that was found by its port is of the kind ``port`` and its title says which it is.
        """
        scores: Counter[int] = Counter()
        had: Counter[int] = Counter()
        keyed: set[int] = set()
        spans: dict[int, PortOf] = {}
        for run, many in runs(query).items():
            mine = dict(self._by_port(run))
            spans = mine | spans
            named = self._named(run)
            keyed |= named
            rarity = self._rarity(len(mine or named.union(self.vocabulary.get(run, ()))))
            for place in named:
                scores[place] += 2 * KEY * min(many, 2) * rarity * self.entries[place].weight
        asked = terms(query, self.vocabulary)
        for term in asked:
            for place, worth in self._worth(term).items():
                scores[place] += worth * self.entries[place].weight * (place not in self.keys.get(term, ()))
                had[place] += _counts(term)
        least = max(min(2, sum(map(_counts, asked))), max(had.values(), default=0) * 2 // 3)
        best = max(scores.values(), default=0)
        good = [place for place in scores if place in keyed or had[place] >= least]
        good = [place for place in good if scores[place] * WORST >= best]
        good.sort(key=lambda place: (-scores[place], place))
        return tuple(self._result(place, spans.get(place)) for place in good[:MOST])

    def exact(self, word: str) -> tuple[Result, ...]:
        """What has a word as its port, its host or another key, or has it in its title as a code with digits."""
        term = phrase(word)
        titled = self.vocabulary.get(term, {}) if any(map(str.isdigit, term)) else {}
        spans = dict(self._by_port(term))
        found = sorted(self._named(term) | {place for place, worth in titled.items() if worth >= TITLE})
        return tuple(self._result(place, spans.get(place)) for place in found)

    def near(self, query: str) -> tuple[str, ...]:
        """Up to three keys that are spelled much like a query that found nothing, or the ports next to it."""
        if asked := ports(phrase(query)):
            known = sorted({port for entry in self.entries for low, high, _ in entry.ports for port in (low, high)})
            below, above = [port for port in known if port < asked[0]], [port for port in known if port > asked[1]]
            return tuple(map(str, [*below[-1:], *above[:1]]))
        keys = {key.lower(): key for entry in self.entries for key in (entry.id, *entry.keys)}
        return tuple(keys[key] for key in get_close_matches(query.lower(), keys, cutoff=0.7))

    def _by_port(self, term: str) -> Iterator[tuple[int, PortOf]]:
        """Places of the entries with a port of the term, each with what of the term it has, and its base."""
        if not (asked := ports(term)):
            return
        low, high = asked
        for place, entry in enumerate(self.entries):
            for first, last, base in entry.ports:
                if max(first, low) <= min(last, high):
                    yield place, ((max(first, low), min(last, high)), base)
                    break

    def _named(self, run: str) -> frozenset[int]:
        """Places of the entries of which a run of names is a key, a port or a host."""
        hosts = (place for place, entry in enumerate(self.entries) if "." in run and _is_host(entry, run))
        return self.keys.get(run, frozenset()).union(hosts, (place for place, _ in self._by_port(run)))

    def _worth(self, term: str) -> Mapping[int, int]:
        """
        What a term is worth at each place that has it, or that has a word with this beginning.

        A word is worth the more the fewer entries have it, and twice as much if it is there as a whole.
        """
        whole = self.vocabulary.get(term, {})
        begun: dict[int, int] = {}
        for word, places in self.vocabulary.items() if len(term) > 2 else ():
            if word.startswith(term):
                for place, worth in places.items():
                    if place not in whole:
                        begun[place] = max(worth, begun.get(place, 0))
        return {place: 2 * worth * self._rarity(len(whole)) for place, worth in whole.items()} | {
            place: worth * self._rarity(len(whole) + len(begun)) for place, worth in begun.items()
        }

    def _rarity(self, many: int) -> int:
        return int((len(self.entries) // max(many, 1)).bit_length()) ** 2

    def _result(self, place: int, span: PortOf | None) -> Result:
        entry = self.entries[place]
        if span is None:
            return Result(entry.kind.value, entry.id, entry.title, entry.page)
        (low, high), base = span
        instance = f", VM instance{'' if low == high else 's'} {_both_ends(low - base, high - base)}" if base else ""
        return Result(PORT, entry.id, f"{_both_ends(low, high)}{instance}: {entry.title}", entry.page)


def _both_ends(low: int, high: int) -> str:
    return str(low) if low == high else f"{low}-{high}"


def _is_host(entry: Entry, name: str) -> bool:
    """Whether a name is a host of the entry, is below it, or is a domain that it is in."""
    return (entry.kind is Sort.HOST and " " not in name) and any(
        key == name or name.endswith(f".{key}") or key.endswith(f".{name}") for key in entry.keys
    )
