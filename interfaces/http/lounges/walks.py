"""The lounges in which somebody at this process is, and the ticks at which people walk there."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

import structlog

from application.lounges.walking import LoungeWalk, Walked, Walks, walked_in
from application.ports.commands import CommandLog
from application.ports.listening import channel_of_lounge
from domain.lounges.commands import SettleTile
from domain.lounges.floor import Floor, Tile
from domain.lounges.view import LoungeStander
from interfaces.http.platform.command_context import asked
from interfaces.http.platform.services import Services

TICK_S = 0.5
"""Between steps; that of Habbo Hotel."""

HearSteps = Callable[[Walked], None]
"""Takes who is where by now."""

logger = structlog.get_logger(__name__)


class WalkedLounge:
    """A lounge with sockets at this process: what they are told of steps, and its ticks.

    Its ticks are a task of its own, and what goes wrong at one of them ends no other: those of this
    lounge go on, and those of others never knew.
    """

    def __init__(self, room_id: str, plan: str, log: CommandLog, walks: Walks) -> None:
        self.room_id = room_id
        self.walk = LoungeWalk(Floor.of(plan))
        self.hearers: dict[HearSteps, None] = {}
        self._log = log
        self._walks = walks
        self._wanted = asyncio.Event()
        self.known = asyncio.ensure_future(self._look())
        """Done once it is known where people have walked before anybody here listened."""
        self._settling: set[asyncio.Task[None]] = set()

    def go(self, person: LoungeStander, path: Sequence[Tile]) -> None:
        """Let somebody walk, from the next tick on; raises `PathBlocked`."""
        self.walk.walk(person, path)
        self._wanted.set()

    def stop(self, user: str) -> None:
        """Let somebody walk no further, whose socket is closed."""
        self._settle(self.walk.stop(user))

    def hear(self, told: str) -> None:
        """Who is where, as some process has told all."""
        walked = walked_in(json.loads(told))
        self.walk.hear(walked)
        for hear in tuple(self.hearers):
            hear(walked)

    async def _look(self) -> None:
        try:
            self.walk.hear(await self._walks.known(self.room_id))
        except Exception as error:  # noqa: BLE001 - then people stand where the log has them
            logger.warning("cannot look who walks", room=self.room_id, error=repr(error))

    async def run(self) -> None:
        """Tick while somebody walks, until cancelled."""
        while True:
            await self._wanted.wait()
            await asyncio.sleep(TICK_S)
            try:
                await self._tick()
            except Exception as error:  # noqa: BLE001 - the next tick comes, and steps may be lost
                logger.warning("a tick went wrong", room=self.room_id, error=repr(error))
            if not self.walk.is_busy:
                self._wanted.clear()

    async def _tick(self) -> None:
        moved = self.walk.tick()
        self._settle(self.walk.settled())
        if moved:
            await self._walks.tell(self.room_id, moved)

    def _settle(self, walked: Walked) -> None:
        """Note in the log where people have come to stand; a tick does not wait for that."""
        for user, (tile, since) in walked.items():
            settled = SettleTile(
                room_id=self.room_id, user_id=user, since=since, x=tile.x, y=tile.y
            )
            task = asyncio.create_task(self._execute(settled))
            self._settling.add(task)
            task.add_done_callback(self._settling.discard)

    async def _execute(self, command: SettleTile) -> None:
        try:
            await asked(self._log, command)
            await self._walks.forget(self.room_id, command.user_id)
        except Exception as error:  # noqa: BLE001 - the next walk is noted, this one is lost
            logger.warning("cannot note a tile", room=self.room_id, error=repr(error))


class LoungeWalks:
    """All of them at this process."""

    def __init__(self, walks: Walks) -> None:
        self._walks = walks
        self._lounges: dict[str, WalkedLounge] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    @property
    def busy(self) -> int:
        """In how many somebody is."""
        return len(self._lounges)

    @asynccontextmanager
    async def heard(
        self, services: Services, room_id: str, plan: str, hear: HearSteps
    ) -> AsyncIterator[WalkedLounge]:
        """Within the block, `hear` is called with all steps in a lounge."""
        lounge = self._lounges.get(room_id)
        if lounge is None:
            lounge = WalkedLounge(room_id, plan, services.log, self._walks)
            self._lounges[room_id] = lounge
            self._tasks[room_id] = asyncio.create_task(_follow(services, lounge))
        lounge.hearers[hear] = None
        try:
            await asyncio.shield(lounge.known)
            yield lounge
        finally:
            del lounge.hearers[hear]
            self._forget(lounge)

    def _forget(self, lounge: WalkedLounge) -> None:
        if not lounge.hearers:
            del self._lounges[lounge.room_id]
            self._tasks.pop(lounge.room_id).cancel()


async def _follow(services: Services, lounge: WalkedLounge) -> None:
    with services.listening.heard([channel_of_lounge(lounge.room_id)], lounge.hear):
        await lounge.run()
