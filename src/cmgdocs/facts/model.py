"""
The model: who there is, who opens a connection to whom, and what is said about it. Frozen data, no I/O.

Ids are strings of their own types, so that a reader of the data can check every reference.
A flow has an *initiator* and a *responder*, the words of a firewall's session log: who connects
decides the rule, data may go either way. ``sources`` is always evidence, never an address.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, fields
from enum import Enum
from functools import cached_property
from typing import Any, NewType, TypeVar
from typing import Protocol as Shape

from ..errors import UnknownId
from .ports import PortSpec

ZoneId = NewType("ZoneId", str)
RoleId = NewType("RoleId", str)
FlowId = NewType("FlowId", str)
SourceId = NewType("SourceId", str)
EditionId = NewType("EditionId", str)
MethodId = NewType("MethodId", str)
CredentialId = NewType("CredentialId", str)
Version = NewType("Version", str)
UseId = NewType("UseId", str)
LogId = NewType("LogId", str)
LimitId = NewType("LimitId", str)
EventId = NewType("EventId", str)
SequenceId = NewType("SequenceId", str)
DisputeId = NewType("DisputeId", str)
SymptomId = NewType("SymptomId", str)
DecisionId = NewType("DecisionId", str)


class HasId(Shape):
    """Anything of the model that has an id."""

    @property
    def id(self) -> str: ...


Thing = TypeVar("Thing", bound=HasId)


def find(kind: str, things: Iterable[Thing], ident: str) -> Thing:
    """Give the one of *things* with that id; :class:`UnknownId` names *kind* and the near match."""
    known = {thing.id: thing for thing in things}
    if ident not in known:
        raise UnknownId(kind, ident, known)
    return known[ident]


@dataclass(frozen=True)
class Evidence:
    """
    What one source prints for a fact.

    A passage is the few words of one place of the source, in the order of print: cells of one row, or words of one
    paragraph, headings above it included. There is at least one.
    """

    source: SourceId
    passages: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Cited:
    """Something that sources bear out, or from which it is inferred."""

    id: str
    evidence: tuple[Evidence, ...] = field(kw_only=True)
    inferred: bool = field(default=False, kw_only=True)

    @property
    def sources(self) -> tuple[SourceId, ...]:
        """Ids of the sources, in the order of the facts."""
        return tuple(item.source for item in self.evidence)

    @property
    def passages(self) -> tuple[tuple[str, ...], ...]:
        """What all sources print."""
        return tuple(passage for item in self.evidence for passage in item.passages)

    @property
    def printed_entries(self) -> tuple[str, ...]:
        """Cells and words of all passages."""
        return tuple(entry for passage in self.passages for entry in passage)


class Kind(Enum):
    """What a role is for; the shape of its node, which in a picture a service has only if it starts nothing there."""

    STARTER = "starter"
    SERVICE = "service"
    ENTRY = "entry"
    STORE = "store"


class Protocol(Enum):
    """Protocols by the name that the article prints."""

    HTTPS = "HTTPS"
    HTTP = "HTTP"
    TCP_TLS = "TCP-TLS"
    DNS = "DNS"
    SMB = "SMB"
    RPC = "RPC"
    TDS = "TDS"


class Transport(Enum):
    """What carries a protocol; a firewall's rule names it."""

    TCP = "TCP"
    UDP = "UDP"


class Proxy(Enum):
    """Whether a flow can pass a web proxy."""

    SUPPORTED = "supported"
    UNSUPPORTED = "unsupported"
    UNSTATED = "not stated"
    DIRECT = "not needed"


class SiteMode(Enum):
    """How the management point speaks."""

    HTTPS = "https"
    ENHANCED_HTTP = "enhanced-http"
    HTTP = "http"


