"""Tables about ports: an edition's required ports, what changed, every flow, what crosses, every instance's port."""

from __future__ import annotations

from collections.abc import Iterable

from ..facts.model import Flow, FlowId, System
from ..facts.ports import PortSpec
from ..facts.queries import Change, Direction, Row, changes, crossing, direction, inferred, rows, unstated
from ..facts.text import most_instances, port_groups, protocol_text, when_text
from .table import (
    Cell,
    Columns,
    Field,
    Fields,
    Mark,
    Span,
    Table,
    flagged,
    flow_references,
    joined,
    record_table,
    reference,
    role_references,
    text,
    without,
)

_TRIES = ("first", "second", "third")


def required_ports(system: System, ident: str | None = None) -> Table:
    """The table of required ports as an edition prints it, newest by default; one line for each row."""
    chosen, most = system.edition(ident), most_instances(system)

    def described(row: Row) -> Cell:
        number = row.note.number if row.note else 0
        note = reference("note", f"{chosen.id}:{number}", f"[Note {number}]") if number else ()
        return joined([text(row.description), note], " ")

    columns: Columns[Row] = {
        "Flow": lambda row: flow_references(row.covers),
        "Client": "client",
        "Protocol": "protocol",
        "Port": lambda row: port_cell(row.flow, most),
        "Server": "server",
        "Description": described,
    }
    ident, caption, found = f"ports-{chosen.id}", f"Required ports, edition {chosen.id}", rows(system, chosen.id)
    return record_table(ident, caption, found, columns, tight=("Flow", "Protocol"), ids="flow.id")


def port_cell(flow: Flow, instances: int) -> Cell:
    """The ports of a flow as printed; they break only at the slash between two web sites."""
    return joined([(Span(group, Mark.TIGHT),) for group in port_groups(flow, instances)], " / ")


_PRINTED = {
    "client": "Client",
    "protocol": "Protocol",
    "port_text": "Port",
    "server": "Server",
    "description": "Description",
    "covers": "flows covered",
}


def edition_changes(system: System, before: str, after: str) -> Table:
    """What the later of two editions adds, prints differently or leaves out; one line for each such row."""
    return changes_table(changes(system, before, after), before, after)


def changes_table(found: tuple[Change, ...], before: str, after: str) -> Table:
    """The same of any two tables of required ports, by what they are called."""
    fields: Fields[Change] = {
        "flow": Field("Flow", lambda item: flow_references(item.flows), tight=True),
        "change": Field("Change", _change),
        "before": Field(before, lambda item: _printed(item.before, item)),
        "after": Field(after, lambda item: _printed(item.after, item)),
    }
    caption = f"What changed from edition {before} to {after}"
    return Table.of(
        f"changes-{before}-{after}", caption, fields, found, lambda i, item: item.flows[0] if item.flows else str(i)
    )


def _change(item: Change) -> Cell:
    if item.before is None or item.after is None:
        return text("New row" if item.after else "Row left out")
    return text(", ".join(_PRINTED[name] for name in item.fields))


def _printed(row: Row | None, item: Change) -> Cell:
    """The whole row where only one edition has it, else what of it differs."""
    if row is None:
        return text("—")
    if item.before is None or item.after is None:
        return text(f"{row.client} to {row.server}, {row.protocol} {row.port_text}: {row.description}")
    shown = [text(getattr(row, name)) for name in item.fields if name != "covers"]
    return joined(shown, "; ") or text(f"covers {', '.join(row.covers)}")


def channel_ports(system: System) -> Table:
    """The port of every flow that has a formula, for each VM instance; one line for each instance."""
    formula = [item for item in system.flows if any(s.port.base is not None for s in item.services)]
    flows = [item for item in system.flows if item.rung] if system.instances else formula
    groups: dict[tuple[str, PortSpec], list[FlowId]] = {}
    for item in flows:
        groups.setdefault((item.services[0].protocol.value, item.services[0].port), []).append(item.id)
    fields: Fields[int] = {"instance": Field("VM instance", lambda i: i, tight=True)}
    for (protocol, port), ids in groups.items():
        fields[ids[0]] = Field(f"{protocol} ({', '.join(ids)})", port.at, tight=True)
    instances = range(1, most_instances(system) + 1)
    caption = "Channel port of each VM instance"
    return Table.of("channel-ports", caption, fields, instances, lambda i, _: f"instance-{i}")


def channel_ladder(system: System) -> Table:
    """Every rung of the channel: method, number of instances, order, protocol, port; one line for each rung."""
    fields: Fields[Flow] = {
        "flow": Field("Flow", lambda item: reference("flow", item.id), tight=True),
        "when": Field("Deployment", lambda item: when_text(item.when, system)),
        "order": Field("Tried", lambda item: _TRIES[(item.rung or 1) - 1], tight=True),
        "protocol": Field("Protocol", protocol_text, tight=True),
        "port": Field("Port of instance i", lambda item: str(item.services[0].port), tight=True),
        "proxy": Field("Web proxy", "proxy", tight=True),
    }
    tried = sorted(
        (f for f in system.flows if f.rung), key=lambda f: (f.when.method or "", f.when.fewest or 1, f.rung or 0)
    )
    return Table.of("channel-ladder", "How the channel chooses its port", fields, tried)


def _flow_fields(system: System) -> Fields[Flow]:
    def ports(item: Flow) -> Cell:
        if direction(system, item) is Direction.NONE:
            return text(f"inside {' to '.join(dict.fromkeys((item.carried_by[0], item.carried_by[-1])))}")
        return port_cell(item, most_instances(system))

    def protocol(item: Flow) -> Cell:
        return flagged(text(protocol_text(item) or "—"), inferred(item) and unstated(item))

    def responder(item: Flow) -> Cell:
        return (*role_references(system, [item.responder]), *text(" (both ways)" * item.both_ways))

    return {
        "flow": Field("Flow", lambda item: reference("flow", item.id), tight=True),
        "initiator": Field("Source", lambda item: role_references(system, [item.initiator])),
        "protocol": Field("Protocol", protocol),
        "port": Field("Port", lambda item: flagged(ports(item), inferred(item) and not unstated(item))),
        "responder": Field("Destination", responder),
        "purpose": Field("Purpose", "purpose"),
        "when": Field("When", lambda item: when_text(item.when, system)),
    }


def all_flows(system: System) -> Table:
    """Every flow that is known, printed by an edition or not; one line for each."""
    return flow_lines(system, system.flows, "Every known flow")


def flow_lines(system: System, flows: Iterable[Flow], caption: str) -> Table:
    """The given *flows* in their order; one line for each."""
    return Table.of("flows", caption, _flow_fields(system), flows)


def perimeter_rules(system: System) -> Table:
    """The flows whose connection passes the perimeter firewall; one line for each."""
    fields = without(_flow_fields(system), "purpose")
    return Table.of("perimeter", "What passes the perimeter firewall", fields, crossing(system))
