"""Lines that people type, as values of a site file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from .model import System
from .sitefile import Key
from .sitewords import meanings

NONE = "none"
YES_NO = {"yes": True, "y": True, "true": True, "no": False, "n": False, "false": False}


def spoken(system: System) -> dict[str, dict[str, str]]:
    """Key -> name -> value, for answers: a method is ``scale set`` as well as ``Virtual machine scale set``."""
    names = {key: {name: value for value, (name, _) in texts.items()} for key, texts in meanings(system).items()}
    return names | {"method": names["method"] | {item.short: item.id for item in system.methods}}


def typed(key: Key, line: str, names: Mapping[str, object] | None = None) -> Any:
    """
    What a line means as a value of *key*; text that means nothing stays text, for the reader to refuse.

    A choice may be written in any letter case, with spaces for hyphens, or as one of *names*.
    """
    text = line.strip().strip("\"'")
    known = {_folded(str(choice)): choice for choice in key.choices}
    known = {_folded(name): value for name, value in (names or {}).items()} | known
    if key.many:
        return [] if text.lower() == NONE else [known.get(_folded(word), word) for word in _listed(line, known)]
    if not key.choices and not key.bounds:
        return None if text.lower() == NONE else text
    if key.choices and isinstance(key.choices[0], bool):
        return YES_NO.get(text.lower(), text)
    number = key.bounds or isinstance(key.choices[0], int)
    return int(text) if number and re.fullmatch("-?[0-9]{1,9}", text) else known.get(_folded(text), text)


def split(line: str) -> list[str]:
    """Words between commas or spaces, without quotes."""
    return [word.strip("\"'") for word in re.split(r"[,\s]+", line) if word]


def _listed(line: str, known: Mapping[str, object]) -> Iterator[str]:
    """The items of a list: between commas, and between spaces where what has spaces is not itself known."""
    for part in line.strip("[]").split(","):
        bare = part.strip().strip("\"'")
        yield from [bare] if _folded(bare) in known else split(part)


def _folded(text: str) -> str:
    return re.sub(r"[\s-]+", " ", text.lower())
