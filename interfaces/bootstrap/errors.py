"""What a command says when a server does not answer."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from confluent_kafka import KafkaException

from infra.errors import SetupError


@contextmanager
def as_setup_error() -> Iterator[None]:
    """Make a `SetupError` of what PostgreSQL or Kafka raise when they are away."""
    try:
        yield
    except psycopg.OperationalError as error:
        raise SetupError(f"PostgreSQL does not answer: {error}") from error
    except KafkaException as error:
        raise SetupError(f"Kafka does not answer: {error.args[0].str()}.") from error
