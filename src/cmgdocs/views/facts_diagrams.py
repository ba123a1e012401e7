"""Diagrams of the facts: the data flow, the perimeter, the ladder of the channel, content, and proofs of identity."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from ..facts.ids import CLIENT, CONTENT_DOWNLOAD, CONTENT_UPLOAD, FIREWALL, MANAGEMENT_POINT, SITE_SERVER
from ..facts.model import Condition, Flow, Method, Proof, RoleId, Step, System
from ..facts.queries import Direction, Row, applies, crossing, direction, inferred, rows, unstated, zone_of
from ..facts.text import most_instances, port_groups, port_text, protocol_text
from .diagram import (
    INSIDE,
    SLIM,
    Area,
    Diagram,
    Edge,
    Node,
    RankDirection,
    Shape,
    Stroke,
    areas,
    by_proxy,
    flow_keys,
    inner_via,
    role_nodes,
    step_label,
)
from .sentences import counted, listed, named
from .table import flow_span, plain


def _ends(flows: Iterable[Flow]) -> tuple[RoleId, ...]:
    """Both ends of each flow, each role once."""
    return tuple(dict.fromkeys(end for flow in flows for end in (flow.initiator, flow.responder)))


def _stroke(system: System, when: Condition) -> Stroke:
    """Whether a connection depends on the deployment; for one site all is decided."""
    return Stroke.ALWAYS if system.instances or when == Condition() else Stroke.CONDITIONAL


def data_flow(system: System, ident: str | None = None) -> Diagram:
    """
    Draw the five steps and the rows of an edition, newest by default; the internet is on top, the inside below.

    The newest edition is for gateways of today: rows of a method that runs no more are in its table only.
    """
    chosen = system.edition(ident)
    every = rows(system, chosen.id)
    today = chosen.id == system.editions[-1].id
    printed = [row for row in every if not (today and _retired(system, row.flow))]
    but = "; rows of a method that runs no more are in the table only" if len(printed) < len(every) else ""
    return _steps(
        system,
        printed,
        (_row_edge(system, row) for row in printed),
        ident="data-flow",
        title="Data flow of the cloud management gateway",
        caption=f"Data flow, edition {chosen.id}: no connection from outside is opened into your network{but}.",
    )


TODAY = 2  # VM instances of the gateway in the small picture


def today(system: System) -> Diagram:
    """Draw the five steps of a gateway as it is deployed today, with two VM instances, and nothing that is optional."""
    count, everywhere = system.instances or TODAY, system.instances > 0
    method = next((item for item in system.methods if item.runs_before is None), system.methods[-1])

    def always(flow: Flow) -> bool:
        return everywhere or (applies(flow.when, method.id, count) and not flow.when.content)

    def edge(row: Row) -> Edge:
        ports = port_groups(row.flow, count)
        service = (row.protocol, *ports)
        short = (" ".join(service),) if len(" ".join(service)) <= SLIM else service
        words = (step_label(row.flow), *short, *by_proxy(system, row.flow))
        return Edge(row.flow.id, row.flow.initiator, row.flow.responder, words, Stroke.ALWAYS, row.flow.id)

    printed = [row for row in rows(system) if always(row.flow)]
    made = _steps(
        system,
        printed,
        map(edge, printed),
        ident="today",
        title="The gateway in five steps",
        caption=f"A {method.short} with {counted(count, 'VM instance')}: your connections start inside, none comes in.",
    )
    titled = (
        replace(area, title=f"{area.title}: nothing comes in") if system.zone(area.id).inside else area
        for area in made.areas
    )
    columns = 1, 2, 1, 0  # initiators outside, cloud, initiators inside, responders inside
    nodes = tuple(replace(node, rank=columns[node.rank]) for node in reversed(made.nodes))
    return replace(made, areas=tuple(titled)[::-1], nodes=nodes, shapes=False, direction=RankDirection.RIGHT)


def _retired(system: System, flow: Flow) -> bool:
    """Whether only a method that no version of today runs has this connection; never in a picture of one site."""
    method = flow.when.method
    return not system.instances and method is not None and system.method(method).runs_before is not None


def _steps(
    system: System, printed: Sequence[Row], edges: Iterable[Edge], *, ident: str, title: str, caption: str
) -> Diagram:
    """The picture of rows of an edition, with what is carried inside the channel."""
    carried = [item for item in system.flows if item.carried_by and item.step]
    starters = {row.flow.initiator for row in printed}

    def rank(ident: RoleId) -> int:
        zone = zone_of(system, ident)
        if not zone.inside:
            return 0 if zone.id == system.zones[-1].id else 1
        return 2 if ident in starters else 3

    ranks = {end: rank(end) for end in _ends([*(row.flow for row in printed), *carried])}
    drawn = (*edges, *(Edge(f.id, f.initiator, f.responder, (step_label(f), *INSIDE), Stroke.CARRIED) for f in carried))
    return Diagram(
        id=ident,
        title=title,
        caption=caption,
        description=_data_flow_text(system, printed, carried),
        areas=areas(system, ranks),
        nodes=role_nodes(system, ranks, drawn),
        edges=drawn,
        keys=flow_keys(drawn),
    )


def _row_edge(system: System, row: Row) -> Edge:
    flow, limited = row.flow, _short_condition(system, row)
    ports = port_groups(flow, most_instances(system))
    lines = (step_label(flow), row.protocol, *ports, *limited, *by_proxy(system, flow))
    stroke = Stroke.CONDITIONAL if limited else Stroke.ALWAYS
    return Edge(flow.id, flow.initiator, flow.responder, lines, stroke, flow.id)


def _short_condition(system: System, row: Row) -> tuple[str, ...]:
    """The condition that all flows of a printed row share, in a few words each; empty where none limits it."""
    if system.instances:  # one site, to which it all applies
        return ()
    conditions = [system.flow(ident).when for ident in row.covers]
    methods = {condition.method for condition in conditions}
    method = methods.pop() if len(methods) == 1 else None
    counts = {(condition.fewest, condition.most) for condition in conditions}
    fewest, most = counts.pop() if len(counts) == 1 else (None, None)
    parts = (
        system.method(method).short if method else "",
        "" if fewest is None else f"{fewest} VM" if fewest == most else f"{fewest}+ VMs",
        "with content" if all(condition.content for condition in conditions) else "",
    )
    return tuple(filter(None, parts))


def _data_flow_text(system: System, printed: Sequence[Row], carried: Sequence[Flow]) -> str:
    sides: dict[bool, list[Flow]] = {}
    for row in printed:
        sides.setdefault(zone_of(system, row.flow.initiator).inside, []).append(row.flow)
    openers = "; ".join(
        f"from {'inside' if inside else 'the internet'}, {_openers(system, sides[inside])}"
        for inside in (True, False)
        if inside in sides
    )
    back = " ".join(
        f"Requests go from {named(system, item.initiator)} to {named(system, item.responder)} inside the channel"
        f" that is already open ({item.id})."
        for item in carried
    )
    return (
        f"{counted(len(printed), 'connection').capitalize()}: {openers};"
        f" nothing connects from outside to the inside. {back}"
    )


def _openers(system: System, flows: Iterable[Flow]) -> str:
    """Who connects to whom: ``the client to the gateway and blob storage; the console to Azure``."""
    reached: dict[RoleId, list[RoleId]] = {}
    for item in flows:
        reached.setdefault(item.initiator, []).append(item.responder)
    return "; ".join(
        f"{named(system, opener)} to {listed(named(system, end) for end in dict.fromkeys(ends))}"
        for opener, ends in reached.items()
    )


def perimeter(system: System) -> Diagram:
    """
    Draw what crosses the perimeter: initiators on the left, the rules, responders on the right.

    For one site all of it is drawn, with its web proxy behind those that open connections by it; for all sites only
    what a source names and a method of today opens, and the table has the rest.
    """
    order = [item.id for item in system.roles]
    flows = sorted(crossing(system), key=lambda item: (order.index(item.initiator), order.index(item.responder)))
    drawn = [item for item in flows if system.instances or not (item.inferred or _retired(system, item))]
    outbound, going_out = (
        sum(direction(system, item) is Direction.OUTBOUND for item in some) for some in (flows, drawn)
    )
    inbound, guessed = len(flows) - outbound, sum(map(inferred, drawn))
    shown = f"; the picture shows the {len(drawn)} that a source names for a gateway of today"
    shown += f", {guessed} of them with an inferred port" * bool(guessed)
    within = f", of {outbound} in the table"
    if len(drawn) == len(flows):
        shown = within = ""
    to_proxies = dict.fromkeys((item.initiator, via) for item in drawn if (via := inner_via(system, item)))
    columns = (item.initiator for item in drawn), (via for _, via in to_proxies), (item.responder for item in drawn)
    used = filter(None, map(dict.fromkeys, columns))
    ranks = {end: number for number, ends in enumerate(used) for end in ends}
    rules = tuple(_rule(system, item) for item in drawn)
    edges = (*(Edge(f"{source}-{via}", source, via, (), Stroke.ALWAYS) for source, via in to_proxies), *rules)
    return Diagram(
        id="perimeter",
        title="What crosses the perimeter",
        caption=f"{counted(len(flows), 'kind').capitalize()} of connections cross the perimeter,"
        f" {outbound if inbound else 'all'} of them outbound{shown}.",
        description=f"The perimeter firewall lets {counted(going_out, 'outbound connection')} through{within}:"
        f" {_openers(system, drawn)}. There {'is' if inbound == 1 else 'are'} {counted(inbound, 'inbound rule')}.",
        direction=RankDirection.RIGHT,
        areas=(Area(FIREWALL, f"Perimeter firewall: {inbound or 'nothing'} inbound"), *areas(system, ranks)),
        nodes=role_nodes(system, ranks, edges),
        edges=edges,
        keys=flow_keys(rules),
    )


def _rule(system: System, item: Flow) -> Edge:
    """A connection through the firewall, from the proxy where it goes by one."""
    lines = [item.id, protocol_text(item), port_text(item, most_instances(system))]
    if inferred(item):
        lines.insert(2 if unstated(item) else 3, "inferred")
    source = inner_via(system, item) or item.initiator
    return Edge(item.id, source, item.responder, tuple(lines), _stroke(system, item.when), item.id, FIREWALL)


_FAILS = "no-channel"


def ladder(system: System) -> Diagram:
    """Draw how the channel chooses its port: the questions, the rungs they lead to, and what happens when one fails."""
    methods = [item for item in system.methods if _tries(system, item, _answers(system)[0][0])]
    nodes = [Node("method", ("Deployed as?",), Shape.QUESTION, 0)]
    edges: list[Edge] = []
    for method in methods:
        _branch(system, method, nodes, edges)
    last = max(node.rank for node in nodes) + 1
    nodes.append(Node(_FAILS, ("No channel", "to this instance"), Shape.FAILURE, last))
    caption = "Deployment method and number of VM instances decide the port; only a classic gateway tries twice."
    if system.instances:
        once = len(_tries(system, methods[0], system.instances)) == 1
        caption = f"The channel of this site is tried {'once' if once else 'twice'} for each VM instance."
    return Diagram(
        id="ladder",
        title="How the channel chooses its port",
        caption=caption,
        description=_ladder_text(system, methods),
        areas=(),
        nodes=tuple(nodes),
        edges=tuple(edges),
        legend=False,
    )


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
    return f"port {port.at(1)}" if count == 1 or port.base is None else f"port {port}".replace(" + ", "\u00a0+\u00a0")


def _ladder_text(system: System, methods: list[Method]) -> str:
    parts = []
    for method in methods:
        for count, answer in _answers(system):
            words = {"one": "one VM instance", "two or more": "several"}.get(answer, f"{answer} VM instances")
            tries = [f"{protocol_text(item)} on {_port(item, count)}" for item in _tries(system, method, count)]
            parts.append(f"{method.short} with {words}, {', then '.join(tries)}")
    return f"What is tried for each VM instance i: {'; '.join(parts)}."


def content(system: System) -> Diagram:
    """Draw the steps of download and upload that go from one role to another, numbered as in the table."""
    down, up = (system.sequence(ident).steps for ident in (CONTENT_DOWNLOAD, CONTENT_UPLOAD))
    grouped: dict[tuple[RoleId, RoleId], list[Step]] = {}
    for step in (*down, *up):
        if step.tail and step.head:
            grouped.setdefault((step.tail, step.head), []).append(step)
    outside = 0 if zone_of(system, CLIENT).inside else 2  # the side of the site server, away from clients elsewhere
    ranks = {end: {CLIENT: 0, SITE_SERVER: outside}.get(end, 1) for ends in grouped for end in ends}
    edges = tuple(_steps_edge(system, *ends, group) for ends, group in grouped.items())
    return Diagram(
        id="content",
        title="Content through the gateway",
        caption="The client learns the place from the gateway, then downloads from blob storage directly.",
        description=f"A download takes {counted(len(down), 'step')}: the client gets a token from the"
        " management point through the open channel, resolves the name, shows the token to the gateway, learns"
        " the exact place and downloads from blob storage. The site server uploads to the same storage from inside.",
        areas=areas(system, ranks),
        nodes=role_nodes(system, ranks, edges),
        direction=RankDirection.RIGHT,
        edges=edges,
        keys=((down[0].number, "step of a download"), (up[-1].number, "step of an upload")),
    )


def _steps_edge(system: System, tail: RoleId, head: RoleId, group: list[Step]) -> Edge:
    """One arrow for each pair of ends; steps that share it are its lines."""
    first = group[0]
    answer = first.flows and tail != system.flow(first.flows[0]).initiator
    lines = (" ".join(step.number for step in group), *(step.title for step in group))
    return Edge(first.number, tail, head, lines, Stroke.CARRIED if answer else Stroke.ALWAYS, row=first.number)


def authentication(system: System) -> Diagram:
    """Draw every proof as an arrow from the role that shows it to the role that checks it."""
    flows = {proof.id: system.flow(proof.flows[0]) for proof in system.proofs}

    def rank(end: RoleId) -> int:
        inside = zone_of(system, end).inside
        return 3 if end == MANAGEMENT_POINT else 2 if inside else 0 if end == CLIENT else 1

    ranks = {end: rank(end) for end in _ends(flows.values())}

    def sentence(proof: Proof) -> str:
        flow = flows[proof.id]
        return f"{named(system, flow.initiator)} to {named(system, flow.responder)}, {' '.join(proof.label)}"

    def edge(proof: Proof) -> Edge:
        flow, stroke = flows[proof.id], _stroke(system, proof.when)
        further = plain(flow_span(proof.flows)).split(" ", 1)[1:]
        lines = (step_label(flow), *further, *proof.label)
        return Edge(flow.id, flow.initiator, flow.responder, lines, stroke, proof.id)

    count, drawn = counted(len(system.proofs), "proof").capitalize(), tuple(map(edge, system.proofs))
    return Diagram(
        id="authentication",
        title="Who proves what to whom",
        caption="How this site's ends prove who they are."
        if system.instances
        else "Clients have a choice of three proofs; the channel and the deployment have their own.",
        description=f"{count}: {'; '.join(map(sentence, system.proofs))}.",
        areas=areas(system, ranks),
        nodes=role_nodes(system, ranks, drawn),
        edges=drawn,
        keys=flow_keys(drawn),
    )
