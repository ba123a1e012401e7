"""Ports: what is read, what is refused, and laws of ranges."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

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


@pytest.mark.parametrize(
    ("low", "high", "message"),
    [
        (443, 70000, "port 443-70000 is outside 1..65535"),
        (0, 443, "port 0-443 is outside 1..65535"),
        (65536, 65536, "port 65536 is outside 1..65535"),
        (444, 443, "range 444-443 runs backwards; write 443-444"),
    ],
)
def test_a_range_is_within_all_ports_and_runs_upwards(low: int, high: int, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        PortRange(low, high)
    assert [str(PortRange(port, port)) for port in (1, 65535)] == ["1", "65535"]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("٤٤٣", "'٤٤٣' is not a port; allowed: a number, 'low-high', 'base+i', 'dynamic' or 'not stated'"),
        (True, "True is not a port; allowed: a number, 'low-high', 'base+i', 'dynamic' or 'not stated'"),
        ("65535+i", "port 65536 is outside 1..65535"),
    ],
)
def test_a_refusal_says_what_was_found_and_what_is_allowed(value: object, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        parse(value)


def test_a_port_that_no_source_states_is_not_stated() -> None:
    assert [parse(value).stated for value in ("not stated", "dynamic", 443)] == [False, True, True]


def test_a_port_is_in_the_ranges_that_hold_it() -> None:
    assert [port in PortRange(80, 90) for port in (79, 80, 90, 91)] == [False, True, True, False]
    assert [port in Ports.parse("80-90, 443") for port in (90, 443, 444, "443", None)] == [
        True,
        True,
        False,
        False,
        False,
    ]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("443", "443"),
        ("10140-10147, 10148,10150", "10140-10148, 10150"),
        ("20-30, 1-25, 31", "1-31"),
        ("1-10, 3-4", "1-10"),
        ("any", "1-65535"),
        ("ANY", "1-65535"),
        ("*", "1-65535"),
    ],
)
def test_a_set_of_ports_is_read_merged_and_shown_in_ascending_order(text: str, shown: str) -> None:
    assert str(Ports.parse(text)) == shown


@pytest.mark.parametrize("text", ["", "443,", "https", "443 80", "1e3"])
def test_what_is_no_set_of_ports_is_refused(text: str) -> None:
    with pytest.raises(
        ValueError, match=r"^found '.*'; allowed as ports: 443, 10140-10155, several with commas, or any$"
    ):
        Ports.parse(text)


def test_sets_meet_where_a_port_is_in_both() -> None:
    ports = Ports.parse("80-90, 443")
    met = [ports.meets([PortRange(low, high)]) for low, high in ((90, 100), (91, 442), (70, 80), (443, 443), (1, 79))]
    assert met == [True, False, True, True, False]
    assert not ports.meets([])
    assert list(map(str, Ports.of([443, 80, 81]))) == ["80-81", "443"]


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
    assert list(map(str, cut(spans, (PortRange(1, 9), PortRange(30, 40))))) == ["1-9", "10", "20-29", "30"]
    assert tuple(cut(spans, ())) == spans
    assert Ports(cut(spans, (PortRange(1, 30), PortRange(30, 40)))) == spans
