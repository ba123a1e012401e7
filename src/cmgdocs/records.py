"""
Frozen records: ``dataclass(frozen=True, slots=True)`` that costs nothing until it is used.

The standard decorator writes, compiles and runs six functions for every class whenever a process
starts, which for the model alone takes longer than starting Python (``book/decisions/quick-start.md``).
Here classes share five of them, and the sixth, ``__init__``, is written when a class is first called.
All else is as the standard has it: ``fields``, ``replace`` and ``is_dataclass`` work, and what checks
types sees the standard decorator.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
    from dataclasses import replace as replace
else:

    def dataclass(*, frozen, slots, order=False):
        """Make a class of annotated fields a record; only frozen ones with slots are made here."""
        if not (frozen and slots):
            raise TypeError("a record is frozen and has slots; use dataclasses.dataclass for others")
        return lambda cls: _made(cls, _Ordered if order else _Record)

    def replace(record, /, **changes):
        """A copy of *record* with other values for some fields."""
        return type(record)(**dict(zip(record.__slots__, _values(record), strict=True)) | changes)


def _made(cls: type, base: type) -> type:
    """The same class again with slots, which have to be known when a class is made."""
    body = {name: value for name, value in cls.__dict__.items() if name not in ("__dict__", "__weakref__")}
    names = tuple(body.get("__annotations__", ()))
    defaults = {name: body.pop(name) for name in names if name in body}
    body |= {"__slots__": names, "__match_args__": names, "_defaults": defaults}
    if len(names) > 1:
        body["_get"] = attrgetter(*names)
    return type(cls.__name__, (base,), body)


def _values(record: _Record) -> tuple[Any, ...]:
    """The values of all fields, in their order."""
    cls = type(record)
    return cls._get(record) if cls._get else tuple([getattr(record, name) for name in cls.__slots__])


def _init(cls: type[_Record]) -> Callable[..., None]:
    """Write what sets the fields of a new record, with their names and defaults as arguments."""
    scope: dict[str, Any] = {"_set": object.__setattr__, "_default": cls._defaults}
    words = [f"{name}=_default[{name!r}]" if name in cls._defaults else name for name in cls.__slots__]
    lines = [f"_set(self, {name!r}, {name})" for name in cls.__slots__]
    if hasattr(cls, "__post_init__"):
        lines.append("self.__post_init__()")
    exec(f"def __init__({', '.join(['self', *words])}):\n " + "\n ".join(lines or ["pass"]), scope)
    return scope["__init__"]  # type: ignore[no-any-return]


class _Fields:
    """What :mod:`dataclasses` knows of a class, made when somebody asks."""

    def __get__(self, record: object, cls: Any) -> dict[str, Any]:
        return _fields(cls)


@cache
def _fields(cls: Any) -> dict[str, Any]:
    from dataclasses import field, make_dataclass

    columns = [
        (name, hint, field(default=cls._defaults[name]) if name in cls._defaults else field())
        for name, hint in cls.__annotations__.items()
    ]
    made: Any = make_dataclass(cls.__name__, columns)
    return dict(made.__dataclass_fields__)


class _Record:
    __slots__: tuple[str, ...] = ()
    __dataclass_fields__ = _Fields()
    _defaults: Mapping[str, Any] = {}
    _get: Callable[[Any], tuple[Any, ...]] | None = None

    def __init__(self, *given: Any, **named: Any) -> None:
        cls: Any = type(self)
        cls.__init__ = _init(cls)
        cls.__init__(self, *given, **named)

    def __getstate__(self) -> tuple[Any, ...]:
        return _values(self)

    def __setstate__(self, values: Any) -> None:
        for name, value in zip(self.__slots__, values, strict=True):
            object.__setattr__(self, name, value)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        from dataclasses import FrozenInstanceError

        raise FrozenInstanceError(f"cannot assign to field {name!r}")

    def __delattr__(self, name: str) -> NoReturn:
        from dataclasses import FrozenInstanceError

        raise FrozenInstanceError(f"cannot delete field {name!r}")

    def __eq__(self, other: object) -> bool:
        return _values(self) == _values(other) if type(other) is type(self) else NotImplemented

    def __hash__(self) -> int:
        return hash(_values(self))

    def __repr__(self) -> str:
        shown = (f"{name}={value!r}" for name, value in zip(self.__slots__, _values(self), strict=True))
        return f"{type(self).__qualname__}({', '.join(shown)})"


class _Ordered(_Record):
    __slots__ = ()

    def __lt__(self, other: object) -> bool:
        return _values(self) < _values(other) if type(other) is type(self) else NotImplemented

    def __le__(self, other: object) -> bool:
        return _values(self) <= _values(other) if type(other) is type(self) else NotImplemented

    def __gt__(self, other: object) -> bool:
        return _values(self) > _values(other) if type(other) is type(self) else NotImplemented

    def __ge__(self, other: object) -> bool:
        return _values(self) >= _values(other) if type(other) is type(self) else NotImplemented
