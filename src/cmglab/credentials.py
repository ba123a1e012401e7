"""What ends show one another: certificates, made for the run, and bearer tokens."""

from __future__ import annotations

import secrets
import ssl
from functools import cache

import trustme


class Certificates:
    """
    Three authorities and the TLS contexts that follow from them.

    Servers show certificates of the public authority, which everybody trusts. Connection points and clients with a
    certificate show one of the site's, which the gateway trusts. Nobody trusts the foreign authority: devices that
    break TLS open have certificates of it.
    """

    def __init__(self) -> None:
        self._public, self._site, self._foreign = trustme.CA(), trustme.CA(), trustme.CA()

    @cache  # noqa: B019 - as long-lived as the process
    def server(
        self, name: str, foreign: bool = False, client_certificate: ssl.VerifyMode = ssl.CERT_NONE
    ) -> ssl.SSLContext:
        """What a server called *name* shows; *client_certificate* says whether it wants one of the site's."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.num_tickets = 0  # nobody resumes
        (self._foreign if foreign else self._public).issue_cert(name).configure_cert(context)
        if client_certificate is not ssl.CERT_NONE:
            self._site.configure_trust(context)
            context.verify_mode = client_certificate
        return context

    @cache  # noqa: B019
    def client(self, name: str = "") -> ssl.SSLContext:
        """Trust in the public authority; with a *name* also a certificate of the site's."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self._public.configure_trust(context)
        if name:
            self._site.issue_cert(name).configure_cert(context)
        return context


@cache
def certificates() -> Certificates:
    """The certificates of this process: keys cost more than a whole run, and contexts may be shared."""
    return Certificates()


class Mint:
    """Issues tokens of one *kind* and knows its own again."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._issued: set[str] = set()

    def issue(self) -> str:
        """A new token."""
        token = secrets.token_hex(16)
        self._issued.add(token)
        return token

    def knows(self, authorization: str) -> bool:
        """Whether a header field ``authorization`` carries a token that was issued here."""
        return authorization.removeprefix("Bearer ") in self._issued


def bearer(token: str) -> tuple[str, str]:
    """The header field that carries a token."""
    return "authorization", f"Bearer {token}"
