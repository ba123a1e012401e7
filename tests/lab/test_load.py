"""Many clients at once, and machines that go down in the middle: no answer is lost, mixed up or waited for forever."""

from __future__ import annotations

import asyncio

import pytest
from cast import CP, MP, site
from crowd import BROKEN, CALM, CLIENTS, Breakdown, Crowd, answered, played, resident_mib

from cmgdocs.lab import Stage
from cmgdocs.lab.guard import Limits
from cmgdocs.lab.pki import pki
from cmgdocs.lab.wire import Request, Response, Wire

GROWTH_MIB = 16  # of the whole process, after it has warmed up
PATIENCE_S = 20.0  # a busy machine serves a crowd


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


@pytest.mark.parametrize("name", BROKEN)
def test_service_fails_clearly_and_returns_by_itself(name: str) -> None:
    deployment, place, failures = BROKEN[name]
    made = Breakdown(deployment, place)
    assert made.crowd.slowest_s < PATIENCE_S
    assert made.seen & failures
    assert made.seen <= {200, *failures}


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
