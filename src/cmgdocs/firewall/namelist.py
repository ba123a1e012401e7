"""The names that a site must reach, as a plain list: for a proxy's bypass, or to except them from decryption."""

from __future__ import annotations

from ..facts.ids import GATEWAY
from ..facts.queries import needed_by
from ..plan.plan import Plan
from ..plan.reach import Reach, reach
from ..plan.rules import RuleSet
from ..site.hosts import HostKind
from .dialect import Dialect, head, text_file

_HEAD = (
    "Names that the roles of this site reach, one a line, for lists of a proxy or an inspecting device: what passes it",
    "by, what is not decrypted. No rules. A name of several roles is under each of them:",
    "grep -v '^#' FILE | sort -u gives each once. The channel's TLS must not be opened (inferred).",
    "To take them out again, delete what you added to the list.",
)


def name_list(rules: RuleSet) -> bytes:
    """Write names by role and purpose; a name with a part that the site file does not give is a comment."""
    out = head(rules, "#", *_HEAD)[: 2 + len(_HEAD)]  # what has no rule is a name all the same
    system = rules.plan.system
    # A connection through the proxy has two rules; the later one, from the proxy on, has the ports of the service.
    ports = {flow: str(rule.ports) for rule in rules.rules for flow in rule.flows}
    for item in reach(rules.plan):
        wanting = (f"# {pattern}: {_wanted(item, rules.plan)}" for pattern in item.patterns)
        if names := (*item.names, *wanting):
            roles = ", ".join(system.role(ident).name for ident in needed_by(system, item.endpoint))
            at = ", ".join(dict.fromkeys(ports[flow] for flow in item.endpoint.flows if flow in ports))
            words = f"# {roles}: {item.endpoint.purpose}{f', port {at}' if at else ''}"
            out += ["", f"{words}{' (inferred)' * item.endpoint.inferred}", *names]
    return text_file(out)


def _wanted(item: Reach, plan: Plan) -> str:
    """How a site file gives a name whole: itself, or by the gateway's name where that is not given."""
    (role,) = {flow.responder for flow in plan.system.flows if flow.id in item.endpoint.flows}
    itself = f"name it as {role} under [hosts]"
    return itself if plan.gateway or role == GATEWAY else f"{itself}, or give the gateway's name as Azure has it"


NAME_LIST = Dialect(
    "names",
    "Names to reach, by role: for a proxy's bypass or an exception from decryption",
    ".txt",
    name_list,
    frozenset(HostKind),
    "read back in the tests",
    complete=False,
)
