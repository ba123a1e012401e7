"""
Claims in a text: counts, ordinals, ports, ranges, hosts, versions, dates, protocols, limits and directions.

The finder knows words of the trade and the facts; a number before a noun that no fact counts is no claim.
"""

from __future__ import annotations

import re
from calendar import month_name
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from itertools import pairwise

from ..facts.ids import MOST_INSTANCES
from ..facts.model import Protocol, RoleId, System
from ..facts.numbers import CARDINALS, ORDINALS
from .ends import End, Ends


class Kind(Enum):
    """What a claim is about."""

    COUNT = "count"
    ORDINAL = "ordinal"
    PORT = "port"
    RANGE = "range"
    HOST = "host"
    VERSION = "version"
    DATE = "date"
    PROTOCOL = "protocol"
    LIMIT = "limit"
    DIRECTION = "direction"


@dataclass(frozen=True)
class Way:
    """
    What a direction says: a connection from one of *tails* to one of *heads*; *negated* where there is none.

    One that is about *data* also holds inside a connection of another flow. Without ends it is about the perimeter:
    *inwards* or outwards. One about the *channel* holds for the flows that build it only. *each* are several heads, all
    of which have to be reached.
    """

    tails: frozenset[RoleId] = frozenset()
    heads: frozenset[RoleId] = frozenset()
    negated: bool = False
    data: bool = False
    inwards: bool = False
    channel: bool = False
    each: tuple[frozenset[RoleId], ...] = ()


@dataclass(frozen=True)
class Claim:
    """
    A claim and its place: *words* are those that a reader sees, from *start* to *end* is what has to be bound.

    A direction has its *way*; of a number in a command such as ``client:cmg:443``, *way* and *port* are its ends.
    """

    kind: Kind
    words: str
    start: int
    end: int
    way: Way | None = None
    port: int | None = None


NOUNS = (
    "step|instance|connection point|management point|update point|role|flow|connection|rule|row|note|edition|table|"
    "port|range|way|method|rung|try|tries|zone|log|source|dialect|vendor|platform|certificate|credential|proof|"
    "recipe|command|group|notebook|limit|version|case|channel|pair"
)
"""What facts, and lists of this project, count."""
_PLACED = "step|instance|note|row|port|rung|try|range"
_OTHER = (
    "of|the|or|and|to|in|on|at|for|with|by|from|is|are|more|than|if|when|that|which|no|not|as|needs?|one|two|three|four"
)
_MODIFIER = rf"(?:\s+(?!(?:{_OTHER})\b)[\w'’-]+){{0,2}}?"
_WORDS = "|".join(sorted((word for word, i in CARDINALS.items() if i > 1), key=len, reverse=True))
_NUMBER = rf"(?:{_WORDS}|[0-9][0-9,]*)"
_COUNTED = rf"(?:{_WORDS}|[2-9]|[1-9][0-9]{{1,2}}|[0-9]{{1,3}}(?:,[0-9]{{3}})+)"  # four digits are a year or a port
_PLACE = "|".join(sorted((word for word, i in ORDINALS.items() if i > 1), key=len, reverse=True))
_MONTHS = "|".join(month_name[1:])
_UNITS = (
    "seconds?|minutes?|hours?|days?|weeks?|months?|years?|percent|%|[KMGT]i?B|[KMG]bps|bytes?|bits?|characters?|"
    "clients|devices"
)
_YEAR = r"20[0-3][0-9]"
_TOP = "com|net|org|us|cn|io|ms|de|eu|gov"
_LABEL = r"(?:<[\w -]+>|\*|[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)"
_RESERVED = re.compile(r"(?:^|\.)(?:example(?:\.(?:com|net|org))?|test|invalid|localhost)$", re.IGNORECASE)
"""Names that nobody can own (RFC 2606), and so no claims."""
_PROTOCOLS = "|".join(sorted((p.value for p in Protocol), key=len, reverse=True)) + "|TLS|TCP|UDP"
_EDGE = r"(?<![\w.<#/-])"
_FREE = r"(?![\w/-]|\.[0-9])"
_NO = r"(?:no|not|nothing|never|none|neither|without|nowhere)"

