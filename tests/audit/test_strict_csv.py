"""The strict CSV: it is read in one form, and every other cell or column is refused with its place."""

from __future__ import annotations

import pytest

from cmgdocs.audit.policy import ANYWHERE, EVERY_SERVICE, ServiceSet, Span
from cmgdocs.audit.strict_csv import HEADER, read_csv
from cmgdocs.errors import SiteError
from cmgdocs.facts.ports import Ports

HEAD = ",".join(HEADER)

BAD = [
    ("source", "CM-Servers"),
    ("source", "All Guests"),
    ("source", "10.10.1.0 255.255.255.0"),
    ("source", "10.10.1.0/255.255.255.0"),
    ("source", "0.0.0.0 0.0.0.0"),
    ("source", "10.10.1.0/0.0.0.255"),
    ("source", "10.10.1.21, 10.10.1.22"),
    ("source", "10.10.1.21/24"),
    ("source", "10.10.1.21-10.10.1.22"),
    ("source", "NOT 10.99.0.0/16"),
    ("source", "!10.99.0.0/16"),
    ("source", "corp-10.50.0.0_16"),
    ("source", "any4"),
    ("source", "*"),
    ("source", ""),
    ("source", "connection-point"),
    ("destination", "contosocmg.westeurope.cloudapp.azure.com"),
    ("destination", "Azure"),
    ("port", "443"),
    ("port", "443 TCP"),
    ("port", "TCP 443"),
    ("port", "tcp/443, tcp/80"),
    ("port", "tcp/https"),
    ("port", "service-http"),
    ("port", "tcp/"),
    ("port", "tcp"),
    ("port", "tcp/0"),
    ("port", "tcp/70000"),
    ("port", "tcp/443-80"),
    ("port", "icmp/8"),
    ("port", "tcp 1024-65535 443"),
    ("port", ""),
    ("action", "permit"),
    ("action", "drop"),
    ("action", "Zulassen"),
    ("action", ""),
    ("name", "[Disabled] tmp"),
]


def line(**cells: str) -> str:
    good = {"name": "a", "action": "allow", "source": "10.0.0.1", "destination": "any", "port": "tcp/443"} | cells
    return ",".join(f'"{good[column]}"' for column in HEADER)


@pytest.mark.parametrize(("column", "cell"), BAD)
def test_cell_of_another_form_is_refused_with_its_place(column: str, cell: str) -> None:
    with pytest.raises(SiteError, match=rf"^fw\.csv:3: {column}: (found|a mark)") as caught:
        read_csv(f"{HEAD}\n{line()}\n{line(**{column: cell})}\n".encode(), "fw.csv")
    assert len(caught.value.faults) == 1


def test_all_faults_are_said_at_once() -> None:
    rows = [line(source="x", port="443"), line(action="permit"), "a,b"]
    with pytest.raises(SiteError) as caught:
        read_csv("\n".join([HEAD, *rows]).encode(), "fw.csv")
    found = sorted(fault.where for fault in caught.value.faults)
    assert found == ["fw.csv:2: port", "fw.csv:2: source", "fw.csv:3: action", "fw.csv:4"]


@pytest.mark.parametrize(
    "column",
    ["negate-source", "schedule", "application", "source zone", "users", "enabled", "no.", "direction", "priority"],
)
def test_column_that_may_narrow_a_rule_is_refused(column: str) -> None:
    with pytest.raises(SiteError, match=f"found the column '{column}'"):
        read_csv(f"{HEAD},{column}\n{line()},x\n".encode(), "fw.csv")


@pytest.mark.parametrize("content", [b"", b"\n", b"\xff\xfe", b"a;b\n", b'"', HEAD.replace(",", ";").encode(), b"\x00"])
def test_what_is_no_such_list_is_refused(content: bytes) -> None:
    with pytest.raises(SiteError):
        read_csv(content, "fw.csv")


def test_cells_are_read() -> None:
    text = f"{HEAD}\r\n\r\n{line(action='Deny', source='ANY', port='UDP/53-54')}\r\n{line(port='any')}\r\n"
    first, second = read_csv(b"\xef\xbb\xbf" + text.encode(), "fw.csv").rules
    assert (first.allows, first.sources, first.services) == (False, ANYWHERE, ServiceSet(udp=Ports.parse("53-54")))
    assert second.allows
    assert second.sources.spans == (Span.parse("10.0.0.1"),)
    assert second.services == EVERY_SERVICE
