"""The layout checker finds each kind of fault in a graph made to have it, and none elsewhere."""

from __future__ import annotations

import math

import pytest
from geometry import Layout, faults

FONTS = "graph [fontname=Inter]; node [fontname=Inter shape=box]; edge [fontname=Inter];"


def layout(body: str) -> Layout:
    return Layout.of(f"digraph {{ {FONTS} {body} }}")


CLEAN = {
    "row": 'rankdir=LR; a -> b [label="F01\\nHTTPS 443"]; b -> c [label="F02"]',
    "zones": 'rankdir=LR; subgraph cluster_z { label="Zone"; a; c } '
    'subgraph cluster_y { label="Yonder"; b } a -> b [label=F01]; c -> b [label=F02]',
    "shapes": "a [shape=hexagon label=Entry]; b [shape=cylinder label=Store]; c [shape=ellipse]; "
    'd [shape=diamond label="One VM?"]; p [shape=point]; n [shape=none label="no frame"]; '
    "a -> b -> c -> d -> p -> n",
    "table with ports": "a [shape=plain label=<<table><tr><td port='x'>one</td>"
    "<td port='y'><b>two</b> 443</td></tr></table>>]; a:x -> b; a:y -> c",
    "label in a table": "a -> b [label=<<table border='1'><tr><td><b>F01</b></td></tr></table>>]",
    "label next to a node": 'a [xlabel="beside"]; a -> b',
    "unseen edge": "splines=line; { rank=same; a -> b -> c } a -> c [style=invis label=unseen]",
    "unseen node": "splines=line; { rank=same; a -> b -> c [style=invis] } b [style=invis]; a -> c",
    "unseen zone": "subgraph cluster_z { peripheries=0; a -> b [xlabel=wider_than_its_zone] }",
    "parallel edges": "rankdir=LR; a -> b [label=F01]; a -> b [label=F02]; a -> b [label=F03]",
    "past the corner of a diamond": "splines=line; d [shape=diamond label=one]; "
    "{ rank=same; d; b } a -> d; a -> b; d -> c",
    "nothing": "",
}


@pytest.mark.parametrize("body", CLEAN.values(), ids=CLEAN.keys())
def test_clean_layout_has_no_fault(body: str) -> None:
    assert faults(layout(body)) == []


ROW = "splines=line; { rank=same; a -> b -> c [style=invis] } a -> c [id=long]; "
FAULTY = {
    "edge through a box": (ROW, {"edge long runs through node b"}),
    "edge through a point": (ROW + "b [shape=point]", {"edge long runs through node b"}),
    "edge through bare text": (ROW + "b [shape=none]", {"edge long runs through node b"}),
    "edge through a table": (
        ROW + "b [shape=plain label=<<table><tr><td>b</td></tr></table>>]",
        {"edge long runs through node b"},
    ),
    "label on a node": (
        "a -> b [headlabel=above labelangle=0 labeldistance=4]",
        {"label 'above' lies on node a", "label 'above' lies on its own edge"},
    ),
    "label on edges": (
        "splines=line; a -> b [label=wide_enough]; c -> d; a -> d; c -> b [id=F02]",
        {
            "label 'wide_enough' lies on its own edge",
            "label 'wide_enough' lies on edge a->d",
            "label 'wide_enough' lies on edge F02",
        },
    ),
    "label on a label": (
        "nodesep=1; edge [labeldistance=2]; a -> b [headlabel=one labelangle=-70]; "
        "c -> b [headlabel=two labelangle=70]",
        {"label 'one' lies on label 'two'"},
    ),
    "label on an arrow head": (
        "a -> b [headlabel=above labelangle=0 labeldistance=0.5]",
        {"label 'above' hides an arrow head of its own edge", "label 'above' lies on node b"},
    ),
    "label on another's arrow head": (
        "a -> b [headlabel=here labelangle=-70 labeldistance=1.5]; c -> b [id=F02]",
        {
            "label 'here' hides an arrow head of its own edge",
            "label 'here' hides an arrow head of edge F02",
            "label 'here' lies on edge F02",
        },
    ),
    "label on a border": (
        "subgraph cluster_z { a -> b [xlabel=wider_than_its_zone] }",
        {"label 'wider_than_its_zone' lies on the border of zone cluster_z"},
    ),
    "zone title on an edge": ("subgraph cluster_z { label=Zone; a } b -> a", {"zone title 'Zone' lies on edge b->a"}),
    "two arrows in one": (
        "splines=line; a -> c [id=F01 headport=n]; b -> c [id=F02 headport=n]",
        {"edges F01 and F02 end in one arrow head"},
    ),
    "one arrow starts in the head of another": (
        "splines=line; a -> b [id=F01 headport=s]; b -> c [id=F02 tailport=s]",
        {"edge F02 touches the arrow head of F01"},
    ),
    "edge along a frame": (
        "splines=line; node [shape=point width=0.01]; subgraph cluster_z { margin=0; a -> c [id=F02] }",
        {"edge F02 runs along the border of zone cluster_z"},
    ),
    "text outside its node": ("a [label=too_long fixedsize=shape width=0.5]", {"text 'too_long' leaves node a"}),
    "small text": ("a [fontsize=6]", {"text of 8.0 px in inf px of width; least: 11 px"}),
}


@pytest.mark.parametrize(("body", "expected"), FAULTY.values(), ids=FAULTY.keys())
def test_fault_is_found(body: str, expected: set[str]) -> None:
    assert set(faults(layout(body))) == expected


def test_text_shrinks_with_the_column() -> None:
    row = layout("rankdir=LR; node [width=2 fontsize=12]; a -> b -> c -> d")
    assert faults(row, column_px=row.width_pt * 4 / 3) == []
    assert row.smallest_px(row.width_pt * 2 / 3) == pytest.approx(8)
    assert faults(row, column_px=row.width_pt * 2 / 3)[0].startswith("text of 8.0 px")


def test_natural_width_holds_frame_and_margin() -> None:
    assert layout("a [width=2]").width_pt == pytest.approx(2 * 72 + 8)
    assert layout("pad=1; a [width=2]").width_pt == pytest.approx(4 * 72)


def test_smallest_text_is_of_any_kind() -> None:
    body = "a [fontsize=14]; a -> b [label=x fontsize=12 headlabel=y labelfontsize=9]"
    assert layout(body).smallest_pt == 9
    assert layout("a [shape=point]").smallest_pt == math.inf
