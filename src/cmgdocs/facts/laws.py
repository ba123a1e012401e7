"""The laws of a system: what must hold between facts, whatever their numbers are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import date

from ..errors import Fault
from .evidence import figures
from .ids import DATA_FLOW, MOST_INSTANCES
from .model import Condition, Decision, Flow, Protocol, Source, System
from .patterns import faults
from .ports import HIGHEST, PortRange, Ports
from .queries import Direction, applies, direction, earlier
from .text import most_instances

LONGEST_TITLE = 60
"""The most characters of a symptom's title, which is a heading and a line of pictures."""
_DATE = re.compile(r"(mid-)?[0-9]{4}|[0-9]{4}-[0-9]{2}(-[0-9]{2})?|no date")


def broken_laws(system: System) -> Iterator[Fault]:
    """List every law that *system* breaks; its references and limits are known to be good."""
    for flow in system.flows:
        where = f"flows[{flow.id}]"
        yield from _connection(flow, where, system)
        yield from _condition(flow.when, f"{where}.when", system)
        yield from _covered(flow, where, system)
    connections = (_websites, _usual_ports, _steps, _endpoints, _proofs, _rungs)
    for law in (*connections, _dates, _sources, _logs, _titles, _signs, _decisions, _editions):
        yield from law(system)


def bad_limits(system: System) -> Iterator[Fault]:
    """List what is wrong with the limits, without which no port range can be computed."""
    if not any(limit.id == MOST_INSTANCES for limit in system.limits):
        yield Fault("limits", f"no limit {MOST_INSTANCES!r}; it says how many VM instances there may be")
    for limit in system.limits:
        bounded = limit.id == MOST_INSTANCES
        if limit.value < 1 or (bounded and limit.value > HIGHEST):
            allowed = f"1 to {HIGHEST}" if bounded else "1 or more"
            yield Fault(f"limits[{limit.id}].value", f"found {limit.value}; allowed: {allowed}")


def _connection(flow: Flow, where: str, system: System) -> Iterator[Fault]:
    """A flow opens a connection or rides on one; nothing from outside opens one inwards."""
    if flow.carried_by and flow.services:
        yield Fault(f"{where}.services", f"{flow.id} rides on {flow.carried_by[0]} and opens no connection; remove one")
    if not flow.carried_by and not flow.services:
        yield Fault(f"{where}.services", f"{flow.id} has neither services nor carried-by; give one")
    yield from _step(flow, where, system)
    most = most_instances(system)
    for j, service in enumerate(flow.services):
        base = service.port.base
        if base is not None and base + most > HIGHEST:
            yield Fault(
                f"{where}.services[{j}].port",
                f"{base}+i leaves the ports for instance {HIGHEST + 1 - base}; the highest is {HIGHEST}",
            )
    for carrier in map(system.flow, flow.carried_by):
        if (carrier.initiator, carrier.responder) != (flow.responder, flow.initiator):
            yield Fault(
                f"{where}.carried-by",
                f"{carrier.id} is not opened by {flow.responder} to {flow.initiator}, so {flow.id} cannot ride on it",
            )
    if direction(system, flow) is Direction.INBOUND:
        yield Fault(
            where,
            f"{flow.id} opens a connection from {flow.initiator} to {flow.responder}, inwards through the perimeter;"
            " allowed: carried-by a connection that was opened from inside",
        )


def _step(flow: Flow, where: str, system: System) -> Iterator[Fault]:
    """A step opens connections or rides on them; a flow of no step says what it is good for."""
    riding = [other for other in system.flows if other.carried_by and other.step == flow.step]
    if flow.step and flow.services and riding:
        yield Fault(
            f"{where}.step",
            f"step {flow.step} opens no connection, because {riding[0].id} rides on others, but {flow.id} opens one",
        )
    for key, step, low in (("step", flow.step, 1), ("unsettles", flow.unsettles, 0)):
        if step is not None and not low <= step <= 9:
            yield Fault(f"{where}.{key}", f"found {step}; allowed: {low} to 9")
    if not (flow.step or flow.carried_by or flow.consequence):
        yield Fault(f"{where}.consequence", f"{flow.id} belongs to no step; say what stops without it")


