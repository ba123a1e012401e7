"""What other programs are given: the flows that a diagram shows, and the rules of a site as a policy of aerleon."""

from __future__ import annotations

import json
from pathlib import Path

from cmgdocs.plan.rules import RuleSet
from cmgdocs.views.diagram import Diagram


def drawing(made: Diagram, path: Path) -> None:
    """Areas, nodes and labelled arrows of a diagram as JSON, for the scripts ``draw_*.py``."""
    flows = {
        "title": made.title,
        "areas": [(area.id, area.title) for area in made.areas],
        "nodes": [(node.id, " ".join(node.lines), node.shape.value, node.area) for node in made.nodes],
        "edges": [(edge.tail, edge.head, " ".join(edge.lines)) for edge in made.edges],
    }
    path.write_text(json.dumps(flows), encoding="utf-8")


def policy(rules: RuleSet, folder: Path) -> list[str]:
    """The same rules as definitions and a policy for nftables in *folder*; the options of ``aclgen`` that name them."""
    networks, services, terms = {}, {}, []
    for rule in rules.rules:
        name = rule.id.upper()
        for end, hosts in (("FROM", rule.source.hosts), ("TO", rule.destination.hosts)):
            networks[f"{end}-{name}"] = {"values": [{"address": host.text} for host in hosts]}
        protocol = rule.transport.value.lower()
        services[name] = [{"protocol": protocol, "port": str(ports)} for ports in rule.ports]
        ends = {"source-address": f"FROM-{name}", "destination-address": f"TO-{name}"}
        term = {"name": rule.id, "comment": rule.reason, "protocol": protocol, "destination-port": name}
        terms.append(ends | term | {"action": "accept"})
    header = {"targets": {"nftables": "inet forward"}}
    files = {
        "definitions/networks.yaml": {"networks": networks},
        "definitions/services.yaml": {"services": services},
        "pol/site.yaml": {"filters": [{"header": header, "terms": terms}]},
    }
    for name, content in files.items():
        path = Path(folder, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content), encoding="utf-8")  # JSON is YAML
    named = {"base_directory": "", "policy_file": "pol/site.yaml", "definitions_directory": "definitions"}
    named["output_directory"] = "out"
    return [f"--{option}={folder / part}" for option, part in named.items()]
