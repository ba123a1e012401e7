"""What a held channel survives, what it does not, and that whatever was started ends."""

from __future__ import annotations

import asyncio
import errno
import importlib
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine
from pathlib import Path

import pytest
from cast import AZURE, CLIENT, CMG, CP, MP, PROXY, Blocks, instance, site

from cmgdocs.errors import LabError, MissingExtra
from cmgdocs.facts.model import CredentialId
from cmgdocs.site.places import Place
from cmgdocs.whatif.scenario import Circumstances
from cmglab import Failed, Loopback, Pace, Stage, run
from cmglab.guard import Limits
from cmglab.network import Refused
from cmglab.pki import pki
from cmglab.wire import Wire

EXAMPLES = Path(__file__).parents[2] / "examples"
QUICK = Pace(check_s=0.2, retry_s=0.01, longest_retry_s=0.05)
CLOSED = Circumstances(Blocks((CP, CMG, None), (CP, PROXY, None)))


def played(play: Callable[[], Coroutine[None, None, None]]) -> None:
    asyncio.run(asyncio.wait_for(play(), 30))


async def status(stage: Stage) -> int:
    """What a client is answered that asks for policy now, over a connection of its own."""
    client = stage.clients[0]
    given = await client.sign_in(CredentialId("token"))
    assert given
    wire = await client.dial(given)
    try:
        return (await client.ask(wire, given, "/policy")).status
    finally:
        wire.abort()


async def channels(stage: Stage, count: int) -> None:
    """Wait until so many channels stand."""
    while sum(channel is not None for channel in stage.channels.values()) != count:
        await asyncio.sleep(0.005)


@pytest.mark.parametrize("method", ["classic", "vmss"])
@pytest.mark.parametrize("proxied", [False, True], ids=["direct", "proxied"])
def test_held_channel_survives_its_rules_and_a_cut_one_does_not(method: str, proxied: bool) -> None:
    async def play() -> None:
        async with Stage(site(method, 2, proxied=proxied), pace=QUICK) as stage:
            await stage.deploy()
            await stage.connect()
            stage.change(CLOSED)
            await asyncio.sleep(0.65)  # longer than three checks
            assert await status(stage) == 200
            stage.cut()
            await channels(stage, 0)
            await asyncio.sleep(0.1)
            assert await status(stage) == 503
            stage.change(Circumstances())
            await channels(stage, 2)
            assert await status(stage) == 200
        assert stage.network.crashes == []

    played(play)


def test_without_a_pace_nothing_is_dialled_again() -> None:
    async def play() -> None:
        async with Stage(site()) as stage:
            await stage.deploy()
            await stage.connect()
            stage.cut()
            await channels(stage, 0)
            await asyncio.sleep(0.05)
            assert stage.channels == {(1, 1): None}
            assert await status(stage) == 503

    played(play)


def test_channel_that_fell_back_stays_where_it_is_and_climbs_anew_after_a_cut() -> None:
    async def play() -> None:
        async with Stage(site("classic"), Circumstances(Blocks((CP, CMG, 10140))), pace=QUICK) as stage:
            await stage.deploy()
            await stage.connect()
            stage.change(Circumstances())
            await asyncio.sleep(0.2)
            assert stage.channels == {(1, 1): ("HTTPS", 443)}
            stage.cut()
            await channels(stage, 0)
            await channels(stage, 1)
            assert stage.channels == {(1, 1): ("TCP-TLS", 10140)}

    played(play)


@pytest.mark.parametrize("place", [CP, MP, PROXY, instance(1)], ids=str)
def test_place_that_goes_down_comes_back(place: Place) -> None:
    async def play() -> None:
        async with Stage(site(proxied=True), pace=QUICK) as stage:
            await stage.deploy()
            await stage.connect()
            await stage.kill(place)
            await asyncio.sleep(0.05)
            if place == instance(1):
                with pytest.raises(Refused, match="nothing listens there"):
                    await status(stage)
            else:
                assert await status(stage) == (502 if place == MP else 503)
            await stage.revive(place)
            await channels(stage, 1)
            assert await status(stage) == 200

    played(play)


def test_gateway_forgets_a_silent_connection_point_and_that_one_dials_again() -> None:
    """Each end notices by itself that the other has gone without a word."""

    async def play() -> None:
        async with Stage(site(), pace=QUICK) as stage:
            await stage.deploy()
            await stage.connect()
            (channel,) = stage.gateway.instances[1].channels.values()
            channel.wire.writer.transport.pause_reading()  # as if nothing arrived any more
            channel.wire.limits = stage.network.limits.__class__(answer_s=0.1)
            while await status(stage) == 200 or channel in stage.gateway.instances[1].channels.values():
                await asyncio.sleep(0.01)
            while await status(stage) != 200:
                await asyncio.sleep(0.01)

    played(play)


def test_who_dials_again_takes_the_place_of_the_old_channel() -> None:
    async def play() -> None:
        async with Stage(site(), pace=QUICK) as stage:
            await stage.deploy()
            await stage.connect()
            (old,) = stage.gateway.instances[1].channels.values()
            await stage.connection_points[1].stop()
            del stage.connection_points[1]
            await stage.connect()
            assert old.wire.closed
            assert await status(stage) == 200

    played(play)


