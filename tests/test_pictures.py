"""The project's own pictures: complete, legible, free of collisions, and described in words."""

from __future__ import annotations

import dataclasses
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import geometry
import pytest

from cmgdocs.facts import load, queries
from cmgdocs.facts.model import System
from cmgdocs.render.dot import dot, name
from cmgdocs.render.style import LOOKS, STROKES
from cmgdocs.views import registry
from cmgdocs.views.table import plain
from dotpicture import draw

BOOK = Path(__file__).parents[1] / "book"

COLUMN_PX = 750  # the page's column at 1280 px
LEAST_PX = 11
PICTURES = registry.pictures(load())
EDITIONS = [item.id for item in load().editions]


@pytest.mark.parametrize(("stem", "view", "edition"), PICTURES, ids=[p[0] for p in PICTURES])
class TestPicture:
    def test_nothing_collides_and_it_fits_the_page(
        self, facts: System, stem: str, view: str, edition: str | None
    ) -> None:
        layout = geometry.Layout.of(dot(registry.diagram(facts, view, edition)))
        assert geometry.faults(layout, COLUMN_PX, LEAST_PX) == []

    def test_it_is_the_same_text_twice(self, facts: System, stem: str, view: str, edition: str | None) -> None:
        assert dot(registry.diagram(facts, view, edition)) == dot(registry.diagram(load(), view, edition))

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

    def test_shapes_and_lines_that_carry_meaning_are_in_the_legend(
        self, facts: System, stem: str, view: str, edition: str | None
    ) -> None:
        diagram = registry.diagram(facts, view, edition)
        text = dot(diagram)
        strokes = {edge.stroke for edge in diagram.edges}
        if diagram.legend:
            assert all(LOOKS[node.shape].meaning in text for node in diagram.nodes)
            assert all(STROKES[stroke][2] in text for stroke in strokes)
        else:
            assert len(strokes) == 1


def texts(svg: ET.Element) -> list[str]:
    """Every text of a picture, a line each."""
    return [element.text or "" for element in svg.iter("{http://www.w3.org/2000/svg}text")]


@pytest.mark.parametrize("edition", EDITIONS)
def test_every_row_of_an_edition_is_an_arrow_with_protocol_and_port(facts: System, edition: str) -> None:
    diagram = registry.diagram(facts, "data-flow", edition)
    svg = ET.fromstring(draw(dot(diagram)))
    ids = {element.get("id") for element in svg.iter()}
    for row in queries.rows(facts, edition):
        (edge,) = [edge for edge in diagram.edges if edge.id == row.flow.id]
        assert (edge.tail, edge.head) == (row.flow.initiator, row.flow.responder)
        assert {row.protocol, *row.port_text.split(" / ")} <= set(edge.lines)
        assert f"data_flow_{name(edge.id)}_head" in ids
        assert set(edge.lines) <= set(texts(svg))


@pytest.mark.parametrize("edition", EDITIONS)
def test_all_five_steps_are_numbered(facts: System, edition: str) -> None:
    labels = " ".join(edge.lines[0] for edge in registry.diagram(facts, "data-flow", edition).edges)
    assert all(number in labels for number in "①②③④⑤")


def test_the_perimeter_draws_what_a_source_names_lists_all_and_says_that_all_are_outbound(facts: System) -> None:
    diagram = registry.diagram(facts, "perimeter")
    crossing = queries.crossing(facts)
    assert {line.id for line in registry.table(facts, "perimeter").lines} == {flow.id for flow in crossing}
    assert {edge.id for edge in diagram.edges} == {flow.id for flow in crossing if not flow.inferred}
    assert f"drawn are the {len(diagram.edges)} that a source names" in diagram.caption
    assert "no inbound rules" in diagram.description
    inside = {role.id for role in facts.roles if role.zone == "on-premises"}
    assert all(edge.tail in inside and edge.head not in inside for edge in diagram.edges)


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


def test_every_diagram_is_on_a_page() -> None:
    pages = "".join(path.read_text(encoding="utf-8") for path in BOOK.glob("*/*.md"))
    assert [name for name in registry.diagram_names() if f"{{diagram}} {name}\n" not in pages] == []
