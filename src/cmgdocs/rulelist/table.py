"""Rule lists as tables: CSV with a header, as spreadsheets and firewalls write it, and our own change request."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence

from ..errors import Fault, SiteError, near
from ..records import dataclass
from .listed import MOST_RULES, Action, ListedRule, RuleList, numbered
from .terms import ANY_WORDS, Term, TermKind, parse_services, parse_term

COLUMNS = {
    "name": "name rule rule-name rulename policy policy-name id",
    "action": "action access verdict",
    "source": "source-hosts source-addresses source-address source-ip src-ip source src srcaddr from",
    "destination": "destination-hosts destination-addresses destination-address destination-ip dest-ip dst-ip"
    " destination dest dst dstaddr to",
    "port": "destination-ports destination-port dest-port dst-port dport ports port services service",
    "protocol": "protocol proto transport ip-protocol",
    "source port": "source-ports source-port src-port sport",
    "enabled": "enabled active status state",
    "disabled": "disabled",
    "priority": "priority",
    "direction": "direction",
    "application": "application applications app apps app-id",
}
"""For each field the names of its column, the one that is taken first where a table has several."""
WANTED = ("action", "source", "destination", "port")
ACTIONS = {
    **dict.fromkeys(("allow", "allowed", "permit", "permitted", "accept", "accepted", "pass"), Action.ALLOW),
    **dict.fromkeys(("deny", "denied", "drop", "dropped", "reject", "rejected", "block", "blocked"), Action.DENY),
    "discard": Action.DENY,
}
_OWN = {"rule", "source-hosts", "destination-hosts", "service", "reason", "flow"}  # columns of cmgdocs' own request
_TRUE = frozenset({"true", "yes", "y", "1", "on", "enabled", "enable", "active", "x"})
_FALSE = frozenset({"false", "no", "n", "0", "off", "disabled", "disable", "inactive", ""})
_INWARD = frozenset({"in", "inbound", "ingress", "incoming"})
_OUTWARD = frozenset({"out", "outbound", "egress", "outgoing"})
_SHOWN = 5  # rules that a warning names; more are counted
_BETWEEN = re.compile(r"[,;\s]+")
_AROUND_DASH = re.compile(r"(?<=[0-9a-fA-F])\s+-\s+(?=[0-9a-fA-F])")
_REMARK = re.compile(r"\([^()]*\)")


@dataclass(frozen=True, slots=True)
class _Row:
    line: int
    cells: dict[str, str]
    width: int


def read_table(text: str, name: str) -> RuleList:
    """
    Read CSV with commas, semicolons or tabs.

    The rules stand in the order of asking, or have a column ``priority`` with the lowest first.

    Raises:
        SiteError: Every fault of the file, each with line and column.
    """
    header, rows, faults = _rows(text, name)
    own = set(header) >= _OWN
    places = {field: next((c for c in names.split() if c in header), "") for field, names in COLUMNS.items()}
    missing = [field for field in WANTED if not places[field] and not (own and field == "action")]
    if missing or not header:
        raise SiteError([*faults, *_no_column(name, header, missing)])
    if len(rows) > MOST_RULES:
        raise SiteError([Fault(name, f"found {len(rows):,} rules; allowed: {MOST_RULES:,} at most")])
    reader = _Reader(name, places, own)
    found = [(row, rule) for row in rows if (rule := reader.rule(row, faults))]
    if places["priority"]:
        found = reader.by_priority(found, faults)
    if not faults and not found:
        faults.append(Fault(name, "found a header and no rule that is enabled"))
    if faults:
        raise SiteError(faults)
    unread = [] if own else [column for column in dict.fromkeys(header) if column and column not in places.values()]
    warnings = [Fault(name, f"columns that are not read: {', '.join(unread)}")] if unread else []
    rules = (rule for _, rule in found)
    return numbered(name, rules, [*warnings, *reader.warnings()], reader.inward if reader.directed else None)


def _no_column(name: str, header: Sequence[str], missing: Iterable[str]) -> Iterator[Fault]:
    if not header:
        yield Fault(name, f"found nothing; allowed: a header with {', '.join(WANTED)}, then a line for each rule")
        return
    for field in missing:
        found = ", ".join(filter(None, header))[:200]
        yield Fault(f"{name}:1", f"no column {field}; found: {found}; allowed: {', '.join(COLUMNS[field].split())}")


def _rows(text: str, name: str) -> tuple[list[str], list[_Row], list[Fault]]:
    """The header in lower case with hyphens, what stands below it, and the faults of CSV itself."""
    if re.match(r"sep=.\r?\n", text):  # Excel's own hint, not a row
        text = "\n" + text.partition("\n")[2]
    first = next((line for line in text.splitlines() if line.strip()), "")
    known = {column for names in COLUMNS.values() for column in names.split()}
    delimiter = max(",;\t", key=lambda sign: len(known & set(_header(next(csv.reader([first], delimiter=sign), [])))))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True, skipinitialspace=True)
    header: list[str] = []
    rows: list[_Row] = []
    faults: list[Fault] = []
    start = 1
    try:
        for cells in reader:
            line, start = start, reader.line_num + 1
            if not any(cell.strip() for cell in cells):
                continue
            if not header:
                header = _header(cells)
                continue
            if len(cells) > len(header) and any(cell.strip() for cell in cells[len(header) :]):
                faults.append(
                    Fault(
                        f"{name}:{line}",
                        f"found {len(cells)} cells; allowed: {len(header)}; quote a cell that holds a delimiter",
                    )
                )
            rows.append(
                _Row(line, dict(zip(reversed(header), reversed(_padded(cells, header)), strict=True)), len(cells))
            )
    except csv.Error as error:
        faults.append(Fault(f"{name}:{reader.line_num}", f"no CSV: {error}"))
    return header, rows, faults


def _padded(cells: list[str], header: list[str]) -> list[str]:
    return [cell.strip() for cell in cells[: len(header)]] + [""] * (len(header) - len(cells))


def _header(cells: Iterable[str]) -> list[str]:
    return [re.sub(r"[\s_-]+", "-", cell.strip().lower()).strip("-") for cell in cells]


class _Reader:
    """Turns rows into rules and counts what it sets aside."""

    def __init__(self, name: str, places: dict[str, str], own: bool) -> None:
        self.name, self.places, self.own = name, places, own
        self.disabled, self.directed = 0, False
        self.inward: list[str] = []
        self.applied: list[str] = []
        self.unjudged: list[str] = []

    def rule(self, row: _Row, faults: list[Fault]) -> ListedRule | None:
        """One rule, or None where it is not asked or has *faults*."""
        cell = {field: row.cells.get(column, "") for field, column in self.places.items() if column}
        if not self._enabled(cell, row, faults):
            self.disabled += 1
            return None
        called, where = " ".join(cell.get("name", "").split()), f"{self.name}:{row.line}"
        way = cell.get("direction", "").lower()
        self.directed |= not self.own and way in _INWARD | _OUTWARD
        if not self.own and way in _INWARD:
            self.inward.append(called or where)
            return None
        if cell.get("application", "").lower() not in ("", *ANY_WORDS):
            self.applied.append(called or where)
        before = len(faults)
        action = Action.ALLOW if "action" not in cell else ACTIONS.get(cell["action"].lower())
        if action is None:
            what = near(cell["action"].lower(), ACTIONS) if cell["action"] else f"allowed: {', '.join(ACTIONS)}"
            faults.append(
                self._fault(row, "action", f"found {repr(cell['action']) if cell['action'] else 'nothing'}; {what}")
            )
        sources = tuple(self._hosts(row, "source", cell["source"], faults))
        destinations = tuple(self._hosts(row, "destination", cell["destination"], faults))
        words = _split(_REMARK.sub(" ", cell["port"]) if self.own else cell["port"])
        try:
            services = parse_services(words, "" if self.own else cell.get("protocol", ""))
        except ValueError as error:
            field = "protocol" if "any, a port" not in str(error) else "port"
            faults.append(self._fault(row, field, str(error)))
        if len(faults) > before or action is None:
            return None
        only = cell.get("source port", "").lower()
        unjudged = "" if only in ("", "*", "any", "all", "0-65535", "1-65535") else f"it looks at source ports: {only}"
        if unjudged:
            self.unjudged.append(f"{called or where}: {unjudged}")
        return ListedRule(0, called, where, action, sources, destinations, services, unjudged)

    def _enabled(self, cell: dict[str, str], row: _Row, faults: list[Fault]) -> bool:
        for field, off, default in (("enabled", _FALSE, True), ("disabled", _TRUE, False)):
            word = cell.get(field, "").lower()
            if word and word not in _TRUE | _FALSE:
                faults.append(self._fault(row, field, f"found {word!r}; allowed: true, false, yes, no, 1, 0"))
            elif word in off and (word or not default):
                return False
        return True

    def _hosts(self, row: _Row, field: str, cell: str, faults: list[Fault]) -> Iterator[Term]:
        words = _split(_REMARK.sub(" ", cell) if self.own else cell)
        if not words:
            faults.append(self._fault(row, field, "found nothing; allowed: any, an address, a network or a name"))
        for word in words:
            if self.own and ("<" in word or word == "—"):
                yield Term(word, TermKind.PATTERN if word != "—" else TermKind.UNKNOWN)
                continue
            try:
                yield parse_term(word)
            except ValueError as error:
                faults.append(self._fault(row, field, str(error)))

    def _fault(self, row: _Row, field: str, what: str) -> Fault:
        return Fault(f"{self.name}:{row.line} {self.places[field] or field}", what)

    def by_priority(self, found: list[tuple[_Row, ListedRule]], faults: list[Fault]) -> list[tuple[_Row, ListedRule]]:
        """The same in the order of their priorities, those with the same one as they stand."""
        column = self.places["priority"]
        for row, _ in found:
            if not re.fullmatch("[0-9]{1,9}", row.cells.get(column, "")):
                faults.append(self._fault(row, "priority", f"found {row.cells.get(column, '')!r}; allowed: a number"))
        return found if faults else sorted(found, key=lambda item: int(item[0].cells[column]))

    def warnings(self) -> Iterator[Fault]:
        """What was set aside."""
        if self.disabled:
            yield Fault(self.name, f"{self.disabled} disabled rules are left out")
        if self.applied:
            shown = ", ".join(self.applied[:_SHOWN])
            more = f" and {len(self.applied) - _SHOWN} more" if len(self.applied) > _SHOWN else ""
            what = "a rule for one application is judged as if it were for all"
            yield Fault(f"{self.name}:1 {self.places['application']}", f"{what}: {shown}{more}")
        for words in self.unjudged:
            yield Fault(self.name, f"{words}; it is taken to match nothing")


def _split(cell: str) -> list[str]:
    return [word for word in _BETWEEN.split(_AROUND_DASH.sub("-", cell)) if word]
