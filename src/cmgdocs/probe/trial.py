"""
Trials: every target of a role at once, each within a time of its own, and nothing else is contacted.

A trial asks for addresses, connects, shakes hands and asks for paths with GET; it sends no credentials and changes
nothing. Names are asked of the system's resolver. TLS is that of Python, whose versions and ciphers need not be those
of Windows.
"""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cached_property
from time import perf_counter
from urllib.parse import urlsplit

from ..facts.model import FlowId, RoleId, Seen
from .certificate import certificate
from .targets import Target, Trust
from .tried import Status, Tls, Tried
from .wire import Found, Link, Resolver, Wire, connected

AT_ONCE = 64
TIMEOUT_S = 5.0
_MOST_HEAD = 64 * 1024
_NO_TIME = "no time left"
_SHORT = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.EADDRNOTAVAIL}


class Failed(Exception):
    """A trial that has come to its end: *seen*, *said*, and whether that decides anything."""

    def __init__(self, seen: Seen, said: str, status: Status = Status.FAILS) -> None:
        self.seen, self.said, self.status = seen, said, status
        super().__init__(said)


class Contexts:
    """How certificates are judged: by the authorities that this system trusts."""

    def of(self, target: Target) -> ssl.SSLContext:
        """The context for a target: its certificate is accepted, accepted with its name, or not looked at."""
        if target.trust is Trust.PRODUCT:
            return self.blind
        return self._named if target.checks_name else self._unnamed

    @cached_property
    def blind(self) -> ssl.SSLContext:
        """Accepts any certificate; what it is for is to look at it."""
        return _context(ssl.CERT_NONE, checks_name=False)

    @cached_property
    def _named(self) -> ssl.SSLContext:
        return _context(ssl.CERT_REQUIRED, checks_name=True)

    @cached_property
    def _unnamed(self) -> ssl.SSLContext:
        return _context(ssl.CERT_REQUIRED, checks_name=False)


def _context(mode: ssl.VerifyMode, checks_name: bool) -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = checks_name, mode
    context.post_handshake_auth = True  # or IIS, which asks for a certificate so late, would only hang up
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT  # Windows is not strict, and Python is only from 3.13 on
    return context


async def trials(
    targets: Sequence[Target],
    timeout_s: float = TIMEOUT_S,
    progress: Callable[[int, int], None] = lambda done, of: None,
    wire: Wire | None = None,
    contexts: Contexts | None = None,
) -> tuple[Tried, ...]:
    """
    Try targets, at most 64 at once.

    Args:
        targets: Nothing else is contacted, except the proxy that they name and the resolver; a target may get a second
            connection to look at its certificate, and one for each path.
        timeout_s: Seconds until the trial of one target is given up.
        progress: Called with how many trials are done and how many there are.
        wire: Other names and sockets than the system's, for tests.
        contexts: Other authorities than the system's, for tests.

    Returns:
        In the order of the targets, each followed by its paths where it was reached. What two flows have in common is
        tried once.
    """
    wire, contexts = wire or Wire(), contexts or Contexts()
    resolver, gate, done = Resolver(wire), asyncio.Semaphore(AT_ONCE), 0
    keys = dict.fromkeys(map(_shared, targets))

    async def one(target: Target) -> tuple[Tried, ...]:
        nonlocal done
        async with gate:
            found = await _Trial(target, timeout_s, wire, resolver, contexts).run()
        done += 1
        progress(done, len(keys))
        return found

    results = dict(zip(keys, await asyncio.gather(*map(one, keys)), strict=True))
    return tuple(replace(item, target=target) for target in targets for item in results[_shared(target)])


def _shared(target: Target) -> Target:
    """What is tried, whatever for."""
    return replace(target, flow=FlowId(""), role=RoleId(""))


