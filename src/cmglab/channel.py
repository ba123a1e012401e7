"""The gateway's end of a channel: who was dialled is who asks."""

from __future__ import annotations

import asyncio
import contextlib

from .wire import Lost, Request, Response, Wire

ALIVE = "/alive"
MOST_WAITING = 512


class Busy(ConnectionError):
    """More requests wait for this channel than it will take."""


class Channel:
    """
    One held connection to connection point *number*, over which one request goes at a time; others wait in turn.

    The product's connection point checks each of its connections every minute. Here the gateway asks whether the
    other end is alive, for once the connection is turned round only it can ask; the connection point counts on
    hearing from it.
    """

    def __init__(self, wire: Wire, number: int, instance: int) -> None:
        self.wire, self.number = wire, number
        self._alive = Request("GET", ALIVE, (("x-lab-instance", str(instance)),))
        self._turn = asyncio.Lock()
        self._waiting = 0

    async def ask(self, request: Request) -> Response:
        """
        Send a request to the connection point when its turn has come.

        Raises:
            Busy: Too many wait already, or its turn did not come in time; nothing was sent.
            Lost: The channel ended before the answer.
        """
        if self._waiting >= MOST_WAITING:
            raise Busy("too many requests wait for the channel")
        limits = self.wire.limits
        self._waiting += 1
        try:
            async with asyncio.timeout(limits.turn_s):
                await self._turn.acquire()
        except TimeoutError:
            raise Busy("the channel is busy") from None
        finally:
            self._waiting -= 1
        try:
            if self.wire.closed:
                raise Lost("the channel has ended")
            return await self.wire.ask(request, limits.channel_s)
        finally:
            self._turn.release()

    async def hold(self, check_s: float) -> None:
        """Greet the other end, then check it every *check_s* seconds; returns when the channel has ended."""
        try:
            while True:
                with contextlib.suppress(Busy):  # what is busy is alive
                    await self.ask(self._alive)
                try:
                    async with asyncio.timeout(check_s):
                        return await self.wire.gone()
                except TimeoutError:
                    continue
        except Lost:
            self.wire.abort()