_FIND: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    (Kind.HOST, re.compile(rf"(?<![\w@.-]){_LABEL}(?:\.{_LABEL})*\.(?:{_TOP})(?![\w-]|\.\w)", re.IGNORECASE)),
    (Kind.DATE, re.compile(rf"{_EDGE}(?:[0-9]{{1,2}}\s+)?(?:{_MONTHS})\s+{_YEAR}\b")),
    (Kind.DATE, re.compile(rf"{_EDGE}{_YEAR}-[01][0-9](?:-[0-3][0-9])?{_FREE}")),
    (Kind.LIMIT, re.compile(rf"{_EDGE}(?P<core>{_NUMBER})(?:-|\s+)?(?:{_UNITS})(?![\w])(?!\s+ago)", re.IGNORECASE)),
    (Kind.RANGE, re.compile(rf"{_EDGE}[0-9][0-9,]*\s*(?:to|through|–|-|\.\.)\s*[0-9][0-9,]*(?!%){_FREE}")),
    (Kind.PORT, re.compile(rf"\bports?\s+(?P<core>[0-9]{{1,5}}){_FREE}", re.IGNORECASE)),
    (Kind.PORT, re.compile(r"\b(?:tcp|udp)[ /](?P<core>[0-9]{1,5})(?!\w)", re.IGNORECASE)),
    (Kind.PORT, re.compile(rf"{_EDGE}(?P<core>[0-9]{{1,5}})/(?:tcp|udp)\b", re.IGNORECASE)),
    (
        Kind.COUNT,
        re.compile(
            rf"{_EDGE}(?<!one of )(?<!step )(?P<core>{_COUNTED})(?:\s+or\s+(?:more|fewer))?"
            rf"{_MODIFIER}\s+(?:{NOUNS})s?(?!\w)",
            re.IGNORECASE,
        ),
    ),
    # Without a noun: "Five, of which ...", "Four times a reader ...", "none of the four", "the other fifteen".
    (Kind.COUNT, re.compile(rf"(?:^|(?<=[.!?]\s))(?P<core>{_WORDS})(?=,|\s+times\b)", re.IGNORECASE)),
    (
        Kind.COUNT,
        re.compile(rf"\b(?:(?:none|all|any|each) of the|all|the other)\s+(?P<core>{_WORDS})(?!\w)", re.IGNORECASE),
    ),
    (
        Kind.ORDINAL,
        re.compile(
            rf"{_EDGE}(?:(?P<core>{_PLACE}|[0-9]+(?:nd|rd|th)){_MODIFIER}\s+(?:{NOUNS})|(?P<first>first)\s+(?:VM\s+)?(?:{_PLACED}))(?!\w)",
            re.IGNORECASE,
        ),
    ),
)
_LETTERS = re.compile("[a-z]+")
_FOUR = re.compile(rf"{_EDGE}[0-9]{{4}}{_FREE}")
_BARE = re.compile(r"(?<![\w.,-])[0-9]{3,5}(?![\w.,-]*[0-9])(?![\w-])")
_TRIPLE = re.compile(r"(?<![\w-])([a-z][a-z-]*)(?:#[0-9]+)?:([a-z][a-z-]*)(?:#[0-9]+)?:([0-9]{1,5})\b")
_BESIDE = (
    re.compile(
        rf"(?<![\w-])(?P<core>{_PROTOCOLS})(?:\s+(?:on|over|to|at|through|is|uses))?"
        r"(?:\s+(?:the|its|TCP|UDP|ports?))*\s+[0-9]{2,5}\b"
    ),
    re.compile(rf"(?<![\w-])[0-9]{{2,5}},?\s+\(?(?:over|for|with|by|as|is|speaks)?\s*(?P<core>{_PROTOCOLS})(?![\w-])"),
)
_COMMAND = re.compile(r"-|cmgdocs\s|\$ ")  # its ports are examples, except those between two roles
_CODE = frozenset({Kind.HOST, Kind.PORT, Kind.RANGE, Kind.VERSION})
"""Kinds that count in a literal, too."""
_PROXY = "proxy"  # what a command calls any proxy between two roles
_DIGITS = 4  # of a version
_LOWEST_BARE = 443  # a smaller number is a port only beside the word
_NEXT = 6  # characters between "asks" and who is asked
_SOON = 30  # characters between the "to" of "sends it to" and the end
_REACH = 90  # characters between a verb and its ends

