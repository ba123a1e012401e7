"""Facts that roles print, among words that are about them and among words that are not."""

from __future__ import annotations

import re

import pytest

from cmgdocs import load
from cmgdocs.claims.context import stray
from cmgdocs.claims.ends import Ends
from cmgdocs.claims.prose import Bound, Prose, joined

ENDS = Ends(load())
_ROLE = re.compile(r"\[(\w+) ([\w.:-]+)(?: ([^\]]+))?\]")


def prose(text: str, around: tuple[Prose, ...] = (), inner: int = 0) -> Prose:
    """A text in which ``[port F05 443]`` is what a role prints."""
    plain, bound, end = "", [], 0
    for role in _ROLE.finditer(text):
        plain += text[end : role.start()]
        shown = role[3] or role[2]
        bound.append(Bound(len(plain), len(plain) + len(shown), role[1], role[2]))
        plain, end = plain + shown, role.end()
    return Prose(plain + text[end:], tuple(bound), around=around, inner=inner)


def strays(text: Prose) -> list[str]:
    return [item.target for item in stray(text, ENDS)]


# Text; a target that is right in it, and one that is wrong.
SENTENCES = [
    ("With one instance the channel uses [port {} 443].", "F05", "F20"),
    ("Those are [port {} 443] for the management point, and 80 for the update point.", "F09", "F10"),
    ("A client reaches the gateway on [port {} 443].", "F07", "F10"),
    ("It goes out ([flow F01]) on [port {} 443].", "F01", "F05"),
    ("Over [protocol {} TCP-TLS] ([flow F02]), and then over HTTPS ([flow F03]).", "F02", "F03"),
    ("The gateway is reached over [protocol F02 TCP-TLS], on one port for each in [port {} 10140].", "F02", "F05"),
    (
        "The gateway is up. The management point signs in at [endpoint {} login].",
        "management-point-entra",
        "client-storage",
    ),
    ("[role console]: [endpoint {} graph] and [endpoint console-entra login].", "console-graph", "connector-graph"),
    ("The channel is checked each [limit {} 1] minute.", "channel-check-minutes", "traffic-report-minutes"),
    ("After [limit {} 90] days a token ends.", "token-days", "bulk-token-minutes-max"),
    (
        "The standard size carries [limit {} 6,000] clients, the large one more.",
        "clients-per-vm-standard",
        "clients-per-vm-large",
    ),
    ("In a test, one of the content, a file had [limit {} 100] MB.", "content-test-megabytes", "egress-per-client-low"),
    ("Open at most [limit {} 16].", "vm-instances", "name-max"),
]


@pytest.mark.parametrize(("text", "right", "wrong"), SENTENCES, ids=[text[:40] for text, _, _ in SENTENCES])
def test_what_is_printed_belongs_to_its_sentence(text: str, right: str, wrong: str) -> None:
    assert strays(prose(text.replace("{}", right))) == []
    assert wrong in strays(prose(text.replace("{}", wrong)))


def test_a_row_says_what_its_cells_are_about() -> None:
    row = joined([prose("Clients"), prose("[port F07 443]")])
    assert strays(prose("[port F07 443]", (row,), 1)) == []
    assert strays(prose("[port F09 443]", (row,), 1)) == ["F09"]


def test_the_nearest_text_that_names_anything_decides() -> None:
    page = prose("The client. The console.")
    assert strays(prose("On [port F07 443].", (page,))) == []
    assert strays(prose("The console uses [port F07 443].", (page,))) == ["F07"]


def test_words_that_name_nothing_say_nothing_else() -> None:
    assert strays(prose("On [port F07 443], and for [limit token-days 90].")) == []
