"""A deployment: what one site has chosen, and on which hosts its roles are. Frozen data."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import cached_property

from ..facts.model import CredentialId, MethodId, RoleId, SiteMode, UseId, Version
from .hosts import Host, ProxyHost


class Cloud(Enum):
    """The Azure environments that the product offers."""

    PUBLIC = "public"
    US_GOVERNMENT = "us-government"


@dataclass(frozen=True)
class Setup:
    """
    What decides which connections a site needs: everything but the hosts.

    *instances* are VM instances, *update_port* is the TCP port of the software update point, *uses* are what
    the site does besides, in order of the facts.
    """

    configmgr: Version
    cloud: Cloud
    method: MethodId
    instances: int
    content: bool
    management_point: SiteMode
    update_port: int
    credentials: tuple[CredentialId, ...]
    uses: tuple[UseId, ...]
    proxied: bool


@dataclass(frozen=True)
class Deployment:
    """
    One site. *name* is that of its file without the ending.

    *hosts* has the roles that the file names, in its order, each with at least one host.
    """

    name: str
    setup: Setup
    hosts: tuple[tuple[RoleId, tuple[Host, ...]], ...]
    proxy: ProxyHost | None = None

    def at(self, role: RoleId | str) -> tuple[Host, ...]:
        """The hosts of a role; empty where the site file names none."""
        return self._by_role.get(role, ())

    @cached_property
    def _by_role(self) -> dict[str, tuple[Host, ...]]:
        return dict(self.hosts)
