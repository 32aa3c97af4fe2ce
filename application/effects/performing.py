"""Effects are performed some at a time, each bounded in time, whatever its adapter does."""

import asyncio
import threading
import time
from collections.abc import Sequence
from contextvars import copy_context
from functools import partial
from queue import Empty, SimpleQueue
from typing import NamedTuple

import structlog

from application.effects.ports import Adapters, Effect
from application.effects.rules import kind_of
from application.ports.deliveries import Delivery

MOST_AT_ONCE = 32
LONGEST_S = 30.0
"""For one effect. Adapters end sooner by themselves, and say better what has happened."""

SLOW_S = 0.5
"""Whoever takes longer keeps nobody else's effects from being noted as done."""

logger = structlog.get_logger(__name__)


async def _bounded(adapters: Adapters, effect: Effect) -> Delivery:
    kind = kind_of(effect.action)  # type: ignore[arg-type]
    adapter = adapters.get(kind)
    if adapter is None:
        return Delivery("rejected", f"This hall performs no effects of the kind {kind}.")
    try:
        async with asyncio.timeout(LONGEST_S):
            return await adapter.perform(effect)
    except TimeoutError:
        return Delivery("unknown", f"It took longer than {LONGEST_S:g} seconds.", again=True)
    except Exception as error:  # whatever it is, nobody knows how far it had come
        logger.exception("effect not performed", effect=effect.id)
        return Delivery("unknown", f"The adapter failed: {type(error).__name__}.", again=True)


class Performed(NamedTuple):
    """An effect, and what came of it."""

    effect: Effect
    delivery: Delivery


class Performing:
    """Performs effects in an event loop with a thread of its own, which goes on between calls.

    To be used by one thread. Guarantee: it gives each effect that it is given once, in time.
    """

    def __init__(self, adapters: Adapters) -> None:
        self._adapters = adapters
        self._turns = asyncio.Semaphore(MOST_AT_ONCE)
        self._ended: SimpleQueue[Performed] = SimpleQueue()
        self._not_given: set[str] = set()
        self._under_way: set[asyncio.Task[None]] = set()
        self._loop = asyncio.new_event_loop()
        name = f"{threading.current_thread().name}-effects"
        run = partial(copy_context().run, self._loop.run_forever)  # the log says of which rule
        self._thread = threading.Thread(target=run, name=name)
        self._thread.start()

    def __call__(self, effects: Sequence[Effect]) -> Sequence[Performed]:
        """Begin with these, and give what has ended, of these and of those from before.

        It waits until all of these have ended, or without any all from before, but not for long.
        """
        self._loop.call_soon_threadsafe(self._begin, effects)
        new, ended = {each.id for each in effects}, list[Performed]()
        self._not_given |= new
        left, until = new or set(self._not_given), time.monotonic() + SLOW_S
        while left and (performed := self._next(until)):
            ended.append(performed)
            left.discard(performed.effect.id)
        self._not_given -= {each.effect.id for each in ended}
        return ended

    def _next(self, until: float) -> Performed | None:
        try:
            return self._ended.get(timeout=max(0.0, until - time.monotonic()))
        except Empty:
            return None

    def _begin(self, effects: Sequence[Effect]) -> None:
        for each in effects:
            task = self._loop.create_task(self._one(each))
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)

    async def _one(self, effect: Effect) -> None:
        delivery = Delivery("unknown", "It was broken off.", again=True)
        try:
            async with self._turns:
                delivery = await _bounded(self._adapters, effect)
        finally:  # whoever has begun it waits for it, whatever its adapter raises
            self._ended.put(Performed(effect, delivery))

    def close(self) -> None:
        """Break off what is under way, and close every adapter."""
        try:
            asyncio.run_coroutine_threadsafe(self._close(), self._loop).result()
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            with asyncio.Runner(loop_factory=lambda: self._loop):
                pass  # ends what adapters have left, in tasks and threads, and closes the loop

    async def _close(self) -> None:
        tasks = list(self._under_way)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        closing = [adapter.close() for adapter in self._adapters.values()]
        closed = await asyncio.gather(*closing, return_exceptions=True)
        for failure in filter(None, closed):
            raise failure