class Seen(Enum):
    """
    What a trial of a connection sees that does not come about, or not as it should.

    Those that are *of_several* are what the trials of several connections show together.
    """

    NO_NAME = "no such name"
    DNS_SILENT = "no answer from DNS"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    SILENT = "no answer"
    PROXY_SILENT = "no answer from the proxy"
    PROXY_CREDENTIALS = "the proxy asks for credentials"
    PROXY_REFUSES = "the proxy refuses"
    PROXY_FAILS = "the proxy does not reach it"
    NO_TLS = "closed during the TLS handshake"
    TLS_SILENT = "no answer during the TLS handshake"
    NOT_TLS = "an answer without TLS"
    NO_COMMON_CIPHER = "no common TLS version or cipher"
    UNKNOWN_ISSUER = "unknown issuer"
    WRONG_NAME = "certificate for another name"
    EXPIRED = "expired certificate"
    NOT_YET = "certificate not yet valid"
    UNVERIFIED = "certificate not accepted"
    CERTIFICATE_WANTED = "a client certificate is wanted"
    CLOSED = "closed before an answer"
    REDIRECTED = "redirected"
    UNAUTHORIZED = "status 401"
    FORBIDDEN = "status 403"
    NOT_FOUND = "status 404"
    SERVER_ERROR = "status 500 or above"
    LAST_SILENT = "the last instances do not answer, the first ones do"
    ONLY_HTTPS = "the ordinary port for HTTPS answers, the instances' ports do not"
    HOST_SILENT = "no port of the host answers"
    OUTSIDE_SILENT = "nothing outside answers"
    PROXY_NEEDED = "works through the proxy only"
    PROXY_PORTS = "the proxy takes the ordinary port for HTTPS, not the instances' ports"
    INSPECTED = "unknown issuer of a public name"

    @property
    def of_several(self) -> bool:
        """Whether no trial sees it alone."""
        together = (Seen.LAST_SILENT, Seen.ONLY_HTTPS, Seen.HOST_SILENT, Seen.OUTSIDE_SILENT)
        return self in (*together, Seen.PROXY_NEEDED, Seen.PROXY_PORTS, Seen.INSPECTED)


class Support(Enum):
    """Whether the product supports something through a gateway."""

    YES = "yes"
    PART = "in part"
    NO = "no"


@dataclass(frozen=True)
class Zone:
    """An area of the network. *inside* is true behind the perimeter firewall."""

    id: ZoneId
    name: str
    inside: bool


@dataclass(frozen=True)
class Role(Cited):
    """
    A component. *label* is its name in a picture, one string for each line.

    *also* are further zones that it may be in; *article* says whether its name takes "the" in a sentence.
    *abbreviations* are what administrators call it for short, *printed* are
    further names that sources use.
    """

    id: RoleId
    name: str
    kind: Kind
    zone: ZoneId
    label: tuple[str, ...]
    text: str
    also: tuple[ZoneId, ...] = ()
    article: bool = True
    abbreviations: tuple[str, ...] = ()
    printed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Condition:
    """
    When something applies; every part that is set must hold.

    *fewest* and *most* are VM instances; *since* is the first version, *before* the first one
    that is too late. *update_ports* are ports that the site has set for its software update point.
    *use* is something that a site does or does not do. An *inferred* condition is printed by no source.
    """

    method: MethodId | None = None
    fewest: int | None = None
    most: int | None = None
    content: bool | None = None
    since: Version | None = None
    before: Version | None = None
    credential: CredentialId | None = None
    site_modes: tuple[SiteMode, ...] = ()
    update_ports: tuple[int, ...] = ()
    use: UseId | None = None
    inferred: bool = False


@dataclass(frozen=True)
class Service:
    """One protocol and port that a responder may listen on. *website* groups ports of one web site."""

    protocol: Protocol
    port: PortSpec
    transports: tuple[Transport, ...] = (Transport.TCP,)
    website: str = ""
    when: Condition = Condition()
    inferred: bool = False


