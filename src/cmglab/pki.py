"""Certificates, made for the run: a public authority, the site's own for its roles and clients, and a foreign one."""

from __future__ import annotations

import ssl
from functools import cache

from .extras import trustme


class Pki:
    """
    Three authorities and the TLS contexts that follow from them.

    Servers show certificates of the public authority, which everybody trusts. Connection points and clients with
    a certificate show one of the site's, which the gateway trusts. Nobody trusts the foreign authority: devices that
    break TLS open have certificates of it, and so have intruders.
    """

    def __init__(self) -> None:
        self.public, self.site, self.foreign = trustme.CA(), trustme.CA(), trustme.CA()
        self._servers: dict[tuple[str, bool, ssl.VerifyMode], ssl.SSLContext] = {}
        self._clients: dict[tuple[str, bool], ssl.SSLContext] = {}

    def server(
        self, name: str, foreign: bool = False, client_certificate: ssl.VerifyMode = ssl.CERT_NONE
    ) -> ssl.SSLContext:
        """What a server shows that is called *name*; *client_certificate* says whether it wants one of the site's."""
        key = (name, foreign, client_certificate)
        if key not in self._servers:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.minimum_version = ssl.TLSVersion.TLSv1_2
            context.num_tickets = 0  # nobody resumes, and tickets would be sent for nothing
            (self.foreign if foreign else self.public).issue_cert(name).configure_cert(context)
            if client_certificate is not ssl.CERT_NONE:
                self.site.configure_trust(context)
                context.verify_mode = client_certificate
            self._servers[key] = context
        return self._servers[key]

    def client(self, name: str = "", foreign: bool = False) -> ssl.SSLContext:
        """Trust in the public authority; with a *name* also a certificate of the site's, or of the foreign one."""
        key = (name, foreign)
        if key not in self._clients:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.minimum_version = ssl.TLSVersion.TLSv1_2
            self.public.configure_trust(context)
            if name:
                (self.foreign if foreign else self.site).issue_cert(name).configure_cert(context)
            self._clients[key] = context
        return self._clients[key]


@cache
def pki() -> Pki:
    """The certificates of this process: keys cost more than a whole run, and contexts may be shared."""
    return Pki()
