"""
Regular expressions of signs, in the part of the language that Python and JavaScript read alike.

A pattern is searched for in one line of a log, letters alike in both cases. It has literal text, ``.``, ``[...]``,
``\\d``, ``?``, ``*``, ``+``, ``{m,n}``, ``|`` and groups; a named group is ``(?P<host>...)``, with one of ``NAMES``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

NAMES = ("host", "port", "id")
"""What a group may catch: the host and the port that were tried, and the id of the connection."""
_GROUPS = re.compile(r"(?<!\\)\(\?(?!:|P<(" + "|".join(NAMES) + ")>|!)")
_ESCAPES = re.compile(r"\\[A-Za-z0-9]")
_ODD = re.compile(r"[^\x20-\x7e]|\$|\^|[*+?}]\+")


def compiled(pattern: str) -> re.Pattern[str]:
    """The pattern of a sign, ready to search with; one that is not valid raises ``re.error``."""
    return re.compile(pattern, re.IGNORECASE | re.ASCII)


def for_script(pattern: str) -> str:
    """The same for JavaScript, whose named groups are written otherwise; its flag is ``i``."""
    return pattern.replace("(?P<", "(?<")


def faults(pattern: str) -> Iterator[str]:
    """What keeps a pattern from being one that both languages read alike."""
    for escape in _ESCAPES.findall(pattern):
        if escape != r"\d":
            yield f"found {escape}; allowed: \\d, and a backslash before a sign"
    if found := _GROUPS.search(pattern):
        yield f"found {pattern[found.start() :][:12]!r}; allowed: (?:...), (?!...) and (?P<{'>, (?P<'.join(NAMES)}>"
    elif found := _ODD.search(pattern):
        yield f"found {found[0]!r}; allowed: printable ASCII without anchors and without doubled repetitions"
    else:
        try:
            made = compiled(pattern)
        except re.error as error:
            yield f"is no regular expression: {error}"
        else:
            if made.search(""):
                yield "matches an empty line; name something that the line must have"
