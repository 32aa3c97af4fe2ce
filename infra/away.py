"""The closed list of errors that say "a server is away"; they are worth another attempt.

Every other error is about what the server was given: the same again would fail again. So a record
is never waited for as if it were a server, and a server that is away costs no record.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from application.ports.commands import Unavailable
from infra import redis
from infra.kafka import errors as kafka
from infra.postgres import database as postgres

LISTS = (kafka.is_away, postgres.is_away, redis.is_away)


def is_away(error: Exception) -> bool:
    """Whether an error says that Kafka, PostgreSQL or Redis is away at the moment."""
    return any(listed(error) for listed in LISTS)


@contextmanager
def away_is_unavailable(what: str) -> Iterator[None]:
    """Tell that a server is away as what it means for who asked; raises `Unavailable`."""
    try:
        yield
    except Exception as error:
        if not is_away(error):
            raise
        raise Unavailable(f"{what}: {error}.") from error
