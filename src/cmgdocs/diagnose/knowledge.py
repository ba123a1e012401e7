"""What the matcher works with, in Python and in the page alike: patterns, logs, and flows by port and host."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from ..facts.model import FlowId, LogId, MethodId, Recovery, Sign, Symptom, SymptomId, System
from ..facts.patterns import literals
from ..facts.queries import port_ranges
from ..facts.text import most_instances
from ..site.names import gateway_names


@dataclass(frozen=True)
class Look:
    """
    One sign to look for. *shows* is its symptom, empty for that of a *recovery*, which *ends* symptoms instead.

    *line* and *near* are regular expressions, see :mod:`cmgdocs.facts.patterns`; *flows* are those of the sign, or else
    of its symptom.
    """

    shows: SymptomId
    line: str
    near: str
    logs: tuple[LogId, ...]
    flows: tuple[FlowId, ...]
    ends: tuple[SymptomId, ...] = ()
    recovery: str = ""


@dataclass(frozen=True)
class Knowledge:
    """
    All signs in order of the facts, recoveries last, and what narrows the flows of one.

    *follows* gives for each symptom those of which it may be a consequence, *logs* the log of a component or of a
    file's name without its ending, both in lower case. *ports* has the ports of each flow of the channel, inclusive;
    *hosts* the ends of names that Azure gives to a gateway, and the flows of the channel to it; *own* are those to a
    gateway with any other name.
    """

    looks: tuple[Look, ...]
    follows: dict[SymptomId, tuple[SymptomId, ...]]
    logs: dict[str, LogId]
    ports: dict[FlowId, tuple[tuple[int, int], ...]]
    hosts: tuple[tuple[str, tuple[FlowId, ...]], ...]
    own: tuple[FlowId, ...]

    @classmethod
    def of(cls, system: System) -> Knowledge:
        """What the facts say; those of one site know its own flows and instances."""
        channel = [flow for flow in system.flows if flow.rung]
        instances = most_instances(system)
        by_method = {
            method.id: tuple(flow.id for flow in channel if flow.when.method == method.id) for method in system.methods
        }
        return cls(
            looks=(*(_look(s, sign) for s in system.symptoms for sign in s.signs), *_recoveries(system)),
            follows={symptom.id: symptom.follows for symptom in system.symptoms if symptom.follows},
            logs={
                name.lower(): log.id for log in system.logs for name in (log.id.removesuffix(".log"), *log.components)
            },
            ports={flow.id: tuple((p.low, p.high) for p in port_ranges(flow, instances)) for flow in channel},
            hosts=tuple(_named(system, by_method)),
            own=tuple(ident for method in system.methods if not method.runs_before for ident in by_method[method.id]),
        )

    @cached_property
    def patterns(self) -> dict[str, set[str]]:
        """Patterns of all signs by texts in lower case: a line that matches a pattern has one of its texts."""
        found: dict[str, set[str]] = {}
        for pattern in {pattern for look in self.looks for pattern in (look.line, look.near)}:
            for text in literals(pattern):
                found.setdefault(text, set()).add(pattern)
        return found

    @cached_property
    def texts(self) -> tuple[bytes, ...]:
        """Those of the texts that contain no other one: a line with none of these matches no pattern."""
        texts = sorted(self.patterns)
        return tuple(text.encode() for text in texts if not any(it in text for it in texts if it != text))

    def log_of(self, name: str) -> LogId | None:
        """The log that a component or the file of that *name* without its ending belongs to."""
        return self.logs.get(name.lower())

    def narrowed(self, flows: tuple[FlowId, ...], host: str, port: int | None) -> tuple[FlowId, ...]:
        """Those of *flows* that lead to such a host on such a port, where they are of the channel; all if none does."""
        channel = [ident for ident in flows if ident in self.ports]
        kept = [i for i in channel if port is None or any(low <= port <= high for low, high in self.ports[i])]
        if host:
            own = next((of for end, of in self.hosts if host.lower().endswith(end)), self.own)
            kept = [ident for ident in kept if ident in own] or kept
        return tuple(ident for ident in flows if ident in kept or ident not in channel) if kept else flows

    def alone(self, port: int | None) -> bool:
        """Whether that port leads to no particular one of several VM instances."""
        spans = [span for spans in self.ports.values() for span in spans]
        return port is None or all(low == high for low, high in spans if low <= port <= high)


def _look(symptom: Symptom, sign: Sign) -> Look:
    return Look(symptom.id, sign.line, sign.near, sign.logs, sign.flows or symptom.flows)


def _recoveries(system: System) -> list[Look]:
    found: list[tuple[Recovery, Sign]] = [(item, sign) for item in system.recoveries for sign in item.signs]
    return [Look(SymptomId(""), sign.line, sign.near, sign.logs, (), item.ends, item.id) for item, sign in found]


def _named(system: System, by_method: dict[MethodId, tuple[FlowId, ...]]) -> list[tuple[str, tuple[FlowId, ...]]]:
    """The ends of names in Azure with the flows to such a gateway; one that several methods share has those of all."""
    ends: dict[str, list[FlowId]] = {}
    for method, _, name in gateway_names(system):
        flows = ends.setdefault(name.rpartition(">")[2], [])
        flows += [ident for ident in by_method.get(MethodId(method), ()) if ident not in flows]
    return [(end, tuple(flows)) for end, flows in ends.items()]
