"""
Undo what forums and mail do to the lines of a log: entities of HTML, marks of Markdown, and broken lines.

A text keeps the number of its lines, so that a line's number stays what the reader sees: what is put together leaves
empty lines behind.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

LONGEST = 1 << 16
"""Characters of a text that may have been posted; a longer one is a log."""
_ENTITIES = {"&lt;": "<", "&gt;": ">", "&quot;": '"', "&#39;": "'", "&amp;": "&"}
_ENTITY = re.compile("&(?:lt|gt|quot|#39|amp);")
_ESCAPED = re.compile(r"\\(?=[<>\[\]*#`~])|(?<=[A-Za-z0-9])\\(?=_)")
_BOLD = re.compile(r"(?<!\*)\*\*(?=[^ *])([^*]*[^ *])\*\*(?!\*)")
_WHOLE = ("<![LOG[", "$$<")  # what Markdown would have escaped
_QUOTED = re.compile("^(?:> ?)+")
_FENCE = re.compile("^[ \t]*```[a-z]*[ \t\r]*$")
_NARROWEST, _WIDEST = 50, 120  # lines that mail or a PDF has broken
_BEGINS = re.compile(
    r"^(?:ERROR|Error:|Failed|<|\[|#|STATMSG|TaskManager:|Resource Manager|Web exception|Received|Forwarding|MessageID|"
    r"[0-9]{1,4}[/.-][0-9]{1,2}[/.-])"
)
_ENDED = re.compile(r'(?:\(0x[0-9A-Fa-f]+\)>?|">|\$\$<[^<>]*><[^<>]*>)$')
_HTTP, _STATUS_TEXT = re.compile(r"\[CCMHTTP\] ERROR(?: INFO)?:"), re.compile(r"StatusText ?= ?[ \t]*$")
_KEY = re.compile(r"\b(?:URL=http|Port=[0-9]|Options=[0-9]|Code=[0-9]|(?:Status)?Text=)", re.ASCII)
_REASON = re.compile(r"(?:[A-Za-z_]+|Bad Gateway|Bad Request|Internal Server Error|Not Found|Service Unavailable)$")
_MOST_BREAKS = 4  # of one line of [CCMHTTP], as a narrow page makes them
_SIGN = re.compile("[^ \t\r]+")
_BLANK = " \t\r"


def mended(text: str) -> str:
    r"""
    The text as the log had it, as far as that shows.

    >>> mended(r"> **403** CMGConnector\_Forbidden")
    '403 CMGConnector_Forbidden'
    """
    if "&lt;![LOG[" in text or "$$&lt;" in text:
        text = _ENTITY.sub(lambda found: _ENTITIES[found[0]], text)
    lines = [_plain(line) for line in text.replace("\xa0", " ").split("\n")]
    return "\n".join(_of_http(_unbroken(lines)))


def _plain(line: str) -> str:
    """A line without marks of Markdown."""
    line = _QUOTED.sub("", line)
    if any(mark in line for mark in _WHOLE):
        return line
    return "" if _FENCE.search(line) else _BOLD.sub(r"\1", _ESCAPED.sub("", line))


def _unbroken(lines: list[str]) -> list[str]:
    """The lines, those of one record together where all were broken at one width."""
    bare = [line.strip(_BLANK) for line in lines]
    ends = [line.rstrip(_BLANK) for line in lines]
    width = max(map(len, ends))
    if not _NARROWEST <= width <= _WIDEST:
        return lines
    pairs = sum(bool(one and other) for one, other in pairwise(bare))
    joined = set(_continued(ends, bare, width))
    amid = any("a" <= bare[i][0] <= "z" for i in joined)  # a line begins in the middle of a sentence
    if not amid or len(joined) < 2 or 2 * len(joined) < pairs:
        return lines
    if all(len(ends[i - 1]) == width for i in joined):  # by a terminal, in the middle of words
        return lines
    made = [*lines]
    for i in sorted(joined, reverse=True):
        made[i - 1 : i + 1] = [f"{ends[i - 1]} {made[i].strip(_BLANK)}", ""]
    return made


def _continued(ends: list[str], bare: list[str], width: int) -> Iterator[int]:
    """Places of lines whose first word the line before had no room for, and that begin no record."""
    for i in range(1, len(ends)):
        word = _SIGN.search(ends[i])
        full = word and ends[i - 1] and len(ends[i - 1]) + 1 + len(word[0]) > width
        begins = _BEGINS.search(bare[i]) and not ends[i - 1].endswith((":", ","))
        if full and not begins and not _ENDED.search(ends[i - 1]):
            yield i


def _of_http(lines: list[str]) -> list[str]:
    """The lines, those of one record of [CCMHTTP] together."""
    made, first, breaks = [*lines], 0, 0
    for i, line in enumerate(lines):
        if i and breaks < _MOST_BREAKS and _goes_on(made[first], line):
            made[first], made[i], breaks = f"{made[first].rstrip(_BLANK)} {line.strip(_BLANK)}", "", breaks + 1
        else:
            first, breaks = i, 0
    return made


def _goes_on(record: str, line: str) -> bool:
    """Whether a record of [CCMHTTP] goes on in that line."""
    found, bare = _HTTP.search(record), line.strip(_BLANK)
    if not found or _WHOLE[0] in record or _BEGINS.search(bare):
        return False
    if _STATUS_TEXT.search(record.rstrip(_BLANK)):
        return bool(_REASON.match(bare))
    return "Text=" not in record[found.end() :] and bool(_KEY.search(bare))
