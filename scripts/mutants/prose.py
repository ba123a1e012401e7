"""
Sentences of pages, notebooks and files without roles, made wrong by rule: the check of claims has to notice each one.

A mutant is another number, ordinal, port, host, version, date, limit or protocol, a direction turned, or another role
of the gateway in the place of the one that is meant. It is noticed where the check finds a fault in its file that was
not there before, and none that was there is gone. No notebook runs and no page is written.
"""

from __future__ import annotations

import json
import logging
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, zip_longest

from build_book import BOOK
from claims import TEXTS, opened, says_code, says_parts
from sphinx.application import Sphinx

from cmgdocs import load
from cmgdocs.book.claims import LEDGER
from cmgdocs.book.domain import facts_domain
from cmgdocs.book.facts import EXAMPLES
from cmgdocs.book.roles import assertions
from cmgdocs.claims.documents import Block, markdown, notebook
from cmgdocs.claims.find import Finder
from cmgdocs.claims.judge import How
from cmgdocs.claims.ledger import judge_file, ledger_at
from cmgdocs.facts.model import FlowId, Protocol, RoleId
from cmgdocs.facts.numbers import CARDINALS, ORDINALS, cardinal, number, ordinal
from cmgdocs.facts.text import most_instances, number_text, port_text, protocol_text

MANY, FEW = 200, 10
INDEX = "index"  # without which Sphinx reads nothing
SYSTEM = load()

Change = tuple[int, int, str]
"""From where to where a text is replaced, and by what."""
Rule = Callable[["Text"], Iterator[Change]]


@dataclass(frozen=True)
class Text:
    """
    The source of a page or file, or of one Markdown cell of a notebook.

    Attributes:
        file: As the ledger of claims has it.
        source: What is altered.
        cell: The number of the cell in its notebook.
    """

    file: str
    source: str
    cell: int | None = None

    @property
    def prose(self) -> str:
        """The source with everything blank that no reader sees as text, at the same places."""
        return _blanked(_HIDDEN, self.source)

    @property
    def words(self) -> str:
        """The prose without roles, except their titles, and without literals."""
        return _blanked(_LITERAL, _ROLE.sub(_title, self.prose))


@dataclass(frozen=True)
class Mutant:
    """One alteration of a text, by the rule of this name."""

    rule: str
    text: Text
    change: Change

    @property
    def altered(self) -> str:
        """The text with the alteration."""
        start, end, new = self.change
        return self.text.source[:start] + new + self.text.source[end:]

    def __str__(self) -> str:
        start, end, new = self.change
        source = self.text.source
        cell = "" if self.text.cell is None else f" cell {self.text.cell}"
        line = source.count("\n", 0, start) + 1
        low, high = source.rfind("\n", 0, start) + 1, len(source[:end]) + (source[end:] + "\n").index("\n")
        around = f"{source[max(low, start - 50) : start]}[{source[start:end]}]{source[end : min(high, end + 50)]}"
        return f"{self.text.file}{cell}:{line}: {around} -> {new}"


_ROLE = re.compile(r"\{(?P<name>[a-z]+)\}`(?:(?P<title>[^`]*?)\s*<(?P<id>[^<>`]+)>|(?P<bare>[^`]*))`")
_HIDDEN = re.compile(
    r"^(?P<fence>`{3,})(?!\{(?:list-table|glossary)\}).*\n(?:.*\n)*?(?P=fence)$|^%.*$|^---\n(?:.*\n)*?---$|<!--.*?-->|"
    r"(?<!`)``(?!`).*?(?<!`)``(?!`)|^\((?:[\w-]+)\)=$|(?<=\])\([^)\s]*\)|^:{3,}.*$|^\s*:[a-z-]+:(?= ).*$|\{\.[a-z-]+\}",
    re.MULTILINE,
)
_SLOW = re.compile(r"^(`{3,})\{(?:experiment|command-help|command-output)\}(?:.*\n)*?\1$", re.MULTILINE)
"""Directives that run programs; nothing that they print is looked at."""
_LITERAL = re.compile(r"(?<!`)`[^`\n]+`(?!`)")


