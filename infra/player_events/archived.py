"""What Kafka no longer has of players' events: its topic keeps days, the archive everything."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import islice

import structlog
from psycopg.rows import dict_row

from application.ports.reading import Batch, Checkpoint, ShardId
from domain.player_events.event import TOPIC, PlayerEvent
from infra.errors import SetupError
from infra.player_events.reader import PlayerEventReader
from infra.postgres.database import Database
from projections.player_events.event_archive import RECORD, record_of

GONE = """
    FROM events JOIN unnest(%s::integer[], %s::bigint[]) AS beginnings (of_partition, first_left)
    ON partition = of_partition AND "offset" < first_left
"""

READ = f"""
    SELECT {RECORD} {GONE}
    ORDER BY partition, "offset"
"""

COUNT = f"SELECT count(*) {GONE}"

logger = structlog.get_logger(__name__)


class ArchiveAwareReader(PlayerEventReader):
    """Reads the topic, and knows the archive, which holds more than what is left of it."""

    def __init__(
        self,
        bootstrap: str,
        group: str,
        spacing: float,
        database: Database,
        topic: str = TOPIC,
        *,
        divides: bool = False,
        only: Collection[int] | None = None,
    ) -> None:
        super().__init__(bootstrap, group, spacing, topic, divides=divides, only=only)
        self._database = database


class WholeTopicReader(ArchiveAwareReader):
    """Reads the topic for the archive, which cannot be built again from less than all of it."""

    def start(self, checkpoints: Sequence[Checkpoint]) -> None:
        """See the port; raises `SetupError` where a fold from the beginning would lose events."""
        if not checkpoints:
            self._refuse(self.beginnings())
        super().start(checkpoints)

    def _refuse(self, beginnings: Mapping[ShardId, int]) -> None:
        row = self._database.connection.execute(COUNT, _columns(beginnings)).fetchone()
        if row is not None and row[0]:
            raise SetupError(
                f"The table events holds {row[0]:,} events that Kafka no longer has, so it can be "
                "neither rebuilt from there nor compared."
            )


class ArchivedFirstReader(ArchiveAwareReader):
    """Reads what is gone from the topic from the archive, then the topic.

    The archive holds each event once, in the order of its partition, so what is folded from it is
    what was folded from the topic. While it is read, the reader stands at 0 everywhere.
    """

    _archived: Iterator[PlayerEvent] | None = None

    def start(self, checkpoints: Sequence[Checkpoint]) -> None:
        """See the port."""
        super().start(checkpoints)
        beginnings = {(c.topic, c.partition): c.offset for c in super().checkpoints()}
        gone = not checkpoints and any(beginnings.values())
        self._archived = self._read_archive(beginnings) if gone else None

    def take_up(self, checkpoints: Sequence[Checkpoint]) -> None:
        """See the port."""
        self._archived = None
        super().take_up(checkpoints)

    def read(self, limit: int, timeout: float) -> Batch:
        """See the port."""
        if self._archived is None:
            return super().read(limit, timeout)
        if events := list(islice(self._archived, limit)):
            return Batch(events, ())
        self._archived = None
        return Batch((), self.checkpoints())

    def checkpoints(self) -> Sequence[Checkpoint]:
        """See the port."""
        there = super().checkpoints()
        if self._archived is None:
            return there
        return [c._replace(offset=0, next_seq=0) for c in there]

    def _read_archive(self, beginnings: Mapping[ShardId, int]) -> Iterator[PlayerEvent]:
        logger.info("reading from the archive what Kafka no longer has", until=beginnings)
        with (
            self._database.another() as connection,
            connection.transaction(),
            connection.cursor("archived", row_factory=dict_row) as cursor,
        ):
            cursor.itersize = 10_000
            yield from map(record_of, cursor.execute(READ, _columns(beginnings)))


def _columns(beginnings: Mapping[ShardId, int]) -> list[list[int]]:
    return [[partition for _, partition in beginnings], list(beginnings.values())]