def _sources(system: System) -> Iterator[Fault]:
    """Every fact names a source, and every source bears a date, which its own words say, and was read after it."""
    for kind, item in system.cited():
        if not item.evidence:
            yield Fault(f"{kind}[{item.id}].evidence", "found none; a fact names at least one source")
    for source in system.sources:
        where = f"sources[{source.id}]"
        if not _DATE.fullmatch(source.date):
            allowed = "a year, 2026-11, 2026-11-24, mid-2026 or 'no date'"
            yield Fault(f"{where}.date", f"found {source.date!r}; allowed: {allowed}")
        elif len(source.date) == len("2026-11-24") and not _is_day(source.date):
            yield Fault(f"{where}.date", f"found {source.date}; allowed: a day of the calendar")
        elif source.date != "no date" and not _bears(source):
            yield Fault(f"{where}.dated", f"found {source.dated!r}; allowed: what the source prints for {source.date}")
        if source.files and system.readings and source.date[:4].isdigit() and source.date > system.readings[-1]:
            yield Fault(f"{where}.date", f"found {source.date}; allowed: the last of the readings, or earlier")
    for i, day in enumerate(system.readings):
        if not _is_day(day) or day != max(system.readings[: i + 1]):
            yield Fault(
                f"readings[{i}]", f"found {day!r}; allowed: days of the calendar, such as 2026-11-24, ascending"
            )


def _bears(source: Source) -> bool:
    """Whether what a source prints says its date, neither more nor less; a middle of a year says less."""
    own = source.date.removeprefix("mid-")
    return any(date.startswith(own) if own != source.date else date == own for date in figures(source.dated))


def _is_day(text: str) -> bool:
    with suppress(ValueError):
        return date.fromisoformat(text).isoformat() == text
    return False


def _logs(system: System) -> Iterator[Fault]:
    """No log is bound to a flow twice."""
    known = {log.id: log for log in system.logs}
    for flow in system.flows:
        for log in (known[ident] for ident in flow.logs):
            if flow.id in (*log.flows, *log.guessed):
                yield Fault(f"flows[{flow.id}].logs", f"{log.id} names {flow.id} in logs.toml too; remove one")
    for log in system.logs:
        for ident in sorted({*log.flows} & {*log.guessed}):
            yield Fault(f"logs[{log.id}].guessed", f"{ident} is in flows too; remove one")


def _titles(system: System) -> Iterator[Fault]:
    """A title of a symptom is short, reads as a heading, and is that of no other."""
    first = dict[str, str]()
    for symptom in system.symptoms:
        where, title = f"symptoms[{symptom.id}].title", symptom.title
        if len(title) > LONGEST_TITLE:
            yield Fault(where, f"found {len(title)} characters; allowed: {LONGEST_TITLE} at most")
        if not title[:1].isupper() or title.endswith("."):
            yield Fault(where, f"found {title!r}; allowed: a capital first, and no full stop at the end")
        if (other := first.setdefault(title.lower(), symptom.id)) != symptom.id:
            yield Fault(where, f"{title!r} is also the title of {other}; give another one")


def _signs(system: System) -> Iterator[Fault]:
    """Patterns are of the part of the language that all readers know; a symptom is no consequence of itself."""
    for kind, items in (("symptoms", system.symptoms), ("recoveries", system.recoveries)):
        for item in items:
            for j, sign in enumerate(item.signs):
                for key, pattern in (("line", sign.line), ("near", sign.near)):
                    for what in faults(pattern) if pattern or key == "line" else ():
                        yield Fault(f"{kind}[{item.id}].signs[{j}].{key}", what)
    for symptom in system.symptoms:
        for key, idents in (("follows", symptom.follows), ("others", symptom.others)):
            if symptom.id in idents:
                yield Fault(f"symptoms[{symptom.id}].{key}", "names itself; name other symptoms")
            for ident in sorted({ident for ident in idents if idents.count(ident) > 1}):
                yield Fault(f"symptoms[{symptom.id}].{key}", f"names {ident} twice; remove one")
        for ident in symptom.others:
            if not system.symptom(ident).apart:
                yield Fault(f"symptoms[{ident}].apart", f"missing; it says what tells it from {symptom.id}")
        if symptom.since and symptom.before and not earlier(system, symptom.since, symptom.before):
            yield Fault(f"symptoms[{symptom.id}]", f"since {symptom.since} is not earlier than before {symptom.before}")


def _decisions(system: System) -> Iterator[Fault]:
    """Every question leads on, to causes that signs, trials or the answers alone show.

    Each symptom has a place, besides those that a trial alone shows: it names them itself.
    """
    for decision in system.decisions:
        where = f"decisions[{decision.id}]"
        yield from _questions(decision, where)
        yield from _causes(decision, where, system)
    placed = {ident for decision in system.decisions for ident in (*decision.causes, *decision.rarer)}
    for symptom in system.symptoms if system.decisions else ():
        if symptom.id not in placed and (symptom.signs or not symptom.trial):
            yield Fault(f"symptoms[{symptom.id}]", "no decision leads to it; put it at an answer, or into rarer")


