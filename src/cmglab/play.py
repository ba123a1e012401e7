"""Play the scenario once, from the deployment to the last answer, and say what was seen."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from cmgdocs.facts.ids import CONNECTION_POINT
from cmgdocs.facts.model import CredentialId
from cmgdocs.site.model import Deployment
from cmgdocs.site.places import Place
from cmgdocs.whatif.scenario import Circumstances

from .client import Client, ClientAnswer, Identity
from .credentials import bearer
from .http import HttpConnection, Lost
from .network import Network, Refused, shortage
from .observation import DEGRADED, FAILS, WORKS, Observation, TraceEvent, state
from .stage import Stage
from .transcript import BLOB_AT, GATEWAY_AT, HTTPS, Errand

Tell = Callable[[TraceEvent], None]
T = TypeVar("T")


async def play(
    deployment: Deployment,
    circumstances: Circumstances | None = None,
    network: Network | None = None,
    tell: Tell | None = None,
) -> Observation:
    """
    Play the five steps of a deployment.

    Args:
        deployment: What is played.
        circumstances: Under what; everything open without them.
        network: Where; loopback without one. It is closed at the end, as is everything else that was started.
        tell: Called with each event as it happens; in the same order whenever the same is played.

    Raises:
        Exception: Whatever went wrong in the lab itself; then nothing was observed.
    """
    async with Stage(deployment, circumstances, network, tell) as stage:
        seen = await _observe(stage)
    for crash in stage.network.crashes:
        raise crash
    return seen


def run(
    deployment: Deployment,
    circumstances: Circumstances | None = None,
    network: Network | None = None,
    tell: Tell | None = None,
) -> Observation:
    """Do the same where nothing is asynchronous, or where a notebook's own event loop runs; *tell* as there."""
    return finished(play(deployment, circumstances, network, tell))


def finished(playing: Coroutine[object, object, T]) -> T:
    """
    Run a coroutine to its end, in a thread of its own where an event loop runs already.

    Raises:
        LabError: This machine has too little for it, such as open files; besides whatever the coroutine raises.
    """
    try:
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return asyncio.run(playing)
        with ThreadPoolExecutor(1, "cmgdocs-lab") as elsewhere:
            return elsewhere.submit(asyncio.run, playing).result()
    except asyncio.CancelledError:  # what asyncio makes of an interrupt while it starts
        raise KeyboardInterrupt from None
    except OSError as error:  # certificates are files for a moment, and an event loop has files, too
        raise shortage(error) or error from None
    finally:
        if inspect.getcoroutinestate(playing) == inspect.CORO_CREATED:  # interrupted before it began
            playing.close()


async def _observe(stage: Stage) -> Observation:
    script = stage.script
    deployed = await stage.deploy()
    if not stage.gateway.started:
        upload = FAILS if script.content else ""
        return Observation(stage.channels, (FAILS,) * 5, upload, frozenset(stage.network.failed), None)
    upload = state(int(await stage.upload()), 1) if script.content else ""
    await stage.connect()
    channels = stage.channels
    survey = Survey(stage)
    await survey.ask()
    await stage.fetch_lists()
    first = [(way.protocol, way.port) for way in (script.ways(instance)[0] for instance in script.instances)]
    preferred = all(way == first[instance - 1] for (_, instance), way in channels.items())
    second = WORKS if preferred else DEGRADED if any(channels.values()) else FAILS
    steps = (WORKS if deployed else FAILS, second, *survey.steps)
    return Observation(channels, steps, upload, frozenset(stage.network.failed), survey.anonymous)


@dataclass(frozen=True)
class _Talk:
    """One connection of one client to the gateway, and with what it was let in."""

    client: Client
    credential: CredentialId
    identity: Identity
    connection: HttpConnection


