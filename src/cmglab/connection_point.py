"""A connection point: it dials out, turns the connection round, holds it, and carries on what comes over it."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, replace

from cmgdocs.site.places import Place

from .channel import ALIVE
from .gateway import CHANNEL, NUMBER
from .network import Network, Refused
from .pki import Pki
from .pool import Pool
from .transcript import GATEWAY_AT, TCP_TLS, Errand, Rung, Transcript
from .wire import Lost, Request, Response, Wire

_PASSED_ON = ("authorization", NUMBER, "x-lab-identity")


@dataclass(frozen=True, slots=True)
class Pace:
    """
    How often, in seconds.

    Channels are checked every *check_s*; the product does it each minute. A lost or missing one is dialled again
    after *retry_s*, then after twice as long, and so on up to *longest_retry_s*; never where *retry_s* is 0.
    """

    check_s: float = 60.0
    retry_s: float = 0.0
    longest_retry_s: float = 60.0


class ConnectionPoint:
    """One connection point. *held* has the rung on which the channel to each instance stands."""

    def __init__(self, place: Place, network: Network, script: Transcript, keys: Pki, pace: Pace) -> None:
        self.place, self.held = place, dict[int, Rung]()
        self._network, self._script, self._pace = network, script, pace
        self._tls = keys.client(f"{place.role}-{place.number}.lab")
        self._pool = Pool(network, place, self._tls)
        self._turns: Counter[str] = Counter()
        self._channels: dict[int, tuple[Wire, asyncio.Task[None]]] = {}
        self._keepers: list[asyncio.Task[None]] = []

    async def connect(self) -> None:
        """Step 2: try the rungs to each instance in order; from then on see to it that channels stand, if so paced."""
        for instance in self._script.instances:
            await self._climb(instance)
        if self._pace.retry_s:
            self._keepers = [asyncio.create_task(self._keep(instance)) for instance in self._script.instances]

    async def stop(self) -> None:
        """End everything at once, as a machine does that loses its power."""
        tasks = [*self._keepers, *(task for _, task in self._channels.values())]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        self._keepers.clear()
        self._pool.close()

    def cut(self, instance: int) -> None:
        """Cut the channel to an instance, as a firewall does that forgets its connections."""
        if instance in self._channels:
            self._channels[instance][0].abort()

    async def _keep(self, instance: int) -> None:
        """Hold the channel; when it is lost, climb the rungs again, with longer and longer pauses."""
        pause = self._pace.retry_s
        while True:
            if instance in self._channels:
                await asyncio.wait([self._channels[instance][1]])
                pause = self._pace.retry_s
            await asyncio.sleep(pause)
            pause = min(2 * pause, self._pace.longest_retry_s)
            await self._climb(instance)

    async def _climb(self, instance: int) -> None:
        for rung in self._script.rungs(instance):
            try:
                wire = await self._network.dial(self.place, GATEWAY_AT, rung.port, self._tls, rung.proxied)
            except Refused:
                continue
            try:
                stands = await self._turned(wire, rung) and await self._stands(wire, instance, rung)
            except BaseException:
                wire.abort()
                raise
            if stands:
                what = f"the channel to instance {instance} stands by {rung.protocol}"
                self._network.tell(self.place, GATEWAY_AT, rung.port, what, True)
                return
            wire.abort()
            self._network.refuse(self.place, GATEWAY_AT, rung.port, "lost", "the gateway takes no channel")

    async def _turned(self, wire: Wire, rung: Rung) -> bool:
        """Turn the connection round: at once where it is TCP-TLS, by an upgrade where it is HTTPS."""
        if rung.protocol == TCP_TLS:
            return True
        try:
            answer = await wire.ask(Request("GET", CHANNEL, (("upgrade", "channel"), ("connection", "upgrade"))))
        except Lost:
            return False
        wire.turn()
        return answer.status == 101

    async def _stands(self, wire: Wire, instance: int, rung: Rung) -> bool:
        """Serve from now on; the channel stands when the gateway has asked over it for the first time."""
        asked = asyncio.Event()
        task = asyncio.create_task(self._serve(wire, instance, asked))
        waiting = asyncio.create_task(asked.wait())
        self._channels[instance] = wire, task
        try:
            await asyncio.wait([task, waiting], timeout=wire.limits.answer_s, return_when=asyncio.FIRST_COMPLETED)
        finally:
            waiting.cancel()
        if asked.is_set():
            self.held[instance] = rung
        else:
            task.cancel()
        return asked.is_set()

    async def _serve(self, wire: Wire, instance: int, asked: asyncio.Event) -> None:
        async def app(request: Request) -> Response:
            asked.set()
            return Response(200) if request.target == ALIVE else await self._carry_on(request)

        # silence for longer than two checks means that nobody is there any more
        wire.limits = replace(wire.limits, idle_s=2.5 * self._pace.check_s)
        try:
            await wire.serve(app)
        except Exception as error:
            self._network.crashes.append(error)
        finally:
            wire.abort()
            if self._channels.get(instance, (None,))[0] is wire:
                del self._channels[instance]
                self.held.pop(instance, None)

    async def _carry_on(self, request: Request) -> Response:
        """Step 5: take a request to the management point or to the update point, each in its turn."""
        if not (errand := self._script.errand(request.target)):
            return self._answer(404, "", "no such endpoint")
        place = self._next(errand)
        passed = tuple((name, value) for name in _PASSED_ON if (value := request.header(name)))
        request = Request(request.method, request.target, passed, request.body)
        try:
            async with asyncio.timeout(self._network.limits.carry_s):
                answer = await self._pool.ask(request, place, errand.port, errand.tls)
        except TimeoutError:
            return self._answer(502, str(place), f"{place} does not answer in time")
        except (Refused, Lost) as error:
            return self._answer(502, str(place), str(error))
        return self._answer(answer.status, str(place), answer.body.decode("utf-8", "replace"))

    def _next(self, errand: Errand) -> Place:
        places = self._script.places(errand.role)
        turn = self._turns[errand.target]
        self._turns[errand.target] = (turn + 1) % len(places)
        return places[turn % len(places)]

    def _answer(self, status: int, place: str, text: str) -> Response:
        who = (("x-lab-connection-point", str(self.place.number)), ("x-lab-place", place))
        return Response(status, who, text.encode())
