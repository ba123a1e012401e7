"""What a trial has seen: whether a connection comes about, and what of its TLS."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from ..facts.model import Seen
from .targets import Target


class Status(Enum):
    """Whether a connection comes about."""

    WORKS = "works"
    FAILS = "fails"
    UNDECIDED = "undecided"


class By(Enum):
    """Who has tried."""

    PYTHON = "python"
    POWERSHELL = "powershell"


@dataclass(frozen=True)
class Tls:
    """
    A handshake that was completed, or the certificate of one that was refused; then *protocol* and *cipher* are empty.

    *until* is the last day of the certificate. *chain* has the subjects of the certificates that came with it, from the
    server's own on, where Python shows them.
    """

    protocol: str
    cipher: str
    subject: str = ""
    issuer: str = ""
    names: tuple[str, ...] = ()
    until: str = ""
    chain: tuple[str, ...] = ()


@dataclass(frozen=True)
class Tried:
    """
    What the trial of a target saw, or of one of its paths.

    *seen* is None where it works. *said* has the details in words: addresses, what a proxy or server answered.
    *address* is the one that was reached, *alias* the name at the end of the host's aliases where that is another one.
    """

    target: Target
    path: str
    status: Status
    seen: Seen | None
    said: str
    address: str = ""
    alias: str = ""
    ms: int = 0
    tls: Tls | None = None

    @property
    def name(self) -> str:
        """The id of the target and the path."""
        return " ".join(filter(None, (self.target.ident, self.path)))
