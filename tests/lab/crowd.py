"""Clients of the lab, many at once, that look at every answer; for tests and for the bench."""

from __future__ import annotations

import asyncio
import resource
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path

from cast import CP, MP, instance, nth, site

from cmgdocs.facts.model import CredentialId
from cmgdocs.site.model import Deployment
from cmgdocs.site.places import Place
from cmgdocs.whatif.scenario import Circumstances
from cmglab import Loopback, Pace, Stage
from cmglab.client import Client
from cmglab.guard import Limits
from cmglab.network import Refused
from cmglab.wire import Lost

CLIENTS = 200
TARGETS = ("/policy", "/updates")
CALM = Pace(check_s=60)  # as the product checks: a busy machine is no reason to give a channel up
QUICK = Pace(check_s=0.2, retry_s=0.02, longest_retry_s=0.1)


class Crowd:
    """
    Clients that ask one thing after the other and look at every answer.

    *answers* counts them by status, 0 being a connection that was cut or refused; *wrong* has every answer that was
    meant for another request; *slowest_s* is the longest that anybody waited.
    """

    def __init__(self, stage: Stage, size: int) -> None:
        self._stage = stage
        self.answers: Counter[int] = Counter()
        self.wrong: list[tuple[str, str]] = []
        self.slowest_s = 0.0
        self._tasks = [asyncio.create_task(self._ask_on(number)) for number in range(size)]

    async def end(self) -> None:
        for task in self._tasks:
            task.cancel()
        for result in await asyncio.gather(*self._tasks, return_exceptions=True):
            assert isinstance(result, asyncio.CancelledError), result

    async def _ask_on(self, own: int) -> None:
        client = self._stage.clients[0]
        rounds = 0
        while True:
            try:
                rounds = await self._converse(client, own, rounds)
            except (Refused, Lost):
                self.answers[0] += 1
                await asyncio.sleep(0.05)

    async def _converse(self, client: Client, own: int, rounds: int) -> int:
        given = await client.sign_in(CredentialId("token"))
        assert given
        wire = await client.dial(given)
        try:
            while True:
                rounds += 1
                number, target = f"{own}-{rounds}", TARGETS[rounds % 2]
                start = time.monotonic()
                answer = await client.ask(wire, given, target, number)
                self.slowest_s = max(self.slowest_s, time.monotonic() - start)
                self.answers[answer.status] += 1
                if answer.status == 200 and answer.text != f"{target} {number}":
                    self.wrong.append((f"{target} {number}", answer.text))
                if answer.status != 200:
                    await asyncio.sleep(0.02)
        finally:
            wire.abort()


def resident_mib() -> float:
    """What the process occupies now; where the system does not tell, the most that it did until now."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
        return pages * resource.getpagesize() / 2**20
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10


def played(
    deployment: Deployment,
    play: Callable[[Stage, Crowd], Awaitable[None]],
    clients: int = CLIENTS,
    answer_s: float = 5,
    pace: Pace = QUICK,
) -> Crowd:
    """Have *play* happen while a crowd asks, and give the crowd."""

    async def main() -> Crowd:
        network = Loopback(Circumstances(), limits=Limits(answer_s=answer_s, arrive_s=answer_s))
        async with Stage(deployment, network=network, pace=pace) as stage:
            await stage.deploy()
            await stage.connect()
            crowd = Crowd(stage, clients)
            await play(stage, crowd)
            await crowd.end()
        assert stage.network.crashes == []
        return crowd

    crowd = asyncio.run(asyncio.wait_for(main(), 150))
    assert crowd.wrong == []
    return crowd


async def answered(crowd: Crowd, more: int) -> None:
    """Wait until *more* requests were answered well; who waits in vain has found a fault."""
    wanted = crowd.answers[200] + more
    async with asyncio.timeout(20):
        while crowd.answers[200] < wanted:
            await asyncio.sleep(0.01)


BROKEN: dict[str, tuple[Deployment, Place, set[int]]] = {
    "the only connection point": (site(), CP, {503}),
    "one of two connection points": (site("classic", 2, connection_point=2), nth(CP, 2), {503}),
    "one of two instances": (site("vmss", 2), instance(2), {0, 503}),
    "the only instance": (site("classic"), instance(1), {0, 503}),
    "the only management point": (site(), MP, {502}),
    "one of two management points": (site(management_points=2), nth(MP, 2), {502}),
}
"""What is killed and revived, and how clients may see it; 0 is a connection that was cut or refused."""


class Breakdown:
    """
    A place that is killed while a crowd asks, and revived soon after somebody has seen it.

    *seen* are the statuses of all answers meanwhile. *returned_s* is how long after the revival everything was good
    again: all channels stood, and from then on nobody was answered anything but 200.
    """

    def __init__(self, deployment: Deployment, place: Place, clients: int = 20, answer_s: float = 5) -> None:
        self.place = place
        self.seen: set[int] = set()
        self.returned_s = 0.0
        self.crowd = played(deployment, self._play, clients, answer_s)

    async def _play(self, stage: Stage, crowd: Crowd) -> None:
        await answered(crowd, 40)
        await stage.kill(self.place)
        async with asyncio.timeout(20):
            while set(crowd.answers) <= {200}:
                await asyncio.sleep(0.01)
        await asyncio.sleep(0.15)
        revived = time.monotonic()
        await stage.revive(self.place)
        async with asyncio.timeout(20):
            while None in stage.channels.values():
                await asyncio.sleep(0.01)
            while True:
                self.returned_s = time.monotonic() - revived
                self.seen |= set(crowd.answers)
                crowd.answers.clear()
                await answered(crowd, 100)
                if set(crowd.answers) == {200}:
                    break  # else somebody was still told of before
