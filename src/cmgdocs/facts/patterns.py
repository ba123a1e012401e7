"""
Regular expressions of signs, in the part of the language that Python and JavaScript read alike.

A pattern is searched for in one line of a log, letters alike in both cases. It has literal text, ``.``, ``[...]``,
``\\d``, ``?``, ``*``, ``+``, ``|`` and groups; a named group is ``(?P<host>...)``, with one of ``NAMES``. ``.*`` stands
for ``FURTHEST`` characters at most, so that no line takes long.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from functools import cache
from itertools import chain

NAMES = ("host", "port", "id")
"""What a group may catch: the host and the port that were tried, and the id of the connection."""
FURTHEST = 400
_GROUPS = re.compile(r"(?<!\\)\(\?(?!:|P<(" + "|".join(NAMES) + ")>|!)")
_ESCAPES = re.compile(r"\\[A-Za-z0-9]")
_ODD = re.compile(r"[^\x20-\x7e]|\$|(?<!\[)\^|[*+?]\+|[{}]")
_ANY = re.compile(r"(?<!\\)\.([*+])")


@cache
def compiled(pattern: str) -> re.Pattern[str]:
    """The pattern of a sign, ready to search with; one that is not valid raises ``re.error``."""
    return re.compile(_bounded(pattern), re.IGNORECASE | re.ASCII)


def for_script(pattern: str) -> str:
    """The same for JavaScript, whose named groups are written otherwise; its flag is ``i``."""
    return _bounded(pattern).replace("(?P<", "(?<")


def _bounded(pattern: str) -> str:
    return _ANY.sub(lambda found: f".{{{int(found[1] == '+')},{FURTHEST}}}", pattern)


def faults(pattern: str) -> Iterator[str]:
    """What keeps a pattern from being one that both languages read alike."""
    for escape in _ESCAPES.findall(pattern):
        if escape != r"\d":
            yield f"found {escape}; allowed: \\d, and a backslash before a sign"
    if found := _GROUPS.search(pattern):
        yield f"found {pattern[found.start() :][:12]!r}; allowed: (?:...), (?!...) and (?P<{'>, (?P<'.join(NAMES)}>"
    elif found := _ODD.search(pattern):
        yield f"found {found[0]!r}; allowed: printable ASCII without anchors, braces and '++'"
    else:
        try:
            compiled(pattern)
        except re.error as error:
            yield f"is no regular expression: {error}"
        else:
            if not literals(pattern):
                yield "matches lines without any text of it; name something that the line must have"


_TOKEN = re.compile(r"\\.|\[(?:\\.|[^\]\\])*]|\((?:\?(?:P<[a-z]+>|:|!))?|[*+?]\??|\{[0-9]*,?[0-9]*}\??|.")


def literals(pattern: str) -> tuple[str, ...]:
    r"""
    Texts in lower case of which each match has at least one, as long as can be; none where there are no such texts.

    >>> literals(r"failed to build (?:tcp|http) connection"), literals(r"(?:silent|no dns) \d")
    (('failed to build ',), ('silent', 'no dns'))
    """
    return _of_choice(deque(_TOKEN.findall(pattern)))


def _of_choice(tokens: deque[str]) -> tuple[str, ...]:
    """Those of branches, up to the end of their group."""
    branches = [_of_branch(tokens)]
    while tokens and tokens.popleft() == "|":
        branches.append(_of_branch(tokens))
    return tuple(chain(*branches)) if all(branches) else ()


def _of_branch(tokens: deque[str]) -> tuple[str, ...]:
    best: tuple[str, ...] = ()
    run = ""
    while tokens and tokens[0] not in ("|", ")"):
        token = tokens.popleft()
        inner = _of_choice(tokens) if token[0] == "(" else ()
        char = "" if token[0] in "([" or token in (".", r"\d") else token[-1].lower()
        repeated = tokens.popleft() if tokens and tokens[0][0] in "*+?{" else ""
        if token == "(?!" or repeated.startswith(("*", "?", "{0", "{,")):
            inner, char = (), ""
        run += char
        best = max(best, inner, (run,), key=_shortest)
        if repeated or not char:
            run = ""
    return best if _shortest(best) else ()


def _shortest(texts: tuple[str, ...]) -> int:
    return min(map(len, texts), default=0)
