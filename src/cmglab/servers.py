"""The roles that only answer, and the site's web proxy, which dials for whoever asked."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from cmgdocs.site.places import Place

from .credentials import Certificates, Mint
from .http import CHUNK, App, HttpConnection, HttpRequest, HttpResponse, Lost
from .network import Network, Refused, host_name
from .transcript import (
    AZURE_AT,
    BLOB_AT,
    CRL_AT,
    ENTRA_AT,
    GATEWAY_AT,
    HTTP,
    HTTPS,
    MICROSOFT_CRL_AT,
    PROXY_AT,
    Transcript,
)

CONTENT, DEPLOYMENT, SIGN_IN, CHECK, REVOKED = "/content/package", "/deployment", "/token", "/check", "/revoked.crl"
_BEYOND_PROXY = (AZURE_AT, GATEWAY_AT, BLOB_AT, ENTRA_AT, CRL_AT, MICROSOFT_CRL_AT)


def azure(mint: Mint, deploy: Callable[[], Awaitable[None]]) -> App:
    """What Azure answers: it deploys for whoever is signed in (step 1)."""

    async def app(request: HttpRequest) -> HttpResponse:
        if not mint.knows(request.header("authorization")):
            return HttpResponse(401)
        await deploy()
        return HttpResponse(201)

    return app


def entra(mint: Mint) -> App:
    """What Entra answers: it issues tokens, and says whether one is good."""

    async def app(request: HttpRequest) -> HttpResponse:
        if request.target == SIGN_IN:
            return HttpResponse(200, (), mint.issue().encode())
        return HttpResponse(200 if mint.knows(request.header("authorization")) else 401)

    return app


def blob() -> App:
    """What blob storage answers: it takes content, and gives what it has."""
    store: dict[str, bytes] = {}

    async def app(request: HttpRequest) -> HttpResponse:
        if request.method == "PUT":
            store[request.target] = request.body
            return HttpResponse(201)
        found = store.get(request.target)
        return HttpResponse(404) if found is None else HttpResponse(200, (), found)

    return app


async def answering(request: HttpRequest) -> HttpResponse:
    """What a software update point or a distribution point answers."""
    return HttpResponse(200, (), request.target.encode())


def management_point(place: Place, network: Network, script: Transcript, keys: Certificates, mint: Mint) -> App:
    """What a management point answers; with newer versions it has tokens of Entra checked before."""
    kept: list[HttpConnection] = []

    async def check(authorization: str) -> HttpResponse:
        if not kept or kept[-1].closed:
            proxied = script.proxied(place, ENTRA_AT)
            kept.append(await network.dial(place, ENTRA_AT, HTTPS, keys.client(), proxied))
        return await kept[-1].ask(HttpRequest("POST", CHECK, (("authorization", authorization),)))

    async def app(request: HttpRequest) -> HttpResponse:
        if script.checks_tokens and request.header("x-lab-identity").startswith(mint.kind):
            try:
                answer = await check(request.header("authorization"))
            except (Refused, Lost) as error:
                return HttpResponse(500, (), f"the token cannot be checked: {error}".encode())
            if answer.status != 200:
                return HttpResponse(401, (), b"Entra does not know the token")
        return await answering(request)

    return app


def web_proxy(network: Network) -> Callable[[HttpConnection], Awaitable[None]]:
    """What the site's web proxy does with a connection: it takes CONNECT to some ports and then carries bytes."""
    known = {host_name(place): place for place in _BEYOND_PROXY}

    async def handle(connection: HttpConnection) -> None:
        beyond: list[HttpConnection] = []

        async def app(request: HttpRequest) -> HttpResponse:
            host, _, port = request.target.rpartition(":")
            # A request without TLS needs no CONNECT at a real proxy; here it has one, which is always taken.
            allowed = None if int(port) == HTTP else network.circumstances.connect_ports
            if allowed is not None and not any(int(port) in ports for ports in allowed):
                return HttpResponse(403, (), f"the proxy takes no CONNECT to port {port}".encode())
            try:
                beyond.append(await network.dial(PROXY_AT, known[host], int(port)))
            except Refused as refused:
                return HttpResponse(502, (), str(refused).encode())
            return HttpResponse(200)

        if await connection.serve(app):
            try:
                await asyncio.gather(_carry(connection, beyond[0]), _carry(beyond[0], connection))
            finally:
                beyond[0].abort()

    return handle


async def _carry(source: HttpConnection, sink: HttpConnection) -> None:
    """Carry bytes until there are no more."""
    while data := await source.reader.read(CHUNK):
        sink.writer.write(data)
        await sink.writer.drain()
    sink.writer.close()