_SENTENCE = re.compile(r"[^.;:!?]+(?:[.:](?=\S)[^.;:!?]*)*[.;:!?]?")
_ACTIVE = re.compile(
    r"\b(?P<verb>connects?\s+(?:\w+\s+)?(?:to|with)\b|reach(?:es)?\b|contacts?\b|talks?\s+to\b|"
    r"opens?\s+(?=(?:an?|the|every|each|its|their|one|no|connections)\b[^.;:]{0,40}?\b(?P<channel>channel|to|into|between)\b)|"
    r"(?P<asks>asks?)\b(?!\s+(?:for|what|which|whether|how|who))|"
    r"(?P<gets>downloads?|fetch(?:es)?)\b(?=[^.;:]{0,60}?\bfrom\b)|"
    r"(?P<data>sends?|pass(?:es)?|forwards?|uploads?)\b(?=[^.;:]{0,60}?\bto\b))(?!\s*(?:it|them|one|others|its|their)\b)"
)
_PRONOUN = re.compile(r"\b(?:it|they|this|these|one|others)\s+(?:\w+\s+){0,2}$", re.IGNORECASE)
_AND = re.compile(r"\s*(?:,|\band\b|\bor\b)?\s*(?:and|or)?\s*(?:the|an?|your|its)?\s*", re.IGNORECASE)
_COORDINATED = re.compile(r"\b(?:and|then|or)\s+(?:\w+ly\s+)?$", re.IGNORECASE)
_PASSIVE = re.compile(
    r"\b(?:is|are|be|was|were)\s+(?:\w+\s+)?(?P<verb>reached|contacted|(?P<channel>opened))(?=\s+(?:\w+\s+)?(?:by|from)\b)",
    re.IGNORECASE,
)
_FROM = re.compile(r"\bfrom\s+(?:[\w'’-]+\s+){0,3}?$", re.IGNORECASE)
_TO = re.compile(r"^[^.;:,]{0,25}?\bto\s+(?:[\w'’-]+\s+){0,3}?$", re.IGNORECASE)
_NEGATION = re.compile(r"\b(?:(?:do|does|did|would|will)\s+not|never|no|nothing|none)\b", re.IGNORECASE)
_SUPPOSED = re.compile(r"\b(?:if|when|where|unless|whether|cannot|without)\b", re.IGNORECASE)
_INWARDS = re.compile(
    rf"(?:\b(?P<no>{_NO})\b(?:[^.;:,]{{0,40}}?\s|\s))?(?P<core>\binbound\b|\bcom(?:es?|ing)\s+in\b(?!\s+(?:use|turn))|"
    r"\binwards?\b)",
    re.IGNORECASE,
)
_OUTWARDS = re.compile(
    r"(?:\b(?P<no>no|nothing|none|never|nowhere)\b(?:[^.;:,]{0,40}?\s|\s))?(?P<core>\boutbound\b|\bgo(?:es)?\s+out\b|"
    r"\boutwards?\b)",
    re.IGNORECASE,
)


