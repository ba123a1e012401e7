"""The diagnosis of logs: findings in order of time, each cause with its consequences, and what is not known."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator
from dataclasses import dataclass, field, replace

from ..facts.model import FlowId, LogId, SymptomId
from ..facts.patterns import compiled
from .knowledge import Knowledge, Look
from .record import Record, cleaned

SHOWN = 3
"""Lines of a finding that are kept; the others are counted."""
_SOON = 60_000
"""Milliseconds by which a consequence may be logged before its cause, as a request is before its status."""
_TIED = 256  # connections whose host and port are remembered
_NAMED = 8  # connections of one kind of fault that are remembered
_APART = 1000  # faults that are told apart by host and port
_DAY = 86_400_000  # milliseconds


@dataclass(frozen=True)
class Line:
    """
    A record as it is shown: in which *log*, as the reader named it, its first line from 1 on, and its text.

    *at* is its time as the log has it, empty where it has none.
    """

    log: str
    number: int
    at: str
    text: str


@dataclass(frozen=True)
class Finding:
    """
    A cause: the symptom's id, the flows on which it shows, and the first lines that show it.

    *hosts* and *ports* are those that the lines name, and *quiet* are ports of the same hosts that were tried without
    an error. *count* says in how many records it shows, *time* when first; it is *old* if it was last seen more than a
    day before the others. *consequences* are findings that follow from it; on the channel, it has their flows, too.
    """

    cause: SymptomId
    flows: tuple[FlowId, ...]
    hosts: tuple[str, ...]
    ports: tuple[int, ...]
    lines: tuple[Line, ...]
    count: int
    time: int | None
    quiet: tuple[int, ...] = ()
    old: bool = False
    consequences: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class Past:
    """Errors that no longer count because a recovery followed: their cause, how many, and the time of the first."""

    cause: SymptomId
    count: int
    at: str


@dataclass(frozen=True)
class Works:
    """Something that works, by the id of its recovery, and the time at which a line last showed it."""

    recovery: str
    at: str


@dataclass(frozen=True)
class Diagnosis:
    """
    Findings, the first cause first, of a number of *lines* that are not blank.

    *past* are errors that no longer count, and *works* is what ends such errors, what was seen last at the end.

    *unknown* of these lines show nothing that is known, neither a symptom nor that something works; *errors* of the
    records in them call themselves errors, and *shown* are the first of those.
    """

    findings: tuple[Finding, ...]
    lines: int
    unknown: int
    errors: int
    shown: tuple[Line, ...]
    past: tuple[Past, ...] = ()
    works: tuple[Works, ...] = ()


def narrowed_to(found: Diagnosis, flows: Container[FlowId]) -> Diagnosis:
    """The same for a site that has these *flows* only; a finding that shows on none of them keeps its own."""

    def narrow(item: Finding) -> Finding:
        kept = tuple(ident for ident in item.flows if ident in flows)
        return replace(item, flows=kept or item.flows, consequences=tuple(map(narrow, item.consequences)))

    return replace(found, findings=tuple(map(narrow, found.findings)))


@dataclass
class _Group:
    """Records of one log that the same signs match, for one host and port."""

    looks: tuple[Look, ...]
    source: int
    host: str
    port: int | None
    error: bool
    first: int | None
    last: int | None = None
    count: int = 0
    lines: int = 0
    shown: list[Line] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _End:
    """That something works again: by which sign, on which connection or on that to which host and port, and when."""

    look: Look
    source: int
    host: str
    port: int | None
    ident: str
    time: int | None


class Diagnoser:
    """Takes the records of one log after the other, and says what they show; it stays small however long they are."""

    def __init__(self, knowledge: Knowledge) -> None:
        self.knowledge = knowledge
        self._nears = {look.near for look in knowledge.looks if look.near}
        self._groups: dict[tuple[object, ...], _Group] = {}
        self._near: set[tuple[int, str]] = set()
        self._ties: dict[str, tuple[str, int | None]] = {}
        self._ends: dict[_End, None] = {}
        self._tried: dict[tuple[int, str, int], bool] = {}  # whether an error was seen there
        self._past: dict[tuple[int, tuple[Look, ...]], tuple[int, str]] = {}
        self._works: dict[str, str] = {}
        self._source, self._log, self._name = 0, "", ""
        self._lines = self._unknown = self._errors = 0
        self._shown: list[Line] = []

    def begin(self, name: str, log: LogId | None = None, *, continued: bool = False) -> None:
        """Begin a file: its *name* for the reader, which log it is, if known, and whether it goes on with the last."""
        self._source, self._name, self._log = self._source + (not continued), cleaned(name), log or ""

    def skip(self, lines: int) -> None:
        """Count lines that cannot show anything."""
        self._lines += lines
        self._unknown += lines

    def take(self, record: Record) -> None:
        """Take a record."""
        self._lines += record.lines
        lowered = record.text.lower()
        log = self._log or (self.knowledge.log_of(record.component) or "none" if record.component else "")
        may = {pattern for text, of in self.knowledge.patterns.items() if text in lowered for pattern in of}
        found = [*self._found(record.text, may, log)] if may else []
        self._near |= {(self._source, near) for near in self._nears & may if compiled(near).search(record.text)}
        said = {name: value for _, match in reversed(found) for name, value in match.items() if value}
        host, port, ident = said.get("host", ""), _port(said.get("port", "")), said.get("id", "").lower()
        if ident and host:
            self._ties.pop(ident, None)
            self._ties[ident] = (host.lower(), port)
            if len(self._ties) > _TIED:
                del self._ties[next(iter(self._ties))]
        looks = tuple(look for look, _ in found)
        if host and port:
            self._try_at((self._source, host.lower(), port), bad=bool(looks[0].shows))
        if not looks:
            self._count_unknown(record.lines, record.error, self._line(record))
        elif looks[0].shows:
            self._add(looks, record, host, port, ident)
        else:
            host, port = (host.lower(), port) if host else self._ties.get(ident, ("", None))
            if looks[0].ends:
                self._works.pop(looks[0].recovery, None)
                self._works[looks[0].recovery] = record.at
            self._end_faults(_End(looks[0], self._source, host, port, ident, record.time))

    def _found(self, line: str, may: set[str], log: str) -> Iterator[tuple[Look, dict[str, str | None]]]:
        """The signs whose patterns *may* match and do, in order, up to the first that needs no other line."""
        for look in self.knowledge.looks:
            counts = look.line in may and (not look.logs or not log or log in look.logs)
            if counts and (match := compiled(look.line).search(line)):
                yield look, match.groupdict()
                if not look.near:
                    return

    def _add(self, looks: tuple[Look, ...], record: Record, host: str, port: int | None, ident: str) -> None:
        if len(self._groups) >= _APART:
            host, port = "", None
        key = (self._source, looks, host.lower(), port)
        group = self._groups.setdefault(key, _Group(looks, self._source, host, port, record.error, record.time))
        group.count += 1
        group.lines += record.lines
        group.last = record.time
        if len(group.shown) < SHOWN:
            group.shown.append(self._line(record))
        if ident and ident not in group.ids:
            group.ids = [*group.ids, ident][-_NAMED:]

    def _try_at(self, place: tuple[int, str, int], *, bad: bool) -> None:
        """Keep in mind that a port was tried, and whether an error was seen there."""
        if place in self._tried or len(self._tried) < _TIED:
            self._tried[place] = bad or self._tried.get(place, False)

    def _end_faults(self, end: _End) -> None:
        """Drop the faults that are over, and keep in mind what ended them."""
        self._drop(end, lambda last, time: last is None or time is None or last <= time)
        self._ends[end] = None
        if len(self._ends) > _TIED:
            del self._ends[next(iter(self._ends))]

    def _drop(self, end: _End, is_over: Callable[[int | None, int | None], bool]) -> None:
        for key, group in [*self._groups.items()]:
            if is_over(group.last, end.time) and self._is_ended(group, end):
                del self._groups[key]
                count, at = self._past.get((group.source, group.looks), (0, group.shown[0].at))
                self._past[group.source, group.looks] = count + group.count, at

    def _is_ended(self, group: _Group, end: _End) -> bool:
        """Whether this ends that fault: by host and port, by the connection, or by the port of the only instance."""
        if group.source != end.source or not {it.shows for it in group.looks} & {*end.look.ends}:
            return False
        if end.host:
            return group.host.lower() in ("", end.host) and (None in (group.port, end.port) or group.port == end.port)
        hosts = {it.host.lower() for it in self._groups.values() if it.source == end.source and it.host}
        only = self.knowledge.alone(group.port) and len(hosts) <= 1
        return end.ident in group.ids or only if end.ident else self.knowledge.alone(group.port)

    def _count_unknown(self, lines: int, error: bool, line: Line) -> None:
        self._unknown += lines
        self._errors += error
        if error and len(self._shown) < SHOWN:
            self._shown.append(line)

    def _line(self, record: Record) -> Line:
        return Line(self._name, record.number, record.at, record.text)

    def result(self) -> Diagnosis:
        """What all records show; no more are taken after it."""
        for end in self._ends:  # of faults that were read after it, as of a log that was rolled
            self._drop(end, lambda last, time: last is not None and time is not None and last < time)
        known: list[tuple[Look, _Group]] = []
        for group in self._groups.values():
            if look := self._counting(group.source, group.looks):
                known.append((look, group))
            else:
                self._count_unknown(group.lines, group.error, group.shown[0])
        known.sort(key=lambda it: (it[1].first is None, it[1].first or 0))  # of one time, in the order of reading
        found: dict[SymptomId, list[tuple[Look, _Group]]] = {}
        for look, group in known:
            if look.shows:
                found.setdefault(look.shows, []).append((look, group))
        findings = [self._merged(cause, groups) for cause, groups in found.items()]
        last = {
            cause: max((it.last for _, it in of if it.last is not None), default=None) for cause, of in found.items()
        }
        return Diagnosis(
            _aged([*self._arranged(findings, last)], last),
            self._lines,
            self._unknown,
            self._errors,
            tuple(self._shown),
            tuple(self._over()),
            tuple(Works(recovery, at) for recovery, at in self._works.items()),
        )

    def _counting(self, source: int, looks: Iterable[Look]) -> Look | None:
        """The first of the signs that a line matches that needs no other line, or has it."""
        return next((it for it in looks if not it.near or (source, it.near) in self._near), None)

    def _over(self) -> Iterator[Past]:
        found: dict[SymptomId, Past] = {}
        for (source, looks), (count, at) in self._past.items():
            if look := self._counting(source, looks):
                known = found.get(look.shows, Past(look.shows, 0, at))
                found[look.shows] = replace(known, count=known.count + count)
        return iter(found.values())

    def _merged(self, cause: SymptomId, groups: list[tuple[Look, _Group]]) -> Finding:
        """One finding of all groups of a cause, which are in order of time."""
        all_ = [group for _, group in groups]
        flows = {i for look, it in groups for i in self.knowledge.narrowed(look.flows, it.host, it.port)}
        return Finding(
            cause,
            tuple(sorted(flows)),
            tuple(_each(it.host for it in all_ if it.host)),
            tuple(sorted({it.port for it in all_ if it.port is not None})),
            tuple(line for it in all_ for line in it.shown)[:SHOWN],
            sum(it.count for it in all_),
            all_[0].first,
            self._quiet(all_),
        )

    def _quiet(self, groups: list[_Group]) -> tuple[int, ...]:
        """Ports that were tried without an error, of hosts of which every error names its port."""
        bare = {(it.source, it.host.lower()) for it in self._groups.values() if it.port is None}
        hosts = {(it.source, it.host.lower()) for it in groups} - bare
        return tuple(
            sorted({port for (source, host, port), bad in self._tried.items() if not bad and (source, host) in hosts})
        )

    def _arranged(self, findings: list[Finding], last: dict[SymptomId, int | None]) -> Iterator[Finding]:
        """Each finding that follows from another one is put among the consequences of that one."""
        under: dict[SymptomId, SymptomId] = {}
        for item in findings:
            causes = [it for it in findings if it.cause in self.knowledge.follows.get(item.cause, ())]
            causes = [it for it in causes if not _before(last[item.cause], it.time)]
            before = [it for it in causes if it.time is not None and not _before(item.time, it.time)]
            nearest = max(before, key=lambda it: it.time or 0) if before else causes[0] if causes else None
            if nearest and _root(under, nearest.cause) != item.cause:
                under[item.cause] = _root(under, nearest.cause)
        for item in findings:
            if item.cause not in under:
                own = tuple(it for it in findings if it.cause in under and _root(under, it.cause) == item.cause)
                more = {ident for it in own for ident in it.flows if ident in self.knowledge.ports}
                flows = {*item.flows} | (more if self.knowledge.ports.keys() & {*item.flows} else set())
                yield replace(item, flows=tuple(sorted(flows)), consequences=own)


def _aged(findings: list[Finding], last: dict[SymptomId, int | None]) -> tuple[Finding, ...]:
    """The same; those that were over more than a day before the others began are old."""
    ends = [[last[it.cause] for it in (item, *item.consequences)] for item in findings]
    for i in range(len(findings) - 1, 0, -1):
        begin, before = findings[i].time, [end for of in ends[:i] for end in of]
        if begin is not None and all(end is not None and end + _DAY < begin for end in before):
            return (*(replace(item, old=True) for item in findings[:i]), *findings[i:])
    return tuple(findings)


def _port(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) <= 5 else None


def _before(end: int | None, start: int | None) -> bool:
    """Whether something had ended well before another thing began; no where one of the times is not known."""
    return end is not None and start is not None and end + _SOON < start


def _root(under: dict[SymptomId, SymptomId], cause: SymptomId) -> SymptomId:
    while cause in under:
        cause = under[cause]
    return cause


def _each(texts: Iterable[str]) -> Iterable[str]:
    """Each text once, letters alike in both cases, as it was first written."""
    found: dict[str, str] = {}
    for text in texts:
        found.setdefault(text.lower(), text)
    return found.values()
