"""Records: in all that can be seen from outside what the standard decorator makes."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from typing import Any

import pytest

from cmgdocs import records


def made(decorator: Any) -> Any:
    """A class with all that classes of the model have, by one decorator or the other."""

    @decorator(frozen=True, slots=True, order=True)
    class Range:
        """Numbers from *low* to *high*."""

        low: int
        high: int = 9
        words: tuple[str, ...] = ()

        def __post_init__(self) -> None:
            if self.low > self.high:
                raise ValueError(f"{self.low} to {self.high} runs backwards")

        def __contains__(self, number: int) -> bool:
            return self.low <= number <= self.high

    return Range


Range = made(records.dataclass)
Range.__qualname__ = "Range"  # so that pickle finds it
Standard = made(dataclasses.dataclass)
LOOKS = {
    "text": lambda cls: repr(cls(1, words=("a",))),
    "order": lambda cls: [
        cls(1) < cls(2),
        cls(1) <= cls(1),
        cls(2) > cls(1),
        cls(1) >= cls(2),
        sorted([cls(3), cls(2)])[0].low,
    ],
    "equality": lambda cls: [cls(1) == cls(1, 9), cls(1) == cls(2), cls(1) == (1, 9, ()), cls(1) != cls(1)],
    "hash": lambda cls: hash(cls(1)),
    "fields": lambda cls: [(f.name, f.type, f.default, f.init) for f in dataclasses.fields(cls)],
    "as a dict": lambda cls: dataclasses.asdict(cls(1)),
    "kind": lambda cls: [dataclasses.is_dataclass(cls), dataclasses.is_dataclass(cls(1))],
    "standard replace": lambda cls: repr(dataclasses.replace(cls(1), high=5)),
    "own replace": lambda cls: repr(records.replace(cls(1), high=5)) if cls is Range else repr(cls(1, 5)),
    "copy": lambda cls: [copy.copy(cls(1)) == cls(1), copy.deepcopy(cls(1)) == cls(1)],
    "slots": lambda cls: [cls.__slots__, cls.__match_args__, hasattr(cls(1), "__dict__")],
    "names": lambda cls: [cls.__name__, cls.__module__, cls.__doc__, cls.__annotations__],
    "methods": lambda cls: [5 in cls(1), 10 in cls(1)],
}


@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS)
def test_a_record_looks_like_the_standard_one(look: Any) -> None:
    qualified = "made.<locals>.Range"
    assert str(look(Range)) == str(look(Standard)).replace(qualified, "Range")


WRONG = {
    "missing": (TypeError, lambda cls: cls()),
    "too many": (TypeError, lambda cls: cls(1, 2, (), 4)),
    "unknown": (TypeError, lambda cls: cls(1, width=3)),
    "twice": (TypeError, lambda cls: cls(1, low=3)),
    "checked": (ValueError, lambda cls: cls(3, 1)),
    "other order": (TypeError, lambda cls: cls(1) < 1),
    "assigned": (dataclasses.FrozenInstanceError, lambda cls: setattr(cls(1), "low", 2)),
    "deleted": (dataclasses.FrozenInstanceError, lambda cls: delattr(cls(1), "low")),
}


@pytest.mark.parametrize(("error", "wrong"), WRONG.values(), ids=WRONG)
@pytest.mark.parametrize("cls", [Range, Standard], ids=["ours", "standard"])
def test_a_record_refuses_what_the_standard_one_refuses(cls: Any, error: type[Exception], wrong: Any) -> None:
    with pytest.raises(error):
        wrong(cls)


def test_a_record_survives_pickling() -> None:
    assert pickle.loads(pickle.dumps(Range(1, 5, ("a",)))) == Range(1, 5, ("a",))


def test_other_kinds_are_left_to_the_standard_decorator() -> None:
    with pytest.raises(TypeError, match="frozen and has slots"):
        records.dataclass(frozen=False, slots=True)
