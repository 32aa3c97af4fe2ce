"""What the log knows of somebody: every event that names them, from its beginning."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import closing
from typing import Any

from application.personal import Open, concerns, told_to
from application.ports.people import Knowledge
from application.ports.reading import LogReader
from domain.category import Category
from domain.events import Recorded
from infra.away import away_is_unavailable

SLICE_RECORDS = 500
READ_TIMEOUT_S = 0.2

STAYS = (
    "what happened, by ids, handles and the reasons that were given, as everything else is made of "
    "it; texts about you in it are read by nobody any more"
)


class LogOfPeople(Knowledge):
    """The events of one log.

    All of it is read, as there is no index from people to events: commits that do not mention
    somebody are passed over without a look into them.
    """

    def __init__(
        self, category: Category, reader_of: Callable[[str], LogReader], open: Open
    ) -> None:
        self.name = category.topic
        self.holds = "every event that names you, or that you have caused"
        self.stays = STAYS
        self._category = category
        self._reader_of = reader_of
        self._open = open

    async def records(self, user_id: str) -> AsyncIterator[Any]:
        """See `Knowledge`."""
        with closing(self._reader_of(user_id)) as reader:
            slices = self._slices(reader)
            while (events := await asyncio.to_thread(next, slices, None)) is not None:
                for recorded in events:
                    if self._concerns(recorded, user_id):
                        yield told_to(recorded, user_id, self._open)

    def _concerns(self, recorded: Recorded, user_id: str) -> bool:
        evolver = self._category.evolvers.get(type(recorded.event))
        return concerns(recorded, user_id, of_people=evolver is not None and evolver.of_people)

    def _slices(self, reader: LogReader) -> Iterator[list[Recorded]]:
        """The events up to the end of the log as it is now; blocking."""
        with away_is_unavailable("The log cannot be read"):
            reader.start(())
            ends = reader.ends()
            while any(c.offset < ends[c.topic, c.partition] for c in reader.checkpoints()):
                yield list(reader.read(SLICE_RECORDS, READ_TIMEOUT_S).events)