@dataclass(frozen=True)
class Flow(Cited):
    """
    A connection and its rule.

    A flow with *carried_by* opens no connection: it rides on one of those flows and has no services.
    *rung* is its place in the order in which the channel is tried, 1 first. *step* is one of the
    article's numbered steps. *inferred* marks the whole flow as deduced. *outside_only* says why an initiator
    inside the network does not need it. *consequence* says what stops without it, as a clause such as "content is
    not uploaded"; every flow outside the five steps has one. *unsettles* is a step that may fail without it, 0 the
    upload of content; then *consequence* is no more certain, and says what saves it.
    """

    id: FlowId
    initiator: RoleId
    responder: RoleId
    purpose: str
    text: str
    services: tuple[Service, ...] = ()
    when: Condition = Condition()
    carried_by: tuple[FlowId, ...] = ()
    via: RoleId | None = None
    both_ways: bool = False
    step: int | None = None
    rung: int | None = None
    proxy: Proxy = Proxy.DIRECT
    logs: tuple[LogId, ...] = ()
    outside_only: str = ""
    consequence: str = ""
    unsettles: int | None = None


@dataclass(frozen=True)
class EditionRow:
    """
    A row of the article's table. Protocol and ports are those of the first of *flows*.

    Further flows are those that the printed row also covers. *client*, *server* and *description*
    are the article's own words (CC BY 4.0); *note* is the number of the note it refers to.
    """

    flows: tuple[FlowId, ...]
    client: str
    server: str
    description: str
    note: int | None = None


@dataclass(frozen=True)
class Note:
    """A note on ports: its number, its subject and what it says, in this project's words."""

    number: int
    title: str
    text: str


@dataclass(frozen=True)
class Edition(Cited):
    """
    The table of required ports as the article printed it at one time.

    An edition that *extends* an older one repeats its rows and notes, and adds its own after them;
    in a checked system the older ones are already here. One *without* a method prints none of the flows
    that only this method has.
    """

    id: EditionId
    text: str
    rows: tuple[EditionRow, ...]
    notes: tuple[Note, ...] = ()
    extends: EditionId | None = None
    without: tuple[MethodId, ...] = ()


@dataclass(frozen=True)
class Step:
    """One step of a sequence: *number* as printed, the flows it uses, and who acts on whom."""

    number: str
    title: str
    text: str
    flows: tuple[FlowId, ...] = ()
    tail: RoleId | None = None
    head: RoleId | None = None


@dataclass(frozen=True)
class Sequence(Cited):
    """Steps that happen in order."""

    id: SequenceId
    name: str
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Method(Cited):
    """
    A way to deploy the gateway, and the versions in which it can be created and can run.

    *printed* are further names that sources use.
    """

    id: MethodId
    name: str
    short: str
    text: str
    created_since: Version
    printed: tuple[str, ...] = ()
    created_before: Version | None = None
    runs_before: Version | None = None
    government_since: Version | None = None


@dataclass(frozen=True)
class Use:
    """
    Something that a site may do, and that some flow depends on. *text* ends a sentence that begins with "when".

    *usual* says whether it is taken for granted where a site does not say. Two roles that are *apart*
    decide it by their hosts: it is so unless both are on the same hosts. A third role stands in for the
    second where that one's hosts are not given.
    """

    id: UseId
    name: str
    text: str
    usual: bool = False
    apart: tuple[RoleId, ...] = ()


@dataclass(frozen=True)
class Credential(Cited):
    """
    A proof of identity: of a client towards the gateway or of the service connection point towards Azure.

    Those of clients are in order of preference; *order_inferred* marks that order, not the credential.
    *printed* are names that sources use.
    """

    id: CredentialId
    name: str
    holder: RoleId
    systems: str
    scenarios: str
    site_modes: tuple[SiteMode, ...]
    text: str
    printed: tuple[str, ...] = ()
    since: Version | None = None
    before: Version | None = None
    order_inferred: bool = False


@dataclass(frozen=True)
class Endpoint(Cited):
    """
    Hosts that a role must reach, and so must whoever else opens one of *flows*.

    ``<prefix>`` and ``<region>`` are the gateway's own.

    An empty tuple of hosts means that the sources list none for that cloud. *service_tag* is the name that Azure gives
    to the addresses behind these hosts, empty where it has none; no source of the gateway prints it, so it is inferred.
    *inferred* marks all hosts as deduced, *inferred_government* those of Azure US Government alone. Where there are no
    *flows*, *without_flow* says as a clause what a firewall does with the hosts.
    """

    id: str
    role: RoleId
    what: str
    purpose: str
    public: tuple[str, ...]
    us_government: tuple[str, ...]
    flows: tuple[FlowId, ...] = ()
    when: Condition = Condition()
    remark: str = ""
    inferred_government: bool = False
    service_tag: str = ""
    without_flow: str = ""

    @property
    def account(self) -> bool:
        """Whether it leads to a storage account, whose name has lowercase letters and digits only."""
        return any(host.startswith(("<prefix>.blob.", "<prefix>.table.")) for host in self.public)


