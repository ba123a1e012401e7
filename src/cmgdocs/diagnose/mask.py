"""Hiding what belongs to the reader in lines of logs: hosts, addresses, users and ids, each under a name of its own."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace

from ..facts.model import System
from .diagnosis import Diagnosis, Finding, Line

_ID = re.compile(
    r"""\beyJ[\w.-]{20,}  # a token
    |(?<=[?&;\s](?:sig|key|pwd)=)[^\s&;"]+
    |(?<=secret=)[^\s&;"]+|(?<=token=)[^\s&;"]+
    |\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b
    |\bS-1-(?:5-21|12-1)(?:-\d+)+
    |\b[0-9a-f]{32,64}\b  # the thumbprint of a certificate
    |\b\d{12,}\b""",
    re.IGNORECASE | re.VERBOSE,
)
_USER = re.compile(
    r"""(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+
    |(?<=\\Users\\)[^\\\s"]+
    |(?<![\\\w.])(?!(?:HK\w+|NT|AUTHORITY|BUILTIN|root|SMS|Windows|Files|Logs|inboxes)\\)[A-Za-z][\w-]{1,62}\\(?!\\)[\w.$-]*[\w$]""",
    re.VERBOSE,
)
_ADDRESS = re.compile(
    r"""(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?!\w|\.\d)
    |(?<![\w:.])(?=[0-9a-f:]*(?:::|[a-f]))[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7}(?![\w:])""",
    re.IGNORECASE | re.VERBOSE,
)
_HOST = re.compile(r"(?<![\w.-])(?:\w(?:[\w-]*\w)?\.)+[A-Za-z]{2,24}(?![\w-])")
_BARE = re.compile(
    r"""(?<=\\\\)[\w-]+|(?<=for\ service\ )[\w-]{3,24}(?=\s*:)|(?<=Name=\")[\w-]+(?=\")
    |(?<=\bCN=)[\w-]+|(?<=\bDC=)[\w-]+|(?<=\bCMG-)[\w-]+?(?=-(?:ProxyService|CMG))|\b(?:LAPTOP|DESKTOP)-\w{5,8}\b""",
    re.IGNORECASE | re.VERBOSE,
)
_CODE = re.compile(r"(?<=SITECODE=)\w{3}\b|(?<=\bCM_)\w{3}\b", re.IGNORECASE)
_NO_HOST = re.compile(
    r"""(?:System|Microsoft|Azure)(?:\.[A-Z]\w*)+|.*Exception
    |.*\.(?i:log|lo_|txt|cpp|h|cs|dll|exe|msi|xml|js|json|cab|ps1|config|svc|asmx|dbo)""",
    re.VERBOSE,
)
_OPEN = re.compile("[>*](?=[.])")  # the end of a part of a name that is the reader's own
_SHORTEST = 3  # letters of a host's own name that is looked for by itself


class Mask:
    """
    Gives each host, address, user and id one name wherever it is; names of the facts stay as they are.

    *texts* are all that will be masked: a host's own name is hidden where it is alone, too.
    """

    def __init__(self, system: System, texts: Iterable[str] = ()) -> None:
        names = {name.lower() for item in system.endpoints for name in (*item.public, *item.us_government)}
        self._public = {name for name in names if not _OPEN.search(name)}
        self._ends = tuple(sorted({_OPEN.split(name)[-1] for name in names - self._public}))
        self._given: dict[tuple[str, str], str] = {}
        self._whole: dict[str, str] = {}  # the first host with that own name
        every = [*texts]
        for host in (host for text in every for host in _HOST.findall(text) if self._own(host)):
            self._whole.setdefault(self._own(host).lower(), host)
        own = {*self._whole, *(name.lower() for text in every for name in _BARE.findall(text))}
        own = {name for name in own if len(name) >= _SHORTEST and not name.isdigit()}
        listed = "|".join(map(re.escape, sorted(own, key=lambda name: (-len(name), name)))) or "(?!)"  # matches nothing
        self._bare = re.compile(rf"(?<![^\W_])(?<!\w\.)(?:{listed})(?![^\W_]|\.\w)", re.IGNORECASE)

    def __call__(self, text: str) -> str:
        """The text with what belongs to the reader hidden."""
        text = _ID.sub(self._named("id"), text)
        text = _USER.sub(self._named("user"), text)
        text = _ADDRESS.sub(self._named("address"), text)
        text = _HOST.sub(self._host, text)
        text = _CODE.sub(self._named("site"), text)
        return self._bare.sub(lambda found: self._name("host", self._whole.get(found[0].lower(), found[0])), text)

    def _own(self, host: str) -> str:
        """The reader's own first part of a host; empty where it is no host, or one of the facts."""
        return "" if host.lower() in self._public or _NO_HOST.fullmatch(host) else host.partition(".")[0]

    def _host(self, found: re.Match[str]) -> str:
        if not self._own(found[0]):
            return found[0]
        end = next((end for end in self._ends if found[0].lower().endswith(end)), "")
        return f"{self._name('host', found[0])}{end or '.example'}"

    def _named(self, kind: str) -> Callable[[re.Match[str]], str]:
        return lambda found: self._name(kind, found[0])

    def _name(self, kind: str, value: str) -> str:
        number = sum(known == kind for known, _ in self._given) + 1
        return self._given.setdefault((kind, value.lower()), f"{kind}-{number}")


def masked(found: Diagnosis, system: System, texts: Iterable[str] = ()) -> tuple[Diagnosis, tuple[str, ...]]:
    """A diagnosis, and *texts* that are shown with it, without what belongs to the reader."""
    every, more = [*_lines(found)], [*texts]
    mask = Mask(system, [*(line.text for line in every), *(line.log for line in every), *more])
    shown = tuple(_line(mask, line) for line in found.shown)
    hidden = replace(found, findings=tuple(_finding(mask, it) for it in found.findings), shown=shown)
    return hidden, tuple(map(mask, more))


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
