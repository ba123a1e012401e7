"""Ports: what is read, what is refused, and laws of ranges."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmgdocs.ports import PortRange, merge, parse

RANGES = st.tuples(st.integers(1, 65535), st.integers(0, 300)).map(
    lambda pair: PortRange(pair[0], min(65535, pair[0] + pair[1]))
)


@pytest.mark.parametrize(
    ("value", "shown", "first", "three"),
    [
        (443, "443", 443, "443"),
        ("443", "443", 443, "443"),
        ("80-90", "80-90", None, "80-90"),
        ("10139+i", "10139 + i", 10140, "10140-10142"),
        ("10139 + i", "10139 + i", 10140, "10140-10142"),
        ("dynamic", "dynamic", None, "None"),
    ],
)
def test_a_port_is_read_and_shown(value: object, shown: str, first: int | None, three: str) -> None:
    spec = parse(value)
    assert (str(spec), spec.at(1), str(spec.range(3))) == (shown, first, three)


@pytest.mark.parametrize(
    "value",
    [
        0,
        -1,
        65536,
        70000,
        "443-80",
        "80–90",
        "",
        "a",
        "1e3",
        "443,80",
        "٤٤٣",
        None,
        True,
        1.5,
        [443],
        "99999999999",
        "i",
        "65535+i",
    ],
)
def test_what_is_no_port_is_refused_with_a_reason(value: object) -> None:
    with pytest.raises(ValueError, match=r"port|range"):
        parse(value)


def ports(ranges: list[PortRange] | tuple[PortRange, ...]) -> set[int]:
    return {port for item in ranges for port in range(item.low, item.high + 1)}


@given(st.lists(RANGES, max_size=8))
def test_merging_keeps_the_set(ranges: list[PortRange]) -> None:
    assert ports(merge(ranges)) == ports(ranges)


@given(st.lists(RANGES, max_size=8))
def test_merged_ranges_are_ascending_and_do_not_touch(ranges: list[PortRange]) -> None:
    merged = merge(ranges)
    assert all(a.high + 1 < b.low for a, b in pairwise(merged))


@given(st.lists(RANGES, max_size=8), st.randoms())
def test_the_order_of_ranges_does_not_matter(ranges: list[PortRange], random: object) -> None:
    assert merge(ranges) == merge(sorted(ranges, reverse=True))


@given(st.integers(1, 65519), st.integers(1, 16))
def test_a_formula_gives_each_instance_its_own_port(base: int, instances: int) -> None:
    spec = parse(f"{base}+i")
    found = spec.range(instances)
    assert found is not None
    assert [spec.at(i) for i in range(1, instances + 1)] == list(range(found.low, found.high + 1))
