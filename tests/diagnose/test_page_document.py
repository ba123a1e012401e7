"""The document of the page for logs: it has all that the page's script asks of it."""

from __future__ import annotations

import re
from pathlib import Path

from cmgdocs.facts import load
from cmgdocs.views.diagnosis_document import document

SCRIPT = Path(__file__).resolve().parents[2] / "book" / "_scripts" / "diagnose.js"
DOCUMENT = document(load())
OF_THE_COMMAND = {"rule"}
"""Words for what a page cannot say, because it knows no site."""


def test_everything_that_is_named_is_there() -> None:
    causes, looks = DOCUMENT["causes"].values(), DOCUMENT["looks"]
    named = {look["shows"] for look in looks if look["shows"]} | {it for look in looks for it in look["ends"]}
    assert named | {it for cause in causes for it in cause["others"]} <= {*DOCUMENT["causes"]}
    assert {flow for look in looks for flow in look["flows"]} <= {*DOCUMENT["flows"]}
    assert {source for cause in causes for source in cause["sources"]} <= {*DOCUMENT["sources"]}


def test_the_script_shows_all_words_and_every_part_of_a_cause() -> None:
    script = SCRIPT.read_text(encoding="utf-8")
    assert {*re.findall(r"\bwords\.(\w+)", script)} == {*DOCUMENT["words"]} - OF_THE_COMMAND
    shown = {*re.findall(r"\bcause\.(\w+)", script)} | {"inferred", "apart"}
    assert shown == {key for cause in DOCUMENT["causes"].values() for key in cause}
