"""What a read model is declared by: where its events come from, what keeps it, who answers.

One declaration beside each projection; the worker, its consumer group, its dead letters, what
`gamehall projections` knows and the queries of the API are derived from it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

from redis.asyncio import Redis

from domain.personal import Sealed
from projections.people import KeySays
from projections.positions import Pool
from projections.projection import Cache, PostgresProjection, RedisProjection

Queries_co = TypeVar("Queries_co", covariant=True)


class Stores(NamedTuple):
    """Where queries look; `redis` decodes its responses.

    `open` gives a sealed text as it reads, or None for somebody who has been erased.
    """

    postgres: Pool
    redis: "Redis"
    open: Callable[[Sealed], str | None]


@dataclass(frozen=True)
class Source:
    """Topics, and the way in which they are read.

    What a reader of them cannot take becomes a letter in a topic of its own, which has
    `letter_partitions` partitions; None where there are no letters.
    """

    name: str
    topics: tuple[str, ...]
    letter_partitions: int | None = 12


def log(*topics: str) -> Source:
    """Topics of the log, which are read through the gate; a poisoned event parks its stream."""
    return Source("log", topics)


@dataclass(frozen=True, eq=False, kw_only=True)
class ReadModel(Generic[Queries_co]):
    """A read model; its name is that of its worker, and of its consumer group behind `gamehall-`.

    It lies in PostgreSQL, as `record` folds it, and if there is a `cache` of the record's rows, in
    Redis too; or in Redis alone, as `keys` folds it. `queries` makes what answers from it.

    Where it `divides`, any number of processes share the partitions of its topics; otherwise one
    works, and others stand by. Its fold then reads no rows but those that it changes, comes to the
    same in whatever order partitions are read, and, if there is a cache, changes each row by the
    events of one partition (docs/adr/0029).

    `says` declares what its keys in Redis tell of people.
    """

    name: str
    source: Source
    record: Callable[[], PostgresProjection] | None = None
    cache: Callable[[], Cache] | None = None
    keys: Callable[[], RedisProjection] | None = None
    queries: Callable[[Stores], Queries_co]
    divides: bool = False
    says: tuple[KeySays, ...] = ()

    @property
    def stores(self) -> tuple[str, ...]:
        """Where it lies: `postgres`, `redis`, or both."""
        kept = {"postgres": self.record, "redis": self.cache or self.keys}
        return tuple(name for name, there in kept.items() if there)

    @property
    def tables(self) -> list[str]:
        """The names of its tables."""
        return [table.name for table in self.record().tables] if self.record else []