def _blanked(pattern: re.Pattern[str], text: str) -> str:
    return pattern.sub(lambda found: re.sub(r"[^\n]", "\0", found[0]), text)


def _title(role: re.Match[str]) -> str:
    """The title of a role at its place, and all else of it blank."""
    if role["title"] is None:
        return "\0" * len(role[0])
    low, high = (place - role.start() for place in role.span("title"))
    return "\0" * low + role["title"] + "\0" * (len(role[0]) - high)


# What a text says in words

NOUNS = (
    "steps|instances|connections|connection points|management points|update points|roles|flows|rules|rows|notes|"
    "editions|tables|ports|ranges|rungs|ways|methods|zones|dialects|platforms|credentials|vendors|versions"
)
_PLACED = "step|instance|row|note|port|rung|range|try|edition"
_CARDINAL = "|".join(sorted((word for word, i in CARDINALS.items() if i > 1), key=len, reverse=True))
_ORDINAL = "|".join(sorted((word for word, i in ORDINALS.items() if i), key=len, reverse=True))
_UNITS = "seconds?|minutes?|hours?|days?|months?|years?|characters"
_COUNTED = re.compile(
    rf"(?<![\w.-])(?<!one of )(?<!some )({_CARDINAL}|[2-9]|[1-9][0-9])(?=(?:\s+[\w-]+)??\s+(?:VM\s+)?(?:{NOUNS})\b)",
    re.I,
)
_NTH = re.compile(rf"(?<![\w-])({_ORDINAL})(?=\s+(?:VM\s+|connection\s+)?(?:{_PLACED})\b)", re.IGNORECASE)
_YEAR = re.compile(r"(?<![\w.-])(20[0-3][0-9])(?=[\s,.;:)|]|-[0-9]{2}-)")
_MONTH = {"January": "February", "March": "April", "April": "May", "November": "December", "September": "October"}
_AMOUNT = re.compile(rf"(?<![\w.-])({_CARDINAL}|[0-9]+)(?=\s+(?:{_UNITS})\b)")
_PORT = re.compile(r"(?<=:cmg:)[0-9]{2,5}(?![\w,-])")
_HOST = re.compile(r"(?<![\w@.])((?:[a-z0-9<>*-]+\.)+(?:com|net|us|cn))\b")


def _as(old: str, new: str) -> str:
    return new.capitalize() if old[:1].isupper() else new


def counts(text: Text) -> Iterator[Change]:
    """One more than there are."""
    for found in _COUNTED.finditer(text.words):
        more = (number(found[0]) or 0) + 1
        yield *found.span(), str(more) if found[0].isdigit() else _as(found[0], cardinal(more))


def ordinals(text: Text) -> Iterator[Change]:
    """The next one."""
    for found in _NTH.finditer(text.words):
        yield *found.span(), _as(found[0], ordinal((number(found[0]) or 0) + 1))


def dates(text: Text) -> Iterator[Change]:
    """The year before, or another month."""
    for found in _YEAR.finditer(text.words):
        if found[0] not in SYSTEM.versions:
            yield *found.span(), str(int(found[0]) - 1)
    for found in re.finditer(rf"\b({'|'.join(_MONTH)})(?= 20[0-9]{{2}})", text.words):
        yield *found.span(), _MONTH[found[0]]


def amounts(text: Text) -> Iterator[Change]:
    """A limit that is one more."""
    for found in _AMOUNT.finditer(text.words):
        more = (number(found[0]) or 0) + 1
        yield *found.span(), str(more) if found[0].isdigit() else _as(found[0], cardinal(more))


def versions(text: Text) -> Iterator[Change]:
    """The next version of Configuration Manager."""
    for found in re.finditer(r"(?<![\w.,-])[0-9]{4}(?![\w-]|[.,][0-9])", _ROLE.sub(_title, text.prose)):
        if found[0] in SYSTEM.versions[:-1]:
            yield *found.span(), SYSTEM.versions[SYSTEM.versions.index(found[0]) + 1]


