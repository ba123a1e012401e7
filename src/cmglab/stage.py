"""The stage: every role of a deployment on one network, to be started, driven, broken and repaired."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from types import TracebackType
from typing import Self

from cmgdocs.site.model import CONNECTION_POINT, Deployment
from cmgdocs.site.places import INSTANCE, Place
from cmgdocs.whatif.scenario import Circumstances

from .client import Client
from .connection_point import ConnectionPoint, Pace
from .gateway import Gateway
from .loopback import Loopback
from .network import Network, Refused
from .observation import Event
from .pki import pki
from .pool import Pool
from .proxy import WebProxy
from .services import (
    CONTENT,
    DEPLOYMENT,
    REVOKED,
    SIGN_IN,
    ManagementPoint,
    Service,
    azure,
    blob,
    entra,
    revocation_list,
    update_point,
)
from .tokens import Mint, bearer
from .transcript import (
    AZURE_AT,
    BLOB_AT,
    ENTRA_AT,
    HTTP,
    HTTPS,
    PROXY_AT,
    SERVICE_POINT_AT,
    SITE_SERVER_AT,
    step_of,
    transcribe,
)
from .wire import App, Lost, Request, Response


class Stage:
    """
    A deployment played by real sockets; an asynchronous context manager that ends what it has started.

    Args:
        deployment: What is played.
        circumstances: Under what; they may be changed while it runs.
        network: Where; loopback without one. The stage closes it at the end.
        tell: Hears of every event as it happens.
        pace: How often channels are checked, and whether lost ones are dialled again.
        foreign_gateway: The gateway shows a certificate that nobody trusts.
    """

    def __init__(
        self,
        deployment: Deployment,
        circumstances: Circumstances | None = None,
        network: Network | None = None,
        tell: Callable[[Event], None] | None = None,
        pace: Pace | None = None,
        foreign_gateway: bool = False,
    ) -> None:
        self.script, keys, pace = transcribe(deployment), pki(), pace or Pace()
        self.network = network or Loopback(circumstances or Circumstances())
        if network and circumstances:
            network.circumstances = circumstances
        self.network.proxy_port = self.script.proxy_port
        self.network.tell = self._told
        self._tell = tell
        self.entra, self.site = Mint("entra"), Mint("site")
        self.gateway = Gateway(self.network, self.script, keys, self.entra, self.site, pace.check_s, foreign_gateway)
        self._proxy = WebProxy(self.network, self.script.proxy_port) if self.script.proxy_port else None
        self._keys, self._pace = keys, pace
        self._phase: int | None = None  # the step of what happens now, where the two ends do not say it
        self._managers = [
            ManagementPoint(place, self.network, self.script, keys, self.entra)
            for place in self.script.management_points
        ]
        self._services = {service.place: service for service in self._cast()}
        self.connection_points: dict[int, ConnectionPoint] = {}
        self._clients = [Client(place, self.network, keys, self.site) for place in self.script.clients]

    async def __aenter__(self) -> Self:
        try:
            await self._start()
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    @property
    def clients(self) -> list[Client]:
        """The clients that are up."""
        return [client for client in self._clients if client.place not in self.network.circumstances.down]

    @property
    def channels(self) -> dict[tuple[int, int], tuple[str, int] | None]:
        """The protocol and port of each channel, by the numbers of connection point and instance; None without."""
        out: dict[tuple[int, int], tuple[str, int] | None] = {}
        for place in self.script.connection_points:
            point = self.connection_points.get(place.number)
            for instance in self.script.instances:
                rung = point.held.get(instance) if point else None
                out[place.number, instance] = (rung.protocol, rung.port) if rung else None
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

    async def fetch_lists(self) -> None:
        """Everybody who checks certificates fetches the list of revoked ones."""
        self._phase = 0
        for source, destination in self.script.revocations:
            await self._ask(source, destination, Request("GET", REVOKED), HTTP)
        self._phase = None

    async def connect(self) -> None:
        """Step 2: every connection point that is up, and was not yet, builds its channels."""
        self._phase = None
        for place in self.script.connection_points:
            await self._connect(place)

    async def kill(self, place: Place) -> None:
        """Take a place down at once, with all its connections."""
        down = self.network.circumstances.down | {place}
        self.network.circumstances = replace(self.network.circumstances, down=down)
        if place.role == INSTANCE:
            await self.gateway.stop_instance(place.number)
        elif place.role == CONNECTION_POINT:
            if point := self.connection_points.pop(place.number, None):
                await point.stop()
        elif place == PROXY_AT and self._proxy:
            await self._proxy.stop()
        elif service := self._services.get(place):
            await service.stop()

    async def revive(self, place: Place) -> None:
        """Bring a place back."""
        down = self.network.circumstances.down - {place}
        self.network.circumstances = replace(self.network.circumstances, down=down)
        if place.role == INSTANCE:
            await self.gateway.start_instance(place.number)
        elif place.role == CONNECTION_POINT:
            await self._connect(place)
        elif place == PROXY_AT and self._proxy:
            await self._proxy.start()
        elif service := self._services.get(place):
            await service.start()

    def change(self, circumstances: Circumstances) -> None:
        """
        Other circumstances for every dial from now on; what is connected stays so, as with a stateful firewall.

        What is down stays as it is: :meth:`kill` and :meth:`revive` change that.
        """
        self.network.circumstances = replace(circumstances, down=self.network.circumstances.down)

    def cut(self) -> None:
        """Cut every channel, as a firewall does that forgets its connections."""
        for point in self.connection_points.values():
            for instance in self.script.instances:
                point.cut(instance)

    def note(self, event: Event) -> None:
        """Tell of something that a role has seen."""
        if self._tell:
            self._tell(event)

    async def close(self) -> None:
        """End everything that was started; cancelled, it does so all the same before it gives way."""
        closing = asyncio.ensure_future(self._close())
        try:
            await asyncio.shield(closing)
        except asyncio.CancelledError:
            await asyncio.wait([closing])
            raise

    async def _close(self) -> None:
        for point in self.connection_points.values():
            await point.stop()
        await self.network.close()

    async def _start(self) -> None:
        if self._proxy and PROXY_AT not in self.network.circumstances.down:
            await self._proxy.start()
        for service in self._services.values():
            await service.start()
        if self.network.circumstances.deployed:
            await self.gateway.start()

    def _cast(self) -> list[Service]:
        def service(place: Place, ports: dict[int, bool], app: App) -> Service:
            return Service(place, ports, app, self.network, self._keys)

        policies = {errand.port: errand.tls for errand in self.script.policies}
        updates = {errand.port: errand.tls for errand in self.script.updates}
        services = [
            service(AZURE_AT, {HTTPS: True}, azure(self.entra, self.gateway.start)),
            service(ENTRA_AT, {HTTPS: True}, entra(self.entra)),
            *(service(manager.place, policies, manager.app) for manager in self._managers),
            *(service(place, updates, update_point) for place in self.script.update_points),
        ]
        lists = dict.fromkeys(place for _, place in self.script.revocations)
        services += [service(place, {HTTP: False}, revocation_list) for place in lists]
        return [*services, service(BLOB_AT, {HTTPS: True}, blob({}))] if self.script.content else services

    async def _connect(self, place: Place) -> None:
        if place.number not in self.connection_points and place not in self.network.circumstances.down:
            point = ConnectionPoint(place, self.network, self.script, self._keys, self._pace)
            self.connection_points[place.number] = point
            await point.connect()

    async def _token(self, source: Place) -> str | None:
        """What Entra issues to a server that signs in; None where it does not."""
        answer = await self._ask(source, ENTRA_AT, Request("POST", SIGN_IN))
        return answer.body.decode() if answer and answer.status == 200 else None

    async def _put(self, source: Place, destination: Place, target: str, body: bytes, token: str) -> bool:
        answer = await self._ask(source, destination, Request("PUT", target, (bearer(token),) if token else (), body))
        return answer is not None and answer.status == 201

    async def _ask(self, source: Place, destination: Place, request: Request, port: int = HTTPS) -> Response | None:
        """Ask once; None where the source is down or no answer came."""
        if source in self.network.circumstances.down:
            return None
        pool = Pool(self.network, source, self._keys.client())
        proxied = self.script.proxied(source, destination)
        try:
            answer = await pool.ask(request, destination, port, tls=port == HTTPS, proxied=proxied)
        except (Refused, Lost):
            return None
        finally:
            pool.close()
        good = 200 <= answer.status < 300
        self._told(source, destination, port, f"{answer.status} to {request.method} {request.target}", good)
        return answer

    def _told(self, source: Place | None, destination: Place, port: int, what: str, ok: bool) -> None:
        step = step_of(source, destination) if self._phase is None else self._phase
        self.note(Event(step, source, destination, port, what, ok))
