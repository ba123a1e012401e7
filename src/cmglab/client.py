"""A client on the internet: it signs in, asks through the gateway, and fetches content."""

from __future__ import annotations

import ssl
from dataclasses import dataclass

from cmgdocs.facts.model import CredentialId, RoleId
from cmgdocs.site.places import Place

from .gateway import NUMBER
from .network import Network, Refused
from .pki import Pki
from .services import CONTENT, SIGN_IN
from .tokens import Mint, bearer
from .transcript import BLOB_AT, CERTIFICATE, ENTRA_AT, ENTRA_ID, GATEWAY_AT, HTTPS
from .wire import Headers, Lost, Request, Response, Wire


@dataclass(frozen=True, slots=True)
class Pass:
    """What lets a client in: a certificate in its TLS context, or header fields."""

    tls: ssl.SSLContext
    headers: Headers


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer as a client sees it; *connection_point* is 0 and *place* None where the request did not get there."""

    status: int
    instance: int
    connection_point: int
    place: Place | None
    text: str


class Client:
    """One client. The site's token it has from when it was registered inside."""

    def __init__(self, place: Place, network: Network, keys: Pki, site: Mint) -> None:
        self.place = place
        self._network, self._keys = network, keys
        self._site_token = site.issue()

    @property
    def nobody(self) -> Pass:
        """A pass that lets nobody in."""
        return Pass(self._keys.client(), ())

    async def sign_in(self, credential: CredentialId) -> Pass | None:
        """Step 3: get what a credential needs; None where Entra could not be asked for a token."""
        if credential == CERTIFICATE:
            return Pass(self._keys.client(f"{self.place.role}-{self.place.number}.lab"), ())
        if credential != ENTRA_ID:
            return Pass(self._keys.client(), (bearer(self._site_token),))
        answer = await self._fetch(ENTRA_AT, Request("POST", SIGN_IN))
        return Pass(self._keys.client(), (bearer(answer.body.decode()),)) if answer and answer.status == 200 else None

    async def dial(self, given: Pass) -> Wire:
        """
        Connect to the gateway.

        Raises:
            Refused: The connection does not stand.
        """
        return await self._network.dial(self.place, GATEWAY_AT, HTTPS, given.tls)

    async def ask(self, wire: Wire, given: Pass, target: str, number: str = "") -> Answer:
        """
        Ask over a connection; *number* comes back in the text of the answer.

        Raises:
            Lost: No answer came.
        """
        headers = (*given.headers, (NUMBER, number)) if number else given.headers
        answer = await wire.ask(Request("GET", target, headers))
        instance, point = (int(answer.header(f"x-lab-{name}") or 0) for name in ("instance", "connection-point"))
        role, _, place = answer.header("x-lab-place").rpartition(" ")
        text = answer.body.decode("utf-8", "replace")
        return Answer(answer.status, instance, point, Place(RoleId(role), int(place)) if role else None, text)

    async def download(self) -> int:
        """Fetch content from blob storage, beside the gateway: the status of the answer, 0 for none."""
        answer = await self._fetch(BLOB_AT, Request("GET", CONTENT))
        return answer.status if answer else 0

    async def _fetch(self, destination: Place, request: Request) -> Response | None:
        try:
            wire = await self._network.dial(self.place, destination, HTTPS, self._keys.client())
        except Refused:
            return None
        try:
            return await wire.ask(request)
        except Lost:
            return None
        finally:
            wire.abort()
