"""The names that a site must reach, as a plain list: for a proxy's bypass, or to except them from decryption."""

from __future__ import annotations

from ...hosts import HostKind
from ...needs import Reach, reach
from ...rules import RuleSet
from ...words import find
from .dialect import Dialect, head

_HEAD = (
    "Names that the roles of this site reach, one a line, for lists of a proxy or an inspecting device: what passes it",
    "by, what is not decrypted. No rules; ports are in the plan. A name of several roles is under each of them:",
    "grep -v '^#' FILE | sort -u gives each once. The channel's TLS must not be opened (inferred).",
    "To take them out again, delete what you added to the list.",
)


def name_list(rules: RuleSet) -> bytes:
    """Write names by role and purpose; a name with a part that the site file does not give is a comment."""
    out = head(rules, "#", *_HEAD)[: 2 + len(_HEAD)]  # what has no rule is a name all the same
    for item in reach(rules.plan):
        role = find("role", rules.plan.system.roles, item.endpoint.role).name
        out += ["", f"# {role}: {item.endpoint.purpose}{' (inferred)' * item.endpoint.inferred}", *_names(item)]
    return "".join(f"{line}\n" for line in out).encode()


def _names(item: Reach) -> list[str]:
    return [*item.names, *(f"# {pattern}: give the gateway's name as Azure has it" for pattern in item.patterns)]


NAME_LIST = Dialect(
    "names",
    "Names to reach, by role: for a proxy's bypass or an exception from decryption",
    ".txt",
    name_list,
    frozenset(HostKind),
    "read back in the tests",
    complete=False,
)
