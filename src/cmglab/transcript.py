"""
The scenario, written down a second time from what was published: from steps and notes where they say enough.

The firewall of an experiment comes from the rows of the table; were the ports that are dialled to come from there
as well, no experiment could fail. So every number here is typed afresh, and nothing is imported that reads the facts.
Not every number is in a sentence, so this is where each comes from:

- the channel's ports, and 443 of a deployment, of clients and of their downloads: steps and notes of the article of
  2020-11-30;
- ports of update points: note 3 of the article on ports, 2025-12-08;
- 443 of a management point with enhanced HTTP: the article on that, 2021-12-20, by which the web server has the
  site's certificate there; 80 besides: a reader's report of 2021-06-01, issue 1658;
- 443 or 80 of another management point, and 443 of the upload: tables alone, of the article and of that on ports;
- 443 to Microsoft Entra ID: no text that was read prints it. It is what HTTPS has where nothing else is said;
- 80 of revocation lists: the text on internet endpoints, 2026-06-08, has HTTP and 80 for those of Microsoft; the other
  ones are taken to be the same.

For the last three the second transcription guards against a slip of the pen, and against nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass

from cmgdocs.facts.ids import CONNECTION_POINT, GATEWAY, PROXY
from cmgdocs.facts.model import CredentialId, RoleId, SiteMode
from cmgdocs.site.model import Deployment
from cmgdocs.site.places import Place, places

SERVICE_POINT, SITE_SERVER = RoleId("service-connection-point"), RoleId("site-server")
MANAGEMENT_POINT, UPDATE_POINT = RoleId("management-point"), RoleId("software-update-point")
CLIENT, AZURE, BLOB, ENTRA = RoleId("client"), RoleId("azure"), RoleId("blob-storage"), RoleId("entra")
CRL, MICROSOFT_CRL = RoleId("crl"), RoleId("microsoft-crl")

AZURE_AT, GATEWAY_AT, BLOB_AT, ENTRA_AT = Place(AZURE), Place(GATEWAY), Place(BLOB), Place(ENTRA)
CRL_AT, MICROSOFT_CRL_AT = Place(CRL), Place(MICROSOFT_CRL)
PROXY_AT, SERVICE_POINT_AT, SITE_SERVER_AT = Place(PROXY), Place(SERVICE_POINT), Place(SITE_SERVER)

HTTPS = 443  # steps 1 and 3 and the note to the latter: "over HTTPS port 443"; the upload and Entra: see above
HTTP = 80  # revocation lists: see above
TCP_TLS = "TCP-TLS"
CERTIFICATE, ENTRA_ID, TOKEN = CredentialId("certificate"), CredentialId("entra"), CredentialId("token")
# article on proxies, 2026-06-08; what no text mentions, tokens and revocation lists, is assumed to go the same way
_PROXIED = {(SERVICE_POINT, AZURE), (CONNECTION_POINT, GATEWAY), (SITE_SERVER, BLOB)}
_PROXIED |= {(role, ENTRA) for role in (SERVICE_POINT, SITE_SERVER, MANAGEMENT_POINT)} | {(CONNECTION_POINT, CRL)}
_PROXIED |= {(role, MICROSOFT_CRL) for role in (CONNECTION_POINT, SERVICE_POINT, SITE_SERVER, MANAGEMENT_POINT)}
_STEPS = {AZURE: 1, CLIENT: 3, ENTRA: 5, MANAGEMENT_POINT: 5, UPDATE_POINT: 5}


@dataclass(frozen=True)
class ChannelWay:
    """One way to build the channel to one VM instance; *proxied* where a web proxy can be on the way."""

    protocol: str
    port: int
    proxied: bool


@dataclass(frozen=True)
class Errand:
    """
    One kind of request that a client sends through the gateway, and where the connection point takes it.

    The targets are the lab's own; those of the product are in its documentation and need no lab.
    """

    target: str
    role: RoleId
    port: int
    tls: bool


@dataclass(frozen=True)
class Transcript:
    """What one deployment plays: its places, the ways of its channel, its errands."""

    instances: range
    connection_points: tuple[Place, ...]
    management_points: tuple[Place, ...]
    update_points: tuple[Place, ...]
    clients: tuple[Place, ...]
    policies: tuple[Errand, ...]
    updates: tuple[Errand, ...]
    credentials: tuple[CredentialId, ...]
    classic: bool
    content: bool
    checks_tokens: bool
    uploads_by_token: bool
    revocations: tuple[tuple[Place, Place], ...]
    proxy_port: int | None

    def ways(self, instance: int) -> tuple[ChannelWay, ...]:
        """
        The ways to VM instance number *instance*, from 1, in the order in which they are tried.

        That a connection point falls back for each instance by itself is an assumption: no note says it.
        """
        several = len(self.instances) > 1
        # note 2: "HTTPS 443 only for one VM instance"; note 3: 10124 to the first of several, 10139 to the 16th
        https = ChannelWay("HTTPS", 10124 + instance - 1 if several else HTTPS, self.proxy_port is not None)
        if not self.classic:  # note 2: a scale set "only communicates [...] over HTTPS"
            return (https,)
        # note 1: "the first VM instance on port 10140", the 16th "on port 10155"; "doesn't support internet proxy"
        return (ChannelWay(TCP_TLS, 10140 + instance - 1, False), https)

    def errand(self, target: str) -> Errand | None:
        """The errand of a target, None for any other: the gateway hands over what it knows and nothing else."""
        return next((errand for errand in (*self.policies, *self.updates) if errand.target == target), None)

    def places_of(self, role: RoleId) -> tuple[Place, ...]:
        """Where requests for a role may go."""
        return self.management_points if role == MANAGEMENT_POINT else self.update_points

    def proxied(self, source: Place, destination: Place) -> bool:
        """Whether HTTPS from *source* to *destination* takes the site's web proxy: what goes out from inside."""
        return self.proxy_port is not None and (source.role, destination.role) in _PROXIED