def _causes(decision: Decision, where: str, system: System) -> Iterator[Fault]:
    """A cause that neither a log nor a trial shows is said to be known by the answers alone, and no other is."""
    for ident in decision.causes:
        symptom = system.symptom(ident)
        shown = bool(symptom.signs or symptom.trial)
        if shown and ident in decision.unseen:
            yield Fault(f"{where}.unseen", f"{ident} has signs or a trial; remove it here")
        if not shown and ident not in decision.unseen:
            yield Fault(f"{where}.unseen", f"{ident} has neither signs nor a trial; give it one, or name it here")
    for ident in sorted({*decision.unseen} - {*decision.causes}):
        yield Fault(f"{where}.unseen", f"no answer leads to {ident}; remove it here")
    for ident in sorted({*decision.rarer} & {*decision.causes}):
        yield Fault(f"{where}.rarer", f"an answer leads to {ident}; remove it here")


def _questions(decision: Decision, where: str) -> Iterator[Fault]:
    """The first question comes first, and an answer leads to one thing, of questions to one further down."""
    idents = [question.id for question in decision.questions]
    reached = {*idents[:1]}
    for i, question in enumerate(decision.questions):
        place = f"{where}.questions[{question.id}]"
        if question.id in idents[:i]:
            yield Fault(f"{place}.id", "is given twice; ids are unique")
        if question.id not in reached:
            yield Fault(place, "no answer leads to it; let one do so, or remove it")
        if len(question.answers) < 2:
            yield Fault(f"{place}.answers", f"found {len(question.answers)}; allowed: 2 or more")
        for j, answer in enumerate(question.answers):
            if sum(map(bool, (answer.then, answer.symptoms, answer.decision))) != 1:
                yield Fault(f"{place}.answers[{j}]", "allowed: one of then, symptoms and decision")
            if answer.then and answer.then not in idents[i + 1 :]:
                allowed = ", ".join(idents[i + 1 :]) or "none, for this is the last one"
                what = f"found {answer.then!r}; allowed, questions further down: {allowed}"
                yield Fault(f"{place}.answers[{j}].then", what)
            reached.add(answer.then)


def _condition(condition: Condition, where: str, system: System) -> Iterator[Fault]:
    most = most_instances(system)
    low = 1 if condition.fewest is None else condition.fewest
    high = most if condition.most is None else condition.most
    if not 1 <= low <= high <= most:
        yield Fault(where, f"found {low} to {high} VM instances; allowed: 1 to {most}, fewest first")
    since, before = condition.since, condition.before
    if since and before and not earlier(system, since, before):
        yield Fault(where, f"since {since} is not earlier than before {before}")


def _covered(flow: Flow, where: str, system: System) -> Iterator[Fault]:
    """A flow of a numbered step that opens a connection has a row in every edition that prints its method."""
    for edition in system.editions:
        listed = any(flow.id in row.flows for row in edition.rows)
        if flow.when.method in edition.without:
            if listed:
                what = f"edition {edition.id} has a row for {flow.id}, but is without {flow.when.method}; remove one"
                yield Fault(where, what)
        elif flow.step and flow.services and not (flow.carried_by or listed):
            method = flow.when.method
            repair = f"add one{f', or without = [{method!r}] if it prints no row of that method' if method else ''}"
            what = f"{flow.id} belongs to step {flow.step}, but edition {edition.id} has no row for it; {repair}"
            yield Fault(where, what)


def _websites(system: System) -> Iterator[Fault]:
    """A web site has one port for each protocol, and conditions name ports of its own."""
    ports: dict[tuple[str, Protocol], PortRange] = {}
    for flow in system.flows:
        for j, service in enumerate(flow.services):
            port = service.port.fixed
            if service.website and port:
                known = ports.setdefault((service.website, service.protocol), port)
                if port != known:
                    what = (
                        f"web site {service.website} has {service.protocol.value} on {port} here and on {known} before"
                    )
                    yield Fault(f"flows[{flow.id}].services[{j}].port", f"{what}; correct the one that is wrong")
    for flow in system.flows:
        for j, service in enumerate(flow.services):
            own = Ports(port for (site, _), port in ports.items() if site == service.website)
            for wanted in service.when.update_ports if service.website else ():
                if not any(wanted in span for span in own):
                    what = f"found {wanted}; allowed: {own}, the ports of web site {service.website}"
                    yield Fault(f"flows[{flow.id}].services[{j}].when.update-ports", what)


_USUAL = {
    "53": Protocol.DNS,
    "80": Protocol.HTTP,
    "135": Protocol.RPC,
    "443": Protocol.HTTPS,
    "445": Protocol.SMB,
    "1433": Protocol.TDS,
    "8530": Protocol.HTTP,
    "8531": Protocol.HTTPS,
}
"""Ports by which a protocol is known, and so may not have another."""


