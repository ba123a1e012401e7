"""The laws of a system: what must hold between facts, whatever their numbers are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields
from datetime import date

from ..errors import Fault
from .ids import MOST_INSTANCES
from .model import NO_FACTS, Condition, Flow, Protocol, Source, System
from .ports import HIGHEST
from .queries import Direction, applies, direction, earlier
from .text import most_instances

_DATE = re.compile(r"(mid-)?[0-9]{4}|[0-9]{4}-[0-9]{2}(-[0-9]{2})?|no date")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def broken_laws(system: System) -> Iterator[Fault]:
    """List every law that *system* breaks; its references and limits are known to be good."""
    for flow in system.flows:
        where = f"flows[{flow.id}]"
        yield from _connection(flow, where, system)
        yield from _condition(flow.when, f"{where}.when", system)
        yield from _covered(flow, where, system)
    yield from _websites(system)
    yield from _evidence(system)
    yield from _logs(system)
    yield from _anchors(system)
    yield from _rungs(system)
    yield from _editions(system)


def bad_limits(system: System) -> Iterator[Fault]:
    """List what is wrong with the limits, without which no port range can be computed."""
    if not any(limit.id == MOST_INSTANCES for limit in system.limits):
        yield Fault("limits", f"no limit {MOST_INSTANCES!r}; it says how many VM instances there may be")
    for limit in system.limits:
        high = HIGHEST if limit.id == MOST_INSTANCES else limit.value
        if not 1 <= limit.value <= high:
            allowed = f"1 to {high}" if limit.id == MOST_INSTANCES else "1 or more"
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


def _evidence(system: System) -> Iterator[Fault]:
    """Every fact names a source, and every source bears a date."""
    for field in fields(System):
        for i, item in enumerate(getattr(system, field.name) if field.name not in NO_FACTS else ()):
            if getattr(item, "sources", None) == ():
                where = f"{field.name}[{getattr(item, 'id', i)}].sources"
                yield Fault(where, "found none; a fact names at least one source")
    for source in system.sources:
        if not _DATE.fullmatch(source.date):
            allowed = "a year, 2026-11, 2026-11-24, mid-2026 or 'no date'"
            yield Fault(f"sources[{source.id}].date", f"found {source.date!r}; allowed: {allowed}")
        elif source.compared:
            yield from _compared(source, f"sources[{source.id}].compared")


def _compared(source: Source, where: str) -> Iterator[Fault]:
    """A source is compared on a day of the calendar, and not before the date that it bears."""
    try:
        date.fromisoformat(source.compared if _DAY.fullmatch(source.compared) else "")
    except ValueError:
        yield Fault(where, f"found {source.compared!r}; allowed: a day of the calendar, such as 2026-11-24, or nothing")
        return
    own = source.date.removeprefix("mid-")
    if own[0].isdigit() and source.compared[: len(own)] < own:
        yield Fault(where, f"found {source.compared}, but the source is of {source.date}; allowed: that date or later")


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
    ports: dict[tuple[str, Protocol], int] = {}
    for flow in system.flows:
        for j, service in enumerate(flow.services):
            port = service.port.at(1)
            if service.website and port:
                known = ports.setdefault((service.website, service.protocol), port)
                if port != known:
                    what = (
                        f"web site {service.website} has {service.protocol.value} on {port} here and on {known} before"
                    )
                    yield Fault(f"flows[{flow.id}].services[{j}].port", f"{what}; correct the one that is wrong")
    for flow in system.flows:
        for j, service in enumerate(flow.services):
            own = sorted(port for (site, _), port in ports.items() if site == service.website)
            for wanted in service.when.update_ports if service.website else ():
                if wanted not in own:
                    what = (
                        f"found {wanted}; allowed: {', '.join(map(str, own))}, the ports of web site {service.website}"
                    )
                    yield Fault(f"flows[{flow.id}].services[{j}].when.update-ports", what)


def _anchors(system: System) -> Iterator[Fault]:
    """A formula is held against ports that a source prints, at least for the first and the last instance."""
    said = {(anchor.flow, anchor.instance) for anchor in system.anchors}
    for flow in system.flows:
        formula = any(service.port.base is not None for service in flow.services)
        for instance in (1, most_instances(system)):
            if formula and (flow.id, instance) not in said:
                what = f"{flow.id} has a formula but no anchor for instance {instance}; add one"
                yield Fault(f"flows[{flow.id}]", what)
    for i, anchor in enumerate(system.anchors):
        flow = system.flow(anchor.flow)
        port = flow.services[0].port.at(anchor.instance) if flow.services else None
        if port != anchor.port:
            yield Fault(
                f"anchors[{i}]",
                f"{', '.join(anchor.sources)} prints {anchor.port} for instance {anchor.instance} of {flow.id},"
                f" flows.toml gives {port}; correct the one that is wrong",
            )


def _rungs(system: System) -> Iterator[Fault]:
    """For each method and number of instances the channel is tried in the order 1, 2, ... without gaps."""
    for method in dict.fromkeys(flow.when.method for flow in system.flows if flow.rung):
        own = [flow for flow in system.flows if flow.rung and flow.when.method == method]
        for n in range(1, most_instances(system) + 1):
            here = [flow for flow in own if applies(flow.when, method or "", n)]
            order = sorted(flow.rung or 0 for flow in here)
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