@dataclass(frozen=True)
class OtherHosts(Cited):
    """Hosts that servers and clients need for other *work*, of which nothing else here knows."""

    id: str
    work: str
    hosts: tuple[str, ...]
    us_government: tuple[str, ...] = ()
    remark: str = ""


@dataclass(frozen=True)
class Limit(Cited):
    """
    A number that plans depend on. *value* is in *unit*; a number that names something, such as a port, has none.

    One that is computed is the *product* of others.
    """

    id: LimitId
    name: str
    value: int
    unit: str
    text: str
    product: tuple[LimitId, ...] = ()


@dataclass(frozen=True)
class Certificate(Cited):
    """A certificate: who presents it, who must trust it, and when it is needed."""

    id: str
    name: str
    holder: RoleId
    checked_by: tuple[RoleId, ...]
    needed: str
    text: str
    when: Condition = Condition()


@dataclass(frozen=True)
class Proof(Cited):
    """How both ends of *flows*, the same for all of them, prove who they are. *label* is the short form, by lines."""

    id: str
    flows: tuple[FlowId, ...]
    label: tuple[str, ...]
    text: str
    when: Condition


@dataclass(frozen=True)
class HttpItem(Cited):
    """A header, verb or path that devices on the way must let through, as printed."""

    id: str
    kind: str


@dataclass(frozen=True)
class Event(Cited):
    """What changed in the product: *version* is a ConfigMgr version or the product's own milestone."""

    id: EventId
    version: str
    date: str
    text: str


@dataclass(frozen=True)
class Sign:
    """
    A line of a log that shows something: *line* is a regular expression, see :mod:`cmgdocs.facts.patterns`.

    It counts in *logs* alone, or in any where that is empty; where the log of a line is not known, all count. With
    *near* it counts only if another line of the same log matches that. *flows* stand in the place of the symptom's.
    """

    line: str
    logs: tuple[LogId, ...] = ()
    near: str = ""
    flows: tuple[FlowId, ...] = ()


@dataclass(frozen=True)
class Symptom(Cited):
    """
    What an administrator sees, why, and on which flow. Of symptoms that one line shows, the first one counts; a
    *generic* one is a code that names no cause.

    *title* is the cause in a few words, a heading that no other symptom has. *network* says whether the cause is the
    network: names, firewalls, proxies and what they do to TLS; *network_note* says in which sense where that is not
    obvious. *signs* are the lines of logs, and *trial* the results of a trial of one of its flows, by which it is
    known. It may be a consequence of those that it *follows*. *others* may show in the same way; *apart* says what
    tells this one from them. *read* are logs that say more. It is of versions from *since* on and before *before*.
    """

    id: SymptomId
    title: str
    seen: str
    cause: str
    flows: tuple[FlowId, ...]
    network: bool
    remedy: str = ""
    signs: tuple[Sign, ...] = ()
    trial: tuple[Seen, ...] = ()
    follows: tuple[SymptomId, ...] = ()
    others: tuple[SymptomId, ...] = ()
    apart: str = ""
    read: tuple[LogId, ...] = ()
    since: Version | None = None
    before: Version | None = None
    network_note: str = ""
    generic: bool = False


@dataclass(frozen=True)
class Answer:
    """
    An answer to a question: *when* it is given, in a few words, and the one thing that it leads to.

    That is the question with the id *then*, further down, the causes in *symptoms*, the likeliest first, or another
    *decision*.
    """

    when: str
    then: str = ""
    symptoms: tuple[SymptomId, ...] = ()
    decision: DecisionId | None = None


