"""Wishes for a firewall: what is to be blocked or allowed, and the firewall that they make."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from .circumstances import Firewall, Open, Place
from .ports import PortRange, cut


@dataclass(frozen=True, slots=True)
class Wish:
    """
    One wish for a firewall: *word* as it was written, the places that it means, and its ports.

    None for places stands for any.
    """

    word: str
    sources: frozenset[Place] | None
    destinations: frozenset[Place] | None
    ports: tuple[PortRange, ...]

    def means(self, source: Place, destination: Place, port: int) -> bool:
        """Whether the wish speaks of a connection."""
        ends = (self.sources is None or source in self.sources) and (
            self.destinations is None or destination in self.destinations
        )
        return ends and any(port in ports for ports in self.ports)


class Asked(Firewall):
    """
    A firewall made of wishes; what is blocked wins over what is allowed.

    Args:
        blocks: Never pass.
        allows: Nothing else passes; None where everything does that is not blocked.
        base: Is asked about what gets past both.
    """

    def __init__(
        self, blocks: Iterable[Wish], allows: Iterable[Wish] | None = None, base: Firewall | None = None
    ) -> None:
        self.blocks = tuple(blocks)
        self.allows = None if allows is None else tuple(allows)
        self.base = base or Open()

    def refusal(self, source: Place, destination: Place, port: int) -> str:
        """The wish that blocks the connection, or that none allows it, or what the base says."""
        for wish in self.blocks:
            if wish.means(source, destination, port):
                return f"{wish.word} is blocked"
        if self.allows is None or any(wish.means(source, destination, port) for wish in self.allows):
            return self.base.refusal(source, destination, port)
        return "nothing allows it"

    def doubt(self, source: Place, destination: Place, port: int) -> str:
        """What the base doubts."""
        return self.base.doubt(source, destination, port)

    def spans(self, ports: Iterable[PortRange]) -> Iterator[PortRange]:
        """Those of the base, cut at the ports of each wish."""
        wishes = (*self.blocks, *(self.allows or ()))
        return cut(self.base.spans(ports), (span for wish in wishes for span in wish.ports))


def overlaps(a: Iterable[PortRange], b: Iterable[PortRange]) -> Iterator[int]:
    """One port of each overlap; enough to say whether there is any."""
    for one in a:
        for other in b:
            if max(one.low, other.low) <= min(one.high, other.high):
                yield max(one.low, other.low)
