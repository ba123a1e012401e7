"""The line of an arrow: straight stretches with round corners, written as DOT has them."""

from __future__ import annotations

from collections.abc import Sequence

from ..views.diagram import Edge
from .dot import Point
from .sketch import Curve
from .style import STROKES

HEADS = {"normal": 10.0, "onormal": 10.0, "vee": 10.0, "tee": 2.5, "odot": 8.0}  # pt, at size 1


def put_at(point: Point, value: float, axis: int) -> Point:
    """The point with another place along the axis."""
    return (point[0], value) if axis else (value, point[1])


def line_text(curve: Curve, heads: tuple[bool, bool], edge: Edge) -> str:
    """A curve as DOT has it: shorter by its head, whose tip is named apart."""
    pen = STROKES[edge.stroke]
    length = HEADS[pen.head] * pen.size
    tips = ""
    for at_end, has in enumerate(heads):
        if has:
            curve = curve[::-1] if at_end else curve
            tip, towards = curve[0], next((point for point in curve[1:] if point != curve[0]), curve[0])
            far = ((towards[0] - tip[0]) ** 2 + (towards[1] - tip[1]) ** 2) ** 0.5 or 1.0
            base = tuple(tip[k] + (towards[k] - tip[k]) / far * min(length, far) for k in (0, 1))
            curve = [(base[0], base[1]), *curve[1:]]
            curve = curve[::-1] if at_end else curve
            tips += f"{'se'[at_end]},{tip[0]:.2f},{tip[1]:.2f} "
    return tips + " ".join(f"{x:.2f},{y:.2f}" for x, y in curve)


def bent(points: Sequence[Point], radius: float = 4.0) -> Curve:
    """Straight lines through these points, with round corners."""
    curve: Curve = [points[0]]
    for number, point in enumerate(points[1:], 1):
        before = points[number - 1]
        stops = [_towards(point, before, radius)] if number < len(points) - 1 else [point]
        curve += [curve[-1], stops[0], stops[0]]
        if number < len(points) - 1:
            after = _towards(point, points[number + 1], radius)
            curve += [point, point, after]
    return curve


def _towards(start: Point, end: Point, most: float) -> Point:
    """The point at most that far from *start* on the way to *end*, and at most half of it."""
    far = abs(end[0] - start[0]) + abs(end[1] - start[1])  # lines are level or upright
    part = min(most, far / 2) / far if far else 0.0
    return start[0] + (end[0] - start[0]) * part, start[1] + (end[1] - start[1]) * part
