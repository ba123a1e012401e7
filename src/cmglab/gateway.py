"""The gateway in Azure: VM instances that check, hand over and answer, behind a load balancer."""

from __future__ import annotations

import ssl
from collections.abc import Iterable

from cmgdocs.facts.ids import CONNECTION_POINT, INSTANCE
from cmgdocs.site.places import Place

from .credentials import Certificates, Mint
from .http import App, HttpConnection, HttpRequest, HttpResponse, Lost
from .network import Network, host_name
from .transcript import CLIENT, GATEWAY_AT, HTTPS, TCP_TLS, Transcript

CHANNEL, ALIVE = "/channel", "/alive"
_PASSED_ON = ("authorization",)
_FOR_CLIENTS = ("x-lab-connection-point", "x-lab-place")


class Instance:
    """
    One VM instance; *channels* has the connections that connection points hold to it, by their numbers.

    On such a connection the end that accepted it asks.
    """

    def __init__(self, number: int, gateway: Gateway) -> None:
        self.number, self._gateway = number, gateway
        self.channels: dict[int, HttpConnection] = {}
        self._last = 0

    async def handle(self, connection: HttpConnection, clients: bool = False) -> None:
        """Have a connection, which a connection point may turn round; *clients* ask only at the load balancer."""
        if await connection.serve(self._app(connection, clients)):
            await self.hold(connection)

    async def hold(self, connection: HttpConnection) -> None:
        """Use a connection that was turned round, from the first question whether the other end is alive."""
        if not (number := _number(connection, CONNECTION_POINT)):
            return
        self.channels[number] = connection
        await connection.ask(HttpRequest("GET", ALIVE))
        await connection.gone()

    def _app(self, connection: HttpConnection, clients: bool) -> App:
        async def app(request: HttpRequest) -> HttpResponse:
            if request.target == CHANNEL:
                return HttpResponse(101) if _number(connection, CONNECTION_POINT) else self._answer(403, "no channel")
            if not clients or self._gateway.script.errand(request.target) is None:
                return self._answer(404, "no such endpoint")
            if not (identity := self._gateway.identity(request, connection)):
                return self._answer(401, "no credential that is good here")
            return await self._hand_over(request, identity)

        return app

    async def _hand_over(self, request: HttpRequest, identity: str) -> HttpResponse:
        """Step 4: over a connection that is held; there is no other way."""
        held = [number for number, channel in self.channels.items() if not channel.closed]
        if not held:
            return self._answer(503, "no channel is held")
        self._last = following(self._last, held)
        headers = [(name, value) for name in _PASSED_ON if (value := request.header(name))]
        passed = HttpRequest(request.method, request.target, (*headers, ("x-lab-identity", identity)), request.body)
        try:
            answer = await self.channels[self._last].ask(passed)
        except Lost as error:
            return self._answer(503, str(error))
        kept = ((name, value) for name in _FOR_CLIENTS if (value := answer.header(name)))
        return HttpResponse(answer.status, (("x-lab-instance", str(self.number)), *kept), answer.body)

    def _answer(self, status: int, text: str) -> HttpResponse:
        return HttpResponse(status, (("x-lab-instance", str(self.number)),), text.encode())


class Gateway:
    """All instances and the load balancer, which gives each connection to the next instance that is up."""

    def __init__(self, network: Network, script: Transcript, keys: Certificates, entra: Mint, site: Mint) -> None:
        self.script = script
        self.instances: dict[int, Instance] = {}
        self.started = False
        self._network, self._mints = network, (entra, site)
        name = host_name(GATEWAY_AT)
        self._https = keys.server(name, client_certificate=ssl.CERT_OPTIONAL)
        self._tcp = keys.server(name, client_certificate=ssl.CERT_REQUIRED)
        self._last = 0

    async def start(self) -> None:
        """Open the ports of every instance that the circumstances do not have down, then the load balancer's."""
        self.started = True
        down = self._network.circumstances.down
        if GATEWAY_AT in down:
            return
        for number in self.script.instances:
            if Place(INSTANCE, number) not in down and number not in self.instances:
                self.instances[number] = instance = Instance(number, self)
                for way in self.script.ways(number):
                    if way.protocol == TCP_TLS:
                        await self._network.listen(GATEWAY_AT, way.port, instance.hold, self._tcp)
                    elif way.port != HTTPS:
                        await self._network.listen(GATEWAY_AT, way.port, instance.handle, self._https)
        if self.instances and not self._network.listens(GATEWAY_AT, HTTPS):
            await self._network.listen(GATEWAY_AT, HTTPS, self._balance, self._https)

    def identity(self, request: HttpRequest, connection: HttpConnection) -> str:
        """Step 3: the identity of a client, by certificate or by a token of Entra or of the site; empty if unknown."""
        if number := _number(connection, CLIENT):
            return f"certificate of {CLIENT} {number}"
        authorization = request.header("authorization")
        return next((f"{mint.kind} token" for mint in self._mints if mint.knows(authorization)), "")

    async def _balance(self, connection: HttpConnection) -> None:
        self._last = following(self._last, self.instances)
        await self.instances[self._last].handle(connection, clients=True)


def following(last: int, numbers: Iterable[int]) -> int:
    """The number whose turn it is after *last*, in a circle."""
    return min(numbers, key=lambda number: (number <= last, number))


def _number(connection: HttpConnection, role: str) -> int:
    """The number in a certificate's name such as ``client-2.lab``, 0 where the other end is none of that *role*."""
    for name in connection.peer_names:
        first, _, number = name.removesuffix(".lab").rpartition("-")
        if first == role and number.isdigit():
            return int(number)
    return 0
