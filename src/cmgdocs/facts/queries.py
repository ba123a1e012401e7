"""Questions to a system: rows of an edition, the channel's ladder, what crosses the perimeter. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from ..errors import OutOfRange
from .ids import INSTANCES_PER_CONNECTION_POINT
from .model import (
    Cited,
    Condition,
    Edition,
    EditionRow,
    Endpoint,
    Flow,
    FlowId,
    Log,
    MethodId,
    Note,
    RoleId,
    Symptom,
    System,
    Version,
    Zone,
)
from .ports import PortRange
from .text import most_instances, port_text, protocol_text


class Direction(Enum):
    """Which way a connection goes, seen from the perimeter firewall."""

    OUTBOUND = "outbound"
    INBOUND = "inbound"
    INTERNAL = "internal"
    OUTSIDE = "outside"
    NONE = "no connection of its own"


class Confidence(Enum):
    """How sure a fact is: printed by the product's documentation, reported by somebody else, or inferred."""

    DOCUMENTED = "documented"
    REPORTED = "reported"
    INFERRED = "inferred"


@dataclass(frozen=True)
class Row:
    """
    A row of the table of required ports.

    *flow* gives protocol and ports; *covers* are all flows that the printed row stands for, *flow*
    first. *ports* are destination ports in printed order, inclusive, not merged, for the largest
    gateway; *port_text* is the same as printed. *client*, *server* and *description* are the article's words.
    """

    number: int
    flow: Flow
    covers: tuple[FlowId, ...]
    client: str
    protocol: str
    ports: tuple[PortRange, ...]
    port_text: str
    server: str
    description: str
    note: Note | None
    direction: Direction


@dataclass(frozen=True)
class Rung:
    """One try to build the channel to one VM instance; *order* 1 is tried first."""

    order: int
    flow: Flow
    instance: int
    port: int


@dataclass(frozen=True)
class Change:
    """What one edition has and the other has not, or prints differently, for the same flows."""

    flows: tuple[FlowId, ...]
    before: Row | None
    after: Row | None
    fields: tuple[str, ...]


def needed_by(system: System, item: Endpoint) -> tuple[RoleId, ...]:
    """List the roles that must reach an endpoint: its own, then others that open its flows, in order of the facts."""
    others = (found.initiator for found in system.flows if found.id in item.flows)
    return tuple(dict.fromkeys((item.role, *others)))


def zone_of(system: System, ident: RoleId) -> Zone:
    """Give the zone that a role is in."""
    return system.zone(system.role(ident).zone)


def rows(system: System, ident: str | None = None) -> tuple[Row, ...]:
    """List the rows of an edition in printed order, the newest edition by default."""
    chosen = system.edition(ident)
    return tuple(_row(system, chosen, i, row) for i, row in enumerate(chosen.rows, 1))


def _row(system: System, chosen: Edition, number: int, printed: EditionRow) -> Row:
    first = system.flow(printed.flows[0])
    most = most_instances(system)
    return Row(
        number=number,
        flow=first,
        covers=printed.flows,
        client=printed.client,
        protocol=protocol_text(first),
        ports=port_ranges(first, most),
        port_text=port_text(first, most),
        server=printed.server,
        description=printed.description,
        note=next((note for note in chosen.notes if note.number == printed.note), None),
        direction=direction(system, first),
    )


def port_ranges(of: Flow, instances: int) -> tuple[PortRange, ...]:
    """Ports of a flow for that many VM instances, in printed order, each once; empty where no number is known."""
    found = (service.port.range(instances) for service in of.services)
    return tuple(dict.fromkeys(ports for ports in found if ports))


def direction(system: System, of: Flow) -> Direction:
    """Say which way the connection of a flow goes; a carried flow has none."""
    if of.carried_by:
        return Direction.NONE
    return way(zone_of(system, of.initiator), zone_of(system, of.responder))


def way(source: Zone, destination: Zone) -> Direction:
    """Which way a connection between two zones goes."""
    if source.inside:
        return Direction.INTERNAL if destination.inside else Direction.OUTBOUND
    return Direction.INBOUND if destination.inside else Direction.OUTSIDE


def earlier(system: System, version: str, other: str) -> bool:
    """Whether one version of Configuration Manager came before the other; both are known to the system."""
    order = system.versions.index
    return order(Version(version)) < order(Version(other))


def ends(system: System) -> tuple[RoleId, ...]:
    """Roles at which a connection begins or ends, in order of the facts; only their hosts matter to a site."""
    found = {end for flow in system.flows for end in (flow.initiator, flow.responder)}
    return tuple(role.id for role in system.roles if role.id in found)


