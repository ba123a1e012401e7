"""Numbers in English words: ``five``, ``twenty-first`` and ``1,024`` as integers, and back."""

from __future__ import annotations

import re

_UNITS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen"
)
_TEN = "twenty thirty forty fifty sixty seventy eighty ninety"
_PLACES = "zeroth first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth"
_SMALL, _TENS, _BEFORE = _UNITS.split(), _TEN.split(), _PLACES.split()
_WRITTEN = 12  # the largest number that a sentence has in words

CARDINALS = {word: i for i, word in enumerate(_SMALL)} | {word: 10 * i for i, word in enumerate(_TENS, 2)}
ORDINALS = {word: i for i, word in enumerate(_BEFORE)} | {
    **{f"{word}th": i for i, word in enumerate(_SMALL) if i >= len(_BEFORE)},
    **{f"{word[:-1]}ieth": 10 * i for i, word in enumerate(_TENS, 2)},
}
for _i, _ten in enumerate(_TENS, 2):
    CARDINALS |= {f"{_ten}-{_SMALL[j]}": 10 * _i + j for j in range(1, 10)}
    ORDINALS |= {f"{_ten}-{_BEFORE[j]}": 10 * _i + j for j in range(1, 10)}

_WORD = re.compile(r"(?<![\w.-])(?:[0-9][0-9,]*[0-9]|[0-9]+)(?:st|nd|rd|th)?(?![\w]|\.[0-9])|[A-Za-z]+(?:-[A-Za-z]+)*")


def number(word: str) -> int | None:
    """
    The number that a word is, cardinal or ordinal; None if it is none.

    >>> number("sixteen"), number("1,024"), number("second"), number("21st"), number("many")
    (16, 1024, 2, 21, None)
    """
    plain = word.lower()
    if plain in CARDINALS:
        return CARDINALS[plain]
    digits = re.fullmatch(r"([0-9][0-9,]*)(?:st|nd|rd|th)?", plain)
    return int(digits[1].replace(",", "")) if digits else ORDINALS.get(plain)


def numbers(text: str) -> tuple[int, ...]:
    """
    All numbers of a text in their order; both ends of a range are two.

    >>> numbers("three ports, 10124-10126"), numbers("$ports += 10124..10126")
    ((3, 10124, 10126), (10124, 10126))
    """
    pulled_apart = re.sub(r"(?<=[0-9])(?:[-–]|\.\.)(?=[0-9])", " ", text)
    return tuple(found for word in _WORD.findall(pulled_apart) if (found := number(word)) is not None)


def cardinal(value: int) -> str:
    """A number as a sentence has it: in words up to twelve, with commas beyond."""
    return _SMALL[value] if 0 <= value <= _WRITTEN else f"{value:,}"


def ordinal(value: int) -> str:
    """The place of a number in a row, in words."""
    return next((word for word, i in ORDINALS.items() if i == value), f"{value}th")
