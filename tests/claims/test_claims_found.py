"""What the finder takes for a claim, and what it does not."""

from __future__ import annotations

import pytest

from cmgdocs import load
from cmgdocs.claims.find import Finder, Kind

FINDER = Finder(load())

CLAIMS = {
    "The data flow has five steps.": [("count", "five")],
    "There are sixteen channel ports.": [("count", "sixteen")],
    "Use it with two or more VM instances.": [("count", "two")],
    "The table has 12 rows.": [("count", "12")],
    "Five, of which the table has some.": [("count", "Five")],
    "It was so. Four times a reader wrote.": [("count", "Four")],
    "None of the four stops it, and all five go on.": [("count", "four"), ("count", "five")],
    "There are two pairs of them.": [("count", "two")],
    "The second connection point joins.": [("ordinal", "second")],
    "See the 3rd note and the first step.": [("ordinal", "3rd"), ("ordinal", "first")],
    "Allow port 443 and 10125.": [("port", "443"), ("port", "10125")],
    "Allow tcp/53 or 135/tcp.": [("port", "53"), ("port", "135")],
    "Ports 10124 to 10139 are open.": [("range", "10124 to 10139")],
    "A gateway has 1 to 16 of them.": [("range", "1 to 16")],
    "It asks login.microsoftonline.com for it.": [("host", "login.microsoftonline.com")],
    "Allow <prefix>.<region>.cloudapp.azure.com too.": [("host", "<prefix>.<region>.cloudapp.azure.com")],
    "From version 2010 on, and not in 2309.": [("version", "2010"), ("version", "2309")],
    "Versions 1610 to 1710 allowed it.": [("version", "1610"), ("version", "1710")],
    "It changed in April 2022, and again in 2025.": [("date", "April 2022"), ("date", "2025")],
    "Printed on 2020-11-30.": [("date", "2020-11-30")],
    "From 2016 to 2018 it did.": [("date", "2016"), ("date", "2018")],
    "2020 prints one row": [("date", "2020")],
    "It speaks HTTPS on 443.": [("protocol", "HTTPS"), ("port", "443")],
    "Port 443 over TCP-TLS.": [("port", "443"), ("protocol", "TCP-TLS")],
    "A token lasts 90 days.": [("limit", "90")],
    "One instance serves 6,000 clients at 20 Mbps.": [("limit", "6,000"), ("limit", "20")],
    "The connection point connects to the gateway.": [("direction", "connection point connects to the gateway")],
    "Clients reach the gateway's storage.": [("direction", "Clients reach the gateway's storage")],
    "The gateway is reached by the client.": [("direction", "gateway is reached by the client")],
    "A rule from the client to the gateway.": [("direction", "from the client to the gateway")],
    "The connection point opens the channel.": [("direction", "connection point opens the channel")],
    "The channel is opened from inside.": [("direction", "channel is opened from inside")],
    "The gateway passes a request to the connection point.": [
        ("direction", "gateway passes a request to the connection point")
    ],
    "Clients download files from storage.": [("direction", "Clients download files from storage")],
    "The management point asks Microsoft Entra ID.": [("direction", "management point asks Microsoft Entra ID")],
    "The internet opens no connection into your network.": [
        ("direction", "The internet opens no connection into your network")
    ],
    "Clients reach our servers.": [("direction", "Clients reach our servers")],
    "No inbound rule is needed.": [("direction", "inbound")],
    "Nothing comes in.": [("direction", "comes in")],
    "`--block connection-point:cmg:10125`": [("port", "10125")],
    "`--block proxy:cmg:10125`": [("port", "10125")],
}


@pytest.mark.parametrize("text", CLAIMS)
def test_claims_of_a_sentence(text: str) -> None:
    found = FINDER.find(text)
    assert [(claim.kind.value, text[claim.start : claim.end]) for claim in found] == CLAIMS[text]


NO_CLAIMS = (
    "Two readers looked at it two hours ago.",
    "One of the servers is enough.",
    "It is the first time.",
    "If one of two roles has no host, wait.",
    "The site `cmg.example.com` and `cp1.corp.example` are made up.",
    "Write `site.toml`, `rules.csv` or `1.2.3`.",
    "It connects to one of them.",
    "If it reaches a management point, it is inside.",
    "A web proxy takes CONNECT to the gateway.",
    "F02 to F06 are alternatives, RFC 6335 says.",
    "The gateway's storage is open.",
    "Clients can reach it, and the site does too.",
    "See [the page] about HTTPS.",
    "It is step 5.",
    "It is step 4 inside its channel.",
    "Take one or two, then three times more.",
    "Clients download updates from Microsoft.",
    "The gateway can pass a web proxy.",
    "The console asks everyone for a client.",
    "`--block connection-point:proxy:3128`",
)


@pytest.mark.parametrize("text", NO_CLAIMS)
def test_words_that_only_look_like_a_claim(text: str) -> None:
    assert FINDER.find(text) == ()


def test_in_a_literal_only_ports_hosts_and_versions_count() -> None:
    text = "five steps since 2309 on 10125"
    kinds = [claim.kind for claim in FINDER.find(text, [(0, len(text))])]
    assert kinds == [Kind.VERSION, Kind.PORT]


def test_ports_of_an_option_are_examples_except_between_roles() -> None:
    text = "--proxy-ports 443 and --block client:cmg:443"
    found = FINDER.find(text, [(0, 17), (22, len(text))])
    assert [claim.words for claim in found] == ["client:cmg:443"]


def test_a_negated_direction_is_known_as_one() -> None:
    said, supposed = (
        FINDER.find(text)[0].way
        for text in ("The gateway does not connect to the console.", "If a client does not reach the gateway, wait.")
    )
    assert said
    assert supposed
    assert (said.negated, supposed.negated) == (True, False)


def test_joined_ends_are_one() -> None:
    (claim,) = FINDER.find("Clients and the connection point connect to the gateway or the storage.")
    assert claim.way
    assert claim.way.tails == {"client", "connection-point"}
    assert claim.way.heads == {"cmg", "vm-instance", "blob-storage", "table-storage"}


def test_a_coordinated_verb_has_the_subject_of_its_sentence() -> None:
    (claim,) = FINDER.find("The console signs in, then asks Azure, and connects to the gateway.")
    assert claim.way
    assert claim.way.tails == {"console"}