def connection_points(system: System, instances: int) -> int:
    """How many connection points so many VM instances call for."""
    return -(-instances // system.limit(INSTANCES_PER_CONNECTION_POINT).value)


def crossing(system: System) -> tuple[Flow, ...]:
    """List the flows whose connection passes the perimeter, in order of the facts."""
    through = (Direction.OUTBOUND, Direction.INBOUND)
    return tuple(item for item in system.flows if direction(system, item) in through)


def applies(condition: Condition, method: MethodId | str | None, instances: int) -> bool:
    """Say whether a condition allows that deployment method and number of VM instances."""
    fits = condition.method in (None, method)
    return fits and (condition.fewest or 1) <= instances <= (condition.most or instances)


def ladder(system: System, method: MethodId | str, instances: int) -> tuple[tuple[Rung, ...], ...]:
    """
    List how the channel to each VM instance is tried.

    Returns:
        One tuple for each instance from 1; in it the rungs in the order in which they are tried.

    Raises:
        UnknownId: There is no such method.
        OutOfRange: The number of instances is outside the limit.
    """
    system.method(method)
    most = most_instances(system)
    if not 1 <= instances <= most:
        raise OutOfRange("VM instances", instances, 1, most)
    tried = {item.rung: item for item in system.flows if item.rung and applies(item.when, method, instances)}
    order = sorted(tried)
    return tuple(
        tuple(
            Rung(rung, tried[rung], i, port)
            for rung in order
            if (port := tried[rung].services[0].port.at(i)) is not None
        )
        for i in range(1, instances + 1)
    )


def changes(system: System, before: str, after: str) -> tuple[Change, ...]:
    """Compare two editions, see :func:`changed_rows`."""
    return changed_rows(rows(system, before), rows(system, after))


def changed_rows(earlier_rows: tuple[Row, ...], later_rows: tuple[Row, ...]) -> tuple[Change, ...]:
    """
    Compare two tables row by row, a row being matched with the older one that covers its flow.

    Returns:
        What the later one adds or prints differently in its order, then what it leaves out.
        ``fields`` names the columns that differ; empty for an added or removed row.
    """
    old = {ident: row for row in earlier_rows for ident in row.covers}
    found = []
    for row in later_rows:
        was = old.get(row.covers[0]) if row.covers else None
        fields = tuple(name for name in _PRINTED if was and getattr(was, name) != getattr(row, name))
        if fields or not was:
            found.append(Change(row.covers, was, row, fields))
    kept = {ident for row in later_rows for ident in row.covers}
    gone = (row for row in earlier_rows if not kept & set(row.covers))
    return (*found, *(Change(row.covers, row, None, ()) for row in gone))


_PRINTED = ("client", "protocol", "port_text", "server", "description", "covers")


def last_compared(system: System) -> str:
    """The latest day on which the facts were compared with their sources; empty where they never were."""
    return system.readings[-1] if system.readings else ""


def inferred(of: Flow) -> bool:
    """Say whether the flow or one of its ports is deduced rather than printed by a source."""
    return of.inferred or any(service.inferred for service in of.services)


def unstated(of: Flow) -> bool:
    """Say whether no source states a port of a connection: then the mark of a deduced one is not on its port."""
    return bool(of.services) and not any(service.port.stated for service in of.services)


def logs(system: System, ident: FlowId) -> tuple[tuple[str, bool], ...]:
    """Names of the logs that report on a flow, each with whether that is deduced; those that a source says first."""
    own = system.flow(ident).logs
    said = [*own, *(log.id for log in system.logs if ident in log.flows)]
    return (*((name, False) for name in said), *((log.id, True) for log in system.logs if ident in log.guessed))


def reported(system: System, log: Log) -> tuple[tuple[FlowId, bool], ...]:
    """Flows on which a log reports, each with whether that is deduced; flows that *system* leaves out are missing."""
    said = [item.id for item in system.flows if log.id in item.logs or item.id in log.flows]
    return (*((ident, False) for ident in said), *((f.id, True) for f in system.flows if f.id in log.guessed))


def confidence(system: System, item: Cited) -> Confidence:
    """How sure a fact is; Microsoft's documentation documents it, and everything else is a report."""
    if item.inferred:
        return Confidence.INFERRED
    files = (file for ident in item.sources for file in system.source(ident).files)
    documented = any(file.repository.startswith("MicrosoftDocs/") for file in files)
    return Confidence.DOCUMENTED if documented else Confidence.REPORTED


def is_elsewhere(system: System, symptom: Symptom) -> bool:
    """
    Whether a cause is known not to be the network.

    It may be if the symptom, or one that it follows from, directly or not, is the network or looks like one that is.
    """
    known = {item.id: item for item in system.symptoms}  # a site may lack some
    earlier = {symptom.id: symptom}
    while more := {ident for item in earlier.values() for ident in item.follows if ident in known} - earlier.keys():
        earlier |= {ident: known[ident] for ident in more}
    alike = (known[ident] for item in earlier.values() for ident in item.others if ident in known)
    return not any(item.network for item in (*earlier.values(), *alike))
