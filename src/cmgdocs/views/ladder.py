"""The ladder: how the channel chooses protocol and port, as a decision."""

from __future__ import annotations

from ..facts.model import Flow, Method, System
from ..facts.queries import applies
from ..facts.text import most_instances, protocol_text
from .diagram import Diagram, Direction, Edge, Node, Shape, Stroke

_FAILS = "no-channel"


def ladder_diagram(system: System) -> Diagram:
    """Draw the questions, the rungs they lead to, and what happens when a rung fails."""
    methods = [item for item in system.methods if _tries(system, item, _answers(system)[0][0])]
    nodes = [Node("method", ("Deployed as?",), Shape.QUESTION, 0)]
    edges: list[Edge] = []
    for method in methods:
        _branch(system, method, nodes, edges)
    last = max(node.rank for node in nodes) + 1
    nodes.append(Node(_FAILS, ("No channel", "to this instance"), Shape.FAILURE, last))
    return Diagram(
        id="ladder",
        title="How the channel chooses its port",
        caption=_caption(system, methods),
        description=_description(system, methods),
        direction=Direction.DOWN,
        areas=(),
        nodes=tuple(nodes),
        edges=tuple(edges),
        legend=False,
    )


def _caption(system: System, methods: list[Method]) -> str:
    if not system.instances:
        return "Deployment method and number of VM instances decide the port; only a classic gateway tries twice."
    tries = len(_tries(system, methods[0], system.instances))
    return f"The channel of this site is tried {'once' if tries == 1 else 'twice'} for each VM instance."


def _tries(system: System, method: Method, instances: int) -> list[Flow]:
    found = [item for item in system.flows if item.rung and applies(item.when, method.id, instances)]
    return sorted(found, key=lambda item: item.rung or 0)


def _branch(system: System, method: Method, nodes: list[Node], edges: list[Edge]) -> None:
    """One method: its question for the number of instances, and a column of rungs for each answer."""
    question = f"{method.id}-count"
    nodes.append(Node(question, ("How many", "VM instances?"), Shape.QUESTION, 1))
    edges.append(Edge(f"method-{question}", "method", question, (method.short,), Stroke.ALWAYS))
    for count, answer in _answers(system):
        above, label = question, answer
        for depth, item in enumerate(_tries(system, method, count)):
            rung = f"{item.id}-{answer.split()[0]}"
            nodes.append(Node(rung, (f"{item.id} {protocol_text(item)}", _port(item, count)), Shape.SERVICE, 2 + depth))
            edges.append(Edge(f"{above}-{rung}", above, rung, (label,), Stroke.ALWAYS, item.id))
            above, label = rung, "fails"
        edges.append(Edge(f"{above}-fails", above, _FAILS, ("fails",), Stroke.ALWAYS))


def _answers(system: System) -> tuple[tuple[int, str], ...]:
    """Numbers of VM instances that differ, with the word for each; for one site only its own."""
    if system.instances:
        return ((system.instances, "one" if system.instances == 1 else str(system.instances)),)
    return ((1, "one"), (most_instances(system), "two or more"))


def _port(item: Flow, count: int) -> str:
    port = item.services[0].port
    return f"port {port.at(1)}" if count == 1 or port.base is None else f"port {port}"


def _description(system: System, methods: list[Method]) -> str:
    parts = []
    for method in methods:
        for count, answer in _answers(system):
            words = {"one": "one VM instance", "two or more": "several"}.get(answer, f"{answer} VM instances")
            tries = [f"{protocol_text(item)} on {_port(item, count)}" for item in _tries(system, method, count)]
            parts.append(f"{method.short} with {words}, {', then '.join(tries)}")
    return f"What is tried for each VM instance i: {'; '.join(parts)}."
