"""Cells of tables on the site."""

from __future__ import annotations

import pytest
from docutils import nodes

from cmgdocs.book.cells import _break_long_words


@pytest.mark.parametrize(
    ("word", "pieces"),
    [
        ("EndpointConnectivityCheckWorker.log", ["Endpoint", "Connectivity", "Check", "Worker.", "log"]),
        ("WINHTTP_CALLBACK_STATUS_FLAG", ["WINHTTP_", "CALLBACK_", "STATUS_", "FLAG"]),
        (r"HKLM\SOFTWARE\Microsoft\SMS", ["HKLM\\", "SOFTWARE\\", "Microsoft\\", "SMS"]),
        ("CloudMgr.log", []),
    ],
)
def test_a_long_word_may_break_where_its_parts_meet(word: str, pieces: list[str]) -> None:
    entry = nodes.entry("", nodes.paragraph("", f"see {word} first"))
    _break_long_words(entry)
    assert [part.astext() for part in entry.findall(nodes.inline) if "long" not in part["classes"]] == pieces
    assert entry.astext() == f"see {word} first"


def test_code_is_left_as_it_is() -> None:
    code = nodes.literal("", "EndpointConnectivityCheckWorker.log")
    _break_long_words(nodes.entry("", nodes.paragraph("", "", code)))
    assert len(code.children) == 1
