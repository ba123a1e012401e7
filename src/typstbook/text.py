"""Text as Typst source: markup that shows it as it is, string literals, places to break words, widths."""

from __future__ import annotations

import re
import string
from collections.abc import Sequence
from functools import cache

from dotpicture import Face

REGULAR, BOLD, MONO = Face("Inter"), Face("Inter", bold=True), Face("JetBrains Mono")
ZERO_WIDTH_SPACE = "\u200b"
LONGEST = 25
"""Characters of the longest word that stays whole."""
EASED = 18
"""Characters of the longest word that stays whole in a table though it has punctuation; names in code do so longer."""
LONGEST_HOST = 34
"""Characters of the longest host, a paragraph of class ``host``, that stays whole in a table."""

# Every character that Typst reads as a space or as a new line. Other Unicode spaces are text.
_WHITE = re.compile(r"[ \t\n\x0b\x0c\r\x85\u2028\u2029]+")
_PUNCTUATION = re.compile(f"([{re.escape(string.punctuation)}])")
_HOST = re.compile(r"[\w<>*-]+(?:\.[\w<>*-]+)+", re.ASCII)
_WHOLE = re.compile(rf"(\d+(?:[-–]\d+)+|(?=[\w.<>*]*-){_HOST.pattern})", re.ASCII)
"""What a line may not end in, though it has hyphens: ranges of numbers, hosts."""
_OPTION = re.compile(r"(?<!\S)(--?\w+-?)")
_DOT = re.compile(r"(?<=\.)")
_SEAM = re.compile(r"(?<=[-./\\_:;,@?&=+|])(?![-./\\_:;,@?&=+|])")
_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
"""Where a name without spaces begins a new word."""
_SHRED = 8
_UNEASED = 999
_MONO_SIZE = 0.9  # of code in running text, as in template.typ
_IGNORABLE = "\n\t\r\u200b"


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


def array(items: Sequence[str]) -> str:
    """
    Write code items as a Typst array.

    >>> array(["1"]), array([])
    ('(1,)', '()')
    """
    return f"({', '.join(items)}{',' if len(items) == 1 else ''})"


def pieces(word: str, longest: int = LONGEST, eased: int = _UNEASED) -> list[str]:
    """
    Cut a word of more than *longest* or *eased* characters where a reader forgives a new line.

    That is behind punctuation, as in addresses and paths, in a host behind dots only. What is still longer than
    *longest* is cut before capitals inside a word, and then anywhere: there no mark shows that it goes on.

    >>> pieces("running-text")
    ['running-text']
    >>> pieces("EndpointConnectivityCheckWorker.log")
    ['Endpoint', 'Connectivity', 'Check', 'Worker.', 'log']
    >>> pieces("vSMS_DefaultBoundaryGroup", eased=18)
    ['vSMS_', 'DefaultBoundaryGroup']
    >>> pieces("crl3.digicert-of-example.com", 20)
    ['crl3.', 'digicert-of-example.', 'com']
    >>> pieces("https://docs.example.org/a-page")
    ['https://', 'docs.', 'example.', 'org/', 'a-', 'page']
    """
    eased = min(longest, eased)
    if len(word) <= eased:
        return [word]
    parts = (_DOT if is_host(word) else _SEAM).split(word)
    for rule, most in ((_SEAM, eased), (_WORD, longest)):
        parts = [part for long in parts for part in (rule.split(long) if len(long) > most else [long]) if part]
    size = min(_SHRED, longest)
    shreds = [
        [part[at : at + size] for at in range(0, len(part), size)] if len(part) > longest else [part] for part in parts
    ]
    return [shred for part in shreds for shred in part]


def is_host(word: str) -> bool:
    """
    Return whether a word has dots inside, as names of hosts and files have; punctuation may follow.

    >>> [is_host(word) for word in ("ocsp.d-trust.net,", "<name>.cloudapp.net", "a/b.c", "TCP-TLS.")]
    [True, True, False, False]
    """
    return bool(_HOST.fullmatch(word.rstrip(",;:.)")))


def breakable(text: str, longest: int = LONGEST, eased: int = _UNEASED) -> str:
    """Put zero-width spaces into long words: see `pieces`."""
    return re.sub(r"\S+", lambda m: ZERO_WIDTH_SPACE.join(pieces(m[0], longest, eased)), text)


def prose(text: str, eased: int = _UNEASED) -> str:
    r"""
    Write running text: words too long for a line may break, ranges of numbers and parts of hosts may not.

    >>> prose("pages 140-155.")
    'pages #box[140\\-155]\\.'
    >>> prose("to ocsp.d-trust.net")
    'to #box[ocsp\\.d\\-trust\\.net]'
    """
    halves = _WHOLE.split(text)
    return "".join(
        "".join(f"#box[{markup(piece)}]" for piece in pieces(half, LONGEST, eased))
        if i % 2
        else markup(breakable(half, LONGEST, eased))
        for i, half in enumerate(halves)
    )


def coded(text: str, longest: int = LONGEST, eased: int = _UNEASED) -> str:
    """
    Write a name in code: a short one stays on one line, a long one may break; an option keeps its dashes.

    >>> print(coded("probe --from-host"))
    #raw("probe ");#box(raw("--from-"))#raw("host");
    >>> coded("TCP-TLS"), coded("a b")
    ('#box(raw("TCP-TLS"))', '#raw("a b");')
    """
    if len(text) <= longest and " " not in text:
        return f"#box(raw({literal(text)}))"
    return "".join(
        f"#box(raw({literal(half)}))" if i % 2 else f"#raw({literal(breakable(half, longest, eased))});"
        for i, half in enumerate(_OPTION.split(text))
        if half
    )


def known(text: str) -> str:
    """
    Put its number in the place of each character that no font has.

    >>> known("日 and 日")
    'U+65E5 and U+65E5'
    """
    for char in missing(text):
        text = text.replace(char, f"U+{ord(char):04X}")
    return text


def missing(text: str) -> list[str]:
    """
    List the characters of *text* that neither the text font nor the code font has.

    >>> missing("140–155 → ✓")
    []
    >>> missing("日 and 日")
    ['日']
    """
    return sorted({c for c in text if not (REGULAR.has(c) or MONO.has(c)) and c not in _IGNORABLE})


@cache
def width(char: str, face: Face = REGULAR) -> float:
    """Return the width of a character in em of the surrounding text; the code font supplies what a face lacks."""
    return (face if face.has(char) else MONO).width(char, 1.0) * (_MONO_SIZE if face == MONO else 1)