class _Trial:
    """The trial of one target; what it has found out is kept in case that its time runs out."""

    def __init__(self, target: Target, timeout_s: float, wire: Wire, resolver: Resolver, contexts: Contexts) -> None:
        self._target, self._wire, self._resolver, self._contexts = target, wire, resolver, contexts
        self._timeout_s = timeout_s
        self._late = Seen.DNS_SILENT  # what it means if time runs out now
        self._errors: list[OSError] = []
        self._began = perf_counter()
        self._address = self._alias = ""
        self._tls: Tls | None = None
        self._refused: Failed | None = None  # what is certain, while the certificate is only looked at

    async def run(self) -> tuple[Tried, ...]:
        self._began = perf_counter()
        until = asyncio.get_running_loop().time() + self._timeout_s
        try:
            async with asyncio.timeout_at(until):
                await self._reach()
        except TimeoutError:
            return (self._failed(self._ran_out()),)
        except Failed as failed:
            return (self._failed(failed),)
        tried = self._tried(Status.WORKS, None, self._words())
        return (tried, *await asyncio.gather(*(self.ask(path, until) for path in self._target.paths)))

    async def ask(self, path: str, until: float) -> Tried:
        """The trial of one path over a connection of its own, within what is left of the time."""
        left = until - asyncio.get_running_loop().time()
        if left <= 0:
            return Tried(self._target, path, Status.UNDECIDED, None, _NO_TIME)
        began = perf_counter()
        try:
            async with asyncio.timeout_at(until):
                status, seen, said = await self._answer(path)
        except TimeoutError:
            status, seen, said = Status.FAILS, Seen.CLOSED, "no answer in time"
            if 2 * left < self._timeout_s:  # what came before it took most of the time
                status, seen, said = Status.UNDECIDED, None, _NO_TIME
        except Failed as failed:
            status, seen, said = failed.status, failed.seen, failed.said
        return Tried(self._target, path, status, seen, said, ms=_since(began))

    async def _answer(self, path: str) -> tuple[Status, Seen | None, str]:
        target = self._target
        host = target.bracketed if target.port == (443 if target.tls else 80) else target.place
        link = await self._open()
        try:
            request = f"GET {path} HTTP/1.1\r\nHost: {host}\r\nAccept: */*\r\nConnection: close\r\n\r\n"
            await link.send(request.encode())
            return answer_to(path, target, *await _head(link))
        except ssl.SSLError as error:
            wanted = "CERTIFICATE_REQUIRED" in (error.reason or "")
            raise _wanted() if wanted else Failed(Seen.CLOSED, error.reason or str(error)) from None
        except (OSError, ValueError) as error:
            raise Failed(Seen.CLOSED, str(error)) from None
        finally:
            link.close()

    async def _reach(self) -> None:
        if self._target.name_only:
            await self._find(self._target.host)
        else:
            (await self._open()).close()

    async def _open(self) -> Link:
        """A new connection to the target, with TLS where it has it; raises :class:`Failed`."""
        link = await self._link()
        try:
            if self._target.tls:
                await self._secure(link)
        except BaseException:
            link.close()
            raise
        return link

    async def _link(self) -> Link:
        proxy = self._target.proxy
        if proxy is None:
            return await self._dial(self._target.host, self._target.port, Seen.SILENT)
        host, _, port = proxy.rpartition(":")
        try:
            link = await self._dial(host.strip("[]"), int(port), Seen.PROXY_SILENT)
        except Failed as failed:
            seen = failed.seen if failed.seen in (Seen.NO_NAME, Seen.DNS_SILENT) else Seen.PROXY_SILENT
            raise Failed(seen, f"the proxy {proxy}: {failed.said}") from None
        try:
            self._late = Seen.PROXY_FAILS  # it is there, and waits longer for the target than this trial does
            await self._pass(link)
        except BaseException:
            link.close()
            raise
        return link

    async def _dial(self, host: str, port: int, late: Seen) -> Link:
        found = await self._find(host)
        self._late, self._errors = late, []
        reached = await connected(self._wire, found.addresses, port, self._errors)
        if reached is None:
            raise _unreached(self._errors, found)
        sock, self._address = reached
        return Link(sock)

    async def _find(self, host: str) -> Found:
        self._late = Seen.DNS_SILENT
        try:
            found = await self._resolver.find(host)
        except socket.gaierror as error:
            late = error.errno in (socket.EAI_AGAIN, socket.EAI_FAIL)
            raise Failed(Seen.DNS_SILENT if late else Seen.NO_NAME, f"{host}: {error.strerror}") from None
        except OSError as error:
            if error.errno in _SHORT:
                raise
            raise Failed(Seen.DNS_SILENT, f"{host}: {error.strerror}") from None
        if host == self._target.host:
            self._alias = found.canonical if found.canonical not in ("", host) else ""
            self._address = ", ".join(found.addresses)
        return found

    async def _pass(self, link: Link) -> None:
        """Have the proxy connect to the target, or ask it for the target's first page where there is no TLS."""
        place, tls = self._target.place, self._target.tls
        asked = f"CONNECT {place}" if tls else f"HEAD http://{place}/"
        try:
            await link.send(f"{asked} HTTP/1.1\r\nHost: {place}\r\n\r\n".encode())
            status, line, _ = await _head(link)
        except (OSError, ValueError) as error:
            raise Failed(Seen.PROXY_SILENT, f"the proxy {self._target.proxy}: {error}") from None
        said = f"{asked} answered with {line!r}"
        if seen := _PROXY_SAYS.get(status):
            raise Failed(seen, said)
        if tls and not 200 <= status < 300:
            raise Failed(Seen.PROXY_REFUSES, said)
        if not tls and status == 403:  # of the proxy or of whom it asked
            raise Failed(Seen.PROXY_REFUSES, said, Status.UNDECIDED)

    async def _secure(self, link: Link) -> None:
        self._late = Seen.TLS_SILENT
        try:
            tls = await link.start_tls(self._contexts.of(self._target), self._target.server_name)
        except ssl.SSLCertVerificationError as error:
            self._refused = Failed(_unaccepted(error), error.verify_message)
            await self._look()
            raise Failed(self._refused.seen, self._shown(error.verify_message)) from None
        except OSError as error:
            raise _no_handshake(link.heard, error) from None
        cipher = tls.cipher()
        self._tls = _described(tls, tls.version() or "", cipher[0] if cipher else "")

    async def _look(self) -> None:
        """Shake hands once more to look at a certificate that was not accepted; the answer does not depend on it."""
        with suppress(OSError, Failed):
            link = await self._link()
            try:
                self._tls = _described(await link.start_tls(self._contexts.blind, self._target.server_name), "", "")
            finally:
                link.close()

    def _shown(self, said: str) -> str:
        tls = self._tls
        return f"{said}; subject {tls.subject}, issuer {tls.issuer}, until {tls.until}" if tls else said

    def _ran_out(self) -> Failed:
        if self._refused:
            return self._refused
        if refused := [error for error in self._errors if _kind(error) is Seen.REFUSED and self._late is Seen.SILENT]:
            return _unreached(refused, Found(()))  # by another address than the one that hangs
        return Failed(self._late, "; ".join(filter(None, (self._address, f"after {self._timeout_s:g} s"))))

    def _words(self) -> str:
        alias = f"alias of {self._alias}" * bool(self._alias)
        tls = f"{self._tls.protocol}, issuer {self._tls.issuer}, until {self._tls.until}" if self._tls else ""
        return "; ".join(filter(None, (self._address, alias, tls)))

    def _failed(self, failed: Failed) -> Tried:
        return self._tried(failed.status, failed.seen, failed.said)

    def _tried(self, status: Status, seen: Seen | None, said: str) -> Tried:
        found = self._address, self._alias, _since(self._began), self._tls
        return Tried(self._target, "", status, seen, said, *found)


