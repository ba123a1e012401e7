"""What a dialect of firewall rules is, and the checks that every rule passes before a dialect writes it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, replace

from ..errors import Fault, SiteError
from ..facts.ids import PROXY
from ..plan.plan import End, Plan
from ..plan.reach import OTHER_WORK, loose
from ..plan.rules import Rule, RuleSet, without_version
from ..site.hosts import Host, HostKind, Resolve, parse_host

Hosts = tuple[Host, ...]
Problem = tuple[str, str]
"""What a dialect cannot express of a rule: the field, empty for the rule as a whole, and what was found."""
FIELDS = ("source", "destination")
ADDRESSES = frozenset({HostKind.ADDRESS, HostKind.NETWORK, HostKind.ANY})
NAMES = ADDRESSES | {HostKind.NAME}


@dataclass(frozen=True)
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
    part: Callable[[RuleSet], RuleSet] = lambda rules: rules
    stand_in: Callable[[RuleSet], RuleSet] = lambda rules: rules
    check: Callable[[Rule], Iterable[Problem]] = lambda rule: ()
    remove: Callable[[RuleSet], bytes] | None = None
    warns: Callable[[RuleSet], Iterable[str]] = lambda rules: ()

    def at(self, field: str) -> frozenset[HostKind]:
        """The kinds of hosts that it can express in ``source`` or ``destination``."""
        return self.sources if field == "source" and self.sources is not None else self.takes


def written(rules: RuleSet, dialect: Dialect, resolve: Resolve | None = None) -> bytes:
    """
    Write *rules* in *dialect*; the same rules give the same bytes.

    Args:
        rules: The rules of one plan.
        dialect: One of :data:`~cmgdocs.firewall.registry.DIALECTS`.
        resolve: Turns a DNS name into addresses where the dialect takes no names; without it they are refused.

    Raises:
        SiteError: Everything that the dialect cannot express, with the keys of the site file or the rules.
    """
    return dialect.write(ready(rules, dialect, resolve))


def ready(rules: RuleSet, dialect: Dialect, resolve: Resolve | None = None) -> RuleSet:
    """The rules as :func:`written` hands them to *dialect*: the part that belongs in it, resolved and checked."""
    rules = dialect.part(rules)
    fields = [field for field in FIELDS if HostKind.NAME not in dialect.at(field)]
    faults: tuple[Fault, ...] = ()
    if resolve and fields:
        try:
            rules = resolved(rules, resolve, fields)
        except SiteError as error:  # the names stay where they are
            faults = error.faults
    rules = dialect.stand_in(rules)
    if dialect.complete:
        unfit = _unfit(rules, dialect, looked_up=bool(faults))
        faults = (
            *faults,
            *unfit,
            *grouped((rule, found) for rule in rules.rules for found in _problems(rule, dialect)),
        )
    if faults:
        raise SiteError(faults)
    return rules


def grouped(problems: Iterable[tuple[Rule, Problem]]) -> tuple[Fault, ...]:
    """Problems as faults, the same one of several rules once, with the ids of all of them."""
    found: dict[Problem, list[str]] = {}
    for rule, problem in problems:
        found.setdefault(problem, []).append(rule.id)
    return tuple(
        Fault(f"{', '.join(dict.fromkeys(ids))} {field}".rstrip(), what) for (field, what), ids in found.items()
    )


def resolved(rules: RuleSet, resolve: Resolve, fields: Collection[str] = FIELDS) -> RuleSet:
    """
    The same rules with addresses, ascending, in the place of the names in *fields*.

    Raises:
        SiteError: All names without an address.
    """
    faults: list[Fault] = []
    known: dict[str, Hosts] = {}

    def looked_up(rule: Rule, field: str) -> End:
        end: End = getattr(rule, field)
        hosts: list[Host] = []
        for host in end.hosts:
            if field not in fields or host.kind is not HostKind.NAME:
                hosts.append(host)
                continue
            if host.text not in known:
                try:
                    known[host.text] = _addresses(host.text, resolve)
                except ValueError as error:
                    known[host.text] = ()
                    faults.append(Fault(f"{rule.id} {field}", str(error)))
            hosts += known[host.text]
        return replace(end, hosts=tuple(dict.fromkeys(hosts)))

    found = [replace(r, source=looked_up(r, "source"), destination=looked_up(r, "destination")) for r in rules.rules]
    if faults:
        raise SiteError(faults)
    return replace(rules, rules=tuple(found))


def _addresses(name: str, resolve: Resolve) -> Hosts:
    """The addresses of a name, ascending; :class:`ValueError` says why there is none."""
    try:
        found = {parse_host(text) for text in resolve(name)}
    except (OSError, ValueError) as error:
        raise ValueError(f"{name} has no address here: {getattr(error, 'strerror', None) or error}") from None
    return tuple(sorted(found, key=lambda host: (host.version, host.text)))


def _problems(rule: Rule, dialect: Dialect) -> Iterator[Problem]:
    if dialect.takes == ADDRESSES:
        yield from no_family(rule)
    yield from dialect.check(rule)


def no_family(rule: Rule) -> Iterator[Problem]:
    """Say so where all hosts are addresses, and no source has the IP version of any destination."""
    if without_version(rule):
        yield "", "source and destination share no address family; give both in IPv4 or both in IPv6"


def _unfit(rules: RuleSet, dialect: Dialect, *, looked_up: bool) -> Iterator[Fault]:
    """
    The hosts that a dialect cannot express: a fault for each key of the site file, with the rules that need it.

    Where names were *looked_up*, none of them is a fault here.
    """
    found: dict[tuple[str, str], tuple[list[str], list[str]]] = {}
    named = False
    for rule, field in ((rule, field) for rule in rules.rules for field in FIELDS):
        end: End = getattr(rule, field)
        takes = dialect.at(field) | ({HostKind.NAME} if looked_up else set())
        named |= any(host.kind is HostKind.NAME not in takes for host in end.hosts)
        for what, hint in _end_problems(end, takes):
            key = end.role if end.role == PROXY else f"hosts.{end.role}"
            allowed = f"{_kinds(dialect, field)}{hint}"
            texts, ids = found.setdefault((key, allowed), ([], []))
            texts.append(what)
            ids.append(rule.id)
    for (key, allowed), both in found.items():
        what, where = (", ".join(dict.fromkeys(words)) for words in both)
        yield Fault(key, f"found {what} ({where}); allowed: {allowed}")
    if named:
        hint = f"it takes {_kinds(dialect, 'source')} only: give them under [hosts], or ask for look-ups with --resolve"
        yield Fault(f"dialect {dialect.name}", f"found names; {hint}")


def _end_problems(end: End, takes: Collection[HostKind]) -> Iterator[tuple[str, str]]:
    """What is wrong with the hosts of an end, and what else would do."""
    if not end.hosts and not end.patterns:
        yield f"no host of {end.name}", ""
    yield from ((pattern, ", or a gateway name in a domain of Azure as hosts.cmg") for pattern in end.patterns)
    yield from ((str(host), "") for host in end.hosts if host.kind not in takes)


def _kinds(dialect: Dialect, field: str) -> str:
    """The kinds of hosts that a dialect takes in a field, in words."""
    names = "names, " * (HostKind.NAME in dialect.at(field))
    return f"{names}addresses and networks{' as sources' * (dialect.sources is not None and field == 'source')}"


def by_version(rule: Rule) -> dict[int, tuple[Hosts, Hosts]]:
    """
    The sources and destinations of a rule for each IP version that both ends have, 4 first.

    ``any`` and names belong to both versions.
    """
    found = {}
    for version in (4, 6):
        source, destination = (
            tuple(host for host in end.hosts if host.version in (version, 0)) for end in (rule.source, rule.destination)
        )
        if source and destination:
            found[version] = source, destination
    return found


def reachable(rule: Rule) -> tuple[Hosts, Hosts]:
    """The sources and destinations without those whose IP version the other end does not have."""
    known = {0, *by_version(rule)}
    return (
        tuple(host for host in rule.source.hosts if host.version in known),
        tuple(host for host in rule.destination.hosts if host.version in known),
    )


def unreachable(rule: Rule, versions: Collection[int]) -> Iterator[tuple[int, str]]:
    """Each host whose IP version is not among those of both ends: the version, and what becomes of it in words."""
    for field in FIELDS:
        for host in getattr(rule, field).hosts:
            if host.version and host.version not in versions:
                yield host.version, f"the {field} {host} is left out; the other end has no IPv{host.version}"


def left_out(rules: RuleSet) -> tuple[Fault, ...]:
    """The hosts that no rule holds, because the other end has another IP version."""
    return grouped((rule, ("", what)) for rule in rules.rules for _, what in unreachable(rule, by_version(rule)))


def holds_any(hosts: Iterable[Host]) -> bool:
    """Whether ``any`` is among the hosts, so that no other counts."""
    return any(host.kind is HostKind.ANY for host in hosts)


def purpose(rule: Rule) -> str:
    """What a rule is for, on one line: source, destination and reason; *inferred* where its port is deduced."""
    badge = " (inferred)" if rule.inferred else ""
    several = f": {', '.join(rule.flows)}" if rule.destination.role == PROXY else ""  # of others the id names it
    return f"{rule.source.name} to {rule.destination.name}, {rule.reason}{several}{badge}"


def comment(rule: Rule) -> str:
    """The id of a rule and its :func:`purpose`."""
    return f"{rule.id}: {purpose(rule)}"


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


def text_file(lines: Iterable[str]) -> bytes:
    """A text file of these lines."""
    return "".join(f"{line}\n" for line in lines).encode()


SETUP = "{method}, {instances}, Configuration Manager {configmgr}, {cloud} cloud"
NO_RULE = "No rule for {}: {}"
LOOSE = "no source describes the connection; {}"


def head(rules: RuleSet, mark: str, *more: str) -> list[str]:
    """The first lines of a file of rules, each beginning with the dialect's comment *mark*."""
    setup = rules.plan.deployment.setup
    edition = f", edition {rules.plan.edition}" if rules.plan.edition else ""
    lines = (
        f"Rules for {comment_text(rules.plan.deployment.name)}, made by cmgdocs{edition}",
        SETUP.format(
            method=setup.method,
            instances=instances_text(setup.instances),
            configmgr=setup.configmgr,
            cloud=setup.cloud.value,
        ),
        *more,
        *(NO_RULE.format(item.flow.id, item.reason) for item in rules.elsewhere),
        *_without_flow(rules.plan),
    )
    return [f"{mark} {line}" for line in lines]


def instances_text(number: int) -> str:
    """So many VM instances, as the head of a file has them."""
    return f"{number} VM instance{'s' if number > 1 else ''}"


def _without_flow(plan: Plan) -> Iterator[str]:
    """A line for what must be reached although no connection to it is known, and so no rule."""
    for item in loose(plan):
        what = item.endpoint.without_flow or item.endpoint.purpose
        yield NO_RULE.format(", ".join(item.names), LOOSE.format(what))
    yield f"{OTHER_WORK}."
