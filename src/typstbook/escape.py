"""Text as Typst source: markup that shows it as it is, string literals, places to break words."""

from __future__ import annotations

import re
import string

ZERO_WIDTH_SPACE = "\u200b"

# Every character that Typst reads as a space or as a new line. Other Unicode spaces are text.
_WHITE = re.compile(r"[ \t\n\x0b\x0c\r\x85\u2028\u2029]+")
_PUNCTUATION = re.compile(f"([{re.escape(string.punctuation)}])")
_RANGE = re.compile(r"(\d+(?:[-–]\d+)+)")
_SEAM = re.compile(r"(?<=[-./\\_:;,@?&=+|])(?![-./\\_:;,@?&=+|])")
_SHRED = 8
LONGEST_HOST = 34
"""Characters of a host that stays whole in a table."""


def markup(text: str) -> str:
    r"""
    Write *text* so that Typst's markup mode shows exactly that text.

    Every ASCII punctuation mark gets a backslash, needed or not: there is no place in a line and
    no neighbour that gives it a meaning. Runs of white space come out as one space, as in HTML.

    >>> markup("1. #let *x* = $2 // <a@b.org>")
    '1\\. \\#let \\*x\\* \\= \\$2 \\/\\/ \\<a\\@b\\.org\\>'
    >>> markup("https://x  and\n~ -- this")
    'https\\:\\/\\/x and \\~ \\-\\- this'
    """
    return _PUNCTUATION.sub(r"\\\1", _WHITE.sub(" ", text))


def literal(text: str) -> str:
    r"""
    Write *text* as a Typst string, for code mode.

    >>> print(literal('say "a\\b"\n'))
    "say \"a\\b\"\n"
    """
    for char, escaped in (("\\", "\\\\"), ('"', '\\"'), ("\n", "\\n"), ("\r", "\\r")):
        text = text.replace(char, escaped)
    return f'"{text}"'


def pieces(word: str, longest: int = 24) -> list[str]:
    """
    Cut a word of more than *longest* characters where a reader forgives a new line.

    That is behind punctuation, as in addresses and paths; what is still too long is cut anywhere.

    >>> pieces("management-point")
    ['management-point']
    >>> pieces("https://cmg.contoso.cloudapp.azure.com")
    ['https://', 'cmg.', 'contoso.', 'cloudapp.', 'azure.', 'com']
    """
    if len(word) <= longest:
        return [word]
    parts = _SEAM.split(word)
    size = min(_SHRED, longest)
    shreds = [
        [part[at : at + size] for at in range(0, len(part), size)] if len(part) > longest else [part] for part in parts
    ]
    return [shred for part in shreds for shred in part]


def breakable(text: str, longest: int = 24) -> str:
    """Put zero-width spaces into words of more than *longest* characters: see `pieces`."""
    return re.sub(r"\S+", lambda m: ZERO_WIDTH_SPACE.join(pieces(m[0], longest)), text)


def prose(text: str, longest: int = 24) -> str:
    r"""
    Write running text: words too long for a line may break, ranges of numbers may not.

    >>> prose("ports 10140-10155.")
    'ports #box[10140\\-10155]\\.'
    """
    halves = _RANGE.split(text)
    return "".join(
        f"#box[{markup(half)}]" if i % 2 else markup(breakable(half, longest)) for i, half in enumerate(halves)
    )
