"""People and shops at a running hall: what they send, and what they see on public topics."""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Self, cast

import httpx
import websockets
from confluent_kafka import Consumer, Message, Producer, TopicPartition

from infra.kafka.clients import connection
from tests.conftest import Hall

PATIENCE_S = 30.0


def a_name(prefix: str) -> str:
    """A name that no other test uses."""
    return f"{prefix}-{uuid.uuid4().hex[:10]}"


@asynccontextmanager
async def client_of(hall: Hall, connections: int = 64) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody's HTTP client."""
    limits = httpx.Limits(max_connections=connections, max_keepalive_connections=connections)
    async with httpx.AsyncClient(base_url=hall.base_url, limits=limits, timeout=30) as client:
        yield client


async def open_room(
    client: httpx.AsyncClient, hall: Hall, *, capacity: int = 10, checkout_seconds: float = 21_600
) -> str:
    """A shop opens a waiting room for something new."""
    room = a_name("concert")
    body = {"event_id": room, "capacity": capacity, "checkout_seconds": checkout_seconds}
    answer = await client.post("/api/v1/waitroom", json=body, headers=hall.service())
    assert answer.status_code == 201, answer.text
    return room


async def join(
    client: httpx.AsyncClient, headers: dict[str, str], room: str, user: str
) -> httpx.Response:
    """Somebody joins a room."""
    body = {"event_id": room, "user_id": user, "priority": 0}
    return await client.post("/api/v1/waitroom/join", json=body, headers=headers)


async def eventually(
    ask: Callable[[], Any],
    is_right: Callable[[Any], bool],
    patience: float = 10,
    pause: float = 0.02,
) -> Any:
    """Ask until the answer is right, as long as a read model may lag."""
    answer = None
    try:
        async with asyncio.timeout(patience):
            while True:
                answer = await ask()
                if is_right(answer):
                    return answer
                await asyncio.sleep(pause)
    except TimeoutError:
        raise AssertionError(f"still {answer!r} after {patience:.0f} seconds") from None


def pid_of(hall: Hall, name: str) -> int:
    """Of a process of the hall, once it runs; it may have been killed a moment ago."""
    for _ in range(100):
        processes = json.loads(hall.command("status", "--json").stdout)["processes"]
        pid = next(each["pid"] for each in processes if each["name"] == name)
        if pid is not None:
            return int(pid)
    raise AssertionError(f"{name} was not started again")


def produce(hall: Hall, topic: str, records: Iterable[tuple[str, Any]]) -> None:
    """An ordinary Kafka client tells the hall something."""
    producer = Producer({**connection(hall.kafka), "acks": "all"})
    for key, value in records:
        producer.produce(topic, value if isinstance(value, bytes) else json.dumps(value), key)
    assert producer.flush(PATIENCE_S) == 0


@contextmanager
def records_of(hall: Hall, topic: str, key: str) -> Iterator[Callable[[int], Sequence[Message]]]:
    """Listen to a topic from now on; yields a function that waits for so many of a key's records.

    The key is asked for because a hall is shared: in a room that an earlier test left behind a
    deadline may let somebody in at any moment.
    """
    consumer = Consumer(
        {
            **connection(hall.kafka),
            "group.id": a_name("listener"),
            "enable.auto.commit": False,
        }
    )
    partitions = consumer.list_topics(topic, timeout=PATIENCE_S).topics[topic].partitions
    consumer.assign([_end(consumer, topic, number) for number in partitions])

    def wait_for(count: int) -> Sequence[Message]:
        messages: list[Message] = []
        while len(messages) < count:
            message = consumer.poll(PATIENCE_S)
            assert message is not None, f"{topic}: {len(messages)} of {count} records"
            assert message.error() is None, message.error()
            if message.key() == key.encode():
                messages.append(message)
        return messages

    try:
        yield wait_for
    finally:
        consumer.close()


def events_in_log(hall: Hall, room: str) -> list[dict[str, Any]]:
    """Every event of a room, in the order of the log."""
    shown = hall.command("events", "show", "waitroom-log", room, "--json")
    assert shown.returncode == 0, shown.stderr
    return [json.loads(line)["event"] for line in shown.stdout.splitlines()]


def headers_of(message: Message) -> dict[str, str]:
    """A record's headers as text."""
    headers = cast("list[tuple[str, bytes]]", message.headers() or [])
    return {name: value.decode() for name, value in headers}


@contextmanager
def listening(
    hall: Hall, topic: str, key: str
) -> Iterator[Callable[[int], Sequence[dict[str, Any]]]]:
    """Listen to a public topic from now on, as `records_of`, for what the records say."""
    with records_of(hall, topic, key) as wait_for:
        yield lambda count: [json.loads(each.value() or b"") for each in wait_for(count)]


def _end(consumer: Consumer, topic: str, partition: int) -> TopicPartition:
    place = TopicPartition(topic, partition)
    return TopicPartition(topic, partition, consumer.get_watermark_offsets(place, PATIENCE_S)[1])


class Player:
    """Somebody at the games' socket, or at another one."""

    def __init__(self, hall: Hall, user: str, path: str = "/api/v1/games/live") -> None:
        self.user = user
        self._url = hall.base_url.replace("http", "ws", 1) + path
        self._headers = hall.player(user)

    async def __aenter__(self) -> Self:
        self._socket = await websockets.connect(self._url, additional_headers=self._headers)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._socket.close()

    async def say(self, type: str, **payload: Any) -> None:
        await self._socket.send(json.dumps({"type": type, "payload": payload}))

    async def hear_move_of(self, user: str) -> dict[str, Any]:
        """The next move of this player, passing over one's own."""
        while (message := await self.hear("move"))["payload"]["player"] != user:
            pass
        return message

    async def hear(self, *types: str) -> dict[str, Any]:
        """The next message of one of these types, passing over others."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                message: dict[str, Any] = json.loads(await self._socket.recv())
                if message["type"] in types:
                    return message


async def in_turn(one: Player, other: Player) -> tuple[Player, Player, str]:
    """Two people meet; who begins, who does not, and the id of their game."""
    await one.say("seek")
    await one.hear("seeking")
    await other.say("seek")
    started = (await one.hear("game_started"))["payload"]
    await other.hear("game_started")
    assert {started["player1"], started["player2"]} == {one.user, other.user}
    first, second = (one, other) if started["player1"] == one.user else (other, one)
    return first, second, str(started["game_id"])
