"""Bearer tokens with an end: signed words that only the mint that issued them can check."""

from __future__ import annotations

import hmac
import secrets
import time


class Mint:
    """Issues and checks tokens of one *kind*; two mints never take each other's."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._secret = secrets.token_bytes(32)

    def issue(self, lifetime_s: float = 3600) -> str:
        """A token that is good for *lifetime_s* seconds; one with a negative life has ended."""
        text = f"{self.kind}.{int(time.time() + lifetime_s)}.{secrets.token_hex(8)}"
        return f"{text}.{self._signature(text)}"

    def fault(self, token: str) -> str:
        """What is wrong with a token, empty for a good one. Whether it has ended is told only of genuine ones."""
        text, _, signature = token.rpartition(".")
        if not hmac.compare_digest(self._signature(text).encode(), signature.encode("utf-8", "replace")):
            return "not issued here"
        return "" if int(text.split(".")[1]) >= time.time() else "has ended"

    def _signature(self, text: str) -> str:
        return hmac.digest(self._secret, text.encode("utf-8", "replace"), "sha256").hex()


def bearer(token: str) -> tuple[str, str]:
    """The header field that carries a token."""
    return "authorization", f"Bearer {token}"


def borne(header: str) -> str:
    """The token of such a header field, empty where it is none."""
    scheme, _, token = header.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""