class Finder:
    """Finds claims about *system*; made once, used for many texts."""

    def __init__(self, system: System) -> None:
        self.system = system
        self.ends = Ends(system)

    @cached_property
    def _ports(self) -> frozenset[int]:
        most = self.system.limit(MOST_INSTANCES).value
        specs = [service.port.range(most) for flow in self.system.flows for service in flow.services]
        return frozenset(port for spec in specs if spec for port in range(spec.low, spec.high + 1))

    def find(self, text: str, code: Iterable[tuple[int, int]] = ()) -> tuple[Claim, ...]:
        """
        All claims of a text, in the order of their places.

        *code* are spans of literals, in which only ports, ranges, hosts and versions are claims.
        """
        taken: list[Claim] = []
        spans = tuple(code)

        def add(claim: Claim) -> None:
            inside = [text[low:high] for low, high in spans if low <= claim.start and claim.end <= high]
            if inside and _COMMAND.match(inside[0]) and not claim.way:
                return
            over = any(claim.start < other.end and other.start < claim.end for other in taken)
            if not over and (not inside or claim.kind in _CODE):
                taken.append(claim)

        for claim in (*self._triples(text), *_patterns(text), *self._bare(text)):
            add(claim)
        numbers, taken = taken, []
        for claim in (*_beside(text), *self._directions(text)):
            add(claim)
        return tuple(sorted((*numbers, *taken), key=lambda claim: claim.start))

    def _triples(self, text: str) -> Iterator[Claim]:
        """Ports that a command blocks or allows, such as ``client:cmg:443``."""
        known = {role.id for role in self.system.roles}
        for found in _TRIPLE.finditer(text):
            if found[2] == _PROXY:
                continue  # each site has its own
            ends = [known if name in ("any", _PROXY) else {RoleId(name)} & known for name in found.group(1, 2)]
            way = Way(frozenset(ends[0]), frozenset(ends[1])) if all(ends) else None
            yield Claim(Kind.PORT, found[0], *found.span(3), way, int(found[3]))

    def _bare(self, text: str) -> Iterator[Claim]:
        """Numbers that only the facts make a claim: versions, years and ports."""
        for found in _FOUR.finditer(text):
            if found[0] in self.system.versions:
                yield Claim(Kind.VERSION, found[0], *found.span())
            elif re.fullmatch(_YEAR, found[0]):
                yield Claim(Kind.DATE, found[0], *found.span())
        for found in _BARE.finditer(text):
            if int(found[0]) in self._ports and int(found[0]) >= _LOWEST_BARE:
                yield Claim(Kind.PORT, found[0], *found.span())

    def _directions(self, text: str) -> Iterator[Claim]:
        for sentence in _SENTENCE.finditer(text):
            start, words = sentence.start(), sentence[0]
            ends = list(self.ends.find(words))
            for claim in (*_verbs(words, ends), *_from_to(words, ends), *_perimeter(words)):
                yield Claim(claim.kind, claim.words, claim.start + start, claim.end + start, claim.way)


def _patterns(text: str) -> Iterator[Claim]:
    words = set(_LETTERS.findall(text.lower()))
    digits = any(map(str.isdigit, text))
    hopeful = {Kind.HOST: "." in text, Kind.ORDINAL: digits or words & ORDINALS.keys()}
    hopeful |= dict.fromkeys((Kind.COUNT, Kind.LIMIT), digits or words & CARDINALS.keys())
    for kind, pattern in _FIND:
        if not hopeful.get(kind, digits):
            continue  # most of the time goes into patterns that cannot match
        for found in pattern.finditer(text):
            if kind is Kind.HOST and _RESERVED.search(found[0]):
                continue
            if kind is Kind.RANGE and all(len(digits) == _DIGITS for digits in re.findall("[0-9]+", found[0])):
                continue  # versions, each a claim of its own
            groups = found.groupdict()
            core = next((name for name in ("core", "first") if groups.get(name)), 0)
            yield Claim(kind, " ".join(found[0].split()), *found.span(core))


