"""What the lab's roles check, what a held channel survives, and that a fault of the machine or of a role is named."""

from __future__ import annotations

import asyncio
import errno
import os
import resource
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine
from pathlib import Path

import pytest
from cast import AZURE, CLIENT, CMG, CP, ENTRA, MP, PROXY, SCP, Blocks, site

import cmglab.http
import cmglab.stage
from cmgdocs.errors import LabError
from cmgdocs.facts.model import CredentialId
from cmgdocs.site.places import Place
from cmgdocs.whatif.scenario import Circumstances
from cmglab import FailedDial, Loopback, Stage, run
from cmglab.client import Identity
from cmglab.credentials import bearer, certificates
from cmglab.http import HttpConnection, HttpRequest, HttpResponse
from cmglab.network import Refused

EXAMPLES = Path(__file__).parents[2] / "examples"
CLOSED = Circumstances(Blocks((CP, CMG, None), (CP, PROXY, None)))


def played(act: Callable[[], Coroutine[None, None, None]]) -> None:
    asyncio.run(asyncio.wait_for(act(), 30))


async def built(stage: Stage) -> None:
    assert await stage.deploy()
    await stage.connect()


async def status(stage: Stage, target: str = "/policy", identity: Identity | None = None) -> int:
    """What a client is answered that asks now, over a connection of its own, by default with the site's token."""
    client = stage.clients[0]
    identity = identity or await client.sign_in(CredentialId("token"))
    assert identity
    return (await client.ask(await client.dial(identity), identity, target)).status


async def channels(stage: Stage, count: int) -> None:
    """Wait until there are so many channels."""
    while sum(channel is not None for channel in stage.channels.values()) != count:
        await asyncio.sleep(0.005)


@pytest.mark.parametrize("method", ["classic", "vmss"])
@pytest.mark.parametrize("proxied", [False, True], ids=["direct", "proxied"])
def test_held_channel_survives_its_rules_and_a_cut_one_does_not(method: str, proxied: bool) -> None:
    async def act() -> None:
        async with Stage(site(method, 2, proxied=proxied), retry_s=0.01) as stage:
            await built(stage)
            stage.network.circumstances = CLOSED
            await asyncio.sleep(0.05)
            assert await status(stage) == 200
            stage.cut()
            await channels(stage, 0)
            await asyncio.sleep(0.05)
            assert await status(stage) == 503
            stage.network.circumstances = Circumstances()
            await channels(stage, 2)
            assert await status(stage) == 200
        assert stage.network.crashes == []

    played(act)


def test_a_channel_is_dialled_again_only_if_asked_to_and_then_by_the_first_way() -> None:
    async def act() -> None:
        for retry_s, expected in ((0, None), (0.01, ("TCP-TLS", 10140))):
            given = Circumstances(Blocks((CP, CMG, 10140)))
            async with Stage(site("classic"), given, retry_s=retry_s) as stage:
                await built(stage)
                stage.network.circumstances = Circumstances()
                await asyncio.sleep(0.05)
                assert stage.channels == {(1, 1): ("HTTPS", 443)}
                stage.cut()
                await channels(stage, 0)
                await asyncio.sleep(0.2)
                assert stage.channels == {(1, 1): expected}

    played(act)


@pytest.mark.parametrize("identity", ["nobody", "made-up", "certificate of another role"])
def test_the_gateway_refuses_credentials_that_are_not_good_there(identity: str) -> None:
    async def act() -> None:
        async with Stage(site()) as stage:
            await built(stage)
            nobody = certificates().client()
            shown = {
                "nobody": Identity(nobody),
                "made-up": Identity(nobody, (bearer("made-up"),)),
                "certificate of another role": Identity(certificates().client("site-server-1.lab")),
            }
            assert await status(stage, identity=shown[identity]) == 401
            assert await status(stage, "/alive") == 404

    played(act)


@pytest.mark.parametrize(("port", "name"), [(10124, "client-1.lab"), (10124, ""), (10140, "client-1.lab")])
def test_only_connection_points_hold_channels(port: int, name: str) -> None:
    async def act() -> None:
        async with Stage(site("classic", 2), CLOSED) as stage:
            await built(stage)
            connection = await stage.network.dial(CLIENT, CMG, port, certificates().client(name))
            if port == 10124:
                upgrade = (("upgrade", "channel"), ("connection", "upgrade"))
                assert (await connection.ask(HttpRequest("GET", "/channel", upgrade))).status == 403
                assert (await connection.ask(HttpRequest("GET", "/policy"))).status == 404
            else:
                await connection.gone()
            assert not any(instance.channels for instance in stage.gateway.instances.values())

    played(act)


@pytest.mark.parametrize(
    ("configmgr", "token", "identity", "expected"),
    [
        ("2603", "good", "entra token", 200),
        ("2603", "made-up", "entra token", 401),
        ("2603", "made-up", "site token", 200),
        ("2503", "made-up", "entra token", 200),
    ],
)
def test_management_point_heeds_what_entra_says_of_a_token(
    configmgr: str, token: str, identity: str, expected: int
) -> None:
    """From version 2603 it asks Entra itself, whatever the gateway has found; about other tokens it does not ask."""

    async def act() -> None:
        async with Stage(site(configmgr=configmgr)) as stage:
            tls = certificates().client()
            issued = await stage.network.ask_once(CLIENT, ENTRA, 443, HttpRequest("POST", "/token"), tls)
            assert issued
            headers = (bearer(issued.text if token == "good" else token), ("x-lab-identity", identity))
            answer = await stage.network.ask_once(CP, MP, 443, HttpRequest("GET", "/policy", headers), tls)
            assert answer
            assert answer.status == expected

    played(act)


