"""Deployments for tests of the lab, and short names of what is expected of them."""

from __future__ import annotations

from random import Random

from cmgdocs.facts.ids import INSTANCE
from cmgdocs.facts.model import CredentialId, MethodId, RoleId, SiteMode, UseId, Version
from cmgdocs.site.hosts import parse_host, parse_proxy
from cmgdocs.site.model import Cloud, Deployment, Setup
from cmgdocs.site.places import Place
from cmgdocs.whatif.scenario import Firewall, Open
from cmglab import FailedDial

SCP, SITE, CP, MP, SUP, CLIENT, AZURE, CMG, BLOB, ENTRA, CRL, LISTS, PROXY = (
    Place(RoleId(role))
    for role in (
        "service-connection-point",
        "site-server",
        "connection-point",
        "management-point",
        "software-update-point",
        "client",
        "azure",
        "cmg",
        "blob-storage",
        "entra",
        "crl",
        "microsoft-crl",
        "proxy",
    )
)
HTTPS, HTTP, ENHANCED = SiteMode.HTTPS, SiteMode.HTTP, SiteMode.ENHANCED_HTTP
EVERY = ("certificate", "entra", "token")


def nth(place: Place, number: int) -> Place:
    """Another host of the same role."""
    return Place(place.role, number)


def instance(number: int) -> Place:
    return Place(INSTANCE, number)


def site(
    method: str = "vmss",
    instances: int = 1,
    content: bool = True,
    management_point: SiteMode = HTTPS,
    update_port: int = 8531,
    credentials: tuple[str, ...] = EVERY,
    configmgr: str = "2203",
    proxied: bool = False,
    management_points: int = 1,
    uses: tuple[str, ...] = (),
    **several: int,
) -> Deployment:
    """A deployment; *several* has the number of hosts by role, with underscores in its name."""
    setup = Setup(
        configmgr=Version(configmgr),
        cloud=Cloud.PUBLIC,
        method=MethodId(method),
        instances=instances,
        content=content,
        management_point=management_point,
        update_port=update_port,
        credentials=tuple(map(CredentialId, credentials)),
        uses=tuple(map(UseId, uses)),
        proxied=proxied,
    )
    hosts = tuple(
        (RoleId(role.replace("_", "-")), tuple(parse_host(f"10.0.{at}.{number}") for number in range(1, count + 1)))
        for at, (role, count) in enumerate({"management_point": management_points, **several}.items())
    )
    return Deployment("test", setup, hosts, parse_proxy("proxy.corp.example:3128") if proxied else None)


class Blocks(Open):
    """A firewall that lets everything through except some connections; None stands for every port."""

    spans = Firewall.spans  # each port by itself

    def __init__(self, *blocked: tuple[Place, Place, int | None]) -> None:
        self._blocked = set(blocked)

    def refusal(self, source: Place, destination: Place, port: int) -> str:
        blocked = {(source, destination, port), (source, destination, None)} & self._blocked
        return "a rule of the test denies it" if blocked else ""


class Drawn(Open):
    """Refuses each dial with the same odds; the same one always alike."""

    spans = Firewall.spans  # each port by itself

    def __init__(self, seed: int, odds: float = 0.25) -> None:
        self._seed, self._odds = seed, odds

    def refusal(self, source: Place, destination: Place, port: int) -> str:
        return "drawn" if Random(f"{self._seed} {source} {destination} {port}").random() < self._odds else ""


def failed(source: Place, destination: Place, port: int, cause: str = "blocked") -> FailedDial:
    return FailedDial(source, destination, port, cause)