def _since(began: float) -> int:
    """Milliseconds since then."""
    return round(1000 * (perf_counter() - began))


def answer_to(path: str, target: Target, status: int, line: str, place: str) -> tuple[Status, Seen | None, str]:
    """
    What the status of an answer to a request without credentials shows.

    A redirect to the folder itself is what IIS does for a name without the slash. That credentials are missing decides
    nothing: a trial has none. A site system that takes certificates asks for one with 403.
    """
    said = f"{line!r}{f' to {place}' * bool(place)}"
    if 200 <= status < 300 or (300 <= status < 400 and _is_folder(place, path, target)):
        return Status.WORKS, None, said
    if 300 <= status < 400:
        return Status.FAILS, Seen.REDIRECTED, said
    if status >= 500:
        return Status.FAILS, Seen.SERVER_ERROR, said
    forbidden = Seen.CERTIFICATE_WANTED if target.trust is Trust.TRUSTED else Seen.FORBIDDEN
    seen = {401: Seen.UNAUTHORIZED, 403: forbidden, 404: Seen.NOT_FOUND}
    return Status.UNDECIDED, seen.get(status), said


def _is_folder(place: str, path: str, target: Target) -> bool:
    """Whether a redirect leads to the folder of that name on the same host."""
    try:
        there = urlsplit(place)
        return there.path == f"{path}/" and there.hostname in (None, target.host)
    except ValueError:  # such as a bracket that is not closed
        return False


async def _head(link: Link) -> tuple[int, str, str]:
    """
    The status of an answer, its first line, and where it redirects to.

    Raises:
        ValueError: It is no answer of HTTP.
    """
    data = b""
    while b"\r\n\r\n" not in data:
        more = await link.receive()
        if not more:
            raise ValueError("closed before an answer")
        data += more
        if len(data) > _MOST_HEAD or not b"HTTP/".startswith(data[:5]):
            raise ValueError(f"no answer of HTTP: {data[:40]!r}")
    first, *fields = data.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")
    places = (field.partition(":")[2].strip() for field in fields if field.lower().startswith("location:"))
    said = first.partition(" ")[2]
    return int(said.partition(" ")[0]), said, next(places, "")


