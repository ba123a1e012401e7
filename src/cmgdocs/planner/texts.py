"""Texts of the page's exports, with marks where the page puts in what is the reader's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ..facts.model import System
from ..firewall.dialect import NO_RULE, SETUP, comment, comment_text, instances_text
from ..firewall.linux import ACCEPT, NFT_COMMENT, NFTABLES, accept_lines
from ..firewall.names import ascii_text
from ..firewall.windows import COMMAND, LEFT, ON, OUTWARD, WINDOWS, group_of
from ..plan.plan import Plan, Planner
from ..plan.rules import Rule, RuleSet
from ..plan.system import LeftOut
from ..site.hosts import parse_host
from ..site.keys import keys, setup_of, written
from ..site.model import Deployment
from .items import SITE

_SOURCE, _DESTINATION = parse_host("192.0.2.1"), parse_host("192.0.2.2")
_MARK = "__here__"


def comments(rule: Rule) -> dict[str, str]:
    """What the two formats of firewalls say of a rule; nft cuts it where it is long."""
    windows, nft = ascii_text(comment(rule)).replace("'", "''"), comment_text(comment(rule), NFT_COMMENT)
    return {"about": windows} | ({"short": nft} if nft != windows else {})


def frames(system: System, rule: Rule) -> dict[str, Any]:
    """What stands around the rules in each format: *setup* and *left* are where the page puts lines of its own."""
    flow, plan = system.flows[0], _plan(system)
    ends = replace(rule.source, hosts=(_SOURCE,)), replace(rule.destination, hosts=(_DESTINATION,))
    probe = replace(rule, source=ends[0], destination=ends[1])
    rules = RuleSet(plan, (probe,), (LeftOut(flow, _MARK),))
    setup = plan.deployment.setup
    line = SETUP.format(
        method=setup.method,
        instances=instances_text(setup.instances),
        configmgr=setup.configmgr,
        cloud=setup.cloud.value,
    )
    left = f"# {NO_RULE.format(flow.id, _MARK)}\n"
    (accept,) = accept_lines(rules.rules[0])
    nft_top, nft_rest = NFTABLES.write(rules).decode().replace(line, _MARK).split(left)
    middle, bottom = nft_rest.split(f"\t\t{accept}\n")
    windows_top, windows_rest = WINDOWS.write(rules).decode().replace(line, _MARK).split(left)
    return {
        "setup": SETUP,
        "mark": _MARK,
        "nftables": {"top": nft_top, "middle": middle, "bottom": bottom, "accept": _nft_format(accept, probe)},
        "windows": {
            "top": windows_top,
            "middle": windows_rest.partition("\n\n")[0] + "\n",
            "on": ON,
            "outward": OUTWARD,
            "command": COMMAND,
            "group": group_of(plan),
            "left": LEFT,
        },
        "noRule": NO_RULE,
    }


TOML_HEAD = f"""# Site file of a plan from the planner. All formats, and prediction: cmgdocs plan {SITE}.toml"""
TOML_DOUBT = "# Check {}"


def site_file(values: Mapping[str, object], hosts: Mapping[str, Sequence[str]], doubts: Sequence[str] = ()) -> str:
    """A site file: *doubts* as comments, *values* by key, each role with its host or hosts; None is left out."""
    lines = [f"{key} = {written(value)}" for key, value in values.items() if value is not None]
    named = [f"{role} = {written(found[0] if len(found) == 1 else [*found])}" for role, found in hosts.items()]
    head = (TOML_HEAD, *(TOML_DOUBT.format(doubt) for doubt in doubts))
    return "\n".join((*head, "", *lines, "", "[hosts]", *named)) + "\n"


def _nft_format(line: str, probe: Rule) -> str:
    """The format of a line of nft, with ends and all."""
    ports = ", ".join(map(str, probe.ports))
    accept = ACCEPT.format(
        transport=probe.transport.value.lower(), ports=ports, comment=comment_text(comment(probe), NFT_COMMENT)
    )
    return line.replace(accept, ACCEPT).replace(str(_SOURCE), "{source}").replace(str(_DESTINATION), "{destination}")


def _plan(system: System) -> Plan:
    """A plan of nothing, with the name that all plans of the page have."""
    known = keys(system)
    setup = setup_of(known, {key.name: key.default for key in known})
    return Planner(replace(system, flows=(), endpoints=())).plan(Deployment(SITE, setup, ()))
