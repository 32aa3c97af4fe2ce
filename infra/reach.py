"""Whether servers answer: asked all at once, each in a thread of its own, by one deadline.

A refused connection is known at once. Nothing else can be relied on: a host may swallow packets, a
frozen server accepts connections, a name may never be resolved, and not every client has a limit
for each of these. So nobody waits for a thread that is late; it ends with the process.
"""

import time
from collections.abc import Callable, Mapping
from functools import partial
from queue import Empty, Queue
from threading import Thread
from typing import Any, Generic, NamedTuple, TypeVar

import psycopg
import redis
from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient

from infra.errors import SetupError
from infra.kafka.clients import connection
from infra.kafka.quiet_logger import QUIET

Told = TypeVar("Told")

ERRORS = (OSError, ValueError, SetupError, KafkaException, psycopg.Error, redis.RedisError)
"""What is raised where a server cannot be reached, or does not let us in; `ValueError` by names
that no host can have."""

ALL_DOWN = KafkaError._ALL_BROKERS_DOWN  # noqa: SLF001  its only name
KAFKA_ATTEMPT_S = 0.4
"""Between looks at whether all brokers refuse a connection, which the client goes on to try."""


class Server(NamedTuple):
    """A server as people know it: its name, its address without a password, and its setting.

    `greet` takes the seconds that it may take, and raises one of `ERRORS`.
    """

    name: str
    address: str
    variable: str
    greet: Callable[[float], Any]

    def away(self, problem: str) -> str:
        """Say that it does not answer, why, and what to do."""
        return (
            f"{self.name} at {self.address} does not answer ({problem}); start the hall with"
            f" `gamehall up`, or correct {self.variable}."
        )


class Heard(NamedTuple, Generic[Told]):
    """What was told; or, where that is None, why not."""

    told: Told | None
    problem: str = ""


def begin(
    questions: Mapping[str, Callable[[], Told]], seconds: float
) -> Callable[[], dict[str, Heard[Told]]]:
    """Ask everything at once, and go on; what is returned waits for what is told, by name.

    It waits no longer than so many seconds from now.
    """
    deadline = time.monotonic() + seconds
    asked = {name: _begin(question) for name, question in questions.items()}
    return lambda: {name: _answer(queue, deadline, seconds) for name, queue in asked.items()}


def greet(servers: Mapping[str, Server], seconds: float) -> Callable[[], dict[str, Heard[Any]]]:
    """Begin to ask servers whether they are there; see `begin`."""
    return begin({name: partial(each.greet, seconds) for name, each in servers.items()}, seconds)


def require(servers: Mapping[str, Server], seconds: float) -> None:
    """Refuse to begin where a server does not answer; raises `SetupError` with all of them."""
    answers = greet(servers, seconds)()
    away = [servers[name].away(each.problem) for name, each in answers.items() if each.problem]
    if away:
        raise SetupError("\n".join(away))


def kafka(bootstrap: str, seconds: float) -> None:
    """Ask for metadata; raises one of `ERRORS`, at once where all brokers refuse a connection."""
    down: list[KafkaError] = []
    config: dict[str, Any] = {**connection(bootstrap), "error_cb": down.append}
    admin = AdminClient(config, logger=QUIET)
    deadline = time.monotonic() + seconds
    while not _has_brokers(admin):
        admin.poll(0)
        if any(each.code() == ALL_DOWN for each in down):
            raise KafkaException(down[0])
        if time.monotonic() > deadline:
            raise KafkaException(KafkaError(KafkaError._TIMED_OUT))  # noqa: SLF001  its only name


def postgres(dsn: str, seconds: float) -> float:
    """Ask for the time there, in seconds since 1970; raises one of `ERRORS`."""
    with psycopg.connect(dsn, connect_timeout=max(1, int(seconds))) as connection:
        row = connection.execute("SELECT extract(epoch FROM clock_timestamp())").fetchone()
    assert row is not None
    return float(row[0])


def valkey(url: str, seconds: float) -> None:
    """Ask for a PONG; raises one of `ERRORS`."""
    with redis.Redis.from_url(
        url, socket_connect_timeout=seconds, socket_timeout=seconds, retry=None
    ) as client:
        client.ping()


def answers(greet: Callable[[str, float], Any], address: str, seconds: float = 1.0) -> bool:
    """Whether a server answers one of the greetings above."""
    try:
        greet(address, seconds)
    except ERRORS:
        return False
    return True


def words(error: Exception) -> str:
    """Why a client could not do what it was asked, without where, which others say better."""
    said = error.args[0].str() if isinstance(error, KafkaException) else str(error)
    first = said.partition("\n")[0].partition(" (after ")[0]
    return first.rpartition(": ")[2].strip(" .") or type(error).__name__


def _has_brokers(admin: AdminClient) -> bool:
    try:
        return bool(admin.list_topics(timeout=KAFKA_ATTEMPT_S).brokers)
    except KafkaException:
        return False


def _begin(question: Callable[[], Told]) -> "Queue[Heard[Told]]":
    queue: Queue[Heard[Told]] = Queue(1)

    def put() -> None:
        try:
            told = question()
        except ERRORS as error:
            queue.put(Heard(None, words(error)))
        else:
            queue.put(Heard(told))

    Thread(target=put, daemon=True).start()
    return queue


def _answer(queue: "Queue[Heard[Told]]", deadline: float, seconds: float) -> Heard[Told]:
    try:
        return queue.get(timeout=max(0.0, deadline - time.monotonic()))
    except Empty:
        return Heard(None, f"not within {seconds:g} s")