def _wanted() -> Failed:
    return Failed(Seen.CERTIFICATE_WANTED, "the other end ended TLS without a client certificate", Status.UNDECIDED)


def _unreached(errors: Sequence[OSError], found: Found) -> Failed:
    """
    Of several addresses one that refuses says more than one that is silent, and no route says least.

    Raises:
        OSError: This machine has no more sockets to give, which says nothing of the other end.
    """
    if short := next((error for error in errors if error.errno in _SHORT), None):
        raise short
    seen = [_kind(error) for error in errors]
    best = next((kind for kind in (Seen.REFUSED, Seen.SILENT) if kind in seen), Seen.UNREACHABLE)
    reasons = dict.fromkeys(_reason(error) for error, kind in zip(errors, seen, strict=True) if kind is best)
    return Failed(best, "; ".join(filter(None, (", ".join(found.addresses), *reasons))))


def _kind(error: OSError) -> Seen:
    if isinstance(error, TimeoutError):  # the system has given up itself
        return Seen.SILENT
    return Seen.REFUSED if isinstance(error, ConnectionRefusedError) else Seen.UNREACHABLE


def _reason(error: OSError) -> str:
    return errno.errorcode.get(error.errno or 0, error.strerror or str(error))


_PROXY_SAYS = {407: Seen.PROXY_CREDENTIALS, 502: Seen.PROXY_FAILS, 503: Seen.PROXY_FAILS, 504: Seen.PROXY_FAILS}
_CODES = {
    Seen.NOT_YET: (9,),
    Seen.EXPIRED: (10,),
    Seen.WRONG_NAME: (62, 64),
    Seen.UNKNOWN_ISSUER: (2, 18, 19, 20, 21, 27, 28),
}
"""Codes of OpenSSL's ``X509_V_ERR_``: dates; names; an issuer that is missing, not trusted or its own."""
_NO_CIPHER = (40, 70, 71)  # RFC 8446, section 6.2: handshake_failure, protocol_version, insufficient_security
_WANTED = (40, 42, 43, 46, 116)  # handshake_failure, bad_, unsupported_ and unknown certificate, certificate_required
_NO_SUCH_NAME = 112  # unrecognized_name
_ALERT, _HANDSHAKE, _RECORDS = 21, 22, range(20, 25)


def _unaccepted(error: ssl.SSLCertVerificationError) -> Seen:
    return next((seen for seen, codes in _CODES.items() if error.verify_code in codes), Seen.UNVERIFIED)


def _no_handshake(heard: bytes, error: OSError) -> Failed:
    """What a failed handshake shows, by the records that the other end sent: their types come in the clear."""
    said = (isinstance(error, ssl.SSLError) and error.reason) or error.strerror or str(error)
    if not heard:
        return Failed(Seen.NO_TLS, said)
    if heard[0] not in _RECORDS:
        return Failed(Seen.NOT_TLS, f"found {heard[:40]!r}")
    *before, last = _records(heard)
    alert = last[1][1] if last[0] == _ALERT and len(last[1]) == 2 else None
    if alert is None:
        ours = said in ("UNSUPPORTED_PROTOCOL", "DH_KEY_TOO_SMALL", "WRONG_SIGNATURE_TYPE")
        return Failed(Seen.NO_COMMON_CIPHER if ours else Seen.NO_TLS, said)
    if alert == _NO_SUCH_NAME:
        return Failed(Seen.WRONG_NAME, said)
    if any(kind == _HANDSHAKE for kind, _ in before):
        return _wanted() if alert in _WANTED else Failed(Seen.NO_TLS, said)
    return Failed(Seen.NO_COMMON_CIPHER if alert in _NO_CIPHER else Seen.NO_TLS, said)


def _records(heard: bytes) -> Iterator[tuple[int, bytes]]:
    """Type and content of each record of TLS, the last one perhaps cut off."""
    at = 0
    while at < len(heard):
        length = int.from_bytes(heard[at + 3 : at + 5], "big")
        yield heard[at], heard[at + 5 : at + 5 + length]
        at += 5 + length


def _described(tls: ssl.SSLObject, protocol: str, cipher: str) -> Tls | None:
    chain = getattr(tls, "get_unverified_chain", None)  # from Python 3.13 on
    ders = [*chain()] if chain else [tls.getpeercert(binary_form=True) or b""]
    found = [item for item in map(certificate, ders) if item]
    if not found:
        return Tls(protocol, cipher) if protocol else None
    own = found[0]
    subjects = tuple(item.subject for item in found)
    return Tls(protocol, cipher, own.subject, own.issuer, own.names, own.until, subjects)
