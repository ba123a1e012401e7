"""The project's own pictures: complete, legible, free of collisions, and described in words."""

from __future__ import annotations

import dataclasses
import re
import xml.etree.ElementTree as ET
from functools import partial
from pathlib import Path

import geometry
import pytest

from cmgdocs.facts import load, queries
from cmgdocs.facts.model import System
from cmgdocs.plan.read import plan_of
from cmgdocs.render.dot import dot, name
from cmgdocs.render.place import placed
from cmgdocs.render.style import LOOKS, STROKES
from cmgdocs.views import registry
from cmgdocs.views.diagram import Shape, Stroke
from cmgdocs.views.sentences import counted
from cmgdocs.views.table import plain
from dotpicture import draw

BOOK = Path(__file__).parents[1] / "book"

COLUMN_PX = 750  # the page's column at 1280 px
PHONE_PX = 358  # and at 390 px
LEAST_PX = 11
PICTURES = registry.pictures(load())
EDITIONS = [item.id for item in load().editions]


@pytest.mark.parametrize(("stem", "view", "edition"), PICTURES, ids=[p[0] for p in PICTURES])
class TestPicture:
    @pytest.mark.parametrize("narrow", [False, True], ids=["wide", "narrow"])
    def test_nothing_collides_each_arrow_has_its_own_head_and_it_fits(
        self, facts: System, stem: str, view: str, edition: str | None, narrow: bool
    ) -> None:
        layout = geometry.Layout.of(placed(registry.diagram(facts, view, edition), narrow=narrow), placed=True)
        assert geometry.faults(layout, PHONE_PX if narrow else COLUMN_PX, LEAST_PX) == []
        assert layout.width_pt * geometry.PX_PER_PT <= (PHONE_PX if narrow else 1.03 * COLUMN_PX)

    def test_it_is_the_same_text_twice(self, facts: System, stem: str, view: str, edition: str | None) -> None:
        for form in (dot, placed, partial(placed, narrow=True)):
            assert form(registry.diagram(facts, view, edition)) == form(registry.diagram(load(), view, edition))

    def test_its_ends_and_areas_exist(self, facts: System, stem: str, view: str, edition: str | None) -> None:
        diagram = registry.diagram(facts, view, edition)
        nodes, areas = {node.id for node in diagram.nodes}, {area.id for area in diagram.areas}
        assert {end for edge in diagram.edges for end in (edge.tail, edge.head)} == nodes
        assert {node.area for node in diagram.nodes if node.area} <= areas
        svg = ET.fromstring(draw(dot(diagram)))
        ids = [element.get("id") for element in svg.iter() if element.get("id")]
        assert len(ids) == len(set(ids))

    def test_every_arrow_links_to_a_line_of_its_table(
        self, facts: System, stem: str, view: str, edition: str | None
    ) -> None:
        diagram = registry.diagram(facts, view, edition)
        lines = {line.id for line in registry.diagram_table(facts, view, edition).lines}
        carried = {flow.id for flow in facts.flows if flow.carried_by}
        assert {edge.row for edge in diagram.edges if edge.row} <= lines | carried

    def test_it_is_told_in_words(self, facts: System, stem: str, view: str, edition: str | None) -> None:
        diagram = registry.diagram(facts, view, edition)
        assert diagram.caption.endswith(".")
        assert 1 <= len(re.findall(r"\.(?: |$)", diagram.description)) <= 3
        assert not re.search(r"diagram|figure|digraph", diagram.description, re.IGNORECASE)

    @pytest.mark.parametrize("narrow", [False, True], ids=["wide", "narrow"])
    def test_the_legend_draws_what_the_picture_draws_and_nothing_else(
        self, facts: System, stem: str, view: str, edition: str | None, narrow: bool
    ) -> None:
        diagram = registry.diagram(facts, view, edition)
        strokes = {edge.stroke for edge in diagram.edges}
        if diagram.legend:
            looks, samples = drawn_lines(placed(diagram, narrow=narrow))
            assert samples == looks
            assert {stroke.value for stroke in strokes} == {look["class"] for look in samples}
            shapes = {node.shape for node in diagram.nodes} if diagram.shapes else set()
            text = placed(diagram, narrow=narrow)
            assert {shape for shape in LOOKS if f">{LOOKS[shape].meaning}<" in text} == shapes
        else:
            assert len(strokes) == 1

    def test_every_kind_of_id_is_in_the_legend(self, facts: System, stem: str, view: str, edition: str | None) -> None:
        diagram = registry.diagram(facts, view, edition)
        words = " ".join(edge.lines[0] for edge in diagram.edges if edge.lines).split() if diagram.legend else []
        kinds = {"①" if word in CIRCLED else word[0] for word in words}
        assert {"①" if key in CIRCLED else key[0] for key, _ in diagram.keys} == kinds
        assert {key for key, _ in diagram.keys} <= set(words)


