"""Steps 3 to 5 as the clients live them: who is let in, what is handed over, and what comes back from where."""

from __future__ import annotations

from cmgdocs.facts.model import CredentialId
from cmgdocs.site.model import CONNECTION_POINT
from cmgdocs.site.places import Place

from .client import Answer, Client, Pass
from .network import Refused
from .observation import DEGRADED, FAILS, WORKS, Event, state
from .stage import Stage
from .tokens import bearer
from .transcript import BLOB_AT, GATEWAY_AT, HTTPS, Errand
from .wire import Lost, Wire

_Way = tuple[CredentialId, Errand, int, Place | None]


class Survey:
    """
    Clients ask, as little as shows everything.

    The load balancer gives every connection to the next instance, so the first client that is let in makes as many
    as instances are up, and on each asks for policy until every channel had its turn. With each credential, every
    connection point that was seen is made to go to every place once; the update point is asked with the first
    credential only. Every other client shows with each credential that it is let in.
    """

    def __init__(self, stage: Stage) -> None:
        self._stage, self._script = stage, stage.script
        self._let_in: set[tuple[Place, CredentialId]] = set()
        self._downloads = 0
        self._handing: set[int] = set()
        self._ways: dict[_Way, int] = {}
        self._points: dict[int, set[int]] = {}
        self._main: CredentialId | None = None
        self._surveyed: set[CredentialId] = set()
        self.anonymous: bool | None = None

    @property
    def steps(self) -> tuple[str, str, str]:
        """The states of steps 3, 4 and 5."""
        if not self._let_in:
            return FAILS, FAILS, FAILS
        clients = len(self._script.clients)
        everybody = len(self._let_in) == clients * len(self._script.credentials)
        third = WORKS if everybody and (not self._script.content or self._downloads == clients) else DEGRADED
        good = [way for way, status in self._ways.items() if status == 200]
        if not any(errand in self._script.policies for _, errand, _, _ in good):
            good = []
        return third, state(len(self._handing), len(self._stage.gateway.instances)), state(len(good), len(self._ways))

    async def ask(self) -> None:
        """Play all three steps."""
        for client in self._stage.clients:
            for credential in self._script.credentials:
                if given := await client.sign_in(credential):
                    await self._visit(client, credential, given)
            if self._script.content and (status := await client.download()):
                self._downloads += 1
                self._stage.note(Event(3, client.place, BLOB_AT, HTTPS, f"{status} to the download", True))

    async def _visit(self, client: Client, credential: CredentialId, given: Pass) -> None:
        """Ask over one connection after the other until there is nothing more to see."""
        up = max(1, len(self._stage.gateway.instances))
        for _ in range(1 if credential in self._surveyed else up):
            try:
                wire = await client.dial(given)
            except Refused:
                return
            try:
                await self._converse(_Talk(client, credential, given, wire))
            except Lost as lost:
                self._stage.note(Event(3, client.place, GATEWAY_AT, HTTPS, f"lost: {lost}", False))
            finally:
                wire.abort()
            if credential != self._main and not self._missing(credential, set().union(*self._points.values())):
                break
        self._surveyed.add(credential)
        if self._main == credential and self.anonymous is None:
            self.anonymous = await self._refuses_nobody_knows(client)

    async def _converse(self, talk: _Talk) -> None:
        first = self._script.policies[0]
        answer = await self._ask(talk, first)
        if answer.status == 401:
            return
        if talk.credential in self._surveyed:
            return
        if talk.credential == self._main:
            for _ in self._script.connection_points[1:]:
                await self._ask(talk, first)
        points = self._points.get(answer.instance, set())
        for errand in self._errands(talk.credential):
            if self._missing(talk.credential, points, errand):
                for _ in range(len(points) * len(self._script.places(errand.role))):
                    await self._ask(talk, errand)

    def _enter(self, talk: _Talk) -> None:
        self._main = self._main or talk.credential
        if (who := (talk.client.place, talk.credential)) not in self._let_in:
            self._let_in.add(who)
            self._stage.note(Event(3, talk.client.place, GATEWAY_AT, HTTPS, f"let in by {talk.credential}", True))

    async def _ask(self, talk: _Talk, errand: Errand) -> Answer:
        """Ask, and keep what is new in the answer: who handed over to whom, and what came from where."""
        answer = await talk.client.ask(talk.wire, talk.given, errand.target)
        points = self._points.setdefault(answer.instance, set())
        source = talk.client.place
        if answer.status == 401:
            self._stage.note(Event(3, source, GATEWAY_AT, HTTPS, f"401 to {talk.credential}", False))
            return answer
        self._enter(talk)
        if answer.connection_point:
            if answer.connection_point not in points:
                what = f"instance {answer.instance} hands over to connection point {answer.connection_point}"
                self._stage.note(Event(4, source, GATEWAY_AT, HTTPS, what, True))
            points.add(answer.connection_point)
            self._handing.add(answer.instance)
            way = (talk.credential, errand, answer.connection_point, answer.place)
            if answer.place and way not in self._ways:
                self._ways[way] = answer.status
                what = f"{answer.status} to {errand.target} by {talk.credential}"
                point = Place(CONNECTION_POINT, answer.connection_point)
                self._stage.note(Event(5, point, answer.place, errand.port, what, answer.status == 200))
        else:
            what = f"instance {answer.instance}: {answer.status}, {answer.text}"
            self._stage.note(Event(4, source, GATEWAY_AT, HTTPS, what, False))
        return answer

    def _errands(self, credential: CredentialId) -> tuple[Errand, ...]:
        return (*self._script.policies, *(self._script.updates if credential == self._main else ()))

    def _missing(self, credential: CredentialId, points: set[int], errand: Errand | None = None) -> bool:
        """Whether a way of a credential over these connection points was not yet gone."""
        return any(
            (credential, kind, point, place) not in self._ways
            for kind in ((errand,) if errand else self._errands(credential))
            for point in points
            for place in self._script.places(kind.role)
        )

    async def _refuses_nobody_knows(self, client: Client) -> bool | None:
        """Whether who shows nothing, and who shows a token that nobody has issued, are both answered 401."""
        nobody = client.nobody
        try:
            wire = await client.dial(nobody)
        except Refused:
            return None
        target = self._script.policies[0].target
        try:
            bad = Pass(nobody.tls, (bearer("made-up"),))
            answers = [await client.ask(wire, given, target) for given in (nobody, bad)]
        except Lost:
            return None
        finally:
            wire.abort()
        for what, answer in zip(("no credential", "a made-up token"), answers, strict=True):
            refused = answer.status == 401
            self._stage.note(Event(3, client.place, GATEWAY_AT, HTTPS, f"{answer.status} to {what}", refused))
        return all(answer.status == 401 for answer in answers)


class _Talk:
    """One connection of one client, and with what it was let in."""

    def __init__(self, client: Client, credential: CredentialId, given: Pass, wire: Wire) -> None:
        self.client, self.credential, self.given, self.wire = client, credential, given, wire
