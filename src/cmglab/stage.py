"""The stage: every role of a deployment on one network, to be started, driven and broken."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Self

from cmgdocs.site.model import Deployment
from cmgdocs.site.places import Place
from cmgdocs.whatif.scenario import Circumstances

from .client import Client
from .connection_point import ConnectionPoint
from .credentials import Mint, bearer, certificates
from .gateway import Gateway
from .http import App, HttpRequest, HttpResponse
from .network import Loopback, Network, host_name
from .observation import TraceEvent
from .servers import CONTENT, DEPLOYMENT, REVOKED, SIGN_IN, answering, azure, blob, entra, management_point, web_proxy
from .transcript import (
    AZURE_AT,
    BLOB_AT,
    ENTRA_AT,
    HTTP,
    HTTPS,
    PROXY_AT,
    SERVICE_POINT_AT,
    SITE_SERVER_AT,
    Errand,
    step_of,
    transcribe,
)


class Stage:
    """
    A deployment played by real sockets; an asynchronous context manager that ends what it has started.

    Args:
        deployment: What is played.
        circumstances: Under what; they may be changed while it runs.
        network: Where; loopback without one. The stage closes it at the end.
        tell: Called with every event as it happens.
        retry_s: After how many seconds lost channels are dialled again; never where it is 0.
    """

    def __init__(
        self,
        deployment: Deployment,
        circumstances: Circumstances | None = None,
        network: Network | None = None,
        tell: Callable[[TraceEvent], None] | None = None,
        retry_s: float = 0,
    ) -> None:
        self.script, self._keys = transcribe(deployment), certificates()
        self.network = network or Loopback()
        self.network.circumstances = circumstances or self.network.circumstances
        self.network.proxy_port = self.script.proxy_port
        self.network.tell = self._told
        self.note = tell or (lambda event: None)
        self._entra, self._site = Mint("entra"), Mint("site")
        self.gateway = Gateway(self.network, self.script, self._keys, self._entra, self._site)
        self._phase: int | None = None  # the step of what happens now, where the two ends do not say it
        points, clients = (self._up(places) for places in (self.script.connection_points, self.script.clients))
        self._points = {
            place.number: ConnectionPoint(place, self.network, self.script, self._keys, retry_s) for place in points
        }
        self.clients = [Client(place, self.network, self._keys, self._site) for place in clients]
        """The clients that are up."""

    async def __aenter__(self) -> Self:
        try:
            await self._start()
        except BaseException:
            await self.network.close()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.network.close()

    @property
    def channels(self) -> dict[tuple[int, int], tuple[str, int] | None]:
        """The protocol and port of each channel, by the numbers of connection point and instance; None without."""
        out: dict[tuple[int, int], tuple[str, int] | None] = {}
        for place in self.script.connection_points:
            held = self._points[place.number].held if place.number in self._points else {}
            for instance in self.script.instances:
                way = held.get(instance)
                out[place.number, instance] = (way.protocol, way.port) if way else None
        return out

    async def deploy(self) -> bool:
        """Step 1: the service connection point signs in and has Azure deploy the gateway; whether it was."""
        self._phase = 1
        token = await self._token(SERVICE_POINT_AT)
        return token is not None and await self._put(SERVICE_POINT_AT, AZURE_AT, DEPLOYMENT, b"", token)

    async def upload(self) -> bool:
        """The site server signs in, where it has to, and puts the content into blob storage; whether it could."""
        self._phase = 0
        token = await self._token(SITE_SERVER_AT) if self.script.uploads_by_token else ""
        return token is not None and await self._put(SITE_SERVER_AT, BLOB_AT, CONTENT, bytes(4096), token)

    async def connect(self) -> None:
        """Step 2: every connection point that is up builds its channels."""
        self._phase = None
        for point in self._points.values():
            await point.connect()

    async def fetch_lists(self) -> None:
        """Whoever checks certificates fetches the list of revoked ones."""
        self._phase = 0
        for source, destination in self.script.revocations:
            await self._ask(source, destination, HttpRequest("GET", REVOKED), HTTP)
        self._phase = None

    def cut(self) -> None:
        """Cut every channel, as a firewall does that forgets its connections."""
        for point in self._points.values():
            point.cut()

    def _up(self, places: tuple[Place, ...]) -> list[Place]:
        return [place for place in places if place not in self.network.circumstances.down]

    async def _start(self) -> None:
        if self.script.proxy_port and self._up((PROXY_AT,)):
            await self.network.listen(PROXY_AT, self.script.proxy_port, web_proxy(self.network))
        await self._serve(AZURE_AT, {HTTPS: True}, azure(self._entra, self.gateway.start))
        await self._serve(ENTRA_AT, {HTTPS: True}, entra(self._entra))
        for place in self.script.management_points:
            app = management_point(place, self.network, self.script, self._keys, self._entra)
            await self._serve(place, _ports(self.script.policies), app)
        for place in self.script.update_points:
            await self._serve(place, _ports(self.script.updates), answering)
        for place in dict.fromkeys(place for _, place in self.script.revocations):
            await self._serve(place, {HTTP: False}, answering)
        if self.script.content:
            await self._serve(BLOB_AT, {HTTPS: True}, blob())
        if self.network.circumstances.deployed:
            await self.gateway.start()

    async def _serve(self, place: Place, ports: dict[int, bool], app: App) -> None:
        """Have a place answer, unless the circumstances have it down; *ports* says of each whether it speaks TLS."""
        for port, tls in ports.items() if self._up((place,)) else ():
            context = self._keys.server(host_name(place)) if tls else None
            await self.network.listen(place, port, lambda connection: connection.serve(app), context)

    async def _token(self, source: Place) -> str | None:
        """What Entra issues to a server that signs in; None where it does not."""
        answer = await self._ask(source, ENTRA_AT, HttpRequest("POST", SIGN_IN))
        return answer.text if answer else None

    async def _put(self, source: Place, destination: Place, target: str, body: bytes, token: str) -> bool:
        headers = (bearer(token),) if token else ()
        answer = await self._ask(source, destination, HttpRequest("PUT", target, headers, body))
        return answer is not None and answer.status == 201

    async def _ask(
        self, source: Place, destination: Place, request: HttpRequest, port: int = HTTPS
    ) -> HttpResponse | None:
        """Ask once; None where the source is down or no answer came."""
        if not self._up((source,)):
            return None
        tls, proxied = self._keys.client() if port == HTTPS else None, self.script.proxied(source, destination)
        answer = await self.network.ask_once(source, destination, port, request, tls, proxied)
        if answer:
            what = f"{answer.status} to {request.method} {request.target}"
            self._told(source, destination, port, what, 200 <= answer.status < 300)
        return answer

    def _told(self, source: Place, destination: Place, port: int, what: str, ok: bool) -> None:
        step = step_of(source, destination) if self._phase is None else self._phase
        self.note(TraceEvent(step, source, destination, port, what, ok))


def _ports(errands: tuple[Errand, ...]) -> dict[int, bool]:
    return {errand.port: errand.tls for errand in errands}
