"""What a test has the router's process do: take rules away while channels stand, cut these, give the rules back."""

from __future__ import annotations

import asyncio

from cmgdocs.site.model import Deployment
from cmglab.child import Router
from cmglab.connection_point import Pace
from cmglab.kernel import Kernel
from cmglab.network import Refused
from cmglab.stage import Stage
from cmglab.staging import addresses

WAIT_S = 30.0


def upheaval(router: Router, staged: Deployment, rules: bytes, without: bytes) -> tuple[list[int], list[str]]:
    """What a client is answered with the rules, without them, after a cut, and with them again; and what failed."""
    router.namespaces.add(addresses(staged))
    router.namespaces.load(rules)

    async def act() -> tuple[list[int], list[str]]:
        statuses = []
        network = Kernel(router.namespaces)
        async with Stage(staged, network=network, pace=Pace(retry_s=0.02, longest_retry_s=0.05)) as stage:
            assert await stage.deploy()
            await stage.connect()
            statuses.append(await _status(stage))
            router.namespaces.load(without)
            statuses.append(await _status(stage))
            stage.cut()
            while not network.failed:  # until it was tried again
                await asyncio.sleep(0.01)
            statuses.append(await _status(stage))
            router.namespaces.load(rules)
            while not all(stage.channels.values()):
                await asyncio.sleep(0.01)
            statuses.append(await _status(stage))
        return statuses, sorted(f"{f.source} -> {f.destination} {f.port}: {f.cause}" for f in network.failed)

    return asyncio.run(asyncio.wait_for(act(), WAIT_S))


async def _status(stage: Stage) -> int:
    """What a new connection of the first client is answered."""
    client = stage.clients[0]
    given = await client.sign_in(stage.script.credentials[0])
    assert given is not None
    try:
        wire = await client.dial(given)
    except Refused:
        return 0
    try:
        return (await client.ask(wire, given, stage.script.policies[0].target)).status
    finally:
        wire.abort()