class Survey:
    """
    Steps 3 to 5 as the clients see them: who is let in, what is handed over, and what comes back from where.

    Clients ask as little as shows everything. The load balancer gives every connection to the next instance, so the
    first client that is let in makes as many as instances are up, and on each asks for policy until every channel had
    its turn. With each credential, every connection point that was seen is made to go to every place once; the update
    point is asked with the first credential only. Every other client shows with each credential that it is let in.
    """

    def __init__(self, stage: Stage) -> None:
        self._stage, self._script = stage, stage.script
        self._let_in: set[tuple[Place, CredentialId]] = set()
        self._downloads = 0
        self._answered: dict[tuple[CredentialId, Errand, int, Place], int] = {}  # the status, by point and place
        self._points: dict[int, set[int]] = {}  # the connection points that each instance hands over to
        self._main: CredentialId | None = None  # the first with which anybody was let in
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
        handing = sum(map(bool, self._points.values()))
        good = [errand for (_, errand, _, _), status in self._answered.items() if status == 200]
        number = len(good) if any(errand in self._script.policies for errand in good) else 0
        return third, state(handing, len(self._stage.gateway.instances)), state(number, len(self._answered))

    async def ask(self) -> None:
        """Play all three steps."""
        for client in self._stage.clients:
            for credential in self._script.credentials:
                if identity := await client.sign_in(credential):
                    await self._visit(client, credential, identity)
            if self._script.content and (status := await client.download()):
                self._downloads += 1
                self._stage.note(TraceEvent(3, client.place, BLOB_AT, HTTPS, f"{status} to the download", True))

    async def _visit(self, client: Client, credential: CredentialId, identity: Identity) -> None:
        """Ask over one connection after the other until there is nothing more to see."""
        for _ in range(1 if credential in self._surveyed else len(self._stage.gateway.instances) or 1):
            try:
                connection = await client.dial(identity)
            except Refused:
                return
            try:
                await self._converse(_Talk(client, credential, identity, connection))
            except Lost as lost:
                self._note(3, client.place, f"lost: {lost}", False)
            finally:
                connection.abort()
            if credential != self._main and not self._missing(credential, set().union(*self._points.values())):
                break
        self._surveyed.add(credential)
        if self._main == credential and self.anonymous is None:
            self.anonymous = await self._refuses_nobody(client)

    async def _converse(self, talk: _Talk) -> None:
        first = self._script.policies[0]
        answer = await self._ask(talk, first)
        if answer.status == 401 or talk.credential in self._surveyed:
            return
        if talk.credential == self._main:
            for _ in self._script.connection_points[1:]:
                await self._ask(talk, first)
        points = self._points[answer.instance]
        for errand in self._errands(talk.credential):
            if self._missing(talk.credential, points, errand):
                for _ in range(len(points) * len(self._script.places_of(errand.role))):
                    await self._ask(talk, errand)

    async def _ask(self, talk: _Talk, errand: Errand) -> ClientAnswer:
        """Ask, and keep what is new in the answer: who handed over to whom, and what came from where."""
        answer = await talk.client.ask(talk.connection, talk.identity, errand.target)
        points = self._points.setdefault(answer.instance, set())
        source = talk.client.place
        if answer.status == 401:
            self._note(3, source, f"401 to {talk.credential}", False)
            return answer
        self._main = self._main or talk.credential
        if (source, talk.credential) not in self._let_in:
            self._let_in.add((source, talk.credential))
            self._note(3, source, f"let in by {talk.credential}", True)
        if not answer.connection_point:
            self._note(4, source, f"instance {answer.instance}: {answer.status}, {answer.text}", False)
            return answer
        if answer.connection_point not in points:
            points.add(answer.connection_point)
            what = f"instance {answer.instance} hands over to connection point {answer.connection_point}"
            self._note(4, source, what, True)
        assert answer.place, "a connection point says where it went"
        way = (talk.credential, errand, answer.connection_point, answer.place)
        if way not in self._answered:
            self._answered[way] = answer.status
            what, point = f"{answer.status} to {errand.target} by {talk.credential}", answer.connection_point
            event = TraceEvent(5, Place(CONNECTION_POINT, point), answer.place, errand.port, what, answer.status == 200)
            self._stage.note(event)
        return answer

    def _errands(self, credential: CredentialId) -> tuple[Errand, ...]:
        return (*self._script.policies, *(self._script.updates if credential == self._main else ()))

    def _missing(self, credential: CredentialId, points: set[int], errand: Errand | None = None) -> bool:
        """Whether an errand, or any, was not yet done with a credential by these connection points at each place."""
        return any(
            (credential, kind, point, place) not in self._answered
            for kind in ((errand,) if errand else self._errands(credential))
            for point in points
            for place in self._script.places_of(kind.role)
        )

    async def _refuses_nobody(self, client: Client) -> bool | None:
        """Whether requests without a credential, and with a token that nobody has issued, are both answered 401."""
        nobody = client.nobody
        made_up = Identity(nobody.tls, (bearer("made-up"),))
        statuses = []
        try:
            connection = await client.dial(nobody)
            try:
                for what, identity in (("no credential", nobody), ("a made-up token", made_up)):
                    answer = await client.ask(connection, identity, self._script.policies[0].target)
                    statuses.append(answer.status)
                    self._note(3, client.place, f"{answer.status} to {what}", answer.status == 401)
            finally:
                connection.abort()
        except (Refused, Lost):
            return None
        return statuses == [401, 401]

    def _note(self, step: int, source: Place, what: str, ok: bool) -> None:
        """Report what a client has seen of the gateway."""
        self._stage.note(TraceEvent(step, source, GATEWAY_AT, HTTPS, what, ok))
