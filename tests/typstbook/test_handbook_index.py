"""The index: one alphabet, numbers by value, no entry twice, none without a page."""

from __future__ import annotations

import re

import pytest
from tinybook import Handbook, built

WORDS = ("Blob", "single: blob; small", "443", "8", "F10", "F2", "<prefix>.a.net", "see: storage; blob", "pair: x; y")
MENTIONS = "\n\n".join(
    (
        "# Mentions",
        "## What a blob costs\n\nNothing.",
        "## Storage\n\nA blob, some blobs, a blob.",
        "## Elsewhere\n\nOne blob.\n\n| A blob | a blob | a blob |\n|---|---|---|",
    )
)
PAGE = "".join(f"```{{index}} {word}\n```\n\nWord.\n\n" for word in WORDS)
GLOSSARY = "# Words\n\n```{glossary}\nblob\n  A file.\n```\n"


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Handbook:
    files: dict[str, str | bytes] = {
        "index.md": f"# Page\n\n{PAGE}\n\n```{{toctree}}\nwords\nmentions\n```\n",
        "mentions.md": MENTIONS,
        "words.md": GLOSSARY,
        "orphan.md": "---\norphan: true\n---\n# Alone\n\n{index}`alone`\n",
    }
    return built(tmp_path_factory.mktemp("index"), files)


@pytest.fixture(scope="module")
def index(book: Handbook) -> str:
    return book.source.split("\n#index(")[1]


def test_numbers_come_first_and_by_value(index: str) -> None:
    assert [name.replace("\\", "") for name in re.findall(r"\(0, \[(.*?)\]", index)] == [
        *("8", "443", "<prefix>.a.net", "blob", "F2", "F10", "storage", "x", "y")
    ]
    assert re.findall(r'\("([^"]+)", \(\(', index) == ["Numbers", "A", "B", "F", "S", "X", "Y"]


def test_entries_that_differ_in_capitals_are_one(index: str) -> None:
    assert '(0, [blob], ("index#index-0", "words#term-blob", ' in index
    assert '(1, [small], ("index#index-1",))' in index


def test_a_word_is_found_where_a_heading_has_it_and_where_sentences_use_it_often(index: str) -> None:
    assert '"mentions#what-a-blob-costs", "mentions#storage"))' in index
    assert "mentions#elsewhere" not in index


def test_an_entry_that_refers_to_another_has_no_page(index: str) -> None:
    assert "(0, [storage], ()), (1, [see blob], ())" in index


def test_what_is_not_in_the_book_has_no_entry(index: str) -> None:
    assert "alone" not in index
