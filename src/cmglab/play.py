"""Play the scenario once, from the deployment to the last answer, and say what was seen."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import threading
from collections.abc import Callable, Coroutine
from typing import Generic, TypeVar

from cmgdocs.site.model import Deployment
from cmgdocs.whatif.scenario import Circumstances

from .network import Failed, Network, shortage
from .observation import DEGRADED, FAILS, WORKS, Event, Observation, state
from .stage import Stage
from .survey import Survey

Tell = Callable[[Event], None]
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
        tell: Hears of each event as it happens; in the same order whenever the same is played.

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
    return apart(play(deployment, circumstances, network, tell))


def apart(playing: Coroutine[object, object, T]) -> T:
    """
    Run a coroutine to its end, in a thread of its own where an event loop runs already.

    Raises:
        LabError: This machine has too little for it, such as open files; beside whatever the coroutine raises.
    """
    try:
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return asyncio.run(playing)
        return _Elsewhere(playing).result()
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
        return Observation(stage.channels, (FAILS,) * 5, FAILS if script.content else "", _failed(stage), None)
    upload = state(int(await stage.upload()), 1) if script.content else ""
    await stage.connect()
    channels = stage.channels
    survey = Survey(stage)
    await survey.ask()
    await stage.fetch_lists()
    first = [(rung.protocol, rung.port) for rung in (script.rungs(instance)[0] for instance in script.instances)]
    preferred = all(way == first[instance - 1] for (_, instance), way in channels.items())
    second = WORKS if preferred else DEGRADED if any(channels.values()) else FAILS
    steps = (WORKS if deployed else FAILS, second, *survey.steps)
    return Observation(channels, steps, upload, _failed(stage), survey.anonymous)


def _failed(stage: Stage) -> frozenset[Failed]:
    return frozenset(stage.network.failed)


class _Elsewhere(Generic[T]):
    """A thread with an event loop of its own; an interrupt of who waits for it ends what runs in it."""

    def __init__(self, playing: Coroutine[object, object, T]) -> None:
        self._playing = playing
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[T] | None = None
        self._seen: list[T] = []
        self._interrupted = False
        self._error: BaseException | None = None
        self._ended = threading.Event()  # an interrupted join of a thread counts it as ended, up to Python 3.12
        self._thread = threading.Thread(target=self._run, name="cmgdocs-lab")

    def result(self) -> T:
        """Wait for the end, and give what was seen or raise what went wrong."""
        try:
            self._thread.start()
            self._ended.wait()
        except BaseException:
            self._interrupted = True
            if self._loop and self._task:
                with contextlib.suppress(RuntimeError):  # it has just ended
                    self._loop.call_soon_threadsafe(self._task.cancel)
            if self._thread.ident:
                self._ended.wait()
            raise
        finally:
            if self._thread.ident:
                self._thread.join()
        if self._error:
            raise self._error
        return self._seen[0]

    def _run(self) -> None:
        async def main() -> T:
            self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
            if self._interrupted:
                raise asyncio.CancelledError
            return await self._playing

        try:
            self._seen.append(asyncio.run(main()))
        except BaseException as error:
            self._error = error
        finally:
            self._ended.set()
