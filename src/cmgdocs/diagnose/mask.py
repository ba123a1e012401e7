"""Hiding what belongs to the reader in lines of logs: hosts, addresses, users and ids, each under a name of its own."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace

from ..facts.model import System
from .diagnosis import Diagnosis, Finding, Line

_ID = re.compile(
    r"""\beyJ[\w.-]{20,}  # a token
    |\{?\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b\}?
    |\bS-1-5-21(?:-\d+)+
    |\b[0-9a-f]{32,64}\b  # the thumbprint of a certificate
    |\b\d{12,}\b""",
    re.IGNORECASE | re.VERBOSE,
)
_USER = re.compile(
    r"""[\w.+-]+@[\w-]+(?:\.[\w-]+)+
    |(?<![\\\w:.])(?!HKLM|HKU|AUTHORITY|BUILTIN)[A-Za-z][\w-]{1,14}\\[\w.$-]+""",
    re.VERBOSE,
)
_ADDRESS = re.compile(
    r"""(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w.])
    |(?<![\w:.])(?:[0-9a-f]{1,4}:){2,7}(?::|[0-9a-f]{1,4})+(?![\w:])""",
    re.IGNORECASE | re.VERBOSE,
)
_HOST = re.compile(r"(?<![\w.-])(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z]{2,24}(?![\w-])")
_BARE = re.compile(r"(?<=\\\\)[\w-]+|(?<=\bservice )[\w-]{3,24}(?= |:)|(?<=Name=\")[\w-]+(?=\")", re.IGNORECASE)
_CODE = re.compile(r"(?<=SITECODE=)\w{3}\b", re.IGNORECASE)
_NO_HOST = re.compile(
    r"""(?:System|Microsoft|Azure)\..*|.*Exception
    |.*\.(?:log|lo_|txt|cpp|h|cs|dll|exe|msi|xml|js|json|cab|ps1|config|svc|asmx|dbo)""",
    re.IGNORECASE | re.VERBOSE,
)
_OPEN = re.compile("[>*](?=[.])")  # the end of a part of a name that is the reader's own
_SHORTEST = 3  # letters of a host's own name that is looked for by itself


class Mask:
    """Gives each host, address, user and id one name wherever it stands; names of the facts stay as they are."""

    def __init__(self, system: System, texts: Iterable[str] = ()) -> None:
        names = {name.lower() for item in system.endpoints for name in (*item.public, *item.us_government)}
        self._public = {name for name in names if "<" not in name and "*" not in name}
        self._ends = tuple(
            sorted({f".{re.split('[>*][.]', name)[-1]}" for name in names if "<" in name or "*" in name})
        )
        self._given: dict[tuple[str, str], str] = {}
        self._bare: re.Pattern[str] | None = None
        every = [*texts]
        own = {label for text in every for host in _HOST.findall(text) if (label := self._own(host))}
        own |= {name for text in every for name in _BARE.findall(text)}
        if own := {name for name in own if len(name) >= _SHORTEST and not name.isdigit()}:
            listed = "|".join(map(re.escape, sorted(own, key=lambda name: (-len(name), name))))
            self._bare = re.compile(rf"(?<![\w.])(?:{listed})(?![\w.])", re.IGNORECASE)

    def __call__(self, text: str) -> str:
        """The text with what belongs to the reader hidden."""
        text = _ID.sub(self._named("id"), text)
        text = _USER.sub(self._named("user"), text)
        text = _ADDRESS.sub(self._named("address"), text)
        text = _HOST.sub(self._host, text)
        text = _CODE.sub(self._named("site"), text)
        return self._bare.sub(self._named("host"), text) if self._bare else text

    def _own(self, host: str) -> str:
        """The reader's own first part of a host; empty where it is no host, or one of the facts."""
        low = host.lower()
        return "" if low in self._public or _NO_HOST.fullmatch(host) else host.partition(".")[0]

    def _host(self, found: re.Match[str]) -> str:
        if not (own := self._own(found[0])):
            return found[0]
        end = next((end for end in self._ends if found[0].lower().endswith(end)), "")
        return f"{self._name('host', own)}{end}" if end else f"{self._name('host', own)}.example"

    def _named(self, kind: str) -> Callable[[re.Match[str]], str]:
        return lambda found: self._name(kind, found[0])

    def _name(self, kind: str, value: str) -> str:
        number = sum(known == kind for known, _ in self._given) + 1
        return self._given.setdefault((kind, value.lower()), f"{kind}-{number}")


def masked(found: Diagnosis, system: System) -> Diagnosis:
    """A diagnosis without what belongs to the reader."""
    every = [*_lines(found)]
    mask = Mask(system, [*(line.text for line in every), *(line.log for line in every)])
    shown = tuple(_line(mask, line) for line in found.shown)
    return replace(found, findings=tuple(_finding(mask, it) for it in found.findings), shown=shown)


def _lines(found: Diagnosis) -> Iterable[Line]:
    both = (it for finding in found.findings for it in (finding, *finding.consequences))
    return (*(line for it in both for line in it.lines), *found.shown)


def _line(mask: Mask, line: Line) -> Line:
    return replace(line, log=mask(line.log), text=mask(line.text))


def _finding(mask: Mask, found: Finding) -> Finding:
    return replace(
        found,
        hosts=tuple(map(mask, found.hosts)),
        lines=tuple(_line(mask, line) for line in found.lines),
        consequences=tuple(_finding(mask, it) for it in found.consequences),
    )
