"""Ports: a range, a set of them, and what a flow says about its port."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ..errors import text_of

LOWEST, HIGHEST = 1, 65535  # RFC 6335, section 6; port 0 is reserved


@dataclass(frozen=True, order=True)
class PortRange:
    """Destination ports from *low* to *high*, both ends included."""

    low: int
    high: int

    def __post_init__(self) -> None:
        if not (LOWEST <= self.low <= HIGHEST and LOWEST <= self.high <= HIGHEST):
            raise ValueError(f"port {self} is outside {LOWEST}..{HIGHEST}")
        if self.low > self.high:
            raise ValueError(f"range {self} runs backwards; write {self.high}-{self.low}")

    def __str__(self) -> str:
        return str(self.low) if self.low == self.high else f"{self.low}-{self.high}"

    def __contains__(self, port: int) -> bool:
        return self.low <= port <= self.high


@dataclass(frozen=True)
class PortSpec:
    """
    The port of a flow, in one of three forms.

    ``fixed`` is a range; ``base`` is a formula, the port for instance *i* being ``base + i``;
    ``words`` is what takes the place of a number (``dynamic``, ``not stated``). Exactly one is set.
    """

    fixed: PortRange | None = None
    base: int | None = None
    words: str = ""

    def range(self, instances: int) -> PortRange | None:
        """Ports for instances 1 to *instances*, or None where the sources give no number."""
        if self.base is not None:
            return PortRange(self.base + 1, self.base + instances)
        return self.fixed

    def at(self, instance: int) -> int | None:
        """The one port for *instance* (counted from 1), or None where there is no single number."""
        if self.base is not None:
            return self.base + instance
        return self.fixed.low if self.fixed and self.fixed.low == self.fixed.high else None

    @property
    def stated(self) -> bool:
        """Whether a source says anything of the port."""
        return self.words != UNSTATED

    def __str__(self) -> str:
        return f"{self.base} + i" if self.base is not None else str(self.fixed or self.words)


class Ports(tuple[PortRange, ...]):
    """
    A set of ports: ranges in ascending order, those that touch or overlap made one.

    >>> str(Ports.parse("443, 10140-10147, 10148"))
    '443, 10140-10148'
    """

    __slots__ = ()

    def __new__(cls, ranges: Iterable[PortRange] = ()) -> Ports:
        out: list[PortRange] = []
        for item in sorted(ranges):
            if out and item.low <= out[-1].high + 1:
                out[-1] = PortRange(out[-1].low, max(out[-1].high, item.high))
            else:
                out.append(item)
        return super().__new__(cls, out)

    @classmethod
    def of(cls, ports: Iterable[int]) -> Ports:
        """The set of these ports."""
        return cls(PortRange(port, port) for port in ports)

    @classmethod
    def parse(cls, text: str) -> Ports:
        """Read ``443``, ``10140-10155``, several with commas, or ``any``; :class:`ValueError` says what is wrong."""
        if text.lower() in ("any", "*"):
            return EVERY_PORT
        found = []
        for part in text.split(","):
            if not (ends := _RANGE.fullmatch(part.strip())):
                raise ValueError(f"found {part!r}; allowed as ports: 443, 10140-10155, several with commas, or any")
            found.append(PortRange(int(ends[1]), int(ends[2] or ends[1])))
        return cls(found)

    def __contains__(self, port: object) -> bool:
        return isinstance(port, int) and any(port in span for span in self)

    def __str__(self) -> str:
        return ", ".join(map(str, self))

    def meets(self, others: Iterable[PortRange]) -> bool:
        """Whether any port is in both."""
        return any(max(a.low, b.low) <= min(a.high, b.high) for a in self for b in others)


EVERY_PORT = Ports([PortRange(LOWEST, HIGHEST)])


def cut(ranges: Iterable[PortRange], at: Iterable[PortRange]) -> Iterator[PortRange]:
    """Ranges in parts that begin or end wherever one of *at* does; the set of ports stays the same."""
    edges = sorted({edge for span in at for edge in (span.low, span.high + 1)})
    for span in ranges:
        low = span.low
        for edge in edges:
            if low < edge <= span.high:
                yield PortRange(low, edge - 1)
                low = edge
        yield PortRange(low, span.high)


UNSTATED = "not stated"
WORDS = ("dynamic", UNSTATED)
_FORMULA = re.compile(r"([0-9]{1,6}) ?\+ ?i")
_RANGE = re.compile(r"([0-9]{1,6})(?:-([0-9]{1,6}))?")


def parse(value: object) -> PortSpec:
    """
    Read a port as written in a fact file.

    Args:
        value: ``443``, ``"80"``, ``"5000-5010"``, ``"10139+i"``, ``"dynamic"`` or ``"not stated"``.

    Raises:
        ValueError: The message says what was found and what is allowed.
    """
    text = text_of(value, str).strip()
    if text in WORDS:
        return PortSpec(words=text)
    if formula := _FORMULA.fullmatch(text):
        base = int(formula[1])
        PortRange(base + 1, base + 1)
        return PortSpec(base=base)
    if ends := _RANGE.fullmatch(text):
        return PortSpec(fixed=PortRange(int(ends[1]), int(ends[2] or ends[1])))
    words = " or ".join(map(repr, WORDS))
    raise ValueError(f"{text_of(value, repr)} is not a port; allowed: a number, 'low-high', 'base+i', {words}")