def typed_ports(text: Text) -> Iterator[Change]:
    """Another port of a connection that a command names."""
    for found in _PORT.finditer(_ROLE.sub(_title, text.prose)):
        yield *found.span(), str(int(found[0]) + 1000)


def hosts(text: Text) -> Iterator[Change]:
    """A host whose last label but one is another; names that nobody can own are examples."""
    for found in _HOST.finditer(_ROLE.sub(_title, text.prose)):
        if "example." not in found[0]:
            yield found.start(), found.end(), re.sub(r"(\w)(\.\w+)$", r"\1x\2", found[0])


def negations(text: Text) -> Iterator[Change]:
    """Connections that come in where none do."""
    for found in re.finditer(r"\b([Nn]o)(?= inbound)", text.words):
        yield *found.span(), _as(found[0], "one")


def turned(text: Text) -> Iterator[Change]:
    """Inwards where it is outwards, and outbound where nothing is inbound."""
    words = text.words
    for found in re.finditer(
        r"\b(?:out(?=wards?\b|bound\b)|(?:no|nothing|none|never)\b[^.;:|]{0,40}\b(in)(?=wards?\b|bound\b))", words, re.I
    ):
        start = found.end() - (2 if found[1] else 3)
        yield start, found.end(), "out" if found[1] else "in"


_END = (
    r"(?:(?:service |CMG )?connection point|(?:cloud management )?gateway|management point|update point|clients?|Azure)"
)
_VERB = r"(?:connects? to|reach(?:es)?|opens? [\w ]{0,25}to|asks?|sends? [\w ]{0,25}to|passes [\w ]{0,25}to)"
_SAID = re.compile(
    rf"\b(?P<tail>{_END})\s+(?:\w+ly\s+)?(?P<verb>{_VERB})\s+(?P<the>the|an?|every|your)?\s*(?P<head>{_END})\b"
)


def ends(text: Text) -> Iterator[Change]:
    """Who opens a connection and who is reached, exchanged."""
    for found in _SAID.finditer(text.words):
        low, high = found.start("tail") - found.start(), found.end("tail") - found.start()
        first, last = found.start("head") - found.start(), found.end("head") - found.start()
        was = text.source[found.start() : found.end()]
        yield *found.span(), was[first:last] + was[high:first] + was[low:high]


def roles(text: Text) -> Iterator[Change]:
    """Another role in the place of one that opens a connection or is reached."""
    for found in _SAID.finditer(text.words):
        for name in ("tail", "head"):
            yield *found.span(name), "site database"


# What a role of the page says


def _named(kind: str) -> Callable[[Text], Iterator[tuple[re.Match[str], str]]]:
    def found(text: Text) -> Iterator[tuple[re.Match[str], str]]:
        for role in _ROLE.finditer(text.prose):
            if role["name"] == kind:
                yield role, "id" if role["id"] else "bare"

    return found


def _next(ident: str, idents: Sequence[str], others: Collection[str]) -> str | None:
    """Return the first of *others* that comes after *ident* in *idents*, which begin again at their end."""
    place = idents.index(ident) + 1 if ident in idents else 0
    return next((other for other in (*idents[place:], *idents[:place]) if other in others), None)


def ports(text: Text) -> Iterator[Change]:
    """The port of another flow, between other ends."""
    opening = {flow.id: flow for flow in SYSTEM.flows if flow.services}
    shown: dict[str, str] = {ident: port_text(flow, most_instances(SYSTEM)) for ident, flow in opening.items()}
    ends: dict[str, set[str]] = {ident: {flow.initiator, flow.responder} for ident, flow in opening.items()}
    for role, group in _named("port")(text):
        ident = role[group].partition(":")[0]
        others = {it for it in opening if shown[it] != shown[ident] and not ends[it] & ends[ident]}
        if other := _next(ident, [*opening], others):
            yield role.start(group), role.start(group) + len(ident), other