CIRCLED = "①②③④⑤"


def drawn_lines(text: str) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    """How lines that end in a head are drawn, each look once: in the picture, and in its legend."""
    svg = ET.fromstring(draw(text, placed=True))
    found: dict[bool, set[tuple[tuple[str, str], ...]]] = {True: set(), False: set()}
    for group in svg.iter("{http://www.w3.org/2000/svg}g"):
        kind, ident = group.get("class", ""), group.get("id", "")
        if kind.startswith("edge") and not ident.endswith("_tail"):
            parts = [part for part in group.iter() if part.tag.endswith(("path", "polygon", "ellipse"))]
            look = {"class": kind.removeprefix("edge ")}
            for part in parts:
                for key in ("stroke", "fill", "stroke-width", "stroke-dasharray"):
                    look[part.tag.rpartition("}")[2] + key] = part.get(key, "")
            found["_legend_" in ident].add(tuple(sorted(look.items())))
    return [dict(look) for look in sorted(found[False])], [dict(look) for look in sorted(found[True])]


def texts(svg: ET.Element) -> list[str]:
    """Every text of a picture, a line each."""
    return [element.text or "" for element in svg.iter("{http://www.w3.org/2000/svg}text")]


@pytest.mark.parametrize("edition", EDITIONS)
def test_every_row_of_an_edition_is_an_arrow_with_protocol_and_port(facts: System, edition: str) -> None:
    diagram = registry.diagram(facts, "data-flow", edition)
    svg = ET.fromstring(draw(dot(diagram)))
    ids = {element.get("id") for element in svg.iter()}
    retired = {flow.id for flow in facts.flows if flow.when.method == "classic"} if edition == EDITIONS[-1] else set()
    assert not retired & {edge.id for edge in diagram.edges}
    assert ("are in the table only" in diagram.caption) == bool(retired)
    for row in queries.rows(facts, edition):
        if row.flow.id in retired:  # in the table of the same edition
            continue
        (edge,) = [edge for edge in diagram.edges if edge.id == row.flow.id]
        assert (edge.tail, edge.head) == (row.flow.initiator, row.flow.responder)
        assert {row.protocol, *row.port_text.split(" / ")} <= set(edge.lines)
        assert f"data_flow_{name(edge.id)}_head" in ids
        assert set(edge.lines) <= set(texts(svg))


@pytest.mark.parametrize("edition", EDITIONS)
def test_all_five_steps_are_numbered(facts: System, edition: str) -> None:
    labels = " ".join(edge.lines[0] for edge in registry.diagram(facts, "data-flow", edition).edges)
    assert all(number in labels for number in "①②③④⑤")


CHANNELS = {"": ("F02", "to F06"), "contoso-one-instance": ("F05",), "fabrikam-classic": ("F02", "or F04")}


@pytest.mark.parametrize(("example", "shown"), CHANNELS.items(), ids=[name or "all sites" for name in CHANNELS])
def test_proofs_name_the_flows_of_the_channel(facts: System, example: str, shown: tuple[str, ...]) -> None:
    path = BOOK.parent / "examples" / f"{example}.toml"
    system = plan_of(facts, path)[0].system if example else facts
    (edge,) = [edge for edge in registry.diagram(system, "authentication").edges if edge.row == "channel"]
    assert edge.lines[: len(shown)] == (f"② {shown[0]}", *shown[1:])
    (line,) = [line for line in registry.table(system, "proofs").lines if line.id == "channel"]
    assert plain(line.cells[0]) == " ".join(shown)


def test_the_words_of_the_perimeter_count_what_is_drawn_and_what_the_table_has(facts: System) -> None:
    diagram = registry.diagram(facts, "perimeter")
    guessed = [edge for edge in diagram.edges if "inferred" in edge.lines]
    assert f"the picture shows the {len(diagram.edges)} that a source names" in diagram.caption
    assert diagram.caption.endswith(f", {len(guessed)} of them with an inferred port.")
    assert f"lets {counted(len(diagram.edges), 'outbound connection')} through" in diagram.description
    assert "no inbound rules" in diagram.description
    assert f"of {len(queries.crossing(facts))} in the table" in diagram.description
    assert "direction" not in {column.key for column in registry.table(facts, "perimeter").columns}


