"""What our own writers write for firewalls, read back by fwshift."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_address, summarize_address_range

from made_sites import Said, normal_texts

from cmgdocs.audit.configuration import read_policy
from cmgdocs.audit.policy import EVERY_V4, EVERY_V6, AddressSet, PolicyRule
from cmgdocs.facts.model import Transport


def said_of(text: str, dialect: str) -> set[Said]:
    """What a text lets through, once for each IP version that both ends have."""
    out = set()
    for rule in _read(text, dialect):
        assert rule.allows
        for version in (4, 6):
            source, destination = (_hosts(side, version) for side in (rule.sources, rule.destinations))
            for transport in Transport if source and destination else ():
                if ports := tuple((span.low, span.high) for span in rule.services.at(transport)):
                    out.add((normal_texts(source), normal_texts(destination), transport.value, ports))
    return out


def _read(text: str, dialect: str) -> Iterable[PolicyRule]:
    """The rules that fwshift finds."""
    policy = read_policy(text.encode(), dialect, dialect)
    limits = {limit for rule in policy.rules for limit in rule.limits if "is not in the configuration" not in limit}
    assert not policy.unread, policy.unread
    assert not limits, limits
    return policy.rules


def _hosts(side: AddressSet, version: int) -> set[str]:
    assert not side.unknown
    if side.every or {EVERY_V4, EVERY_V6} & {span for span in side.spans if span.version == version}:
        return {"any"}
    ends = [tuple(map(ip_address, str(span).split("-"))) for span in side.spans if "-" in str(span)]
    whole = {str(span) for span in side.spans if span.version == version and "-" not in str(span)}
    cut = {str(net) for low, high in ends if low.version == version for net in summarize_address_range(low, high)}  # type: ignore[type-var]
    return whole | cut | {f"name {name}" for name in side.names}
