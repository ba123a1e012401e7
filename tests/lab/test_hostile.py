"""Peers that mean no good: each is refused or cut off, it is told of, and who asks properly is served meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from random import Random

import h11
import pytest
from cast import AZURE, CLIENT, CMG, CP, MP, PROXY, SCP, SUP, site

from cmgdocs.facts.model import CredentialId
from cmgdocs.site.model import Deployment
from cmgdocs.site.places import Place
from cmgdocs.whatif.scenario import Circumstances
from cmglab import Event, Failed, Loopback, Stage, channel
from cmglab.client import Pass
from cmglab.guard import Limits
from cmglab.network import Refused
from cmglab.pki import pki
from cmglab.tokens import bearer
from cmglab.wire import Lost, Request, Response, Wire

SHORT = Limits(arrive_s=0.6, idle_s=0.6, close_s=0.1)  # long enough for a busy machine to shake hands
CRLF = b"\r\n"
HOST = b"host: cmg.lab\r\n"
HUGE = b"fffff\r\n%s\r\n" % (b"a" * 0xFFFFF)
GET = b"GET /policy HTTP/1.1\r\n" + HOST


class Scene:
    """A stage on which everything works, the events that it tells, and a client that asks all the while."""

    def __init__(self, stage: Stage, events: list[Event]) -> None:
        self.stage, self.events = stage, events

    async def knock(self, place: Place, port: int, tls: ssl.SSLContext | None) -> Wire:
        """Connect as somebody whom no role knows."""
        network = self.stage.network
        assert isinstance(network, Loopback)
        host, real = network.address(place, port)
        name = f"{place.role}.lab" if tls else None
        reader, writer = await asyncio.open_connection(host, real, ssl=tls, server_hostname=name)
        return Wire(reader, writer, asyncio.Event())

    async def send(self, *parts: bytes, port: int = 443, tls: ssl.SSLContext | None = None, pause: float = 0) -> bytes:
        """Send bytes to the gateway, and give what comes back until it closes."""
        wire = await self.knock(CMG, port, tls or pki().client())
        with contextlib.suppress(OSError):
            for part in parts:
                wire.writer.write(part)
                await wire.writer.drain()
                await asyncio.sleep(pause)
        try:
            async with asyncio.timeout(10):
                return await wire.reader.read()
        except OSError:
            return b""
        finally:
            wire.abort()

    async def told(self, what: str, times: int = 1) -> bool:
        """Whether it is told of, soon: who is refused may see that before it is told."""
        for _ in range(1000):
            if sum(what in event.what and not event.ok for event in self.events) >= times:
                return True
            await asyncio.sleep(0.01)
        return False


@contextlib.asynccontextmanager
async def scene(deployment: Deployment | None = None, **given: bool) -> AsyncIterator[Scene]:
    """A stage with short limits, in which somebody else asks for policy from beginning to end."""
    events: list[Event] = []
    network = Loopback(Circumstances(), limits=SHORT)
    async with Stage(deployment or site(), network=network, tell=events.append, **given) as stage:
        await stage.deploy()
        await stage.connect()
        answers = list[int]()
        asking = asyncio.create_task(_ask_on(stage, answers))
        yield Scene(stage, events)
        enough = len(answers) + 2
        async with asyncio.timeout(10):
            while len(answers) < enough and not asking.done():
                await asyncio.sleep(0.005)
        asking.cancel()
        await asyncio.wait([asking])
        assert len(answers) >= enough
        assert set(answers) == {200}
    assert stage.network.crashes == []


async def _ask_on(stage: Stage, answers: list[int]) -> None:
    """Ask again and again until cancelled, and keep the statuses of all answers."""
    client = stage.clients[0]
    given = await client.sign_in(CredentialId("token"))
    assert given
    wire = await client.dial(given)
    try:
        while True:
            answers.append((await client.ask(wire, given, "/policy")).status)
            await asyncio.sleep(0.005)
    finally:
        wire.abort()


def played(play: Callable[[], Coroutine[None, None, None]]) -> None:
    asyncio.run(asyncio.wait_for(play(), 30))


SMUGGLED = {
    "length and chunks": (GET + b"content-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    "two lengths that differ": (GET + b"content-length: 4\r\ncontent-length: 5\r\n\r\nabcd", 400),
    "two lengths that agree": (GET + b"content-length: 4\r\nContent-Length: 4\r\n\r\nabcd", 400),
    "length that is a list": (GET + b"content-length: 4, 5\r\n\r\nabcd", 400),
    "length with a sign": (GET + b"content-length: +4\r\n\r\nabcd", 400),
    "negative length": (GET + b"content-length: -1\r\n\r\n", 400),
    "chunk of no size": (GET + b"transfer-encoding: chunked\r\n\r\nzz\r\nabcd\r\n0\r\n\r\n", 400),
    "junk behind a chunk": (GET + b"transfer-encoding: chunked\r\n\r\n4\r\nabcdJUNK\r\n0\r\n\r\n", 400),
    "chunk line that ends in LF": (GET + b"transfer-encoding: chunked\r\n\r\n4\nabcd\r\n0\r\n\r\n", 400),
    "trailers": (GET + b"transfer-encoding: chunked\r\n\r\n0\r\nx-evil: 1\r\n\r\n", 400),
    "unknown coding": (GET + b"transfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501),
    "blank before a colon": (GET + b"transfer-encoding : chunked\r\n\r\n0\r\n\r\n", 400),
    "bare LF": (b"GET /policy HTTP/1.1\n" + HOST + b"\r\n", 400),
    "bare LF between fields": (GET + b"x-a: 1\nx-b: 2\r\n\r\n", 400),
    "bare CR in a value": (GET + b"x-a: 1\rx-b: 2\r\n\r\n", 400),
    "zero byte in a value": (GET + b"x-a: 1\x002\r\n\r\n", 400),
    "folded field": (GET + b"x-a: 1\r\n x-b: 2\r\n\r\n", 400),
    "field without a name": (GET + b": 1\r\n\r\n", 400),
    "absolute form": (b"GET https://cmg.lab/policy HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    "CONNECT": (b"CONNECT management-point.lab:443 HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    "other host": (b"GET /policy HTTP/1.1\r\nhost: management-point.lab\r\n\r\n", 421),
    "two hosts": (GET + b"host: management-point.lab\r\n\r\n", 400),
    "no host": (b"GET /policy HTTP/1.1\r\n\r\n", 400),
    "older version": (b"GET /policy HTTP/1.0\r\n" + HOST + b"\r\n", 400),
    "second request behind the first": (GET + b"\r\n" + GET + b"\r\n", 400),
    "request in the body of another": (GET + b"content-length: 2\r\n\r\nab" + GET + b"\r\n", 400),
    "no HTTP at all": (b"\x16\x03\x01 hello\r\n\r\n", 400),
    "head too long": (GET + b"x-a: " + b"a" * 20_000 + b"\r\n\r\n", 431),
    "head without an end": (GET + b"x-a: " + b"a" * 40_000, 431),
    "body too long by its own word": (GET + b"content-length: 2000000\r\n\r\n", 413),
    "body too long by its bytes": (GET + b"transfer-encoding: chunked\r\n\r\n" + 2 * HUGE, 413),
}


@pytest.fixture(scope="module")
def refusals() -> dict[str, tuple[bytes, bool]]:
    """The answer to each of those requests, all sent at the same time, and whether it was told of."""

    async def main() -> dict[str, tuple[bytes, bool]]:
        async with scene() as here:
            answers = await asyncio.gather(*(here.send(raw) for raw, _ in SMUGGLED.values()))
            told = [await here.told(f": {answer.rpartition(CRLF)[2].decode()}") for answer in answers]
            return dict(zip(SMUGGLED, zip(answers, told, strict=True), strict=True))

    return asyncio.run(asyncio.wait_for(main(), 30))


@pytest.mark.parametrize("name", SMUGGLED)
def test_smuggling_is_refused(name: str, refusals: dict[str, tuple[bytes, bool]]) -> None:
    answer, told = refusals[name]
    assert answer.startswith(b"HTTP/1.1 %d " % SMUGGLED[name][1])
    assert answer.count(b"HTTP/1.1 ") == 1
    assert told


CONNECTS = {
    "another method": (b"GET / HTTP/1.1\r\nhost: a\r\n\r\n", 405),
    "no port": (b"CONNECT cmg.lab HTTP/1.1\r\nhost: cmg.lab\r\n\r\n", 405),
    "port that is none": (b"CONNECT cmg.lab:99999 HTTP/1.1\r\nhost: cmg.lab\r\n\r\n", 405),
    "port without an end": (b"CONNECT cmg.lab:%s HTTP/1.1\r\nhost: cmg.lab\r\n\r\n" % (b"4" * 9000), 405),
    "host inside": (b"CONNECT management-point.lab:443 HTTP/1.1\r\nhost: management-point.lab\r\n\r\n", 502),
    "bytes before the tunnel stands": (b"CONNECT cmg.lab:443 HTTP/1.1\r\nhost: cmg.lab\r\n\r\nGET / HTTP/1.1\r\n", 400),
}


@pytest.mark.parametrize(("raw", "status"), CONNECTS.values(), ids=CONNECTS)
def test_proxy_makes_no_other_tunnels(raw: bytes, status: int) -> None:
    async def play() -> None:
        async with scene(site(proxied=True)) as here:
            wire = await here.knock(PROXY, 3128, None)
            wire.writer.write(raw)
            assert (await wire.reader.readline()).startswith(b"HTTP/1.1 %d " % status)
            wire.abort()

    played(play)


@pytest.mark.parametrize("seed", range(4))
def test_nonsense_breaks_nothing(seed: int) -> None:
    """Requests with bytes changed, doubled, left out or put in at random places; the seed tells which."""
    random, junk = Random(seed), (b"", CRLF, b"\n", b":", b" ", b"\x00\xff", b"0", b"\r")
    short = [raw for raw, _ in (*SMUGGLED.values(), *CONNECTS.values()) if len(raw) < 200]

    def nonsense() -> bytes:
        raw = bytearray(random.choice((GET + CRLF, *short)))
        for _ in range(random.randint(1, 5)):
            at = random.randrange(len(raw))
            raw[at : at + random.randint(0, 3)] = random.choice(junk)
        return bytes(raw)

    async def play() -> None:
        async with scene(site(proxied=True)) as here:
            await asyncio.gather(*(here.send(nonsense()) for _ in range(25)))
            wires = [await here.knock(PROXY, 3128, None) for _ in range(25)]
            for wire in wires:
                wire.writer.write(nonsense())
            await asyncio.sleep(0.05)
            for wire in wires:
                wire.abort()

    played(play)


def test_field_that_would_be_two_is_not_even_sent() -> None:
    async def play() -> None:
        async with scene() as here:
            wire = await here.knock(CMG, 443, pki().client())
            wire.name = "cmg.lab"
            with pytest.raises(h11.LocalProtocolError):
                await wire.ask(Request("GET", "/policy", (("x-a", "1\r\nx-b: 2"),)))
            wire.abort()

    played(play)


def test_slow_request_is_given_up() -> None:
    async def play() -> None:
        async with scene() as here:
            answer = await here.send(*(bytes([byte]) for byte in GET), pause=0.03)
            assert answer.startswith(b"HTTP/1.1 408 ")
            assert await here.told("408: the request did not end in time")

    played(play)


def test_slow_body_is_given_up() -> None:
    async def play() -> None:
        async with scene() as here:
            answer = await here.send(GET + b"content-length: 100\r\n\r\n", *[b"a"] * 40, pause=0.03)
            assert answer.startswith(b"HTTP/1.1 408 ")

    played(play)


def test_connection_without_a_request_is_given_up() -> None:
    async def play() -> None:
        async with scene() as here:
            assert (await here.send()).startswith(b"HTTP/1.1 408 ")
            assert await here.told("408: no request in time")

    played(play)


def test_many_half_open_connections_are_given_up() -> None:
    async def play() -> None:
        async with scene() as here:
            wires = [await here.knock(CMG, 443, None) for _ in range(100)]
            for wire in wires:
                assert await wire.reader.read() == b""
                wire.abort()
            assert await here.told("refused: no handshake in time", 100)

    played(play)


@pytest.mark.parametrize("port", [443, 10140])
def test_plain_http_on_a_tls_port_is_refused(port: int) -> None:
    async def play() -> None:
        async with scene(site("classic")) as here:
            wire = await here.knock(CMG, port, None)
            wire.writer.write(GET + b"\r\n")
            with contextlib.suppress(ConnectionError):
                assert b"HTTP" not in await wire.reader.read()
            wire.abort()
            assert await here.told("refused: no TLS (http request)")

    played(play)


def test_foreign_client_certificate_is_refused() -> None:
    async def play() -> None:
        async with scene() as here:
            answer = await here.send(GET + b"\r\n", tls=pki().client("client-1.lab", foreign=True))
            assert answer == b""
            assert await here.told("refused: no TLS (certificate verify failed)")

    played(play)


@pytest.mark.parametrize("port", [10124, 10125, 10140, 10141])
@pytest.mark.parametrize("name", ["", "client-1.lab"])
def test_only_connection_points_hold_channels(port: int, name: str) -> None:
    upgrade = b"GET /channel HTTP/1.1\r\n" + HOST + b"upgrade: channel\r\nconnection: upgrade\r\n\r\n"

    async def play() -> None:
        async with scene(site("classic", 2)) as here:
            before = {number: dict(each.channels) for number, each in here.stage.gateway.instances.items()}
            answer = await here.send(upgrade, port=port, tls=pki().client(name))
            assert b"101" not in answer
            assert {number: dict(each.channels) for number, each in here.stage.gateway.instances.items()} == before
            assert await here.told("403: not a connection point" if port < 10140 or name else "refused: no TLS")

    played(play)


def test_clients_ask_on_no_other_port() -> None:
    async def play() -> None:
        async with scene(site("vmss", 2)) as here:
            token = ": ".join(bearer(here.stage.site.issue())) + "\r\n\r\n"
            wire = await here.knock(CMG, 10124, pki().client("client-1.lab"))
            wire.writer.write(GET + token.encode())
            assert (await wire.reader.readline()).startswith(b"HTTP/1.1 404 ")
            wire.abort()

    played(play)


def test_gateway_with_a_wrong_certificate_is_refused_by_both_ends() -> None:
    async def play() -> None:
        events: list[Event] = []
        async with Stage(site("classic"), tell=events.append, foreign_gateway=True) as stage:
            await stage.deploy()
            await stage.connect()
            assert stage.channels == {(1, 1): None}
            with pytest.raises(Refused, match="certificate"):
                await stage.clients[0].dial(stage.clients[0].nobody)
            assert set(stage.network.failed) == {
                Failed(source, CMG, port, "certificate") for source, port in ((CP, 10140), (CP, 443), (CLIENT, 443))
            }
        assert stage.network.crashes == []

    played(play)


@pytest.mark.parametrize(("place", "source"), [(CMG, CLIENT), (MP, CP), (AZURE, SCP)], ids=str)
def test_trusted_certificate_for_another_name_is_refused(place: Place, source: Place) -> None:
    async def play() -> None:
        async with Stage(site()) as stage:
            await stage.network.listen(place, 8000, Wire.gone, pki().server("software-update-point.lab"))
            with pytest.raises(Refused, match="certificate: Hostname mismatch"):
                await stage.network.dial(source, place, 8000, pki().client())
            assert list(stage.network.failed) == [Failed(source, place, 8000, "certificate")]

    played(play)


def test_requests_are_not_handed_to_who_shows_the_certificate_of_another() -> None:
    async def play() -> None:
        async with scene() as here:
            client = here.stage.clients[0]
            given = await client.sign_in(CredentialId("token"))
            assert given
            wire = await client.dial(given)
            await here.stage.kill(SUP)
            await here.stage.network.listen(SUP, 8531, Wire.gone, pki().server("management-point.lab"))
            answer = await client.ask(wire, given, "/updates")
            assert (answer.status, "Hostname mismatch" in answer.text) == (502, True)
            wire.abort()

    played(play)


@pytest.mark.parametrize(
    ("configmgr", "token", "identity", "status"),
    [
        ("2603", "good", "entra token", 200),
        ("2603", "made up", "entra token", 401),
        ("2603", "ended", "entra token", 401),
        ("2603", "made up", "site token", 200),
        ("2503", "made up", "entra token", 200),
    ],
)
def test_management_point_heeds_what_entra_says_of_a_token(
    configmgr: str, token: str, identity: str, status: int
) -> None:
    """From version 2603 it asks Entra itself, whatever the gateway has found; about other tokens it does not ask."""

    async def play() -> None:
        async with scene(site(configmgr=configmgr)) as here:
            issued = here.stage.entra.issue(lifetime_s=-60 if token == "ended" else 60)
            headers = (bearer("made-up" if token == "made up" else issued), ("x-lab-identity", identity))
            wire = await here.stage.network.dial(CP, MP, 443, pki().client())
            assert (await wire.ask(Request("GET", "/policy", headers))).status == status
            wire.abort()

    played(play)


def test_one_request_more_than_may_wait_is_sent_away_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    async def play() -> None:
        monkeypatch.setattr(channel, "MOST_WAITING", 3)
        answered = asyncio.Event()

        async def slow(request: Request) -> Response:
            await answered.wait()
            return Response(200)

        async with Stage(site()) as stage:
            await stage.deploy()
            await stage.connect()
            await stage.kill(MP)
            await stage.network.listen(MP, 443, lambda wire: _served(wire, slow), pki().server("management-point.lab"))
            client = stage.clients[0]
            given = await client.sign_in(CredentialId("token"))
            assert given
            wires = [await client.dial(given) for _ in range(5)]
            asking = [asyncio.create_task(client.ask(wire, given, "/policy")) for wire in wires]
            first, _ = await asyncio.wait(asking, return_when=asyncio.FIRST_COMPLETED)
            (refused,) = (task.result() for task in first)
            assert (refused.status, refused.text) == (503, "too many requests wait for the channel")
            answered.set()
            assert sorted(answer.status for answer in await asyncio.gather(*asking)) == [200, 200, 200, 200, 503]
            for wire in wires:
                wire.abort()
        assert stage.network.crashes == []

    played(play)


@pytest.mark.parametrize("which", ["ended", "of Azure's kind for the site", "changed", "empty", "garbage"])
def test_bad_token_is_nobody(which: str) -> None:
    async def play() -> None:
        async with scene() as here:
            client, good = here.stage.clients[0], here.stage.site.issue()
            token = {
                "ended": here.stage.site.issue(lifetime_s=-60),
                "of Azure's kind for the site": here.stage.entra.issue().replace("entra", "site"),
                "changed": good[:-1] + ("0" if good[-1] != "0" else "1"),
                "empty": "",
                "garbage": "\xff.1.\xb2",
            }[which]
            given = Pass(pki().client(), (bearer(token),))
            wire = await client.dial(given)
            if which in ("empty", "garbage"):  # h11 would not send them
                wire.writer.write(GET + f"authorization: Bearer {token}\r\n\r\n".encode("latin-1"))
                assert (await wire.reader.readline()).startswith(b"HTTP/1.1 401 ")
            else:
                assert (await client.ask(wire, given, "/policy")).status == 401
            wire.abort()

    played(play)


@pytest.mark.parametrize("target", ["/", "/alive", "/channel/", "/policy/../alive", "/policy?x=/alive", "//policy"])
def test_gateway_hands_over_what_it_knows_and_nothing_else(target: str) -> None:
    async def play() -> None:
        async with scene() as here:
            client = here.stage.clients[0]
            given = await client.sign_in(CredentialId("token"))
            assert given
            wire = await client.dial(given)
            assert (await client.ask(wire, given, target)).status == 404
            wire.abort()

    played(play)


def test_who_claims_another_identity_is_taken_for_who_they_are() -> None:
    """What the gateway says of a client to those inside cannot be said by the client."""

    async def play() -> None:
        seen: list[Request] = []

        async def look(request: Request) -> Response:
            seen.append(request)
            return Response(200)

        async with scene() as here:
            await here.stage.kill(MP)
            await here.stage.network.listen(
                MP, 443, lambda wire: _served(wire, look), pki().server("management-point.lab")
            )
            client = here.stage.clients[0]
            given = await client.sign_in(CredentialId("token"))
            assert given
            claims = (("x-lab-identity", "entra token"), ("cookie", "a=b"), ("x-lab-connection-point", "7"))
            wire = await client.dial(given)
            answer = await client.ask(wire, Pass(given.tls, (*given.headers, *claims)), "/policy")
            assert answer.connection_point == 1
            wire.abort()
        assert {request.header("x-lab-identity") for request in seen} == {"site token"}
        assert {name for request in seen for name, _ in request.headers} == {
            "authorization",
            "content-length",
            "host",
            "x-lab-identity",
        }

    played(play)


async def _served(wire: Wire, app: Callable[[Request], Awaitable[Response]]) -> None:
    await wire.serve(app)


BAD_ANSWERS = {
    "two at once": b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
    "none": b"",
    "half of one": b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc",
    "no HTTP": b"hello\r\n\r\n",
    "too long": b"HTTP/1.1 200 OK\r\ncontent-length: 2000000\r\n\r\n" + b"a" * 2_000_000,
}


@pytest.mark.parametrize("raw", BAD_ANSWERS.values(), ids=BAD_ANSWERS)
def test_bad_answer_from_inside_is_a_clear_failure(raw: bytes) -> None:
    async def answer(wire: Wire) -> None:
        await wire.receive()
        wire.writer.write(raw)
        await wire.close()

    async def play() -> None:
        async with Stage(site()) as stage:
            await stage.deploy()
            await stage.connect()
            client = stage.clients[0]
            given = await client.sign_in(CredentialId("token"))
            assert given
            wire = await client.dial(given)
            await stage.kill(MP)
            await stage.network.listen(MP, 443, answer, pki().server("management-point.lab"))
            assert (await client.ask(wire, given, "/policy")).status == 502
            await stage.network.hush(MP, 443)
            await stage.revive(MP)
            assert (await client.ask(wire, given, "/policy")).status == 200
            wire.abort()

    played(play)


def test_nobody_deploys_without_having_signed_in() -> None:
    async def play() -> None:
        async with Stage(site()) as stage:
            wire = await stage.network.dial(SCP, AZURE, 443, pki().client())
            for token in ("made-up", stage.site.issue()):
                answer = await wire.ask(Request("PUT", "/deployment", (bearer(token),)))
                assert answer.status == 401
            assert not stage.gateway.started
            wire.abort()

    played(play)


def test_answer_that_does_not_come_is_given_up() -> None:
    async def silent(wire: Wire) -> None:
        await wire.gone()

    async def play() -> None:
        network = Loopback(Circumstances(), limits=Limits(answer_s=0.2))
        async with Stage(site(), network=network):
            await network.listen(MP, 8000, silent)
            wire = await network.dial(CP, MP, 8000)
            with pytest.raises(Lost, match="no answer in time"):
                await wire.ask(Request("GET", "/policy"))
            await wire.gone()

    played(play)
