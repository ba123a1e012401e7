"""Those that only answer: Azure, Entra, blob storage, management points and software update points."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from cmgdocs.site.places import Place

from .gateway import NUMBER
from .network import Network, Refused, host_name
from .pki import Pki
from .pool import Pool
from .tokens import Mint, bearer, borne
from .transcript import ENTRA_AT, HTTPS, Transcript
from .wire import App, Lost, Request, Response, Wire

CONTENT, DEPLOYMENT, SIGN_IN, CHECK, REVOKED = "/content/package", "/deployment", "/token", "/check", "/revoked.crl"


class Service:
    """One place that answers on some ports: *ports* says of each whether it speaks TLS."""

    def __init__(self, place: Place, ports: dict[int, bool], app: App, network: Network, keys: Pki) -> None:
        self.place, self._ports, self._app, self._network = place, ports, app, network
        self._tls = keys.server(host_name(place))

    async def start(self) -> None:
        """Open its ports, unless the circumstances have it down."""
        if self.place not in self._network.circumstances.down:
            for port, tls in self._ports.items():
                if not self._network.listens(self.place, port):
                    await self._network.listen(self.place, port, self._serve(port), self._tls if tls else None)

    async def stop(self) -> None:
        """Close its ports and end its connections."""
        for port in self._ports:
            await self._network.hush(self.place, port)

    def _serve(self, port: int) -> Callable[[Wire], Awaitable[None]]:
        def told(status: int, why: str) -> None:
            self._network.tell(None, self.place, port, f"{status}: {why}", False)

        async def handle(wire: Wire) -> None:
            await wire.serve(self._app, told, host_name(self.place))

        return handle


def azure(mint: Mint, deploy: Callable[[], Awaitable[None]]) -> App:
    """What Azure answers: it deploys for who is signed in (step 1)."""

    async def app(request: Request) -> Response:
        if (request.method, request.target) != ("PUT", DEPLOYMENT):
            return Response(404)
        if mint.fault(borne(request.header("authorization"))):
            return Response(401)
        await deploy()
        return Response(201)

    return app


def entra(mint: Mint) -> App:
    """What Entra answers: it issues tokens to devices, and tells who asks whether one is good."""

    async def app(request: Request) -> Response:
        if request.target == SIGN_IN:
            return Response(200, (), mint.issue().encode())
        if request.target == CHECK:
            return Response(401 if mint.fault(borne(request.header("authorization"))) else 200)
        return Response(404)

    return app


def blob(store: dict[str, bytes]) -> App:
    """What blob storage answers: it takes content, and gives what it has."""

    async def app(request: Request) -> Response:
        if request.method == "PUT":
            store[request.target] = request.body
            return Response(201)
        found = store.get(request.target)
        return Response(404) if found is None else Response(200, (), found)

    return app


async def update_point(request: Request) -> Response:
    """What a software update point answers: what it was asked, so that answers can be told apart."""
    return Response(200, (), f"{request.target} {request.header(NUMBER)}".encode())


async def revocation_list(request: Request) -> Response:
    """What a distribution point answers: an empty list."""
    return Response(200 if (request.method, request.target) == ("GET", REVOKED) else 404)


class ManagementPoint:
    """What a management point answers; with newer versions it has tokens of Entra checked before."""

    def __init__(self, place: Place, network: Network, script: Transcript, keys: Pki, mint: Mint) -> None:
        self._network, self._script, self._mint = network, script, mint
        self.place = place
        self._pool = Pool(network, place, keys.client())

    async def app(self, request: Request) -> Response:
        """Answer one request for policy."""
        if self._script.checks_tokens and request.header("x-lab-identity").startswith(self._mint.kind):
            ask = Request("POST", CHECK, (bearer(borne(request.header("authorization"))),))
            proxied = self._script.proxied(self.place, ENTRA_AT)
            try:
                answer = await self._pool.ask(ask, ENTRA_AT, HTTPS, proxied=proxied)
            except (Refused, Lost) as error:
                return Response(500, (), f"the token cannot be checked: {error}".encode())
            if answer.status != 200:
                return Response(401, (), b"Entra does not know the token")
        return Response(200, (), f"{request.target} {request.header(NUMBER)}".encode())
