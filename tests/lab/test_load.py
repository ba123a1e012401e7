"""Many clients at once, and machines that go down in the middle: no answer is lost, mixed up or waited for forever."""

from __future__ import annotations

import asyncio

import pytest
from cast import CP, MP, instance, nth, site
from crowd import CALM, CLIENTS, Crowd, answered, played, resident_mib

from cmgdocs.circumstances import Place
from cmgdocs.deployment import Deployment
from cmgdocs.lab import Stage
from cmgdocs.lab.guard import Limits
from cmgdocs.lab.pki import pki
from cmgdocs.lab.wire import Request, Response, Wire

GROWTH_MIB = 16  # of the whole process, after it has warmed up
SOON_S, PATIENCE_S = 3.0, 20.0  # the second where a busy machine serves a crowd


@pytest.mark.parametrize("seconds", [1, pytest.param(60, marks=pytest.mark.slow)])
def test_no_answer_is_lost_or_mixed_up_under_load(seconds: int) -> None:
    async def play(stage: Stage, crowd: Crowd) -> None:
        await answered(crowd, CLIENTS)
        before = resident_mib()
        await asyncio.sleep(seconds)
        assert resident_mib() - before < GROWTH_MIB

    crowd = played(site(), play, answer_s=PATIENCE_S, pace=CALM)
    assert set(crowd.answers) == {200}
    assert crowd.slowest_s < PATIENCE_S


BROKEN: dict[str, tuple[Deployment, Place, set[int]]] = {
    "the only connection point": (site(), CP, {503}),
    "one of two connection points": (site("classic", 2, connection_point=2), nth(CP, 2), {503}),
    "one of two instances": (site("vmss", 2), instance(2), {0, 503}),
    "the only instance": (site("classic"), instance(1), {0, 503}),
    "the only management point": (site(), MP, {502}),
    "one of two management points": (site(management_points=2), nth(MP, 2), {502}),
}


@pytest.mark.parametrize("case", BROKEN.values(), ids=BROKEN)
def test_service_fails_clearly_and_returns_by_itself(case: tuple[Deployment, Place, set[int]]) -> None:
    deployment, place, failures = case

    async def play(stage: Stage, crowd: Crowd) -> None:
        await answered(crowd, 40)
        await stage.kill(place)
        await asyncio.sleep(0.15)
        await stage.revive(place)
        async with asyncio.timeout(5):
            while None in stage.channels.values():
                await asyncio.sleep(0.01)
        async with asyncio.timeout(5):
            while True:
                crowd.answers.clear()
                await answered(crowd, 100)
                if set(crowd.answers) == {200}:
                    return  # else somebody was still told of before

    seen: set[int] = set()

    async def watched(stage: Stage, crowd: Crowd) -> None:
        original = crowd.answers.clear

        def clear() -> None:
            seen.update(crowd.answers)
            original()

        crowd.answers.clear = clear  # type: ignore[method-assign]
        await play(stage, crowd)

    crowd = played(deployment, watched, clients=20)
    assert crowd.slowest_s < SOON_S
    assert seen & failures
    assert seen <= {200, *failures}


def test_cut_channels_are_built_again() -> None:
    async def play(stage: Stage, crowd: Crowd) -> None:
        for _ in range(5):
            await answered(crowd, 20)
            stage.cut()
        async with asyncio.timeout(5):
            while None in stage.channels.values():
                await asyncio.sleep(0.01)
        await answered(crowd, 100)

    crowd = played(site("classic", 3, connection_point=2), play, clients=20)
    assert set(crowd.answers) <= {200, 503}


def test_silent_management_point_costs_no_channel() -> None:
    async def play(stage: Stage, crowd: Crowd) -> None:
        await answered(crowd, 50)
        (channel,) = stage.gateway.instances[1].channels.values()
        await stage.kill(MP)
        await stage.network.listen(MP, 443, Wire.gone, pki().server("management-point.lab"))
        async with asyncio.timeout(PATIENCE_S):
            while not {502, 503} <= set(crowd.answers):
                await asyncio.sleep(0.01)
        await stage.network.hush(MP, 443)
        await stage.revive(MP)
        crowd.slowest_s = 0
        await answered(crowd, 50)
        assert list(stage.gateway.instances[1].channels.values()) == [channel]

    crowd = played(site(), play, clients=10, answer_s=2, pace=CALM)
    assert set(crowd.answers) == {200, 502, 503}


def test_who_never_reads_is_cut_off_and_holds_up_nobody() -> None:
    async def play(stage: Stage, crowd: Crowd) -> None:
        big = bytes(2**20)

        async def app(request: Request) -> Response:
            return Response(200, (), big)

        ended = asyncio.Event()

        async def handle(wire: Wire) -> None:
            wire.limits = Limits(answer_s=0.3)  # of this connection alone, for the crowd may take its time
            await wire.serve(app)
            ended.set()

        await stage.network.listen(MP, 8000, handle)
        wire = await stage.network.dial(CP, MP, 8000)
        wire.writer.transport.pause_reading()
        for _ in range(8):
            wire.writer.write(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n")
            await asyncio.sleep(0.02)
        async with asyncio.timeout(PATIENCE_S):
            await ended.wait()
        await answered(crowd, 50)
        wire.abort()

    crowd = played(site(), play, clients=10, answer_s=PATIENCE_S, pace=CALM)
    assert set(crowd.answers) == {200}