@dataclass(frozen=True)
class Question:
    """
    A question with its answers: *ask* is a short sentence, *how* says how to find out.

    *logs* say it, and so does *command*, a command of this project.
    """

    id: str
    ask: str
    answers: tuple[Answer, ...]
    how: str = ""
    logs: tuple[LogId, ...] = ()
    command: str = ""


@dataclass(frozen=True)
class Decision(Cited):
    """
    Questions that lead from what an administrator sees, the *title*, to its cause; the first question comes first.

    *caption* says what decides. *rarer* are further causes, to which no question leads. Causes in *unseen* are known
    by the answers alone: neither a line of a log nor a trial shows them.
    """

    id: DecisionId
    title: str
    caption: str
    questions: tuple[Question, ...]
    rarer: tuple[SymptomId, ...] = ()
    unseen: tuple[SymptomId, ...] = ()

    @property
    def causes(self) -> tuple[SymptomId, ...]:
        """Every cause that an answer leads to, each once, in the order of the questions."""
        answers = (answer for question in self.questions for answer in question.answers)
        return tuple(dict.fromkeys(ident for answer in answers for ident in answer.symptoms))


@dataclass(frozen=True)
class Recovery(Cited):
    """Lines that show that something works, so that it *ends* the symptoms before it; *text* says what works."""

    id: str
    text: str
    signs: tuple[Sign, ...]
    ends: tuple[SymptomId, ...] = ()


@dataclass(frozen=True)
class Log(Cited):
    """
    A log file: its id is its name, *where* is the computer that holds it.

    *flows* are those on which it reports, besides those that name it among their own logs; that it reports on
    *guessed* ones is deduced. *components* are those that its lines name, besides the name of the file.
    """

    id: LogId
    where: str
    text: str
    flows: tuple[FlowId, ...] = ()
    guessed: tuple[FlowId, ...] = ()
    components: tuple[str, ...] = ()


@dataclass(frozen=True)
class Feature(Cited):
    """Something that clients or administrators do, and whether the product supports it through a gateway."""

    id: str
    name: str
    supported: Support
    text: str


@dataclass(frozen=True)
class Dispute(Cited):
    """A point on which the sources disagree, and which of them the facts here follow, and why."""

    id: DisputeId
    title: str
    says: tuple[str, ...]
    ruling: str


@dataclass(frozen=True)
class Gap(Cited):
    """
    What a table of required ports once lacked, until a reader reported it: *printed* are the ports that it had for
    *flow*, none at all where empty. *table* names the table and *reported* is the date of the report.
    """

    id: str
    title: str
    table: str
    flow: FlowId
    reported: str
    text: str
    printed: tuple[int, ...] = ()


@dataclass(frozen=True)
class SourceFile:
    """
    A file of a public repository. *commit* is the one that was read.

    *words* is the digest of its words, see ``cmgdocs.sources``; empty where no whole text was kept to make it from.
    """

    repository: str
    path: str
    commit: str = ""
    words: str = ""


@dataclass(frozen=True)
class Source:
    """
    What bears a fact out. *date* is the date that it bears, or the month or year if it says no more.

    *dated* is what it prints for that date. In a checked system *url* and *licence* of Microsoft's documentation,
    which follow from its files, are already here.

    *files* are those whose texts can be compared again; *where* says where any other source is.
    """

    id: SourceId
    title: str
    publisher: str
    date: str
    dated: str = ""
    where: str = ""
    url: str = ""
    licence: str = ""
    files: tuple[SourceFile, ...] = ()

    @property
    def place(self) -> str:
        """Where it is: repository, path and commit of each file, or in words."""
        files = (f"{file.repository}, {file.path}{f' @ {file.commit}' * bool(file.commit)}" for file in self.files)
        return "; ".join(filter(None, (*files, self.where)))


NO_FACTS = ("aside", "hosts", "instances")
"""Fields of a system that no file gives: what a system narrowed to one site says of itself."""