def test_nobody_deploys_without_having_signed_in() -> None:
    async def act() -> None:
        async with Stage(site()) as stage:
            request = HttpRequest("PUT", "/deployment", (bearer("made-up"),))
            answer = await stage.network.ask_once(SCP, AZURE, 443, request, certificates().client())
            assert answer
            assert (answer.status, stage.gateway.started) == (401, False)

    played(act)


def test_trusted_certificate_for_another_name_is_refused() -> None:
    async def act() -> None:
        async with Stage(site()) as stage:
            tls = certificates().server("software-update-point.lab")
            await stage.network.listen(MP, 8000, HttpConnection.gone, tls)
            with pytest.raises(Refused, match="certificate: Hostname mismatch"):
                await stage.network.dial(CP, MP, 8000, certificates().client())
            assert stage.network.failed == {FailedDial(CP, MP, 8000, "certificate")}

    played(act)


def test_nothing_inside_listens_for_the_outside() -> None:
    async def act() -> None:
        async with Stage(site("classic", 2, proxied=True)) as stage:
            await built(stage)
            for source in (AZURE, CMG, CLIENT):
                for port in (443, 80, 10124, 10140):
                    with pytest.raises(Refused):
                        await stage.network.dial(source, CP, port)

    played(act)


@pytest.mark.parametrize("fault", ["silent", "not HTTP", "crash"])
def test_a_role_that_is_stuck_or_broken_fails_the_run_with_a_message(
    monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    async def app(request: HttpRequest) -> HttpResponse:
        if fault == "silent":
            await asyncio.Event().wait()
        if fault == "crash":
            raise ZeroDivisionError("a fault of the lab")
        return HttpResponse(99)

    monkeypatch.setattr(cmglab.http, "ANSWER_S", 0.3)
    monkeypatch.setattr(cmglab.stage, "management_point", lambda *_: app)
    events: list[str] = []
    if fault == "silent":
        assert run(site(), tell=lambda event: events.append(event.what)).steps[4] == "fails"
        assert "lost: no answer in time" in events
    else:
        with pytest.raises(Exception, match="fault of the lab" if fault == "crash" else "status_code"):
            run(site())


ERRORS = {
    "refused though somebody listens": (errno.ECONNREFUSED, CMG, "blocked"),
    "refused where nobody listens": (errno.ECONNREFUSED, CP, "down"),
    "no way to the host": (errno.EHOSTUNREACH, CMG, "blocked"),
    "not permitted": (errno.EPERM, CMG, "blocked"),
    "timed out": (errno.ETIMEDOUT, CMG, "blocked"),
}


class Failing(Loopback):
    """A network on which no connection is made; *number* says why, 0 for silence."""

    def __init__(self, number: int) -> None:
        super().__init__(Circumstances(deployed=True), connect_s=0.05)
        self._number = number

    async def _connect(self, source: Place, destination: Place, port: int) -> socket.socket:
        if not self._number:
            await asyncio.Event().wait()
        raise OSError(self._number, os.strerror(self._number))


@pytest.mark.parametrize(("number", "destination", "cause"), ERRORS.values(), ids=ERRORS)
def test_cause_follows_from_what_the_kernel_says(number: int, destination: Place, cause: str) -> None:
    async def act() -> None:
        async with Stage(site(), network=Failing(number)) as stage:
            with pytest.raises(Refused):
                await stage.network.dial(CLIENT, destination, 443)
            assert stage.network.failed == {FailedDial(CLIENT, destination, 443, cause)}

    played(act)


def test_silence_is_blocked_after_a_while() -> None:
    seen = run(site(), network=Failing(0))
    assert {failed.cause for failed in seen.failed} == {"blocked"}


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENOBUFS, errno.EADDRNOTAVAIL], ids=errno.errorcode.get)
def test_what_this_machine_lacks_is_no_firewall(number: int) -> None:
    with pytest.raises(LabError, match=f"this machine has too little for the lab: {os.strerror(number).lower()}"):
        run(site(), network=Failing(number))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
@pytest.mark.parametrize("files", [24, 66])
def test_too_few_open_files_are_one_line_and_exit_code_3(files: int) -> None:
    """There are too few files for certificates, or for sockets."""
    made = subprocess.run(
        [sys.executable, "-m", "cmgdocs", "lab", str(EXAMPLES / "classic-sixteen.toml")],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (files, files)),
    )
    assert made.returncode == 3, made.stdout
    message = "this machine has too little for the lab: too many open files; allow more with: ulimit -n 4096"
    assert made.stderr == f"cmgdocs: {message}\n"


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

{call}
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for one process")
@pytest.mark.parametrize("call", ["endless()", "asyncio.new_event_loop().run_until_complete(cell())"])
def test_an_interrupt_ends_it_all(call: str) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", ENDLESS.format(here=str(Path(__file__).parent), call=call)],
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
        _, errors = process.communicate(timeout=90)
    finally:
        process.kill()
    assert errors.rstrip().endswith("KeyboardInterrupt")
    assert process.returncode == -signal.SIGINT


@pytest.mark.parametrize("steps", range(8))
def test_an_interrupt_while_all_is_closed_is_not_lost(steps: int) -> None:
    async def act() -> None:
        network = Loopback()
        network.spawn(asyncio.sleep(60))
        closing = asyncio.create_task(network.close())
        for _ in range(steps):
            await asyncio.sleep(0)
        if not closing.done():
            closing.cancel()
            await asyncio.wait([closing])
            assert closing.cancelled()

    played(act)
