"""All dialects by name, in the order in which they are listed."""

from __future__ import annotations

from ..errors import UnknownId
from .azure import AZURE
from .dialect import Dialect
from .linux import LINUX
from .namelist import NAME_LIST
from .requests import REQUESTS
from .squid import SQUID
from .vendors import FIREWALLS
from .windows import WINDOWS

DIALECTS: tuple[Dialect, ...] = (*REQUESTS, *LINUX, SQUID, *AZURE, *FIREWALLS, WINDOWS, NAME_LIST)


def dialect(name: str) -> Dialect:
    """Give the dialect of that name; :class:`UnknownId` names the near match."""
    for item in DIALECTS:
        if item.name == name:
            return item
    raise UnknownId("dialect", name, (item.name for item in DIALECTS))
