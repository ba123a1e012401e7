"""A growth as a picture: lines of ratios on logarithmic axes, where what grows in proportion is a straight diagonal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from math import ceil, floor, log2

_WIDE, _HIGH, _LEFT, _RIGHT, _TOP, _BOTTOM = 400, 260, 40, 20, 12, 44  # px
_SIGNS = (
    '<circle class="sign" cx="{x:.1f}" cy="{y:.1f}" r="3.5"/>',
    '<rect class="sign" x="{x0:.1f}" y="{y0:.1f}" width="7" height="7"/>',
)


def plot(unit: str, sizes: Sequence[int], lines: Mapping[str, Sequence[float]], description: str) -> str:
    """
    An SVG without colours or fonts, which are the style sheet's by its classes; the same data gives the same bytes.

    Args:
        unit: What there are *sizes* of.
        sizes: Ascending.
        lines: At most two by name, each with a ratio above 0 for each size.
    """
    most = sizes[-1] / sizes[0]
    ratios = [1.0, most, *(ratio for line in lines.values() for ratio in line)]
    low, high = floor(log2(min(ratios))), ceil(log2(max(ratios)))

    def x(size: float) -> float:
        return _LEFT + log2(size / sizes[0]) / log2(most) * (_WIDE - _LEFT - _RIGHT)

    def y(ratio: float) -> float:
        return _HIGH - _BOTTOM - (log2(ratio) - low) / (high - low) * (_HIGH - _TOP - _BOTTOM)

    def parts() -> Iterator[str]:
        for power in range(low, high + 1, ceil((high - low) / 8)):
            at = y(2.0**power)
            yield f'<path class="grid" d="M{_LEFT},{at:.1f}H{_WIDE - _RIGHT}"/>'
            yield f'<text x="{_LEFT - 6}" y="{at + 4:.1f}" text-anchor="end">{2.0**power:g}</text>'
        for size in sizes:
            yield f'<text x="{x(size):.1f}" y="{_HIGH - _BOTTOM + 17}" text-anchor="middle">{size:,}</text>'
        yield f'<text x="{(_LEFT + _WIDE - _RIGHT) / 2}" y="{_HIGH - 6}" text-anchor="middle">{escape(unit)}</text>'
        yield f'<path class="even" d="M{x(sizes[0]):.1f},{y(1):.1f}L{x(sizes[-1]):.1f},{y(most):.1f}"/>'
        for number, (name, line) in enumerate(lines.items()):
            points = [(x(size), y(ratio)) for size, ratio in zip(sizes, line, strict=True)]
            drawn = "L".join(f"{px:.1f},{py:.1f}" for px, py in points)
            key = _LEFT + 14, _TOP + 12 + 18 * number
            signs = "".join(_SIGNS[number].format(x=px, y=py, x0=px - 3.5, y0=py - 3.5) for px, py in [*points, key])
            yield f'<g class="line{number + 1}"><path d="M{drawn}"/>{signs}</g>'
            yield f'<text x="{key[0] + 12}" y="{key[1] + 4}">{escape(name)}</text>'
        key = _LEFT + 4, _TOP + 12 + 18 * len(lines)
        yield f'<path class="even" d="M{key[0]},{key[1]}h18"/>'
        yield f'<text x="{key[0] + 22}" y="{key[1] + 4}">in proportion</text>'

    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDE} {_HIGH}" width="{_WIDE}" height="{_HIGH}"'
    return f'{head} role="img" aria-label="{escape(description)}">{"".join(parts())}</svg>\n'