def transcribe(deployment: Deployment) -> Transcript:
    """Write down the scenario of a deployment."""
    setup = deployment.setup
    return Transcript(
        instances=range(1, setup.instances + 1),
        connection_points=places(deployment, CONNECTION_POINT),
        management_points=places(deployment, MANAGEMENT_POINT),
        update_points=places(deployment, UPDATE_POINT),
        clients=places(deployment, CLIENT),
        policies=_policies(setup.management_point),
        updates=_updates(setup.update_port),
        credentials=setup.credentials,
        classic=setup.method == "classic",
        content=setup.content,
        # internet endpoints, 2026-06-08: from version 2603 the management point has tokens of Entra clients checked
        checks_tokens=int(setup.configmgr) >= 2603,
        # what is new in 2409: a new gateway has no storage keys, so that the server app signs in for the upload
        uploads_by_token=int(setup.configmgr) >= 2409,
        revocations=_revocations(deployment),
        proxy_port=deployment.proxy.port if deployment.proxy else None,
    )


def _policies(mode: SiteMode) -> tuple[Errand, ...]:
    """
    What a management point is asked for, by its mode.

    The numbers of its rows, "443 or 80", are in tables alone; that both are needed with enhanced HTTP, in issue 1658.
    """
    https = Errand("/policy", MANAGEMENT_POINT, 443, True)
    http = Errand("/policy/http", MANAGEMENT_POINT, 80, False)
    return {SiteMode.HTTPS: (https,), SiteMode.HTTP: (http,), SiteMode.ENHANCED_HTTP: (https, http)}[mode]


def _revocations(deployment: Deployment) -> tuple[tuple[Place, Place], ...]:
    """
    Who fetches a list of revoked certificates from where.

    The lists of the own authority: article on the server certificate; those of Microsoft: internet endpoints,
    2026-06-08. Which roles ask for these is deduced: those that connect to a service of Microsoft.
    """
    setup, found = deployment.setup, list[tuple[Place, Place]]()
    points = places(deployment, CONNECTION_POINT)
    if "server-revocation" in setup.uses:
        found += [(place, CRL_AT) for place in (*places(deployment, CLIENT), *points)]
    if "microsoft-revocation" in setup.uses:
        checking = ENTRA_ID in setup.credentials and int(setup.configmgr) >= 2603
        servers = [*points, SERVICE_POINT_AT, *([SITE_SERVER_AT] if setup.content else [])]
        servers += places(deployment, MANAGEMENT_POINT) if checking else ()
        found += [(place, MICROSOFT_CRL_AT) for place in servers]
    return tuple(found)


def _updates(port: int) -> tuple[Errand, ...]:
    """
    Scans go to the port of the site file; licence terms go unencrypted, over the other port of the web site.

    Ports article, note 3: the HTTPS port of an update point is 443 where its HTTP port is 80, else 8531 and 8530.
    """
    scan = Errand("/updates", UPDATE_POINT, port, port in (443, 8531))
    plain = {443: 80, 8531: 8530}.get(port)
    return (scan, Errand("/updates/licence", UPDATE_POINT, plain, False)) if plain else (scan,)


def step_of(source: Place, destination: Place) -> int:
    """The step, 1 to 5, that a connection belongs to; 0 for the upload, which is outside the steps."""
    starts = {SERVICE_POINT: 1, CLIENT: 3, SITE_SERVER: 0, MANAGEMENT_POINT: 5}
    if source.role in starts:
        return starts[source.role]
    if source.role == PROXY and destination.role == BLOB:
        return 0
    if destination.role == GATEWAY or (source.role == CONNECTION_POINT and destination.role == PROXY):
        return 2
    return _STEPS.get(destination.role, 3)
