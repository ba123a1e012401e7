"""The gateway in Azure: VM instances that check, hand over and answer, behind a load balancer."""

from __future__ import annotations

import ssl
from functools import partial

from cmgdocs.site.model import CONNECTION_POINT
from cmgdocs.site.places import INSTANCE, Place

from .channel import Busy, Channel
from .network import Network, host_name
from .pki import Pki
from .tokens import Mint, borne
from .transcript import CLIENT, GATEWAY_AT, HTTPS, TCP_TLS, Transcript
from .wire import App, Lost, Request, Response, Wire

CHANNEL = "/channel"
NUMBER = "x-lab-number"
_HOST = host_name(GATEWAY_AT)
_PASSED_ON = ("authorization", NUMBER)
_FOR_CLIENTS = ("x-lab-connection-point", "x-lab-place")


class Instance:
    """One VM instance: its ports, its channels, and the connections that it has."""

    def __init__(self, number: int, gateway: Gateway) -> None:
        self.number, self._gateway = number, gateway
        self.channels: dict[int, Channel] = {}
        self.wires: set[Wire] = set()
        self._last = 0

    async def handle(self, port: int, wire: Wire) -> None:
        """Have one HTTPS connection: a client's, or one that a connection point turns round."""
        self.wires.add(wire)
        try:
            if await wire.serve(self._app(wire, port), partial(self._gateway.refused, port), _HOST):
                await self._hold(wire, self._peer(wire))
        finally:
            self.wires.discard(wire)

    async def handle_channel(self, port: int, wire: Wire) -> None:
        """Have one TCP-TLS connection, which is turned round at once. TLS has asked for a certificate already."""
        if number := self._peer(wire):
            await self._hold(wire, number)
        else:
            self._gateway.refused(port, 403, "not a connection point")

    def next(self) -> Channel | None:
        """The channel whose turn it is, by the numbers of the connection points; None without any."""
        numbers = sorted(number for number, channel in self.channels.items() if not channel.wire.closed)
        if not numbers:
            return None
        self._last = next((number for number in numbers if number > self._last), numbers[0])
        return self.channels[self._last]

    def _app(self, wire: Wire, port: int) -> App:
        async def app(request: Request) -> Response:
            if request.target == CHANNEL:
                return self._upgrade(wire, request, port)
            if port != HTTPS or self._gateway.script.errand(request.target) is None:
                return self._answer(404, "no such endpoint")
            if not (identity := self._gateway.identity(request, wire)):
                return self._answer(401, "no credential that is good here")
            return await self._hand_over(request, identity)

        return app

    def _upgrade(self, wire: Wire, request: Request, port: int) -> Response:
        if not self._peer(wire):
            self._gateway.refused(port, 403, "not a connection point")
            return self._answer(403, "not a connection point")
        if request.header("upgrade") != "channel":
            return self._answer(426, "this wants an upgrade")
        return Response(101)

    async def _hand_over(self, request: Request, identity: str) -> Response:
        """Step 4: over a connection that stands; there is no other way."""
        if (channel := self.next()) is None:
            return self._answer(503, "no channel is held")
        headers = [(name, value) for name in _PASSED_ON if (value := request.header(name))]
        passed = Request(request.method, request.target, (*headers, ("x-lab-identity", identity)), request.body)
        try:
            answer = await channel.ask(passed)
        except (Busy, Lost) as error:
            return self._answer(503, str(error))
        told = ((name, value) for name in _FOR_CLIENTS if (value := answer.header(name)))
        return Response(answer.status, (("x-lab-instance", str(self.number)), *told), answer.body)

    async def _hold(self, wire: Wire, number: int) -> None:
        wire.turn()
        channel = Channel(wire, number, self.number)
        if old := self.channels.get(number):  # its owner has dialled again, so it is not in use any more
            old.wire.abort()
        self.channels[number] = channel
        self.wires.add(wire)
        try:
            await channel.hold(self._gateway.check_s)
        finally:
            self.wires.discard(wire)
            if self.channels.get(number) is channel:
                del self.channels[number]

    def _peer(self, wire: Wire) -> int:
        """The number of the connection point at the other end, by its certificate; 0 for anybody else."""
        return _number(wire, CONNECTION_POINT)

    def _answer(self, status: int, text: str) -> Response:
        return Response(status, (("x-lab-instance", str(self.number)),), text.encode())


class Gateway:
    """All instances and the load balancer, which gives each connection to the next instance that is up."""

    def __init__(
        self, network: Network, script: Transcript, keys: Pki, entra: Mint, site: Mint, check_s: float, foreign: bool
    ) -> None:
        self.network, self.script, self.check_s = network, script, check_s
        self.instances: dict[int, Instance] = {}
        self.started = False
        self._entra, self._site = entra, site
        self._https = keys.server(_HOST, foreign, ssl.CERT_OPTIONAL)
        self._tcp = keys.server(_HOST, foreign, ssl.CERT_REQUIRED)
        self._last = 0

    async def start(self) -> None:
        """Start every instance that the circumstances do not have down."""
        self.started = True
        for number in self.script.instances:
            await self.start_instance(number)

    async def start_instance(self, number: int) -> None:
        """Open the ports of one instance, and that of the load balancer with the first."""
        down = self.network.circumstances.down
        if number in self.instances or Place(INSTANCE, number) in down or GATEWAY_AT in down:
            return
        self.instances[number] = instance = Instance(number, self)
        for rung in self.script.rungs(number):
            if rung.protocol == TCP_TLS:
                handler = partial(instance.handle_channel, rung.port)
                await self.network.listen(GATEWAY_AT, rung.port, handler, self._tcp)
            elif rung.port != HTTPS:
                await self.network.listen(GATEWAY_AT, rung.port, partial(instance.handle, rung.port), self._https)
        if not self.network.listens(GATEWAY_AT, HTTPS):
            await self.network.listen(GATEWAY_AT, HTTPS, self._balance, self._https)

    async def stop_instance(self, number: int) -> None:
        """Close the ports of one instance and end its connections; with the last one, the load balancer's port."""
        if not (instance := self.instances.pop(number, None)):
            return
        for rung in self.script.rungs(number):
            if rung.port != HTTPS or not self.instances:
                await self.network.hush(GATEWAY_AT, rung.port)
        if not self.instances:
            await self.network.hush(GATEWAY_AT, HTTPS)
        for wire in tuple(instance.wires):
            wire.abort()

    def identity(self, request: Request, wire: Wire) -> str:
        """Step 3: who asks, by certificate or by a token of Entra or of the site; empty for nobody known."""
        if number := _number(wire, CLIENT):
            return f"certificate of {CLIENT} {number}"
        token = borne(request.header("authorization"))
        for mint in (self._entra, self._site):
            if token and not mint.fault(token):
                return f"{mint.kind} token"
        return ""

    def refused(self, port: int, status: int, why: str) -> None:
        """Tell of a request that was refused at a port of the gateway, whoever sent it."""
        self.network.tell(None, GATEWAY_AT, port, f"{status}: {why}", False)

    async def _balance(self, wire: Wire) -> None:
        if numbers := sorted(self.instances):
            self._last = next((number for number in numbers if number > self._last), numbers[0])
            await self.instances[self._last].handle(HTTPS, wire)


def _number(wire: Wire, role: str) -> int:
    """The number in a certificate's name such as ``client-2.lab``, 0 where it is none of that *role*."""
    for name in wire.names:
        first, _, number = name.removesuffix(".lab").rpartition("-")
        if first == role and number.isdigit():
            return int(number)
    return 0
