"""
Records of logs: what one entry says, and when, whatever form its lines have.

Known forms are that of clients, ``<![LOG[...]LOG]!><time="..." ...>``, that of servers, ``... $$<COMPONENT><time>``,
what viewers of logs copy, with tabs or with spaces in their place, and the W3C lines of IIS. Any other line is a record
of its own; its time is read if it begins with one.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

MOST_LINES = 200  # of one record; what never ends is no record
LONGEST = 10_000  # characters of one record that are read
START, END = "<![LOG[", "]LOG]!>"
CONTINUES = r"[ \t]+at |[ \t]*--->|[ \t]*--- End of"
"""How lines begin that belong to the one above, as those of an exception do."""
_SERVER = re.compile(r"\$\$<([^<>]*)><([^<>]*)>")
_ON, _THREAD = "[0-9]{1,4}[/.-][0-9]{1,2}[/.-][0-9]{2,4}", r"[0-9]+ \(0x[0-9A-Fa-f]+\)"
_WHO, _WHEN = r"[A-Za-z][^ \t]*", rf"{_ON} [0-9]{{1,2}}:[0-9]{{2}}:[0-9]{{2}}(?:\.[0-9]+)?(?: [AP]M)?"
_COPIED = re.compile(rf"\t([A-Za-z][^\t]*)\t({_ON} [^\t]*)\t{_THREAD}")
_SPACED = re.compile(rf"[ \t]({_WHO})[ \t]+({_WHEN})[ \t]+{_THREAD}")
_DATED = re.compile(rf"[ \t]({_WHEN})[ \t]+({_WHO})[ \t]+{_THREAD}")
_LED = re.compile(rf"(?:({_WHEN})[ \t]+({_WHO})[ \t]+|([A-Za-z][^ \t:]*)(?:\t|[ \t][ \t]+)){_THREAD}[ \t]+(?=[^ \t])")
_ONE_MORE = re.compile(
    r"(\$\$<[^<>]*><[^<>]*><thread=[0-9]+ \(0x[0-9A-Fa-f]+\)>|:[0-9]{2}(?: ?[AP]M)?[\t ]+[0-9]+ \(0x[0-9A-Fa-f]+\))"
    r"[\t ]*(?=[^\t\r >)])"
)
_ATTRIBUTE = re.compile('([a-z]+)=["\u201c\u201d\u2033]([^"\u201c\u201d\u2033]*)["\u201c\u201d\u2033]')
_TIME = re.compile(r"([0-9]{1,2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{1,3})[0-9]*)?(?: ?([AP])M)?([+-][0-9]{1,3})?")
_DATE = re.compile(r"([0-9]{1,2})([-/.])([0-9]{1,2})[-/.]((?:19|20)[0-9]{2})")
_DAY = re.compile(r"((?:19|20)[0-9]{2})[-/.]([0-9]{1,2})[-/.]([0-9]{1,2})")
_CONTINUES = re.compile(CONTINUES)
_ERROR = re.compile(r"[^A-Za-z]{0,10}(?:ERROR|Failed)\b", re.IGNORECASE | re.ASCII)
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_SPACE = re.compile("[\t\n\x0b\x0c\r \x85\xa0\u2028\u2029]+")
_SIGN = re.compile(r"[^\t\n\x0b\x0c\r ]+")  # not blank; what both languages take for a space
_BARE = re.compile(  # of IIS: date, time, up to three names of the server, and what follows the port
    r"((?:19|20)[0-9-]{8} [0-9:]{8}) (?:[^ ]+ ){1,3}?([A-Z_]+) (/[^ ]*) [^ ]+ [0-9]+ [^ ]+ ([^ ]+) "
    r"(?:[^ ]+ ){0,5}?([1-5][0-9]{2}) ([0-9]+) ([0-9]+)(?: [0-9]+){0,3}$"
)

Moment = tuple[int | None, str]
"""Milliseconds since 1970, None where they are not known, and the time as it is written."""


@dataclass(frozen=True)
class Record:
    """
    One entry of a log: its first line, counted from 1, how many *lines* it has that are not blank, its text on one line
    and its *component*, empty where it names none. *time* is in milliseconds since 1970 in UTC, None where it is not
    known, and *at* the same as it is written, such as ``2024-04-11 09:14:05``; *error* says whether it is one.
    """

    number: int
    lines: int
    text: str
    component: str = ""
    time: int | None = None
    at: str = ""
    error: bool = False


@dataclass
class Held:
    """A record whose end is not known yet."""

    number: int
    parts: list[str] = field(default_factory=list)
    open: bool = False


class Records:
    """Turns the lines of one log, in order, into records, and gives each to *take* once the line after it is known."""

    def __init__(self, take: Callable[[Record], None]) -> None:
        self._take, self._lines = take, 0
        self.held: Held | None = None
        self.fields: tuple[str, ...] = ()
        """The fields of the lines that follow, as a line of IIS has named them."""

    def read(self, line: str) -> None:
        """Take the next line, without its end."""
        self._lines += 1
        first, *more = line.split(START)
        if _SIGN.search(first) or not more:
            for one in _ONE_MORE.sub(r"\1\n", first).split("\n"):
                self._read(one)
        for part in more:
            self._read(START + part)

    def skip(self, lines: int) -> None:
        """Pass over whole records of so many lines."""
        self.end()
        self._lines += lines

    def end(self) -> None:
        """Give the record that ends here."""
        held, self.held = self.held, None
        if held:
            said, component, (time, at), kind = _taken_apart("\n".join(held.parts)[: LONGEST * 2], self.fields)
            if component not in ("", "IIS"):  # another log begins here
                self.fields = ()
            said = cleaned(said)
            error = kind == "3" or bool(_ERROR.match(said))
            lines = sum(bool(_SIGN.search(part)) for part in held.parts)
            self._take(Record(held.number, lines, said, cleaned(component), time, at, error))

    def _read(self, line: str) -> None:
        held = self.held
        more = held and ((held.open and not line.startswith(START)) or _CONTINUES.match(line))
        if held and more and len(held.parts) < MOST_LINES:
            held.parts.append(line)
            held.open = held.open and END not in line
            return
        self.end()
        if line.startswith("#Fields:"):
            self.fields = tuple(_SIGN.findall(line)[1:])
        elif _SIGN.search(line) and not (self.fields and line.startswith("#")):
            self.held = Held(self._lines, [line], START in line and END not in line)


def _taken_apart(text: str, fields: tuple[str, ...]) -> tuple[str, str, Moment, str]:
    """The message, component, time and type of one record."""
    if START in text:
        said, _, envelope = text.partition(START)[2].partition(END)
        given = dict(_ATTRIBUTE.findall(envelope))
        when = moment(f"{given.get('date', '')} {given.get('time', '')}")
        return said, given.get("component", ""), when, given.get("type", "")
    if found := _SERVER.search(text):
        return _without(text, found), found[1], moment(found[2]), ""
    if found := _COPIED.search(text) or _SPACED.search(text):
        return _without(text, found), found[1], moment(found[2]), ""
    if found := _DATED.search(text):
        return _without(text, found), found[2], moment(found[1]), ""
    if found := _LED.match(text):
        return text[found.end() :], found[2] or found[3], moment(found[1] or ""), ""
    return _of_iis(text, fields) or (text, "", moment(text[:40]), "")


def _of_iis(text: str, fields: tuple[str, ...]) -> tuple[str, str, Moment, str] | None:
    """What a line of IIS says: method, path, status and who asked, in the order in which signs name them."""
    values = _SIGN.findall(text)
    if not fields:
        found = _BARE.match(" ".join(values))
        if not found:
            return None
        when, method, stem, asker, status, sub, win32 = found.groups()
        return f"IIS {method} {stem} {status}.{sub} {win32} from {asker}", "IIS", moment(when), ""
    given = dict(zip(fields, values, strict=False))
    if len(values) != len(fields) or not {"cs-method", "cs-uri-stem", "sc-status"} <= given.keys():
        return None
    status = ".".join(given[key] for key in ("sc-status", "sc-substatus") if key in given)
    asker = f"from {given['c-ip']}" if "c-ip" in given else ""
    said = " ".join(("IIS", given["cs-method"], given["cs-uri-stem"], status, given.get("sc-win32-status", ""), asker))
    return said, "IIS", moment(f"{given.get('date', '')} {given.get('time', '')}"), ""


def _without(text: str, found: re.Match[str]) -> str:
    """The text before what was found, and the lines after it, which are those of an exception."""
    return text[: found.start()] + "".join(text[found.end() :].partition("\n")[1:])


def cleaned(text: str) -> str:
    """A text on one line: marks of line breaks and spaces become one space, characters that steer become visible."""
    shown = _CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", text.replace("~~", " "))
    return _SPACE.sub(" ", shown).strip(" ~")[:LONGEST]


def moment(text: str) -> Moment:
    """
    Milliseconds since 1970 of a date and a time, and both as they are written; None and nothing where there are none.

    They are in UTC where the text says how far it is off, as it is otherwise. Between dots the day comes first, and
    between others the month, unless there is no such month.

    >>> moment("04-11-2024 09:14:05.210-060"), moment("11.04.2024 09:14:05"), moment("soon")
    ((1712823245210, '2024-04-11 09:14:05'), (1712826845000, '2024-04-11 09:14:05'), (None, ''))
    """
    time, day, date = _TIME.search(text), _DAY.search(text), _DATE.search(text)
    if not time or not (day or date):
        return None, ""
    if day:
        year, month, of_month = map(int, day.groups())
    else:
        assert date
        first, second, year = int(date[1]), int(date[3]), int(date[4])
        month, of_month = (second, first) if date[2] == "." or first > 12 else (first, second)
    hour, minute, seconds = (int(time[i]) for i in (1, 2, 3))
    hour = hour % 12 + 12 * (time[5] == "P") if time[5] else hour
    try:
        written = datetime(year, month, of_month, hour, minute, seconds, tzinfo=UTC)
    except ValueError:
        return None, ""
    when = written + timedelta(minutes=int(time[6] or 0), milliseconds=int((time[4] or "0").ljust(3, "0")))
    return (when - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1), f"{written:%Y-%m-%d %H:%M:%S}"