def protocols(text: Text) -> Iterator[Change]:
    """The protocol of another flow."""
    shown: dict[str, str] = {flow.id: protocol_text(flow) for flow in SYSTEM.flows if flow.services}
    for role, group in _named("protocol")(text):
        if group == "bare" and (
            other := _next(role[group], [*shown], {it for it in shown if shown[it] != shown[role[group]]})
        ):
            yield *role.span(group), other
    names = "|".join(protocol.value for protocol in Protocol)
    for found in re.finditer(rf"\b({names})(?= (?:on|over|to) (?:TCP |port )?(?:\{{port\}}|[0-9]{{2,5}}))", text.prose):
        yield *found.span(), "SMB" if found[0] != "SMB" else "DNS"


def limits(text: Text) -> Iterator[Change]:
    """Another limit."""
    shown: dict[str, str] = {limit.id: number_text(limit) for limit in SYSTEM.limits}
    for role, group in _named("limit")(text):
        ident = role[group]
        if ".." not in ident and (other := _next(ident, [*shown], {it for it in shown if shown[it] != shown[ident]})):
            yield *role.span(group), other


def endpoints(text: Text) -> Iterator[Change]:
    """The hosts that another role reaches, on another role."""
    known = {item.id: item for item in SYSTEM.endpoints if item.flows}

    def kin(ident: str) -> set[str]:
        flows = [SYSTEM.flow(flow) for flow in known[ident].flows]
        return {known[ident].role, *(flow.responder for flow in flows), *known[ident].public}

    for role, group in _named("endpoint")(text):
        ident, sign, cloud = role[group].partition(":")
        fit = {it for it in known if known[it].us_government or not cloud}
        others = {it for it in fit if ident in known and not kin(it) & kin(ident)}
        if other := _next(ident, [*known], others):
            yield *role.span(group), other + sign + cloud


def targets(text: Text) -> Iterator[Change]:
    """Another flow or role where the title says which it is."""
    starters = {flow.id: flow.initiator for flow in SYSTEM.flows}
    for role, group in _named("opens")(text):
        first = role[group].partition(",")[0]
        others = {it for it in starters if starters[it] != starters[FlowId(first)]}
        if other := _next(first, [*starters], others):
            yield role.start(group), role.start(group) + len(first), other
    for role, group in _named("role")(text):
        if group == "id":
            ids = [item.id for item in SYSTEM.roles]
            yield *role.span(group), ids[ids.index(RoleId(role[group])) - 1]


RULES: dict[str, Rule] = {
    "counts": counts,
    "ordinals": ordinals,
    "dates": dates,
    "amounts": amounts,
    "versions": versions,
    "typed ports": typed_ports,
    "hosts": hosts,
    "negations": negations,
    "turned": turned,
    "ends": ends,
    "roles": roles,
    "ports": ports,
    "protocols": protocols,
    "limits": limits,
    "endpoints": endpoints,
    "targets": targets,
}


def texts() -> Iterator[Text]:
    """Everything that is altered."""
    for path in sorted(BOOK.glob("*/*.md")) + sorted(BOOK.glob("*.md")):
        if not path.is_relative_to(BOOK / "_build"):
            yield Text(path.relative_to(BOOK).as_posix(), path.read_text(encoding="utf-8"))
    for name in TEXTS:
        yield Text(name, BOOK.parent.joinpath(name).read_text(encoding="utf-8"))
    for path in sorted(BOOK.glob("notebooks/*.ipynb")):
        for i, cell in enumerate(json.loads(path.read_text(encoding="utf-8"))["cells"]):
            if cell["cell_type"] == "markdown":
                yield Text(f"notebooks/{path.name}", "".join(cell["source"]), i)


def mutants(many: int) -> list[Mutant]:
    """As *many* mutants, taken in turn by rule, and for each rule in turn by file; the same ones in each run."""
    all_texts = list(texts())
    by_rule = []
    for name, rule in RULES.items():
        files: dict[str, list[Mutant]] = {}
        for text in all_texts:
            files.setdefault(text.file, []).extend(Mutant(name, text, change) for change in rule(text))
        by_rule.append(_in_turn(files.values()))
    return list(_in_turn(by_rule))[:many]


