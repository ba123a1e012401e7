"""A picture as Graphviz laid it out, in its points, y upwards."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import fsum  # the sum of fractions differs in its last digit from Python 3.11 to 3.12
from typing import Any

from dotpicture import draw

from ..views.diagram import Diagram
from .dot import Point, dot

STEPS = 16  # straight stretches for each curve

Box = tuple[float, float, float, float]
Curve = list[Point]  # control points, 3n + 1


@dataclass(frozen=True)
class Shape:
    """A node as it was laid out: its middle, its size, and its outline around the middle."""

    middle: Point
    size: Point
    outline: tuple[Point, ...]

    @property
    def box(self) -> Box:
        """Left, bottom, right, top."""
        (x, y), (width, height) = self.middle, self.size
        return x - width / 2, y - height / 2, x + width / 2, y + height / 2

    def edge_at(self, offset: float, *, side: int, axis: int) -> float:
        """
        How far the outline is from the middle along *axis*, on the side of that sign, where it is *offset* across it.
        """
        found = [self.size[axis] / 2 * side] if not self.outline else []
        for one, other in pairwise((*self.outline, *self.outline[:1])):
            (a, b), (c, d) = (one[1 - axis], one[axis]), (other[1 - axis], other[axis])
            if a != c and min(a, c) <= offset <= max(a, c):
                found.append(b + (d - b) * (offset - a) / (c - a))
        return max(found, key=lambda value: value * side) if found else self.size[axis] / 2 * side


@dataclass(frozen=True)
class Sketch:
    """What Graphviz laid out: nodes, and boxes and titles of zones."""

    shapes: Mapping[str, Shape]
    zones: Mapping[str, Box]
    titles: Mapping[str, tuple[Point, Point]]

    @classmethod
    def of(cls, diagram: Diagram, *, narrow: bool, room: float) -> Sketch:
        """Lay *diagram* out."""
        graph = json.loads(draw(dot(diagram, narrow=narrow, room=room), "json"))
        things = graph.get("objects", [])
        zones = [thing for thing in things if "bb" in thing]
        return cls(
            shapes={thing["name"]: _shape(thing) for thing in things if "pos" in thing},
            zones={zone["name"]: _box(zone["bb"]) for zone in zones},
            titles={
                zone["name"]: (point_of(zone["lp"]), (float(zone["lwidth"]) * 72, float(zone["lheight"]) * 72))
                for zone in zones
                if "lp" in zone
            },
        )


def _shape(thing: dict[str, Any]) -> Shape:
    x, y = point_of(thing["pos"])
    size = float(thing["width"]) * 72, float(thing["height"]) * 72
    points: list[Point] = []
    for step in thing.get("_draw_", []):
        if step["op"] in "pP":
            points = [(px, py) for px, py in step["points"]]
            break
        if step["op"] in "bB":
            points = list(sampled([(px, py) for px, py in step["points"]]))
            break
    return Shape((x, y), size, tuple((px - x, py - y) for px, py in points))


def point_of(text: str) -> Point:
    x, y = map(float, text.split(","))
    return x, y


def _box(text: str) -> Box:
    left, bottom, right, top = map(float, text.split(","))
    return left, bottom, right, top


def sampled(curve: Sequence[Point]) -> Iterable[Point]:
    """Points on a curve."""
    yield curve[0]
    for start in range(0, len(curve) - 1, 3):
        for step in range(1, STEPS + 1):
            t = step / STEPS
            weights = (1 - t) ** 3, 3 * (1 - t) ** 2 * t, 3 * (1 - t) * t * t, t**3
            part = curve[start : start + 4]
            x, y = (fsum(w * point[axis] for w, point in zip(weights, part, strict=True)) for axis in (0, 1))
            yield x, y


def overlap(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
