"""What is done after an answer, so that the answer neither waits for it nor tells of it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import structlog

from application.ports.commands import Unavailable

MOST_WAITING_ERRANDS = 1_000
AT_ONCE_ERRANDS = 8
END_TIMEOUT_S = 5.0
"""For what waits when the process ends; the rest is lost, and people ask again."""

Errand = Callable[[], Awaitable[None]]

logger = structlog.get_logger(__name__)


class Errands:
    """Runs errands in the order in which they come, some at a time, and lets so many wait."""

    def __init__(self, most: int = MOST_WAITING_ERRANDS) -> None:
        self._most = most
        self._waiting: asyncio.Queue[Errand] = asyncio.Queue()

    def require_room(self) -> None:
        """Refuse more where too much waits already; raises `Unavailable`."""
        if self._waiting.qsize() >= self._most:
            raise Unavailable("Too many mails wait to be sent.", retry_after=5.0)

    def add(self, errand: Errand) -> None:
        """Have something done soon; raises `Unavailable`."""
        self.require_room()
        self.put(errand)

    def put(self, errand: Errand) -> None:
        """Have something done soon, which somebody has been told already; there was room."""
        self._waiting.put_nowait(errand)

    async def done(self) -> None:
        """Wait until nothing waits any more."""
        await self._waiting.join()

    @asynccontextmanager
    async def running(self, at_once: int = AT_ONCE_ERRANDS) -> AsyncIterator[None]:
        """Run errands within the block, and what still waits for a moment after it."""
        runners = [asyncio.create_task(self._run()) for _ in range(at_once)]
        try:
            yield
            with suppress(TimeoutError):
                await asyncio.wait_for(self.done(), END_TIMEOUT_S)
        finally:
            for each in runners:
                each.cancel()
            await asyncio.gather(*runners, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            errand = await self._waiting.get()
            try:
                await errand()
            except Exception as error:  # noqa: BLE001  nobody waits for it who could be told
                logger.warning("an errand failed", error=type(error).__name__)
            finally:
                self._waiting.task_done()
