"""Forgetting what games have said of a player, and letting it be an account's.

Both are said in the topic that all read models are made of.
"""

import asyncio
import uuid
from datetime import UTC, datetime

from application.ports.commands import Unavailable
from application.ports.people import Execute, Knowledge
from domain.events import Position
from domain.player_events.corrections import PlayerErased, correcting
from domain.player_events.event import TOPIC
from infra.away import away_is_unavailable
from infra.kafka.append import AppendFailed, NewRecord, append_durably
from infra.kafka.topics import metadata_of
from infra.player_events.merging import Takeover
from infra.player_events.producer import record_of
from projections.player_events.event_archive import COUNTED_AS_JSON, FORGETTABLE
from projections.positions import Pool, passed
from projections.projection import ReadModelMissing, wait_until

APPEND_TIMEOUT_S = 15
SHOWN_TIMEOUT_S = 10.0
"""For which the workers may take to read what was appended; they are milliseconds behind."""


class PlayerEventsOfPeople(Knowledge):
    """The data of players' events, and the reasons of voids.

    An erasure is a record in the topic, which every reader of it comes to; so a rebuild forgets
    the same. What says so stands behind what is to be forgotten, in each partition.
    """

    name = "players' events"
    forgets = "what games told of you, but for numbers that are counted, and why scores were voided"
    merges = "events that count, and with them scores and statistics"
    keeps = (
        "the guest's own events, which count on no board and in no statistics any more; on which "
        "days somebody played is told of both"
    )

    def __init__(self, bootstrap: str, pool: Pool, readers: tuple[str, ...]) -> None:
        """`readers` are the read models that keep something of what is forgotten."""
        self._bootstrap = bootstrap
        self._pool = pool
        self._readers = readers

    async def erase(self, user_id: str, by: str, execute: Execute) -> int:
        """See `Knowledge`."""
        with away_is_unavailable("It was not taken"):
            asked = {"player_id": user_id, "counted": COUNTED_AS_JSON}
            async with self._pool.connection() as connection:
                row = await (await connection.execute(FORGETTABLE, asked)).fetchone()
            for position in await asyncio.to_thread(self._append, user_id, by):
                await self._require_read(position)
        return row[0] if row else 0

    async def merge(self, guest: str, into: str, by: str, execute: Execute) -> int:
        """See `Knowledge`."""
        takeover = Takeover(self._bootstrap, self._pool, guest, into)
        copied = await takeover.copy()
        if (voided := await takeover.void(by)) is not None:
            await self._require_read(voided)
        return copied

    def _append(self, user_id: str, by: str) -> list[Position]:
        records = []
        for partition in metadata_of(self._bootstrap, TOPIC).partitions:
            erased = correcting(
                user_id, PlayerErased(by=by), event_id=str(uuid.uuid4()), at=datetime.now(UTC)
            )
            _, key, value, headers = record_of(erased, [])
            records.append(NewRecord(TOPIC, key, value, partition, headers))
        try:
            return append_durably(self._bootstrap, records, APPEND_TIMEOUT_S)
        except AppendFailed as error:
            raise Unavailable(f"Kafka did not take it: {error.reason}.") from error

    async def _require_read(self, position: Position) -> None:
        """Return when every reader is past what was said; raises `Unavailable`."""
        for reader in self._readers:
            if not await self._is_past(reader, position):
                raise Unavailable(
                    f"The worker {reader} has yet to read {position}, where it is told so; "
                    "once it has, that is done."
                )

    async def _is_past(self, reader: str, position: Position) -> bool:
        try:
            return await wait_until(lambda: passed(self._pool, reader, position), SHOWN_TIMEOUT_S)
        except ReadModelMissing:
            return False
