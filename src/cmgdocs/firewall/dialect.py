"""What a dialect is, and the checks that every rule passes before a dialect sees it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from ..errors import Fault, SiteError
from ..plan.plan import End, Plan
from ..plan.reach import OTHER_WORK, loose
from ..plan.rules import Rule, RuleSet, without_version
from ..site.hosts import Host, HostKind, Resolve, parse_host


@dataclass(frozen=True, slots=True)
class Dialect:
    """
    A way to write rules.

    *takes* are the kinds of hosts that it can express, *sources* those that it can as the source of a rule, where
    these are fewer. *part* picks the rules that belong in it, before anything is checked; *stand_in* puts something
    else in the place of names that were not looked up; *check* lists what else it cannot express of one rule.
    *complete* says that every host must be known; a request for people shows what is missing instead. *proved* says
    how its output was tested, or that it was not run on a device. *extra* is the optional extra that it needs.
    *remove* writes what takes the rules out again, where that is more than a line at the head of what *write* gives.
    *warns* gives what whoever loads it must know first.
    """

    name: str
    title: str
    ending: str
    write: Callable[[RuleSet], bytes]
    takes: frozenset[HostKind]
    proved: str
    complete: bool = True
    extra: str = ""
    sources: frozenset[HostKind] | None = None
    part: Callable[[RuleSet], RuleSet] | None = None
    stand_in: Callable[[RuleSet], RuleSet] = lambda rules: rules
    check: Callable[[Rule], Iterable[Fault]] = lambda rule: ()
    remove: Callable[[RuleSet], bytes] | None = None
    warns: Callable[[RuleSet], Iterable[str]] = lambda rules: ()

    def at(self, field: str) -> frozenset[HostKind]:
        """The kinds of hosts that it can express in ``source`` or ``destination``."""
        return self.sources if field == "source" and self.sources is not None else self.takes


FIELDS = ("source", "destination")
ADDRESSES = frozenset({HostKind.ADDRESS, HostKind.NETWORK, HostKind.ANY})
NAMES = ADDRESSES | {HostKind.NAME}


def written(rules: RuleSet, dialect: Dialect, resolve: Resolve | None = None) -> bytes:
    """
    Write *rules* in *dialect*; the same rules give the same bytes.

    Args:
        rules: The rules of one plan.
        dialect: One of :data:`~cmgdocs.firewall.registry.DIALECTS`.
        resolve: Turns a DNS name into addresses where the dialect takes no names; without it they are refused.

    Raises:
        SiteError: Every row and field that the dialect cannot express.
    """
    return dialect.write(ready(rules, dialect, resolve))


def ready(rules: RuleSet, dialect: Dialect, resolve: Resolve | None = None) -> RuleSet:
    """The rules as :func:`written` hands them to *dialect*: the part that belongs in it, resolved and checked."""
    if dialect.part:
        rules = dialect.part(rules)
    fields = [field for field in FIELDS if HostKind.NAME not in dialect.at(field)]
    if resolve and fields:
        rules = resolved(rules, resolve, fields)
    rules = dialect.stand_in(rules)
    if dialect.complete:
        faults = [*_faults(rules, dialect)]
        if faults:
            raise SiteError(dict.fromkeys(faults))
    return rules


def grouped(faults: Iterable[Fault]) -> Iterator[Fault]:
    """The same fault of several rules as one, with the ids of all of them."""
    found: dict[tuple[str, str], dict[str, None]] = {}
    for fault in faults:
        ident, _, field = fault.where.partition(" ")
        found.setdefault((field, fault.what), {})[ident] = None
    for (field, what), idents in found.items():
        yield Fault(" ".join(filter(None, (", ".join(idents), field))), what)


def resolved(rules: RuleSet, resolve: Resolve, fields: Sequence[str] = FIELDS) -> RuleSet:
    """
    The same rules with addresses, ascending, in the place of the names in *fields*.

    Raises:
        SiteError: All names without an address.
    """
    faults: list[Fault] = []
    known: dict[str, tuple[Host, ...]] = {}
    for rule in rules.rules:
        for field in fields:
            for name in (host.text for host in getattr(rule, field).hosts if host.kind is HostKind.NAME):
                if name not in known:
                    try:
                        known[name] = _addresses(name, resolve)
                    except ValueError as error:
                        known[name] = ()
                        faults.append(Fault(f"{rule.id} {field}", str(error)))
    if faults:
        raise SiteError(faults)
    return replace(rules, rules=tuple(_with_addresses(rule, fields, known) for rule in rules.rules))


def _addresses(name: str, resolve: Resolve) -> tuple[Host, ...]:
    """The addresses of a name, ascending; :class:`ValueError` says why there is none."""
    try:
        found = {parse_host(text) for text in resolve(name)}
    except (OSError, ValueError) as error:
        raise ValueError(f"{name} has no address here: {getattr(error, 'strerror', None) or error}") from None
    return tuple(sorted(found, key=lambda host: (host.version, host.text)))


def _with_addresses(rule: Rule, fields: Sequence[str], known: dict[str, tuple[Host, ...]]) -> Rule:
    def end(field: str) -> End:
        given: End = getattr(rule, field)
        if field not in fields:
            return given
        found = (known[host.text] if host.kind is HostKind.NAME else (host,) for host in given.hosts)
        return replace(given, hosts=tuple(dict.fromkeys(chain.from_iterable(found))))

    return replace(rule, source=end("source"), destination=end("destination"))


def _faults(rules: RuleSet, dialect: Dialect) -> Iterator[Fault]:
    for rule in rules.rules:
        for field in FIELDS:
            yield from _end_faults(rule, field, getattr(rule, field), dialect)
        if dialect.takes == ADDRESSES:
            yield from no_family(rule)
        yield from dialect.check(rule)


def no_family(rule: Rule) -> Iterator[Fault]:
    """Say so where all hosts are addresses, and no source has the IP version of any destination."""
    if without_version(rule):
        yield Fault(rule.id, "source and destination share no address family; give both in IPv4 or both in IPv6")


def _end_faults(rule: Rule, field: str, end: End, dialect: Dialect) -> Iterator[Fault]:
    where = f"{rule.id} {field}"
    if not end.hosts and not end.patterns:
        yield Fault(where, f"no host is known of {end.name}; name it as {end.role} under [hosts]")
    for pattern in end.patterns:
        what = (
            f"found {pattern}; name the host as {end.role} under [hosts], or as cmg a gateway name in a domain of Azure"
        )
        yield Fault(where, what)
    for host in end.hosts:
        takes = dialect.at(field)
        if host.kind not in takes:
            kinds = "addresses and networks" if HostKind.NETWORK in takes else "names and addresses"
            hint = ", or ask for look-ups with --resolve" if host.kind is HostKind.NAME else ""
            there = " here" if dialect.sources is not None else ""
            what = f"found the {host.kind.value} {host}; {dialect.name} takes {kinds} only{there}: give them{hint}"
            yield Fault(where, what)


def pairs(rule: Rule) -> Iterator[tuple[int, tuple[Host, ...], tuple[Host, ...]]]:
    """
    Give the rule once for each IP version that both ends have: version, sources, destinations.

    ``any`` belongs to both versions; a rule from any to any gives both.
    """
    for version in (4, 6):
        ends = [
            tuple(host for host in end.hosts if host.version in (version, 0)) for end in (rule.source, rule.destination)
        ]
        if ends[0] and ends[1]:
            yield version, ends[0], ends[1]


def distinct_pairs(rule: Rule) -> tuple[tuple[int, tuple[Host, ...], tuple[Host, ...]], ...]:
    """Give what :func:`pairs` does, but once where both versions would be written alike: of names and ``any`` only."""
    found = tuple(pairs(rule))
    differ = any(host.version for _, *both in found for end in both if not holds_any(end) for host in end)
    return found if differ else found[:1]


def reachable(rule: Rule, field: str) -> tuple[Host, ...]:
    """The hosts of an end without those that :func:`stranded` gives."""
    known = {version for version, _, _ in pairs(rule)} | {0}
    return tuple(host for host in getattr(rule, field).hosts if host.version in known)


def stranded(rule: Rule) -> Iterator[tuple[int, str]]:
    """Give each host whose IP version the other end has not, with that version: no packet can go between the two."""
    known = {version for version, _, _ in pairs(rule)}
    for field in FIELDS:
        for host in getattr(rule, field).hosts:
            if host.version and host.version not in known:
                yield host.version, f"{rule.id}: the {field} {host} is left out; the other end has no IPv{host.version}"


def holds_any(hosts: Iterable[Host]) -> bool:
    """Whether ``any`` is among the hosts, beside which no other counts."""
    return any(host.kind is HostKind.ANY for host in hosts)


def comment(rule: Rule) -> str:
    """What a rule is for, on one line: id, who to whom, reason; *inferred* where its port is deduced."""
    badge = " (inferred)" if rule.inferred else ""
    return f"{rule.id}: {rule.source.name} to {rule.destination.name}, {rule.reason}{badge}"


def comment_text(text: str, most: int = 255) -> str:
    """
    Put *text* on one line that no quotation can end early, for comments.

    What cannot be printed becomes a space, ``"`` and the backslash change their form. Longer than *most* bytes
    in UTF-8 it is cut, with three dots at the end.
    """
    printable = "".join(sign if sign.isprintable() else " " for sign in text)
    line = " ".join(printable.translate({ord('"'): "'", ord("\\"): "/"}).split())
    if len(line.encode()) <= most:
        return line
    return line.encode()[: most - 3].decode(errors="ignore").rstrip() + "..."


def head(rules: RuleSet, mark: str, *more: str) -> list[str]:
    """The first lines of a file of rules, each beginning with the dialect's comment *mark*."""
    setup, out = rules.plan.deployment.setup, []
    edition = f", edition {rules.plan.edition}" if rules.plan.edition else ""
    out.append(f"{mark} Rules for {comment_text(rules.plan.deployment.name)}, made by cmgdocs{edition}")
    count = f"{setup.instances} VM instance{'s' if setup.instances > 1 else ''}"
    out.append(f"{mark} {setup.method}, {count}, Configuration Manager {setup.configmgr}, {setup.cloud.value} cloud")
    out += [f"{mark} {line}" for line in more]
    out += [f"{mark} No rule for {item.flow.id}: {item.reason}" for item in rules.elsewhere]
    out += [f"{mark} {line}" for line in _without_flow(rules.plan)]
    return out


def _without_flow(plan: Plan) -> Iterator[str]:
    """A line for what must be reached although no connection to it is known, and so no rule."""
    for item in loose(plan):
        what = item.endpoint.remark.rpartition(": ")[2].rstrip(".") or item.endpoint.purpose
        yield f"No rule for {', '.join(item.names)}: no source describes the connection; {what}"
    yield f"{OTHER_WORK}."
