"""Places in the lines of rooms, asked for all sockets of a room at once."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice

import structlog

from projections.waitroom.rooms import RoomQueries

LOOK_INTERVAL_S = 1.0
"""Between looks at a room: no socket is told of its place more often."""

PLACES_AT_ONCE = 500
"""Of which a process asks the read model at once, and which it then tells without a pause."""

Hearer = Callable[[int], None]
"""Takes a position, or 0 for a session that does not wait in line."""

logger = structlog.get_logger(__name__)


class RoomPlaces:
    """Looks at each room once a second, for however many of its sessions.

    A look for each socket cost the read model a question and this process a task for it; thousands
    of them left little time to join (measured).
    """

    def __init__(self) -> None:
        self._rooms: dict[str, dict[str, list[Hearer]]] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    @contextmanager
    def heard(
        self, queries: RoomQueries, event_id: str, session_id: str, hearer: Hearer
    ) -> Iterator[None]:
        """Within the block, a hearer is told of every look at its session."""
        sessions = self._rooms.setdefault(event_id, {})
        sessions.setdefault(session_id, []).append(hearer)
        if event_id not in self._tasks:
            self._tasks[event_id] = asyncio.create_task(self._look(queries, event_id, sessions))
        try:
            yield
        finally:
            self._forget(event_id, session_id, hearer)

    def _forget(self, event_id: str, session_id: str, hearer: Hearer) -> None:
        sessions = self._rooms[event_id]
        sessions[session_id].remove(hearer)
        if not sessions[session_id]:
            del sessions[session_id]
        if not sessions:
            del self._rooms[event_id]
            self._tasks.pop(event_id).cancel()

    async def _look(
        self, queries: RoomQueries, event_id: str, sessions: dict[str, list[Hearer]]
    ) -> None:
        while True:
            await asyncio.sleep(LOOK_INTERVAL_S)
            try:
                for some in _parts(list(sessions)):
                    found = await queries.places(event_id, some)
                    _tell(sessions, dict(zip(some, found, strict=True)))
            except Exception as error:  # noqa: BLE001 - the read model is away; it is asked again
                logger.warning("cannot look at a room", room=event_id, error=repr(error))


def _parts(sessions: Sequence[str]) -> Iterator[list[str]]:
    left = iter(sessions)
    while some := list(islice(left, PLACES_AT_ONCE)):
        yield some


def _tell(sessions: dict[str, list[Hearer]], found: dict[str, int]) -> None:
    for session_id, position in found.items():
        for hearer in tuple(sessions.get(session_id, ())):
            try:
                hearer(position)
            except Exception:
                logger.exception("a socket cannot be told its place", session=session_id)
