"""All about one site in one document, for a change ticket or an escalation: verdict, rules, prediction, findings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from .. import __version__
from ..diagnose.diagnosis import Diagnosis, narrowed_to
from ..errors import Fault, printable
from ..facts.ids import GATEWAY
from ..facts.model import Cited, FlowId, Seen, Source, SourceId, Symptom, System
from ..facts.ports import Ports
from ..facts.queries import Direction, last_compared
from ..plan.plan import Plan
from ..plan.reach import reach
from ..plan.request import Request, request
from ..plan.rules import rule_set
from ..probe.judge import Probe
from ..probe.powershell import in_ascii
from ..whatif.ask import Answer, ask
from .diagnosis_tables import Explained, diagnosis_report, explained, first_cause
from .diagram import Diagram
from .misfits import Misfit, misfits
from .outcome_tables import narrow_steps, outcome_report, summary, undecided
from .probe_tables import probe_report, said_text
from .registry import diagram
from .request_tables import request_pages, request_report, setup_text
from .sentences import capital, counted, listed, named, told
from .table import Cell, Columns, Report, Table, filled, joined, link, record_table, reference, reworded, stacked, text

TITLE = "Cloud management gateway: {}"
PREPARED = "Prepared on: ____________________ by: ____________________"
MADE = "Made by cmgdocs, version {}; its facts were last compared with their sources on {}."


@dataclass(frozen=True)
class Dossier:
    """
    Reports and pictures under one title, in the order in which they are read; all its texts are printable.

    *about* says of what it is, with a line to fill in, *verdict* what matters most, *doubts* what has to be decided
    first; each is a sentence or two.
    """

    title: str
    about: tuple[str, ...]
    verdict: tuple[str, ...]
    doubts: tuple[str, ...]
    parts: tuple[Report | Diagram, ...]


@dataclass(frozen=True)
class Observed:
    """
    What was found out at the site itself.

    *said* are sentences of the verdict, first of all where there is a *fault*. *doubts* are what of it has to be
    decided first. *facts* are those that it names besides the flows of the plan, each with the words for it.
    """

    said: tuple[str, ...]
    shown: Report
    fault: bool
    doubts: tuple[str, ...] = ()
    facts: tuple[tuple[Cell, Cited], ...] = ()


def dossier(plan: Plan, warnings: Iterable[Fault] = (), observed: Sequence[Observed] = ()) -> Dossier:
    """
    Gather what there is to say of a site: what it asks for, what is predicted if it gets that, and what was found.

    Nothing in it depends on the day, or on where the site file is. *warnings* are those of the file.
    """
    made, answer = request([rule_set(plan)]), ask(plan)
    setup = f"{setup_text(plan)}."
    notes = tuple(note for note in request_report(made).lead if note != setup)
    faults = (replace(fault, file="") for fault in (*warnings, *answer.remarks))
    doubts = (*undecided(plan, answer.outcome), *(doubt for item in observed for doubt in item.doubts))
    first, rest = ([item for item in observed if item.fault is fault] for fault in (True, False))
    return Dossier(
        title=printable(TITLE.format(plan.deployment.name)),
        about=(printable(_about(plan)), setup, MADE.format(__version__, last_compared(plan.system)), PREPARED),
        verdict=tuple(map(printable, _verdict(made, answer, first, rest))),
        doubts=(*map(printable, doubts), *map(str, faults)),
        parts=(
            *(_printable(item.shown) for item in first),
            Report("What is planned", (), (), ()),
            diagram(plan.system, "perimeter"),
            Report("Rules to request", notes, (), request_pages(made)),
            _prediction(answer),
            *(_printable(item.shown) for item in rest),
            _sources(plan, observed),
        ),
    )


def _about(plan: Plan) -> str:
    names = listed(map(str, plan.deployment.at(GATEWAY)))
    gateway = f"for the gateway {names}" if names else "which names no host of the gateway"
    return f"Planned from the site file {plan.deployment.name}, {gateway}."


def probe_observed(found: Probe, site: str) -> Observed:
    """What a probe saw, which was kept of a *site* of that name."""
    plan, role = found.plan, named(found.plan.system, found.listed.role)
    untried = found.listed.untried
    other = [f"The probe is of another site: {site}."] * (in_ascii(site) != in_ascii(plan.deployment.name))
    open_ = [f"The probe left {counted(len(found.doubts), 'trial')} undecided."] * bool(found.doubts)
    rest = [f"The probe names {counted(len(untried), 'thing')} that no trial decides."] * bool(untried)
    causes = {item.cause.id: item.cause for item in found.results if item.cause}
    failed = [(item.cause, item.tried.target.flow) for item in found.findings if item.cause]
    likely = told("; likely", listed(dict.fromkeys(cause.title for cause, _ in failed)))
    flows = {flow for cause, flow in failed if _is_closed(cause) and not other}
    return Observed(
        said=(*other, f"Tried from {role}: {said_text(found)}{likely}.{_requested(plan, flows)}"),
        shown=replace(probe_report(found), title=f"What was tried from {role}"),
        fault=bool(found.findings),
        doubts=(*open_, *rest),
        facts=tuple((text(cause.title), cause) for cause in causes.values()),
    )


def logs_observed(plan: Plan, system: System, found: Diagnosis) -> Observed:
    """What logs show: *found* is what they show by all facts, which are those of *system*."""
    own, rules = narrowed_to(found, {flow.id for flow in plan.system.flows}), rule_set(plan).rules
    symptoms = [system.symptom(item.cause) for cause in own.findings for item in (cause, *cause.consequences)]
    unfit = misfits(plan, system, own)
    unknown = f"{counted(own.errors, 'error')} in the logs {'is' if own.errors == 1 else 'are'} not known here."
    return Observed(
        said=(*(item.text for item in unfit), _logged(plan, explained(system, rules, own), unfit)),
        shown=diagnosis_report(system, rules, own),
        fault=bool(own.findings),
        doubts=(capital(unknown),) if own.errors else (),
        facts=tuple((text(item.title), item) for item in symptoms),
    )


def _logged(plan: Plan, findings: tuple[Explained, ...], unfit: Iterable[Misfit]) -> str:
    """The first cause in the logs with its ports, and what to do: which rules to request if that is it."""
    if not findings:
        return "The logs show no known cause."
    first = first_cause(findings)
    several = f" {counted(len(findings), 'cause')}; the first" * (len(findings) > 1)
    ports = f" ({Ports.of(first.finding.ports)})" if first.finding.ports else ""
    shown = f"The logs show{several}: {first.symptom.title}{ports}."
    closed = _is_closed(first.symptom)
    if closed and any(item.sure for item in unfit):
        return shown
    asked = _requested(plan, first.finding.flows) if closed else ""
    return f"{shown}{asked or f' {first.symptom.remedy}'}"


def _is_closed(cause: Symptom) -> bool:
    """Whether a missing rule is a cause: then nothing comes back."""
    return Seen.SILENT in cause.trial


def _requested(plan: Plan, flows: Iterable[FlowId]) -> str:
    needed = listed(rule.id for rule in rule_set(plan).rules if {*rule.flows} & {*flows})
    return f" Request {needed}." if needed else ""


def _printable(made: Report) -> Report:
    """The same in the shape of a page, without characters that steer, for what was read may hold any."""
    lead, tables = map(printable, made.lead), (reworded(stacked(table), printable) for table in made.tables)
    return replace(made, lead=tuple(lead), tables=tuple(tables))


def _verdict(made: Request, answer: Answer, first: Iterable[Observed], rest: Iterable[Observed]) -> Iterator[str]:
    """What was found at fault, then the rules and what is predicted, then what else was found."""
    inward = sum(item.direction is Direction.INBOUND for item in made.asked)
    rules, inbound = counted(len(made.asked), "rule"), f"{inward or 'none'} of them inbound"
    works = summary(answer.plan, answer.outcome)
    found = [line for item in first for line in item.said]
    yield from found
    if found:
        yield f"With nothing in the way, {works}; {rules} in all, {inbound}."
    else:
        yield f"{answer.plan.deployment.name} asks for {rules}, {inbound}; if nothing is in the way, {works}."
    yield from (line for item in rest for line in item.said)


def _prediction(answer: Answer) -> Report:
    """The prediction, with its steps in the shape of a page."""
    made = outcome_report(answer.plan, answer.outcome, answer.given)
    steps = replace(narrow_steps(answer.plan, answer.outcome), caption="The five steps if nothing is in the way")
    return replace(made, title="What is predicted", tables=(filled(steps), *made.tables[1:]))


def _sources(plan: Plan, observed: Iterable[Observed]) -> Report:
    facts = [*_facts(plan), *(fact for item in observed for fact in item.facts)]
    return Report("Sources", (), (), (sources_table(plan, facts),))


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