@pytest.mark.parametrize("view", ["data-flow", "today", "perimeter", "content", "authentication"])
def test_the_shape_of_a_role_says_whether_it_starts_a_connection_in_the_picture(facts: System, view: str) -> None:
    diagram = registry.diagram(facts, view)
    starting = {edge.tail for edge in diagram.edges if edge.stroke is not Stroke.CARRIED}
    shapes = {node.id: node.shape for node in diagram.nodes if node.shape in (Shape.STARTER, Shape.SERVICE)}
    assert {ident for ident, shape in shapes.items() if shape is Shape.STARTER} == starting & {*shapes}


def test_the_small_picture_has_the_five_steps_of_a_scale_set_and_says_where_they_start(facts: System) -> None:
    diagram = registry.diagram(facts, "today")
    assert {edge.lines[0].split()[0] for edge in diagram.edges} == set(CIRCLED)
    assert {edge.id: edge.lines[-1] for edge in diagram.edges}["F06"] == "10124-10125"
    assert [area.title for area in diagram.areas if "nothing comes in" in area.title]
    assert height_px(placed(diagram)) <= 430
    assert height_px(placed(diagram, narrow=True)) <= 620


def height_px(text: str) -> float:
    """The natural height of a picture."""
    return float(ET.fromstring(draw(text, placed=True)).get("height", "").removesuffix("pt")) * geometry.PX_PER_PT


@pytest.mark.parametrize("longer", [-4, 6])
@pytest.mark.parametrize("view", ["data-flow", "today", "perimeter", "content", "authentication"])
def test_nothing_collides_whatever_the_lengths_of_texts(facts: System, view: str, longer: int) -> None:
    def resized(lines: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(line + "x" * longer if longer > 0 else line[: max(3, len(line) + longer)] for line in lines)

    diagram = registry.diagram(facts, view)
    nodes = (dataclasses.replace(node, lines=resized(node.lines)) for node in diagram.nodes)
    edges = (dataclasses.replace(edge, lines=edge.lines[:1] + resized(edge.lines[1:])) for edge in diagram.edges)
    made = dataclasses.replace(diagram, nodes=tuple(nodes), edges=tuple(edges))
    for narrow in (False, True):
        assert geometry.faults(geometry.Layout.of(placed(made, narrow=narrow), placed=True)) == []


def test_only_what_rides_in_the_channel_points_into_the_network_and_it_is_thin(facts: System) -> None:
    inside = {role.id for role in facts.roles if queries.zone_of(facts, role.id).inside}
    for view in ("today", "data-flow"):
        into = [e for e in registry.diagram(facts, view).edges if e.head in inside and e.tail not in inside]
        assert {edge.stroke for edge in into} == {Stroke.CARRIED}
    carried = STROKES[Stroke.CARRIED]
    assert carried.width == min(pen.width for pen in STROKES.values())
    assert (carried.style, carried.head) == ("dotted", "vee")


def test_the_ladder_shows_every_rung(facts: System) -> None:
    diagram = registry.diagram(facts, "ladder")
    shown = {node.lines[0].split()[0] for node in diagram.nodes if node.id.startswith("F")}
    assert shown == {flow.id for flow in facts.flows if flow.rung}


def test_names_of_a_hostile_role_are_shown_as_they_are(tiny: System) -> None:
    evil = '<b>x</b> & "y" \\N'
    roles = tuple(dataclasses.replace(role, label=(evil,)) for role in tiny.roles)
    system = dataclasses.replace(tiny, roles=roles)
    svg = ET.fromstring(draw(dot(registry.diagram(system, "data-flow"))))
    assert texts(svg).count(evil) == len(roles)


@pytest.mark.parametrize("table", registry.table_names(load()))
def test_every_table_has_rows_with_unique_ids_and_full_width(facts: System, table: str) -> None:
    made = registry.table(facts, table)
    assert made.lines
    assert len({line.id for line in made.lines}) == len(made.lines)
    assert all(len(line.cells) == len(made.columns) for line in made.lines)
    assert all("{" not in plain(cell) for line in made.lines for cell in line.cells)


def test_every_diagram_is_on_a_page(facts: System) -> None:
    pages = "".join(path.read_text(encoding="utf-8") for path in (*BOOK.glob("*.md"), *BOOK.glob("*/*.md")))
    shown = [f"{{diagram}} {name}\n" for name in registry.diagram_names(facts)]
    shown = [words.replace("{diagram} decision-", "{decision} ") for words in shown]
    assert [words for words in shown if words not in pages] == []