def _in_turn(rows: Iterable[list[Mutant]]) -> list[Mutant]:
    return [item for item in chain.from_iterable(zip_longest(*rows)) if item]


class Heard(logging.Handler):
    """What the project's own roles and directives warn of."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the message."""
        if getattr(record, "type", "") == "cmgdocs":
            self.said.append(record.getMessage())


class Check:
    """The check of claims on one text at a time."""

    def __init__(self, app: Sphinx) -> None:
        self.app, self.heard = app, Heard()
        logging.getLogger("sphinx").addHandler(self.heard)
        self.ledger = ledger_at(BOOK / LEDGER)
        self.finder = Finder(SYSTEM)
        self.assertions = assertions(BOOK / EXAMPLES) | {"code": says_code, "parts": says_parts}
        self.source: str | None = None
        app.connect("source-read", self._read)

    def _read(self, _app: Sphinx, _page: str, source: list[str]) -> None:
        if self.source is not None:
            source[0] = _SLOW.sub(lambda found: "\n" * found[0].count("\n"), self.source)

    def faults(self, text: Text, source: str) -> Counter[str]:
        """What is wrong with *text* if its source is *source*."""
        if text.file.endswith(".md") and text.file not in TEXTS:
            return self._page(text.file.removesuffix(".md"), source)
        blocks = list(markdown(source) if text.cell is None else _cells(text, source))
        placed, wrong = judge_file(text.file, blocks, self.ledger, self.finder, self.assertions)
        loose = (item.judgement.advice for item in placed if item.judgement.how is How.NOT)
        return Counter([*loose, *map(str, wrong)])

    def _page(self, page: str, source: str) -> Counter[str]:
        self.source = source
        self.heard.said.clear()
        self.app.env.clear_doc(page)
        self.app.builder.read_doc(page)
        self.source = None
        claims = facts_domain(self.app.env).claims[page]
        return Counter([*self.heard.said, *(item.judgement.advice for item in claims if item.judgement.how is How.NOT)])


def _cells(text: Text, source: str) -> Iterator[Block]:
    """Give the blocks of the notebook of *text*, whose cell is *source*."""
    whole = json.loads(BOOK.joinpath(text.file).read_text(encoding="utf-8"))
    whole["cells"][text.cell]["source"] = [source]
    return notebook(json.dumps(whole))


@contextmanager
def checking() -> Iterator[Check]:
    """Open the book, of which only one page is read at first."""
    with opened([INDEX], warning=None) as app:
        yield Check(app)


def tried(few: Sequence[Mutant]) -> Iterator[tuple[Mutant, bool]]:
    """Each mutant, and whether it was noticed."""
    before: dict[Text, Counter[str]] = {}
    with checking() as check:
        for mutant in few:
            text = mutant.text
            if text not in before:
                before[text] = check.faults(text, text.source)
            after = check.faults(text, mutant.altered)
            yield mutant, (after - before[text]).total() > (before[text] - after).total()


def run(words: Sequence[str]) -> bool:
    """
    Try as many mutants as there are by rule; print how many were noticed by each, and the others by name.

    Raises:
        ValueError: A word is not ``sample``.
    """
    few = list(words) == ["sample"]
    if unknown := [] if few else sorted(set(words) - RULES.keys()):
        raise ValueError(f"prose: found {', '.join(unknown)}; allowed: sample, {', '.join(RULES)}")
    chosen = mutants(FEW if few else MANY)
    found = list(tried([mutant for mutant in chosen if few or not words or mutant.rule in words]))
    for name in RULES:
        own = [noticed for mutant, noticed in found if mutant.rule == name]
        if own:
            print(f"prose {name}: {sum(own)} of {len(own)} noticed")
    live = [mutant for mutant, noticed in found if not noticed]
    print("".join(f"  not noticed: {mutant}\n" for mutant in live), end="")
    return bool(found) and not live
