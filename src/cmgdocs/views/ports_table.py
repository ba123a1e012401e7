"""Tables about ports: an edition's required ports, what changed, what crosses, every instance's port."""

from __future__ import annotations

from ..facts.model import Flow, FlowId, System
from ..facts.ports import PortSpec
from ..facts.queries import Change, Direction, Row, changes, crossing, direction, inferred, rows
from ..facts.text import most_instances, port_text, protocol_text, when_text
from .table import Cell, Column, Line, Mark, Span, Table, flagged, flow_references, joined, reference, text

_PORTS = (
    Column("flow", "Flow", tight=True),
    Column("client", "Client"),
    Column("protocol", "Protocol", tight=True),
    Column("port", "Port"),
    Column("server", "Server"),
    Column("description", "Description"),
)
_FIELDS = {
    "client": "Client",
    "protocol": "Protocol",
    "port_text": "Port",
    "server": "Server",
    "description": "Description",
    "covers": "flows covered",
}


def required_ports(system: System, ident: str | None = None) -> Table:
    """The table of required ports as an edition prints it, newest by default; one line for each row."""
    chosen = system.edition(ident)
    return Table(
        id=f"ports-{chosen.id}",
        caption=f"Required ports, edition {chosen.id}",
        columns=_PORTS,
        lines=tuple(Line(row.flow.id, _row_cells(row, chosen.id)) for row in rows(system, chosen.id)),
    )


def _row_cells(row: Row, edition_id: str) -> tuple[Cell, ...]:
    note = reference("note", f"{edition_id}:{row.note.number}", f"[Note {row.note.number}]") if row.note else ()
    return (
        flow_references(row.covers),
        text(row.client),
        text(row.protocol),
        port_cell(row.port_text),
        text(row.server),
        joined([text(row.description), note], " "),
    )


def port_cell(printed: str) -> Cell:
    """Printed ports as a cell that breaks only at the slash between two web sites."""
    return joined([(Span(part, Mark.TIGHT),) for part in printed.split(" / ") if part], " / ")


def edition_changes(system: System, before: str, after: str) -> Table:
    """What the later of two editions adds, prints differently or leaves out; one line for each such row."""
    return Table(
        id=f"changes-{before}-{after}",
        caption=f"What changed from edition {before} to {after}",
        columns=(
            Column("flow", "Flow", tight=True),
            Column("change", "Change"),
            Column("before", before),
            Column("after", after),
        ),
        lines=tuple(
            Line((item.after or item.before).flow.id, _change_cells(item))  # type: ignore[union-attr]
            for item in changes(system, before, after)
        ),
    )


def _change_cells(item: Change) -> tuple[Cell, ...]:
    if item.before is None or item.after is None:
        word = "New row" if item.after else "Row left out"
        return (flow_references(item.flows), text(word), _whole(item.before), _whole(item.after))
    shown = [name for name in item.fields if name != "covers"]
    return (
        flow_references(item.flows),
        text(", ".join(_FIELDS[name] for name in item.fields)),
        _parts(item.before, shown),
        _parts(item.after, shown),
    )


def _whole(row: Row | None) -> Cell:
    if row is None:
        return text("—")
    return text(f"{row.client} to {row.server}, {row.protocol} {row.port_text}: {row.description}")


def _parts(row: Row, names: list[str]) -> Cell:
    cells = [text(getattr(row, name)) for name in names]
    return joined([*cells, text(f"covers {', '.join(row.covers)}") if not names else ()], "; ")


def channel_ports(system: System) -> Table:
    """The port of every flow that has a formula, for each VM instance; one line for each instance."""
    formula = [item for item in system.flows if any(s.port.base is not None for s in item.services)]
    flows = [item for item in system.flows if item.rung] if system.instances else formula
    groups: dict[tuple[str, PortSpec], list[FlowId]] = {}
    for item in flows:
        groups.setdefault((item.services[0].protocol.value, item.services[0].port), []).append(item.id)
    columns = [Column("instance", "VM instance", tight=True)]
    columns += [Column(ids[0], f"{protocol} ({', '.join(ids)})", tight=True) for (protocol, _), ids in groups.items()]
    return Table(
        id="channel-ports",
        caption="Channel port of each VM instance",
        columns=tuple(columns),
        lines=tuple(
            Line(f"instance-{i}", (text(str(i)), *(text(str(port.at(i))) for _, port in groups)))
            for i in range(1, most_instances(system) + 1)
        ),
    )


def channel_ladder(system: System) -> Table:
    """Every rung of the channel: method, number of instances, order, protocol, port; one line for each rung."""
    tried = sorted(
        (f for f in system.flows if f.rung), key=lambda f: (f.when.method or "", f.when.fewest or 1, f.rung or 0)
    )
    return Table(
        id="channel-ladder",
        caption="How the channel chooses its port",
        columns=(
            Column("flow", "Flow", tight=True),
            Column("when", "Deployment"),
            Column("order", "Tried", tight=True),
            Column("protocol", "Protocol", tight=True),
            Column("port", "Port of instance i", tight=True),
            Column("proxy", "Web proxy", tight=True),
        ),
        lines=tuple(
            Line(
                item.id,
                (
                    reference("flow", item.id),
                    text(when_text(item.when, system)),
                    text(("first", "second", "third")[(item.rung or 1) - 1]),
                    text(protocol_text(item)),
                    text(str(item.services[0].port)),
                    text(item.proxy.value),
                ),
            )
            for item in tried
        ),
    )


_FLOWS = (
    Column("flow", "Flow", tight=True),
    Column("initiator", "Client"),
    Column("protocol", "Protocol", tight=True),
    Column("port", "Port"),
    Column("responder", "Server"),
    Column("purpose", "Purpose"),
    Column("when", "When"),
)


def all_flows(system: System) -> Table:
    """Every flow that is known, printed by an edition or not; one line for each."""
    return flow_lines(system, system.flows, "Every known flow")


def flow_lines(system: System, flows: tuple[Flow, ...], caption: str) -> Table:
    """The given *flows* in their order; one line for each."""
    return Table("flows", caption, _FLOWS, tuple(_flow_line(system, item) for item in flows))


def perimeter_rules(system: System) -> Table:
    """The flows whose connection passes the perimeter firewall, with their direction; one line for each."""
    columns = (_FLOWS[0], Column("direction", "Direction", tight=True), *_FLOWS[1:5], _FLOWS[6])
    lines = []
    for item in crossing(system):
        cells = _flow_line(system, item).cells
        lines.append(Line(item.id, (cells[0], text(direction(system, item).value), *cells[1:5], cells[6])))
    return Table("perimeter", "What passes the perimeter firewall", columns, tuple(lines))


def _flow_line(system: System, item: Flow) -> Line:
    carried = direction(system, item) is Direction.NONE
    ports = (
        text(f"inside {' to '.join(dict.fromkeys((item.carried_by[0], item.carried_by[-1])))}")
        if carried
        else port_cell(port_text(item, most_instances(system)))
    )
    both = " (both ways)" if item.both_ways else ""
    return Line(
        item.id,
        (
            reference("flow", item.id),
            reference("role", item.initiator, system.role(item.initiator).name),
            text(protocol_text(item) or "—"),
            flagged(ports, inferred(item)),
            joined([reference("role", item.responder, system.role(item.responder).name), text(both)], ""),
            text(item.purpose),
            text(when_text(item.when, system)),
        ),
    )
