"""The script of the page of results finds what the library finds, in the same order, by the same titles."""

from __future__ import annotations

import json
import random
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from cmgdocs.book.search import Section, script
from cmgdocs.search.index import built_in
from cmgdocs.search.pages import kept
from cmgdocs.search.rank import terms, words

SCRIPTS = Path(__file__).resolve().parents[2] / "book" / "_search" / "search"
quickjs = pytest.importorskip("quickjs", reason="has no wheel for this Python or machine")

ASKED = tomllib.loads(Path(__file__).with_name("asked.toml").read_text(encoding="utf-8"))["asked"]
SEED = 20261129
MANY = 100
EACH = 12  # of the entries one in so many is asked for: the engine of the test is slow
Ask = Callable[..., object]


@pytest.fixture(scope="module")
def ask() -> Ask:
    """A function that asks the script, by the name of one of its functions."""
    titles = {f"{page.name}.html": page.title for page in kept().pages}
    sections = [Section("Title", "index.html#part", "Text", 4)]
    engine = quickjs.Context()
    engine.eval((SCRIPTS / "rank.js").read_text(encoding="utf-8"))
    engine.eval(script(built_in().entries, sections, titles))
    engine.eval("const rank = cmgRank(cmgSearch); globalThis.ask = (name, text) => JSON.stringify(rank[name](text));")
    function = engine.get("ask")
    return lambda name, text: json.loads(function(name, text))


def same(ask: Ask, query: str) -> None:
    mine = [result._asdict() for result in built_in().find(query)]
    theirs = [{key: result[key] for key in ("kind", "id", "title", "page")} for result in ask("find", query)]
    assert mine == theirs, query


@pytest.mark.parametrize("asked", ASKED, ids=lambda asked: asked["query"][:40])
def test_queries_that_once_failed_are_answered_alike(ask: Ask, asked: dict[str, str]) -> None:
    same(ask, asked["query"])
    assert set(asked["wanted"]) <= {result["id"] for result in ask("find", asked["query"])[:3]}


def test_every_title_and_key_is_answered_alike(ask: Ask) -> None:
    for entry in built_in().entries[::EACH]:
        for query in (entry.title, entry.id, *entry.keys):
            same(ask, query)


def test_ports_and_ranges_are_answered_alike(ask: Ask) -> None:
    made = random.Random(SEED)
    edges = [0, 1, 79, 80, 443, 10123, 10124, 10139, 10140, 10155, 10156, 49151, 49152, 65535, 65536, 99999]
    spans = [f"{made.choice(edges)}-{made.randint(1, 70000)}" for _ in range(50)]
    for query in [*map(str, edges), *map(str, range(10120, 10160)), *spans]:
        same(ask, query)


def test_words_in_any_order_are_answered_alike(ask: Ask) -> None:
    made = random.Random(SEED)
    known = sorted(built_in().vocabulary)
    marks = [" ", " ", " ", "-", ".", "_", ": ", "/", " – ", "\u00a0", "é", "İ", "\t", "]LOG]!>", '" ', " to ", ".."]
    for _ in range(MANY):
        parts = [made.choice(known)[: made.randint(1, 20)] for _ in range(made.randint(1, 6))]
        query = "".join(part + made.choice(marks) for part in parts)
        query = made.choice([query, query.upper(), query.title()])
        assert ask("terms", query) == list(terms(query)), query
        assert ask("words", query) == list(words(query)), query
        same(ask, query)


def test_a_long_query_is_answered_alike_and_at_once(ask: Ask) -> None:
    same(ask, "Failed to build Http connection " * 100)
