"""A connection point: it dials out, turns the connection round, holds it, and carries on what comes over it."""

from __future__ import annotations

import asyncio
from collections import Counter

from cmgdocs.site.places import Place

from .credentials import Certificates
from .gateway import ALIVE, CHANNEL
from .http import ANSWER_S, HttpConnection, HttpRequest, HttpResponse, Lost
from .network import Network, Refused
from .transcript import GATEWAY_AT, TCP_TLS, ChannelWay, Errand, Transcript

_PASSED_ON = ("authorization", "x-lab-identity")


class ConnectionPoint:
    """
    One connection point.

    Args:
        retry_s: After how many seconds a lost or missing channel is dialled again; never where it is 0. The product
            looks at its channels every minute.
    """

    def __init__(
        self, place: Place, network: Network, script: Transcript, keys: Certificates, retry_s: float = 0
    ) -> None:
        self.place = place
        self._network, self._script, self._retry_s = network, script, retry_s
        self._tls = keys.client(f"{place.role}-{place.number}.lab")
        self._turns: Counter[str] = Counter()
        self._channels: dict[int, tuple[HttpConnection, ChannelWay]] = {}
        self._inside: dict[tuple[Place, int], HttpConnection] = {}

    @property
    def held(self) -> dict[int, ChannelWay]:
        """The way on which the channel to each instance was built, where there is one."""
        return {number: way for number, (connection, way) in self._channels.items() if not connection.closed}

    async def connect(self) -> None:
        """Step 2: try the ways to each instance in order; then, if asked to, dial again whenever a channel is lost."""
        for instance in self._script.instances:
            await self._climb(instance)
            if self._retry_s:
                self._network.spawn(self._keep(instance))

    def cut(self) -> None:
        """Cut every channel, as a firewall does that forgets its connections."""
        for connection, _ in self._channels.values():
            connection.abort()

    async def _keep(self, instance: int) -> None:
        while True:
            if instance in self._channels:
                await self._channels[instance][0].gone()
            await asyncio.sleep(self._retry_s)
            await self._climb(instance)

    async def _climb(self, instance: int) -> None:
        for way in self._script.ways(instance):
            try:
                connection = await self._network.dial(self.place, GATEWAY_AT, way.port, self._tls, way.proxied)
            except Refused:
                continue
            if await self._turned(connection, way) and await self._asked(connection):
                self._channels[instance] = connection, way
                what = f"the channel to instance {instance} is up over {way.protocol}"
                self._network.tell(self.place, GATEWAY_AT, way.port, what, True)
                return
            connection.abort()
            self._network.refuse(self.place, GATEWAY_AT, way.port, "lost", "the gateway takes no channel")

    async def _turned(self, connection: HttpConnection, way: ChannelWay) -> bool:
        """Turn the connection round: at once where it is TCP-TLS, by an upgrade where it is HTTPS."""
        if way.protocol == TCP_TLS:
            return True
        try:
            upgrade = (("upgrade", "channel"), ("connection", "upgrade"))
            return (await connection.ask(HttpRequest("GET", CHANNEL, upgrade))).status == 101
        except Lost:
            return False

    async def _asked(self, connection: HttpConnection) -> bool:
        """Serve from now on; whether the gateway has asked over it, with which the channel is built."""
        asked = asyncio.Event()

        async def app(request: HttpRequest) -> HttpResponse:
            asked.set()
            return HttpResponse(200) if request.target == ALIVE else await self._carry_on(request)

        async def serve() -> None:
            try:
                await connection.serve(app)
            finally:
                connection.abort()
                asked.set()

        self._network.spawn(serve())
        async with asyncio.timeout(ANSWER_S):
            await asked.wait()
        return not connection.closed

    async def _carry_on(self, request: HttpRequest) -> HttpResponse:
        """Step 5: take a request to the management point or to the update point, each in its turn."""
        errand = self._script.errand(request.target)
        assert errand, "the gateway hands over what it knows and nothing else"
        place = self._next(errand)
        passed = tuple((name, value) for name in _PASSED_ON if (value := request.header(name)))
        try:
            connection = await self._connection(place, errand)
            answer = await connection.ask(HttpRequest(request.method, request.target, passed, request.body))
        except (Refused, Lost) as error:
            answer = HttpResponse(502, (), str(error).encode())
        who = (("x-lab-connection-point", str(self.place.number)), ("x-lab-place", str(place)))
        return HttpResponse(answer.status, who, answer.body)

    async def _connection(self, place: Place, errand: Errand) -> HttpConnection:
        """The connection to a place inside, which is kept open for the next request."""
        key = place, errand.port
        if key not in self._inside or self._inside[key].closed:
            self._inside[key] = await self._network.dial(self.place, *key, self._tls if errand.tls else None)
        return self._inside[key]

    def _next(self, errand: Errand) -> Place:
        found = self._script.places_of(errand.role)
        turn = self._turns[errand.target]
        self._turns[errand.target] = turn + 1
        return found[turn % len(found)]
