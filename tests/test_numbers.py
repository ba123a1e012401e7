"""Numbers in English words: what is read as one, and how one is written."""

from __future__ import annotations

import doctest

import pytest

from cmgdocs.facts import numbers
from cmgdocs.facts.numbers import cardinal, number, ordinal

WRITTEN = {0: "zero", 1: "one", 12: "twelve", 13: "13", 1024: "1,024", -1: "-1"}
PLACES = {1: "first", 12: "twelfth", 13: "thirteenth", 20: "twentieth", 21: "twenty-first", 100: "100th"}
READ = {
    "Sixteen": 16,
    "twenty-one": 21,
    "ninety-ninth": 99,
    "1,024,000": 1024000,
    "21st": 21,
    "4th": 4,
    "many": None,
    "4x": None,
    "x4": None,
}
FOUND = {
    "two of 16 ports, 10124-10126 and 10140–10155": (2, 16, 10124, 10126, 10140, 10155),
    "$ports += 10124..10126": (10124, 10126),
    "version 2403.1 of KB4 for the 2nd time, zero times": (2, 0),
    "nobody": (),
}


@pytest.mark.parametrize("value", WRITTEN)
def test_a_number_is_in_words_up_to_twelve(value: int) -> None:
    assert cardinal(value) == WRITTEN[value]


@pytest.mark.parametrize("value", PLACES)
def test_a_place_is_in_words_up_to_ninety_nine(value: int) -> None:
    assert ordinal(value) == PLACES[value]


@pytest.mark.parametrize("word", READ)
def test_a_number_is_read(word: str) -> None:
    assert number(word) == READ[word]


@pytest.mark.parametrize("text", FOUND)
def test_numbers_of_a_text_are_read_in_their_order(text: str) -> None:
    assert numbers.numbers(text) == FOUND[text]


@pytest.mark.parametrize("value", [1, 2, 12, 13, 20, 21, 99, 1024])
def test_a_number_in_words_is_read_back(value: int) -> None:
    assert number(cardinal(value)) == value
    assert number(ordinal(value)) == value


def test_examples_hold() -> None:
    assert doctest.testmod(numbers).failed == 0
