"""A drawing as a model of pytm, printed as the DOT text that pytm makes of it; reads what ``rivals.drawing`` writes."""

import json
import sys
from pathlib import Path

from pytm import TM, Actor, Boundary, Dataflow, Datastore, Server

KINDS = {"starter": Actor, "store": Datastore}

made = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
model = TM(made["title"], description=made["title"])
areas = {area: Boundary(title) for area, title in made["areas"]}
nodes = {}
for ident, title, shape, area in made["nodes"]:
    nodes[ident] = KINDS.get(shape, Server)(title)
    nodes[ident].inBoundary = areas[area]
for tail, head, title in made["edges"]:
    Dataflow(nodes[tail], nodes[head], title)
model.resolve()
print(model.dfd())
