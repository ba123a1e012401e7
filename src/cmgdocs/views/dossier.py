"""All about one site in one document, for a change ticket or an escalation: verdict, rules, prediction, findings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from .. import __version__
from ..diagnose.diagnosis import Diagnosis, narrowed_to
from ..errors import Fault, printable
from ..facts.model import Cited, Source, SourceId, System
from ..facts.queries import Direction, last_compared
from ..facts.text import fill
from ..plan.plan import Plan
from ..plan.reach import reach
from ..plan.request import Request, request
from ..plan.rules import rule_set
from ..probe.judge import Probe
from ..probe.powershell import in_ascii
from ..whatif.ask import Answer, ask
from .diagnosis_tables import diagnosis_report
from .diagram import Diagram
from .outcome_tables import narrow_steps, outcome_report, summary, undecided
from .probe_tables import probe_report, said_text
from .registry import diagram
from .request_tables import request_pages, request_report, setup_text
from .sentences import capital, counted, named
from .table import Cell, Columns, Report, Table, filled, joined, link, record_table, reference, reworded, stacked, text

TITLE = "Cloud management gateway: {}"
FIRST = "First cause in the logs: {}. {} What helps: {}"
MADE = "Made by cmgdocs, version {}; its facts were last compared with their sources on {}."


@dataclass(frozen=True)
class Dossier:
    """
    Reports and pictures under one title, in the order in which they are read; all its texts are printable.

    *verdict* is one sentence, *lead* are those that follow it, *doubts* what has to be decided first.
    """

    title: str
    verdict: str
    lead: tuple[str, ...]
    doubts: tuple[str, ...]
    parts: tuple[Report | Diagram, ...]


@dataclass(frozen=True)
class Observed:
    """
    What was found out at the site itself.

    *said* is a clause of the verdict, *lead* a sentence or two behind it. *doubts* are what of it has to be decided
    first. *facts* are those that it names besides the flows of the plan, each with the words for it.
    """

    said: str
    shown: Report
    doubts: tuple[str, ...] = ()
    facts: tuple[tuple[Cell, Cited], ...] = ()
    lead: tuple[str, ...] = ()


def dossier(plan: Plan, warnings: Iterable[Fault] = (), observed: Sequence[Observed] = ()) -> Dossier:
    """
    Gather what there is to say of a site: what it asks for, what is predicted if it gets that, and what was found.

    Nothing in it depends on the day, or on where the site file is. *warnings* are those of the file.
    """
    made, answer = request([rule_set(plan)]), ask(plan)
    setup = f"{setup_text(plan)}."
    asked = request_report(made)
    notes = tuple(note for note in asked.lead if note != setup)
    faults = (replace(fault, file="") for fault in (*warnings, *answer.remarks))
    doubts = (*undecided(plan, answer.outcome), *(doubt for item in observed for doubt in item.doubts))
    return Dossier(
        title=printable(TITLE.format(plan.deployment.name)),
        verdict=printable(_verdict(made, answer, observed)),
        lead=(setup, *(printable(line) for item in observed for line in item.lead)),
        doubts=(*map(printable, doubts), *map(str, faults)),
        parts=(
            diagram(plan.system, "perimeter"),
            Report("Rules to request", notes, (), request_pages(made)),
            _prediction(answer),
            *(_printable(item.shown) for item in observed),
            _sources(plan, observed),
        ),
    )


def probe_observed(found: Probe, site: str) -> Observed:
    """What a probe saw, which was kept of a *site* of that name."""
    plan, role = found.plan, named(found.plan.system, found.listed.role)
    untried = found.listed.untried
    other = [f"The probe is of another site: {site}."] * (in_ascii(site) != in_ascii(plan.deployment.name))
    open_ = [f"The probe left {counted(len(found.doubts), 'trial')} undecided."] * bool(found.doubts)
    rest = [f"The probe names {counted(len(untried), 'thing')} that no trial decides."] * bool(untried)
    causes = {item.cause.id: item.cause for item in found.results if item.cause}
    return Observed(
        said=f"tried from {role}, {said_text(found)}",
        shown=replace(probe_report(found), title=f"What was tried from {role}"),
        doubts=(*other, *open_, *rest),
        facts=tuple((text(cause.title), cause) for cause in causes.values()),
    )


def logs_observed(plan: Plan, system: System, found: Diagnosis) -> Observed:
    """What logs show: *found* is what they show by all facts, which are those of *system*."""
    own = narrowed_to(found, {flow.id for flow in plan.system.flows})
    symptoms = [system.symptom(item.cause) for cause in own.findings for item in (cause, *cause.consequences)]
    known = counted(len(own.findings), "known cause")
    first = f"{', the first' * (len(own.findings) > 1)}: {symptoms[0].title}" if symptoms else ""
    unknown = f"{counted(own.errors, 'error')} in the logs {'is' if own.errors == 1 else 'are'} not known here."
    return Observed(
        said=f"the logs show {known}{first}",
        shown=diagnosis_report(system, rule_set(plan).rules, own),
        lead=tuple(fill(FIRST.format(item.title, item.cause, item.remedy), system) for item in symptoms[:1]),
        doubts=(capital(unknown),) if own.errors else (),
        facts=tuple((text(item.title), item) for item in symptoms),
    )


def _printable(made: Report) -> Report:
    """The same in the shape of a page, without characters that steer, for what was read may hold any."""
    lead, tables = map(printable, made.lead), (reworded(stacked(table), printable) for table in made.tables)
    return replace(made, lead=tuple(lead), tables=tuple(tables))


def _verdict(made: Request, answer: Answer, observed: Iterable[Observed]) -> str:
    inward = sum(item.direction is Direction.INBOUND for item in made.asked)
    asked = f"{counted(len(made.asked), 'rule')}, {inward or 'none'} of them inbound"
    parts = (
        f"{answer.plan.deployment.name} asks for {asked}",
        f"if nothing is in the way, {summary(answer.plan, answer.outcome)}",
        *(item.said for item in observed),
    )
    return f"{'; '.join(parts)}."


def _prediction(answer: Answer) -> Report:
    """The prediction, with its steps in the shape of a page."""
    made = outcome_report(answer.plan, answer.outcome, answer.given)
    steps = replace(narrow_steps(answer.plan, answer.outcome), caption="The five steps if nothing is in the way")
    return replace(made, title="What is predicted", tables=(filled(steps), *made.tables[1:]))


def _sources(plan: Plan, observed: Iterable[Observed]) -> Report:
    facts = [*_facts(plan), *(fact for item in observed for fact in item.facts)]
    lead = MADE.format(__version__, last_compared(plan.system))
    return Report("Sources", (lead,), (), (sources_table(plan, facts),))


def _facts(plan: Plan) -> Iterator[tuple[Cell, Cited]]:
    """What the rules rest on: the flows, and the host names."""
    yield from ((reference("flow", row.flow.id), row.flow) for row in plan.rows)
    yield from ((text("host names"), item.endpoint) for item in reach(plan))


def sources_table(plan: Plan, facts: Iterable[tuple[Cell, Cited]]) -> Table:
    """The sources of *facts*, in the order in which all sources are listed, each with its date and what rests on it."""
    found: dict[SourceId, dict[Cell, None]] = {}
    for words, fact in facts:
        for ident in fact.sources:
            found.setdefault(ident, {})[words] = None
    columns: Columns[Source] = {
        "Source": lambda source: joined([link(source.title, source.url), text(source.publisher)], ", "),
        "Date": "date",
        "Supports": lambda source: joined(found[source.id], ", "),
    }
    rows = (source for source in plan.system.sources if source.id in found)
    return record_table("sources", "Sources of everything above", rows, columns, tight=("Date",))
