"""What a projection is, and what every query of one can say."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Any, LiteralString, NamedTuple, Protocol

import psycopg
from redis.client import Pipeline

from domain.refusals import Refusal
from projections.people import TableSays

SHORTEST_PAUSE_S = 0.002
LONGEST_PAUSE_S = 0.02


class InvalidCursor(Refusal, type="invalid-cursor", status=422):
    """`before` is not from a page of this list, or a page is asked for both ways."""


class ReadModelMissing(Exception):
    """There is no read model at the moment; its worker is about to build one."""

    retry_after = 1.0


class Projection(Protocol):
    """A read model of the events that it handles."""

    @property
    def name(self) -> str:
        """Its name; behind `gamehall-` its consumer group."""

    @property
    def handles(self) -> Sequence[type[Any]]:
        """The classes of events that change it; it passes over all others."""


class Table(NamedTuple):
    """A table of a read model and what orders its rows, for comparing two generations.

    TableSays that tell when a row was `written` are not compared, and of a table without a key
    nothing is. One that is `indexed_last` gets its indexes when a new generation is complete: its
    own statements have to find their rows without any. Its `views` are made again when it is
    swapped. `says` declares what its columns tell of people.
    """

    name: LiteralString
    key: Sequence[LiteralString]
    written: Sequence[LiteralString] = ()
    indexed_last: bool = False
    views: Sequence[LiteralString] = ()
    says: TableSays = TableSays()


class PostgresProjection(Projection, Protocol):
    """A read model in PostgreSQL."""

    @property
    def tables(self) -> Sequence[Table]:
        """Its tables, all of which a rebuild swaps."""

    def apply(self, connection: psycopg.Connection[Any], events: Sequence[Any]) -> Sequence[Any]:
        """Fold events into the tables that unqualified names mean on this connection.

        Runs in a transaction that it neither begins nor ends. What it returns is handed to the
        read model's cache, if it has one.
        """


class Changes(Protocol):
    """What some events do to a read model in Redis."""

    def write(self, pipeline: Pipeline, generation: str) -> None:
        """Queue the changes of the keys of one generation; cannot fail on account of an event."""


class RedisProjection(Projection, Protocol):
    """A read model in Redis; all its keys begin with a generation's name and a colon."""

    def fold(self, events: Sequence[Any]) -> Changes:
        """What these events do; pure. A cache folds rows instead of events."""


class Cache(RedisProjection, Protocol):
    """A fold of rows of PostgreSQL, each the last word on its key."""

    def rows(self, connection: psycopg.Connection[Any]) -> Iterator[Any]:
        """Every row of the record, in a transaction that it neither begins nor ends."""


async def wait_until(passed: Callable[[], Awaitable[bool]], seconds: float) -> bool:
    """Ask until the answer is yes; False when `seconds` have gone by."""
    deadline = time.monotonic() + seconds
    pause = SHORTEST_PAUSE_S
    while not await passed():
        if time.monotonic() + pause > deadline:
            return False
        await asyncio.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE_S)
    return True
