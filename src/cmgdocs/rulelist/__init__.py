"""Rule lists of firewalls, read from files: CSV or a network security group of Azure as JSON."""

from __future__ import annotations

import codecs
from pathlib import Path

from ..errors import Fault, SiteError
from .azure import read_group
from .listed import Action, ListedRule, RuleList, printable
from .table import read_table

__all__ = ["Action", "ListedRule", "RuleList", "parse_rules", "read_rules"]

MOST_BYTES = 50_000_000
_WIDE = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def read_rules(path: Path) -> RuleList:
    """
    Read the rule list in a file; its name stands in messages.

    Raises:
        SiteError: Everything that is wrong with it, or that it cannot be read.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise SiteError([Fault(str(path), error.strerror or str(error))]) from None
    return parse_rules(content, str(path))


def parse_rules(content: bytes, name: str) -> RuleList:
    """
    Read a rule list: JSON where it begins as such, otherwise CSV, in UTF-8 or, with its mark, UTF-16.

    Raises:
        SiteError: Everything that is wrong with it.
    """
    if len(content) > MOST_BYTES:
        raise SiteError([Fault(name, f"found {len(content):,} bytes; allowed: {MOST_BYTES:,} at most")])
    try:
        text = content.decode("utf-16" if content.startswith(_WIDE) else "utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise SiteError(
            [Fault(f"{name}:{line}", "found bytes that are no UTF-8; save the file as CSV UTF-8 or as JSON")]
        ) from None
    if "\0" in text:
        raise SiteError([Fault(name, "found a file that is no text; allowed: CSV or JSON")])
    if text.lstrip().startswith(("{", "[")):
        return read_group(text, name)
    return read_table(printable(text), name)
