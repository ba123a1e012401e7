"""What a server of the lab takes for a request: stricter than HTTP, so that no two ends read one differently."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .extras import h11

_BARE_LF = re.compile(rb"(?<!\r)\n")
_FOLDED = re.compile(rb"\r\n[ \t]")
_LENGTH = re.compile(rb"(?im)^content-length[ \t]*:")


@dataclass(frozen=True, slots=True)
class Limits:
    """
    How much and how long, in bytes and seconds.

    *arrive_s* is for the first request of a connection to begin, and for every one from its first byte to its last;
    *idle_s* for the next to begin; *answer_s* for an answer to come, or to be taken; *close_s* to say good-bye.
    """

    head: int = 16 * 1024
    body: int = 1024 * 1024
    arrive_s: float = 5.0
    idle_s: float = 60.0
    answer_s: float = 10.0
    close_s: float = 0.25

    @property
    def turn_s(self) -> float:
        """How long a request waits for its turn on a channel; with the two others it stays within *answer_s*."""
        return 0.3 * self.answer_s

    @property
    def carry_s(self) -> float:
        """How long a connection point waits for who answers inside; a slow one then costs no channel."""
        return 0.5 * self.answer_s

    @property
    def channel_s(self) -> float:
        """How long a gateway waits for the connection point; after that the channel has to go."""
        return 0.6 * self.answer_s


class Unfit(Exception):
    """A request that is refused before anybody looks at what it asks for; *why* is a part of a sentence."""

    def __init__(self, status: int, why: str) -> None:
        self.status, self.why = status, why
        super().__init__(f"{status}: {why}")


def unfit_head(raw: bytes, head: h11.Request, host: str, limits: Limits) -> None:
    """
    Refuse a head that h11 takes and that another reader might read otherwise.

    Each of these has been used to smuggle a request past one reader to the next (RFC 9112, section 11.2).

    Raises:
        Unfit: With 400, 413, 421 or 431.
    """
    fields = dict(head.headers)
    if len(raw) > limits.head:
        raise Unfit(431, "the head is too long")
    if _BARE_LF.search(raw):
        raise Unfit(400, "a line ends in LF alone")
    if _FOLDED.search(raw):
        raise Unfit(400, "a header field is folded")
    if len(_LENGTH.findall(raw)) > 1:
        raise Unfit(400, "two lengths")
    if b"content-length" in fields and b"transfer-encoding" in fields:
        raise Unfit(400, "a length and chunks")
    if head.http_version != b"1.1":
        raise Unfit(400, "not HTTP/1.1")
    if not head.target.startswith(b"/") and (host or head.method != b"CONNECT"):  # only proxies have no name
        raise Unfit(400, "the target is not a path")
    if host and fields.get(b"host", b"").decode("latin-1").lower() != host:
        raise Unfit(421, "another host")
    unfit_body(int(fields.get(b"content-length", b"0")), limits)


def unfit_body(length: int, limits: Limits) -> None:
    """
    Refuse a body that is too long, by what it says of itself or by what has come of it.

    Raises:
        Unfit: With 413.
    """
    if length > limits.body:
        raise Unfit(413, "the body is too long")
