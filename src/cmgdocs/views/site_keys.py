"""The keys of a site file as tables: those before the hosts, and the roles that have hosts."""

from __future__ import annotations

from collections.abc import Iterator

from ..facts.ids import GATEWAY
from ..facts.model import FlowId, Role, System
from ..facts.text import inner
from ..site.keys import Key, keys, written
from .table import Cell, Columns, Table, code, flow_references, joined, record_table, reference, text

FEW = 6  # values that a cell of the table lists; what may have more of them in a list has a table of its own


def site_keys(system: System) -> Table:
    """Every key before ``[hosts]``, what it says, what it may be and what holds without it."""
    columns: Columns[Key] = {
        "Key": lambda key: code(key.name),
        "What it says": lambda key: f"{key.text} {key.advice}".strip(),
        "Allowed": _allowed,
        "Default": _default,
    }
    return record_table("site-keys", "Keys of a site file", keys(system), columns, tight=("Key",), ids="name")


def _allowed(key: Key) -> Cell | str:
    if key.bounds:
        return f"{key.bounds[0]} to {key.bounds[1]}"
    if not key.choices:
        return "host:port"
    if key.many and len(key.choices) > FEW:
        return f"a list of values of the table {key.name}"
    choices = joined([code(written(choice)) for choice in key.choices], ", ")
    return joined([text("a list of" * key.many), choices], " ")


def _default(key: Key) -> Cell | str:
    values = key.default if key.many or key.default is None else (key.default,)
    return code(*map(written, values or ())) or "none"


def site_roles(system: System) -> Table:
    """Every role that ``[hosts]`` may name: what begins and what answers there, and what holds without its hosts."""
    flows = [flow for flow in system.flows if not flow.carried_by]

    def begins(role: Role) -> list[FlowId]:
        return [f.id for f in flows if role.id == f.initiator or (f.both_ways and role.id == f.responder)]

    def answers(role: Role) -> list[FlowId]:
        return [f.id for f in flows if role.id == f.responder or (f.both_ways and role.id == f.initiator)]

    def without(role: Role) -> str:
        return " ".join(_without(role, begins(role), answers(role), system))

    columns: Columns[Role] = {
        "Key": lambda role: code(role.id),
        "Role": lambda role: reference("role", role.id, role.name),
        "Source of": lambda role: flow_references(begins(role)),
        "Destination of": lambda role: flow_references(answers(role)),
        "Without it": without,
    }
    return record_table("site-roles", "Roles that have hosts", system.roles, columns, tight=("Key",))


def _without(role: Role, begins: list[FlowId], answers: list[FlowId], system: System) -> Iterator[str]:
    """What is planned where the file does not name the role's hosts, in sentences."""
    named = {flow for endpoint in system.endpoints for flow in endpoint.flows}
    if not begins and not answers:
        yield "No connection has it at an end, so it changes nothing."
        if role.id in {key.name for key in keys(system)}:
            yield f"The key {role.id} names it."
    elif answers and named.issuperset(answers):
        yield "The names that the sources list are planned."
        if role.id == GATEWAY:
            yield "A warning says so."
    elif role.also:
        yield "It is outside, and no rule is planned for it."
    else:
        yield "Plan and requests show its name without a host, and a warning says so; rules for devices are refused."
    if partners := list(_partners(role, system)):
        yield f"It counts as being on the host of the {' and of the '.join(partners)}, if that is one host."


def _partners(role: Role, system: System) -> Iterator[str]:
    """Names of the roles that share a host with *role* where the file does not name one for it."""
    for one, other, *stand_in in (use.apart for use in system.uses if use.apart):
        if role.id in (one, other):
            partner = one if role.id == other else other
            ident = stand_in[0] if stand_in and role.id == other else partner
            yield inner(system.role(ident).name)