def _usual_ports(system: System) -> Iterator[Fault]:
    """A port by which a protocol is known has that one; what goes over UDP and TCP names each once."""
    for flow in system.flows:
        for j, service in enumerate(flow.services):
            where = f"flows[{flow.id}].services[{j}]"
            usual = _USUAL.get(str(service.port))
            if usual and usual is not service.protocol:
                what = f"found {service.protocol.value} on {service.port}; allowed there: {usual.value}"
                yield Fault(f"{where}.protocol", what)
            if len({*service.transports}) < len(service.transports):
                yield Fault(f"{where}.transports", "found one twice; allowed: each once")


def _steps(system: System) -> Iterator[Fault]:
    """A flow of a numbered step is in that step of the sequence; what moves in a step moves along one of its flows."""
    for sequence in system.sequences:
        for j, step in enumerate(sequence.steps):
            where = f"sequences[{sequence.id}].steps[{j}]"
            prefix = sequence.steps[0].number[:-1]
            if step.number != f"{prefix}{j + 1}":
                yield Fault(f"{where}.number", f"found {step.number!r}; allowed here: {prefix}{j + 1}")
            flows = [system.flow(ident) for ident in step.flows]
            ends = {end for flow in flows for end in (flow.initiator, flow.responder)}
            for key, end in (("tail", step.tail), ("head", step.head)):
                if end and end not in ends:
                    yield Fault(
                        f"{where}.{key}", f"{end} is at no end of its flows; allowed: {', '.join(sorted(ends))}"
                    )
            if sequence.id == DATA_FLOW:
                for flow in (flow for flow in system.flows if str(flow.step) == step.number and flow not in flows):
                    yield Fault(
                        f"flows[{flow.id}].step", f"step {step.number} of {sequence.id} has no {flow.id}; add it there"
                    )


def _endpoints(system: System) -> Iterator[Fault]:
    """The role of an endpoint opens one of its flows."""
    for item in system.endpoints:
        openers = {system.flow(ident).initiator for ident in item.flows}
        if openers and item.role not in openers:
            what = f"{item.role} opens none of its flows; allowed: {', '.join(sorted(openers))}"
            yield Fault(f"endpoints[{item.id}].role", what)


def _proofs(system: System) -> Iterator[Fault]:
    """A proof is about flows between the same two roles."""
    for proof in system.proofs:
        ends = {(flow.initiator, flow.responder) for flow in map(system.flow, proof.flows)}
        if len(ends) > 1:
            yield Fault(f"proofs[{proof.id}].flows", "found flows between several pairs of roles; allowed: one pair")


def _dates(system: System) -> Iterator[Fault]:
    """Events and gaps have dates of the calendar, as exact as is known."""
    dates = [(f"events[{event.id}].date", event.date) for event in system.events]
    for where, day in dates + [(f"gaps[{gap.id}].reported", gap.reported) for gap in system.gaps]:
        if not (_DATE.fullmatch(day) and (len(day) < len("2026-11-24") or _is_day(day))):
            yield Fault(where, f"found {day!r}; allowed: a day, a month or a year of the calendar, such as 2026-11-24")


def _rungs(system: System) -> Iterator[Fault]:
    """For each method and number of instances the channel is tried in the order 1, 2, ... without gaps."""
    for method in dict.fromkeys(flow.when.method for flow in system.flows if flow.rung):
        own = [flow for flow in system.flows if flow.rung and flow.when.method == method]
        for n in range(1, most_instances(system) + 1):
            here = [flow for flow in own if applies(flow.when, method, n)]
            order = sorted(flow.rung for flow in here if flow.rung)
            if order != list(range(1, len(order) + 1)) or not order:
                ids = ", ".join(flow.id for flow in here) or "no flow"
                yield Fault("flows", f"rungs of {method} with {n} VM instances are {order} ({ids}); allowed: 1, 2, ...")


def _editions(system: System) -> Iterator[Fault]:
    ids = [edition.id for edition in system.editions]
    if ids != sorted(ids):
        yield Fault("editions", f"found the order {', '.join(ids)}; allowed: oldest first")
    if not ids:
        yield Fault("editions", "found none; a table needs at least one edition")
    for i, edition in enumerate(system.editions):
        where = f"editions[{edition.id}]"
        numbers = {note.number for note in edition.notes}
        for j, row in enumerate(edition.rows):
            if not row.flows:
                yield Fault(f"{where}.rows[{j}].flows", "found none; a row shows at least one flow")
            if row.note and row.note not in numbers:
                yield Fault(f"{where}.rows[{j}].note", f"no note {row.note}; allowed: {sorted(numbers)}")
        named = {row.note for row in edition.rows}
        for number in sorted(numbers - named):
            yield Fault(f"{where}.notes", f"no row has note {number}; give it to one, or remove the note")
        if edition.extends and edition.extends not in ids[:i]:
            yield Fault(f"{where}.extends", f"{edition.extends!r} is not an older edition")
