"""A client on the internet: it signs in, asks through the gateway, and fetches content."""

from __future__ import annotations

import ssl
from dataclasses import dataclass

from cmgdocs.facts.model import CredentialId, RoleId
from cmgdocs.site.places import Place

from .credentials import Certificates, Mint, bearer
from .http import Headers, HttpConnection, HttpRequest, HttpResponse
from .network import Network
from .servers import CONTENT, SIGN_IN
from .transcript import BLOB_AT, CERTIFICATE, ENTRA_AT, ENTRA_ID, GATEWAY_AT, HTTPS


@dataclass(frozen=True)
class Identity:
    """What lets a client in: a certificate in its TLS context, or header fields."""

    tls: ssl.SSLContext
    headers: Headers = ()


@dataclass(frozen=True)
class ClientAnswer:
    """
    One answer as a client sees it.

    *connection_point* is 0 and *place*, which answered inside, is None where the request did not get there.
    """

    status: int
    instance: int
    connection_point: int
    place: Place | None
    text: str


class Client:
    """One client. It has had the site's token since it was registered inside."""

    def __init__(self, place: Place, network: Network, keys: Certificates, site: Mint) -> None:
        self.place = place
        self._network, self._keys = network, keys
        self._site_token = site.issue()

    @property
    def nobody(self) -> Identity:
        """What lets nobody in."""
        return Identity(self._keys.client())

    async def sign_in(self, credential: CredentialId) -> Identity | None:
        """Step 3: get what a credential needs; None where Entra could not be asked for a token."""
        if credential == CERTIFICATE:
            return Identity(self._keys.client(f"{self.place.role}-{self.place.number}.lab"))
        if credential != ENTRA_ID:
            return Identity(self._keys.client(), (bearer(self._site_token),))
        answer = await self._fetch(ENTRA_AT, HttpRequest("POST", SIGN_IN))
        return Identity(self._keys.client(), (bearer(answer.text),)) if answer else None

    async def dial(self, identity: Identity) -> HttpConnection:
        """
        Connect to the gateway.

        Raises:
            Refused: There is no connection.
        """
        return await self._network.dial(self.place, GATEWAY_AT, HTTPS, identity.tls)

    async def ask(self, connection: HttpConnection, identity: Identity, target: str) -> ClientAnswer:
        """
        Ask over a connection.

        Raises:
            Lost: No answer came.
        """
        answer = await connection.ask(HttpRequest("GET", target, identity.headers))
        instance, point = (int(answer.header(f"x-lab-{name}") or 0) for name in ("instance", "connection-point"))
        role, _, number = answer.header("x-lab-place").rpartition(" ")
        return ClientAnswer(
            answer.status, instance, point, Place(RoleId(role), int(number)) if role else None, answer.text
        )

    async def download(self) -> int:
        """Fetch content from blob storage, which does not take the gateway: the status of the answer, 0 for none."""
        answer = await self._fetch(BLOB_AT, HttpRequest("GET", CONTENT))
        return answer.status if answer else 0

    async def _fetch(self, destination: Place, request: HttpRequest) -> HttpResponse | None:
        return await self._network.ask_once(self.place, destination, HTTPS, request, self._keys.client())