def test_nothing_inside_listens_for_the_outside() -> None:
    async def play() -> None:
        async with Stage(site("classic", 2, proxied=True)) as stage:
            await stage.deploy()
            await stage.connect()
            for source in (AZURE, CMG, CLIENT):
                for port in (443, 80, 10124, 10140):
                    with pytest.raises(Refused):
                        await stage.network.dial(source, CP, port)

    played(play)


ERRORS = {
    "refused though somebody listens": (errno.ECONNREFUSED, CMG, "blocked"),
    "refused where nobody listens": (errno.ECONNREFUSED, CP, "down"),
    "no way to the host": (errno.EHOSTUNREACH, CMG, "blocked"),
    "prohibited": (errno.EACCES, CP, "blocked"),
    "not permitted": (errno.EPERM, CMG, "blocked"),
    "timed out": (errno.ETIMEDOUT, CMG, "blocked"),
}


@pytest.mark.parametrize(("number", "destination", "cause"), ERRORS.values(), ids=ERRORS)
def test_cause_follows_from_what_the_kernel_says(number: int, destination: Place, cause: str) -> None:
    class Kernel(Loopback):
        async def _connect(self, source: Place, destination: Place, port: int):  # type: ignore[no-untyped-def]
            raise OSError(number, os.strerror(number))

    async def play() -> None:
        async with Stage(site(), network=Kernel(Circumstances(deployed=True))) as stage:
            with pytest.raises(Refused):
                await stage.network.dial(CLIENT, destination, 443)
            assert list(stage.network.failed) == [Failed(CLIENT, destination, 443, cause)]

    played(play)


SHORTAGES = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.EADDRNOTAVAIL)


@pytest.mark.parametrize("number", SHORTAGES, ids=errno.errorcode.get)
def test_what_this_machine_lacks_is_no_firewall(number: int) -> None:
    class Short(Loopback):
        async def _connect(self, source: Place, destination: Place, port: int):  # type: ignore[no-untyped-def]
            raise OSError(number, os.strerror(number))

    with pytest.raises(LabError, match=f"this machine has too little for the lab: {os.strerror(number).lower()}"):
        run(site(), network=Short(Circumstances()))


def test_what_this_machine_lacks_to_accept_is_no_firewall_either() -> None:
    async def short(_: object) -> None:
        raise OSError(errno.EMFILE, "")

    async def play() -> None:
        network = Loopback(Circumstances(), limits=Limits(arrive_s=0.2))
        async with Stage(site(), network=network) as stage:
            asyncio.get_running_loop().sock_accept = short  # type: ignore[assignment, method-assign]
            await stage.network.listen(MP, 8000, Wire.gone)
            await asyncio.sleep(0.02)
            with pytest.raises(LabError, match="too many open files"):
                await stage.network.dial(CP, MP, 8000, pki().client())
            assert list(stage.network.failed) == []

    played(play)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
@pytest.mark.parametrize("files", [24, 66])
def test_too_few_open_files_are_one_line_and_exit_code_3(files: int) -> None:
    """For want of files for certificates, and of sockets."""
    made = subprocess.run(
        [sys.executable, "-m", "cmgdocs", "lab", str(EXAMPLES / "classic-sixteen.toml")],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (files, files)),
    )
    assert made.returncode == 3, made.stdout
    expected = (
        "cmgdocs: this machine has too little for the lab: too many open files; allow more with: ulimit -n 4096\n"
    )
    assert made.stderr == expected


def test_silence_is_blocked_after_a_while() -> None:
    class Dropping(Loopback):
        async def _connect(self, source: Place, destination: Place, port: int):  # type: ignore[no-untyped-def]
            await asyncio.Event().wait()

    async def play() -> None:
        async with Stage(site(), network=Dropping(Circumstances(), connect_s=0.05)) as stage:
            assert not await stage.deploy()
            assert [failed.cause for failed in stage.network.failed] == ["blocked"]

    played(play)


def test_missing_module_is_named_with_the_extra_that_brings_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("cmglab")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "h11", None)
    with pytest.raises(MissingExtra, match=r"no module 'h11'; install it with: pip install 'cmgdocs\[lab\]'"):
        importlib.import_module("cmglab")


ENDLESS = """
import asyncio, sys
sys.path.insert(0, {here!r})
from cast import site
from cmglab import run

def endless():
    while True:
        run(site("classic", 16))
        print("played", flush=True)

async def cell():
    endless()

def notebook():
    loop = asyncio.new_event_loop()
    try:
        loop.run_until_complete(cell())
    finally:
        loop.close()

{call}()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for one process")
@pytest.mark.parametrize("call", ["endless", "notebook"])
def test_interrupt_ends_it_all(call: str) -> None:
    script = ENDLESS.format(here=str(Path(__file__).parent), call=call)
    process = subprocess.Popen(
        [sys.executable, "-X", "dev", "-c", script],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "played\n"
        time.sleep(0.05)  # into the middle of the next one
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=10)
    finally:
        process.kill()
    assert errors.rstrip().endswith("KeyboardInterrupt")
    assert "ResourceWarning" not in errors
    assert "was destroyed" not in errors
    assert process.returncode == -signal.SIGINT
