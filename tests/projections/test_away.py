"""Which errors say that a server is away; every other one is about what it was given."""

import psycopg
import pytest
import redis
from confluent_kafka import KafkaError, KafkaException
from psycopg import errors

from infra.away import is_away
from infra.kafka.append import AppendFailed
from infra.kafka.errors import KafkaAway
from infra.postgres.database import blames_record


@pytest.mark.parametrize(
    "error",
    [
        psycopg.OperationalError("connection refused"),
        psycopg.InterfaceError("the connection is closed"),
        errors.AdminShutdown("an operator stops the server"),
        errors.CannotConnectNow("the server starts"),
        errors.DeadlockDetected("somebody else came first"),
        errors.SerializationFailure("not in this order"),
        errors.DiskFull("no room"),
        errors.OutOfMemory("out of shared memory"),
        errors.LockNotAvailable("in use"),
        errors.IoError("could not read"),
        redis.ConnectionError("refused"),
        redis.exceptions.BusyLoadingError("loading"),
        redis.TimeoutError("late"),
        redis.ReadOnlyError("a replica"),
        redis.OutOfMemoryError("maxmemory"),
        redis.ResponseError("MISCONF Valkey could not save"),
        KafkaAway("no answer"),
        KafkaException(KafkaError(KafkaError._TRANSPORT)),
        KafkaException(KafkaError(KafkaError.NOT_ENOUGH_REPLICAS)),
        AppendFailed(KafkaError(KafkaError._MSG_TIMED_OUT), 3),
    ],
    ids=str,
)
def test_a_server_that_is_away_is_waited_for(error: Exception) -> None:
    assert is_away(error)
    assert not blames_record(error)


@pytest.mark.parametrize(
    "error",
    [
        errors.ProgramLimitExceeded("index row size 4016 exceeds btree maximum"),
        errors.StatementTooComplex("stack depth limit exceeded"),
        errors.CardinalityViolation("cannot affect row a second time"),
        errors.UniqueViolation("duplicate key"),
        psycopg.DataError("PostgreSQL text fields cannot contain NUL (0x00) bytes"),
        errors.NumericValueOutOfRange("bigint out of range"),
        errors.UntranslatableCharacter("\\u0000 cannot be converted to text"),
        errors.InternalError_("invalid memory alloc request size"),
    ],
    ids=str,
)
def test_what_postgresql_cannot_take_is_the_record_s_fault(error: Exception) -> None:
    assert blames_record(error)
    assert not is_away(error)


@pytest.mark.parametrize(
    "error",
    [
        errors.UndefinedTable("there is no such table"),
        errors.SyntaxError("at or near"),
        redis.ResponseError("WRONGTYPE Operation against a key"),
        redis.ResponseError("BUSYGROUP Consumer Group name already exists"),
        KafkaException(KafkaError(KafkaError.MSG_SIZE_TOO_LARGE)),
        KafkaException(KafkaError(KafkaError._FATAL)),
        RecursionError("maximum recursion depth exceeded"),
        ValueError("anything else"),
    ],
    ids=str,
)
def test_a_mistake_of_ours_is_neither_waited_for_nor_blamed_on_a_record(error: Exception) -> None:
    assert not is_away(error)
    assert not blames_record(error)