def _beside(text: str) -> Iterator[Claim]:
    """Protocols that stand beside the number of a port."""
    for pattern in _BESIDE:
        for found in pattern.finditer(text):
            yield Claim(Kind.PROTOCOL, " ".join(found[0].split()), *found.span("core"))


def _verbs(words: str, ends: list[End]) -> Iterator[Claim]:
    for pattern, passive in ((_ACTIVE, False), (_PASSIVE, True)):
        for verb in pattern.finditer(words):
            claim = _verb(words, ends, verb, passive)
            if claim:
                yield claim


def _verb(words: str, ends: list[End], verb: re.Match[str], passive: bool) -> Claim | None:
    """What a verb says of the nearest end on each of its sides; none where one of them is a pronoun or missing."""
    said = verb.groupdict()
    opened = said.get("channel") in ("channel", "opened")
    before = [end for end in ends if end.end <= verb.start() and (not end.channel or (passive and opened))]
    low, high = verb.end(), verb.end() + _REACH
    if said.get("data"):
        low += words[low:].find(" to ")  # what is sent is no end
        high = low + _SOON
    elif said.get("gets"):
        low += words[low:].find(" from ")
        high = low + _SOON
    elif said.get("asks"):
        high = low + _NEXT
    after = [end for end in ends if low <= end.start <= high]
    after = [end for end in after if not end.channel or (opened and not passive)]
    if not before or not after or _PRONOUN.search(words[: verb.start()]):
        return None
    last = _joined(words, after)[0]
    first = before[0] if _COORDINATED.search(words[: verb.start()]) else _joined(words, before)[-1]
    if said.get("channel") == "between":
        last = _other(first, after[:2])
    if verb.start() - first.end > _REACH:
        return None
    clause = words.rfind(",", 0, first.start) + 1
    lead = words[clause : verb.start()]
    negated = bool(_NEGATION.search(lead)) and not _SUPPOSED.search(lead)
    tail, head = (last, first) if passive else (first, last)
    way = Way(
        tail.roles, head.roles, negated, bool(said.get("data")), channel=tail.channel or head.channel, each=head.parts
    )
    return Claim(Kind.DIRECTION, " ".join(words[first.start : last.end].split()), first.start, last.end, way)


def _other(end: End, both: list[End]) -> End:
    """What is connected with an end, of *both* that a connection is between."""
    other = frozenset(role for one in both if not one.roles & end.roles for role in one.roles)
    return End(other, both[0].start, both[-1].end)


def _joined(words: str, ends: list[End]) -> list[End]:
    """The same ends, those that *and* or *or* join made one that may be any of them."""
    out: list[End] = []
    for end in ends:
        if out and _AND.fullmatch(words[out[-1].end : end.start]):
            last = out[-1]
            parts = (*(last.parts or (last.roles,)), end.roles)
            out[-1] = End(last.roles | end.roles, last.start, end.end, last.channel, parts)
        else:
            out.append(end)
    return out


def _from_to(words: str, ends: list[End]) -> Iterator[Claim]:
    for tail, head in pairwise(end for end in ends if not end.channel):
        if _FROM.search(words[: tail.start]) and _TO.search(words[tail.end : head.start]):
            start = words.lower().rindex("from", 0, tail.start)
            said = " ".join(words[start : head.end].split())
            yield Claim(Kind.DIRECTION, said, start, head.end, Way(tail.roles, head.roles, data=True))


def _perimeter(words: str) -> Iterator[Claim]:
    for found in _INWARDS.finditer(words):
        said = " ".join(found[0].split())
        yield Claim(Kind.DIRECTION, said, *found.span("core"), Way(negated=bool(found["no"]), inwards=True))
    for found in _OUTWARDS.finditer(words):
        said = " ".join(found[0].split())
        yield Claim(Kind.DIRECTION, said, *found.span("core"), Way(negated=bool(found["no"])))
