"""What the tests have the router's process do: dial as any place, with somebody listening at every other."""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterable, Mapping

from cmgdocs.site.places import Place
from cmglab.child import Router
from cmglab.sockets import listening

Dial = tuple[Place, Place, int]
WAIT_S = 2.0


def stand(router: Router, addresses: Mapping[Place, str], rules: bytes) -> None:
    """Make the places and load the rules."""
    router.namespaces.add(addresses)
    router.namespaces.load(rules)


def dialled(router: Router, dials: Iterable[Dial], listen: bool = True) -> list[str]:
    """Dial, and give for each ``reached`` or the name of the error; *listen* on every port that is dialled."""
    dials = list(dials)
    doors = {end: _door(router, *end) for end in {(place, port) for _, place, port in dials}} if listen else {}
    try:
        return [_outcome(router, *dial, doors.get(dial[1:])) for dial in dials]
    finally:
        for door in doors.values():
            door.close()


def _outcome(router: Router, source: Place, destination: Place, port: int, door: socket.socket | None) -> str:
    with router.namespaces.socket(source) as near:
        near.settimeout(WAIT_S)
        try:
            near.connect((router.namespaces.addresses[destination], port))
        except OSError as error:
            return errno.errorcode.get(error.errno or 0, type(error).__name__)
        assert door is not None
        far, (peer, _) = door.accept()
        far.close()
        return "reached" if peer == router.namespaces.addresses[source] else f"reached as {peer}"


def _door(router: Router, place: Place, port: int) -> socket.socket:
    door = router.namespaces.socket(place)
    door.settimeout(WAIT_S)
    door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    door.bind((router.namespaces.addresses[place], port))
    door.listen(64)
    return door


def kept(router: Router, dial: Dial, after: bytes) -> tuple[str, list[str]]:
    """Open a connection, load other rules, speak over it, and dial once more: what came over it, and what became."""
    source, destination, port = dial
    door = _door(router, destination, port)
    with door, router.namespaces.socket(source) as near:
        near.settimeout(WAIT_S)
        near.connect((router.namespaces.addresses[destination], port))
        far, _ = door.accept()
        with far:
            router.namespaces.load(after)
            far.sendall(b"asked inwards")
            said = near.recv(64).decode()
    return said, dialled(router, [dial])


def refused(router: Router) -> dict[Dial, int]:
    """What the router has counted."""
    return router.namespaces.refused()


def load(router: Router, rules: bytes) -> None:
    """Load other rules."""
    router.namespaces.load(rules)


def speak(router: Router, words: list[str]) -> int:
    """Tell all words but the last, which is printed by mistake."""
    for word in words[:-1]:
        router.tell(word)
    print(words[-1])
    return len(words)


def left_and_listened(router: Router, source: Place, destination: Place, port: int) -> bool:
    """Dial from a port of *source* and hang up, then listen there; whether the old connection is in the way."""
    door = _door(router, destination, port)
    with door, router.namespaces.socket(source) as near:
        near.settimeout(WAIT_S)
        near.bind((router.namespaces.addresses[source], 49_152))
        near.connect((router.namespaces.addresses[destination], port))
        far, _ = door.accept()
        near.close()  # first, so that it is this end at which the connection stays for a while
        far.close()
    try:
        with router.namespaces.inside(source):
            listening((router.namespaces.addresses[source], 49_152)).close()
    except OSError:
        return True
    return False
