"""What a command says of an error that a client or the system raises while it works."""

from collections.abc import Mapping

import psycopg
import redis
from confluent_kafka import KafkaException

from infra.away import is_away
from infra.reach import words
from interfaces.bootstrap.reach import servers
from interfaces.settings import load

RAISED_BY: Mapping[type[Exception], str] = {
    KafkaException: "kafka",
    psycopg.Error: "postgres",
    redis.RedisError: "redis",
}
"""Whose clients raise what."""

TOLD = (*RAISED_BY, OSError)
"""Errors that are told in a sentence."""


def sentence(error: Exception) -> str:
    """Say what happened, where, and what to do."""
    for kind, name in RAISED_BY.items():
        if isinstance(error, kind):
            return _of_server(name, error)
    assert isinstance(error, OSError)
    return _of_file(error)


def _of_server(name: str, error: Exception) -> str:
    server = servers(load())[name]
    if is_away(error):
        return server.away(words(error))
    return (
        f"{server.name} at {server.address} does not do what it was asked ({words(error)});"
        " `gamehall doctor` says what is missing there."
    )


def _of_file(error: OSError) -> str:
    if error.filename is None:
        return f"{error}."
    return (
        f"{error.filename} cannot be used ({error.strerror}); put it right, or choose another"
        f" folder than {load().home} with GAMEHALL_HOME."
    )
