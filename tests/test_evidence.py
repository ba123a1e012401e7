"""What counts as a figure of a fact or a source, and how it is spelt; the faults are in `bad`."""

from __future__ import annotations

import doctest

import pytest

from cmgdocs.facts import evidence
from cmgdocs.facts.evidence import figures, host

SPELT = [
    ("ports 10124~10139 and 10140 to 10155, or 443 / 80", "10124-10139 10140-10155 443 80"),
    ("November 18, 2016, 11/18/2016 and 2016-11-18", "2016-11-18"),
    ("since June 2021, mid-2026", "2021-06 mid-2026"),
    ("February 31, 2024", "february 31, 2024"),
    ("6,000 clients, sixteen instances, one of them", "6000 16"),
    ("twenty-four hours, twenty days", "24 20"),
    ("0x80072f8f, 0x2f8f (12175), 0x87d00231, 0x10000", "12175 0x87d00231 0x10000"),
    ("HTTPS, TCP-TLS, not QUIC; enhanced HTTP is a mode", "https tcp-tls"),
    ("CloudMgr.log and CloudDP-<ServiceName>.log", "cloudmgr.log clouddp-<servicename>.log"),
    ("KB37942646 for Standard_A2_v2, X509 certificates, IPv4 only", "kb37942646 standard_a2_v2 x509 ipv4"),
]


@pytest.mark.parametrize(("text", "wanted"), SPELT, ids=[row[1] for row in SPELT])
def test_a_figure_has_one_spelling(text: str, wanted: str) -> None:
    assert figures(text) == ({wanted} if wanted.startswith("february") else {*wanted.split()})


@pytest.mark.parametrize(
    "name", ["<prefix>.blob.core.windows.net", "*.blob.core.windows.net", "contoso.Blob.core.windows.net"]
)
def test_what_depends_on_the_gateway_is_one_pattern(name: str) -> None:
    assert host(name) == "*.blob.core.windows.net"


def test_examples_hold() -> None:
    assert doctest.testmod(evidence).failed == 0
