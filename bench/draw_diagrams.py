"""A drawing by the package diagrams, which has ``dot`` draw it; reads what ``rivals.drawing`` writes."""

import json
import sys
from pathlib import Path

from diagrams import Cluster, Diagram, Edge, Node

made = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
with Diagram(made["title"], filename=sys.argv[1].removesuffix(".json"), outformat="svg", show=False):
    nodes = {}
    for area, title in made["areas"]:
        with Cluster(title):
            nodes |= {ident: Node(name) for ident, name, _, inside in made["nodes"] if inside == area}
    for tail, head, title in made["edges"]:
        nodes[tail] >> Edge(label=title) >> nodes[head]
