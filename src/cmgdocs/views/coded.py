"""Sentences of facts with what is typed or compared letter by letter as code: paths, URLs, commands, error names."""

from __future__ import annotations

import re

from ..facts.model import System
from ..facts.text import fill
from .table import Cell, Mark, Span

_ENDS = "Failed|Failure|Error|Exception|Deployment|Registration|Subscription|Policy|Exceeded|Reached|Locked|Taken|InUse"
_CODE = re.compile(
    r"""
      \b[a-z][\w-]*://(?:<[^<>]*>|[^\s,;<>])*(?<=[\w>/])                 # a URL, with a place to fill in
    | \bHK[A-Z]+\\[\w\\-]*\w(?:\ Settings\b)?                         # a key of the registry
    | \b\w+(?:\\\w+)+                                                 # another path of Windows
    | \bGRANT\ SELECT\ ON\ \w+\ TO\ \w+                               # SQL
    | \b(?:nslookup|dsregcmd\ /status)\b                              # commands
    | \b[A-Z]\w+\ =\ \d+                                              # a value of the registry
    | (?<![\w/])/[A-Za-z]\w+                                          # a switch
    | (?:<[^<>]*>\.|\*\.|\b)(?:[\w-]+\.)+(?:com|net|us|org|io|log|dll|cab)\b    # a host or a file
    | \b(?:System|Microsoft)(?:\.[A-Z]\w+)+                           # a class or a provider
    | \b0x[0-9a-f]+\b | \b(?:AADSTS|MISE)\d+\b                     # a code
    | \bCMGConnector\b | \b[A-Za-z]\w*_\w+                            # a name of an error, a component or a size
    | \b[A-Z][a-z]\w+(?:ENDS)\b                                       # the name of a fault
    | \b(?:AADRESOURCEURI|CCMHOSTNAME|CMGFQDNs|VerboseLogging|Proxy(?:Enable|Server|Override)|PROPFIND)\b
    | \b(?:StatusText|OfflineRevocation|AllowedTlsAuthenticationEndpoints)\b | \[CCMHTTP\]
    """.replace("ENDS", _ENDS),
    re.VERBOSE,
)


def coded(words: str, system: System) -> Cell:
    """
    A text of facts with its figures, in which names and commands are code.

    >>> from ..facts import load
    >>> [span.text for span in coded("Set VerboseLogging = 1, and read CCM_STS.log.", load()) if span.mark is Mark.CODE]
    ['VerboseLogging = 1', 'CCM_STS.log']
    """
    filled, at, found = fill(words, system), 0, list[Span]()
    for match in _CODE.finditer(filled):
        found += [Span(filled[at : match.start()])] if match.start() > at else []
        found.append(Span(match[0], Mark.CODE))
        at = match.end()
    return (*found, *([Span(filled[at:])] if at < len(filled) else []))
