"""Ports: what is read, what is refused, and laws of ranges."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmgdocs.facts.model import System
from cmgdocs.facts.ports import PortRange, Ports, cut, parse


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


NO_PORTS = [
    *(0, -1, 65536, 70000, "443-80", "80–90", "", "a", "1e3", "443,80", "٤٤٣", "99999999999", "i", "65535+i"),
    *(None, True, 1.5, [443]),
]


@pytest.mark.parametrize("value", NO_PORTS)
def test_what_is_no_port_is_refused_with_a_reason(value: object) -> None:
    with pytest.raises(ValueError, match=r"port|range"):
        parse(value)


@given(st.integers(1, 65519), st.integers(1, 16))
def test_a_formula_gives_each_instance_its_own_port(base: int, instances: int) -> None:
    spec = parse(f"{base}+i")
    found = spec.range(instances)
    assert found is not None
    assert [spec.at(i) for i in range(1, instances + 1)] == list(range(found.low, found.high + 1))


def test_ranges_are_cut_where_others_begin_and_end() -> None:
    spans = (PortRange(1, 10), PortRange(20, 30))
    assert list(map(str, cut(spans, (PortRange(5, 5), PortRange(8, 25))))) == [
        "1-4",
        "5",
        "6-7",
        "8-10",
        "20-25",
        "26-30",
    ]
    assert tuple(cut(spans, ())) == spans
    assert Ports(cut(spans, (PortRange(1, 30), PortRange(30, 40)))) == spans


def test_the_loop_over_ports_that_a_page_prints_has_those_of_the_facts(facts: System) -> None:
    page = Path(__file__).resolve().parents[1] / "book" / "how-to" / "find-out-why-the-channel-is-down.md"
    one, many = (facts.flow(ident).services[0].port for ident in ("F05", "F06"))
    text = page.read_text(encoding="utf-8")
    assert f"$ports = @({one})\n" in text
    assert f"$ports += {many.at(1)}..({many.base} + $instances) }}\n" in text