@dataclass(frozen=True)
class System:
    """
    Everything that is known, checked. Tuples keep the order of the fact files; ids are unique.

    Editions are in order of time, so the last one is the newest. *versions* is ascending, and so is *readings*: the
    days on which all facts were compared with the files of their sources. A system narrowed
    to one site has its number of VM instances in *instances*, in *hosts* those of each role that it names, and *aside*
    the flows that it leaves out: no view shows them, but a text may speak of them.
    """

    zones: tuple[Zone, ...]
    roles: tuple[Role, ...]
    flows: tuple[Flow, ...]
    editions: tuple[Edition, ...]
    sources: tuple[Source, ...]
    sequences: tuple[Sequence, ...] = ()
    methods: tuple[Method, ...] = ()
    uses: tuple[Use, ...] = ()
    credentials: tuple[Credential, ...] = ()
    endpoints: tuple[Endpoint, ...] = ()
    others: tuple[OtherHosts, ...] = ()
    limits: tuple[Limit, ...] = ()
    certificates: tuple[Certificate, ...] = ()
    proofs: tuple[Proof, ...] = ()
    http: tuple[HttpItem, ...] = ()
    events: tuple[Event, ...] = ()
    symptoms: tuple[Symptom, ...] = ()
    recoveries: tuple[Recovery, ...] = ()
    decisions: tuple[Decision, ...] = ()
    logs: tuple[Log, ...] = ()
    features: tuple[Feature, ...] = ()
    disputes: tuple[Dispute, ...] = ()
    gaps: tuple[Gap, ...] = ()
    versions: tuple[Version, ...] = ()
    readings: tuple[str, ...] = ()
    aside: tuple[Flow, ...] = ()
    hosts: tuple[tuple[RoleId, tuple[str, ...]], ...] = ()
    instances: int = 0

    def cited(self) -> Iterator[tuple[str, Cited]]:
        """Give every fact that names its sources, in the order of the facts, with the name of its field."""
        for kind in fields(self):
            for item in getattr(self, kind.name) if kind.name not in NO_FACTS else ():
                if isinstance(item, Cited):
                    yield kind.name, item

    # The look-ups below give the one thing with that id, or raise UnknownId, which names the near match.

    def zone(self, ident: str) -> Zone:
        return self._one("zone", self.zones, ident)

    def role(self, ident: str) -> Role:
        return self._one("role", self.roles, ident)

    def flow(self, ident: str) -> Flow:
        return self._one("flow", self.flows, ident)

    def source(self, ident: str) -> Source:
        return self._one("source", self.sources, ident)

    def sequence(self, ident: str) -> Sequence:
        return self._one("sequence", self.sequences, ident)

    def method(self, ident: str) -> Method:
        return self._one("method", self.methods, ident)

    def use(self, ident: str) -> Use:
        return self._one("use", self.uses, ident)

    def credential(self, ident: str) -> Credential:
        return self._one("credential", self.credentials, ident)

    def endpoint(self, ident: str) -> Endpoint:
        return self._one("endpoint", self.endpoints, ident)

    def limit(self, ident: str) -> Limit:
        return self._one("limit", self.limits, ident)

    def event(self, ident: str) -> Event:
        return self._one("event", self.events, ident)

    def dispute(self, ident: str) -> Dispute:
        return self._one("dispute", self.disputes, ident)

    def symptom(self, ident: str) -> Symptom:
        return self._one("symptom", self.symptoms, ident)

    def decision(self, ident: str) -> Decision:
        return self._one("decision", self.decisions, ident)

    def edition(self, ident: str | None = None) -> Edition:
        """Give the edition with that id, the newest by default."""
        return self.editions[-1] if ident is None else self._one("edition", self.editions, ident)

    @cached_property
    def _index(self) -> dict[str, dict[str, Any]]:
        """Kind -> id -> thing; made when first asked for."""
        return {}

    def _one(self, kind: str, things: tuple[Thing, ...], ident: str) -> Thing:
        index: dict[str, Thing] = self._index.get(kind) or self._index.setdefault(kind, {t.id: t for t in things})
        if ident not in index:
            raise UnknownId(kind, ident, index)
        return index[ident]
