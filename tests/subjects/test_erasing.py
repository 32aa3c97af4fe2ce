"""Somebody wants to be forgotten, and is, wherever something personal had got to."""

import asyncio
import json
from collections.abc import Iterator
from functools import partial
from typing import Any

import psycopg
import pytest
import redis
from confluent_kafka import Consumer, KafkaError, TopicPartition

from infra.kafka.clients import TO_THE_END, connection
from infra.kafka.topics import existing
from tests.conftest import Hall
from tests.people import a_name, client_of, eventually, open_room


@pytest.mark.timeout(400)  # it looks at all that other tests have left in the hall
async def test_nobody_reads_what_was_erased_and_the_room_goes_on(hall: Hall) -> None:
    ada, bob = a_name("ada"), a_name("bob")
    names = {user: f"{user.title()} of {a_name('Nowhere')}" for user in (ada, bob)}
    async with client_of(hall) as client:
        room = await open_room(client, hall, capacity=1)
        sessions = {}
        for user, name in names.items():
            body = {"event_id": room, "user_id": user, "display_name": name}
            joined = await client.post(
                "/api/v1/waitroom/join", json=body, headers=hall.player(user)
            )
            assert joined.status_code == 201, joined.text
            sessions[user] = joined.json()["session_id"]

        async def shown(user: str) -> Any:
            path = f"/api/v1/waitroom/sessions/{sessions[user]}"
            return (await client.get(path, headers=hall.player(user))).json()

        for user, name in names.items():
            shows_it = partial(is_called, name)
            await eventually(partial(shown, user), shows_it)
        assert await told(hall, room) == names
        found = await asyncio.to_thread(everything_stored, hall)
        assert ada in found
        assert not [name for name in names.values() if name in found], "in the open nowhere"
        assert (await command(hall, "show", ada))["keys"]

        assert keys_of(await command(hall, "erase", ada)) == 1

        await eventually(partial(shown, ada), partial(is_called, None))
        assert (await shown(bob))["display_name"] == names[bob]
        assert await command(hall, "show", ada) == {"subject": ada, "keys": []}
        assert await told(hall, room) == {ada: None, bob: names[bob]}, "not from the log"
        past = await client.get(f"/api/v1/history/waitroom/{room}", headers=hall.admin())
        facts = [event["facts"] for event in past.json()["events"]]
        assert [f["display_name"] for f in facts if "ticket" in f] == [None, names[bob]]

        rebuilt = await asyncio.to_thread(
            hall.command, "projections", "rebuild", "waitroom", "--json"
        )
        assert rebuilt.returncode == 0, rebuilt.stderr
        assert (await shown(ada))["display_name"] is None, "not from a rebuild"
        assert (await shown(bob))["display_name"] == names[bob]

        left = {"event_id": room, "session_id": sessions[ada]}
        gone = await client.post("/api/v1/waitroom/leave", json=left, headers=hall.player(ada))
        assert gone.json()["status"] == "left"
        await eventually(lambda: shown(bob), lambda session: session["status"] == "ready")


def is_called(name: str | None, session: dict[str, Any]) -> bool:
    return "display_name" in session and session["display_name"] == name


async def command(hall: Hall, *arguments: str) -> dict[str, Any]:
    done = await asyncio.to_thread(hall.command, "subjects", *arguments, "--json")
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


async def told(hall: Hall, room: str) -> dict[str, str | None]:
    """The names that the command line reads in the log."""
    show = "events", "show", "waitroom-log", room, "--json"
    shown = await asyncio.to_thread(hall.command, *show)
    events = [json.loads(line)["event"] for line in shown.stdout.splitlines()]
    return {e["user_id"]: e["display_name"] for e in events if e["type"] == "waitroom.joined.v1"}


def everything_stored(hall: Hall) -> str:
    """All that is in Kafka, Redis and PostgreSQL."""
    found = list(everything_in_kafka(hall))
    with redis.Redis.from_url(hall.redis, decode_responses=True) as client:
        hashes = [key for key in client.scan_iter() if client.type(key) == "hash"]
        found.extend(str(client.hgetall(key)) for key in hashes)
    with psycopg.connect(hall.postgres) as connection:
        query = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        tables = [row[0] for row in connection.execute(query)]
        found.extend(
            str(row) for table in tables for row in connection.execute(f'SELECT * FROM "{table}"')
        )
    return "\n".join(found)


def keys_of(report: dict[str, Any]) -> int:
    """How many keys an erasure has destroyed."""
    assert report["complete"], report
    counts = {each["place"]: each["count"] for each in report["forgotten"]}
    return int(counts["subject-keys"])


def everything_in_kafka(hall: Hall) -> Iterator[str]:
    """Every record, its headers included."""
    return (record for _, record in records_in_kafka(hall))


def records_in_kafka(hall: Hall) -> Iterator[tuple[str, str]]:
    """Every record behind its topic; all topics at a time, since each alone takes a while."""
    config = {"group.id": "test", "enable.partition.eof": True, **TO_THE_END}
    consumer = Consumer(connection(hall.kafka) | config)
    places = [
        TopicPartition(topic, partition, 0)
        for topic, partitions in existing(hall.kafka).items()
        for partition in range(partitions)
    ]
    consumer.assign(places)
    ended: set[tuple[str | None, int | None]] = set()
    while len(ended) < len(places):
        for message in consumer.consume(10_000, 1):
            if error := message.error():
                assert error.code() == KafkaError._PARTITION_EOF, error
                ended.add((message.topic(), message.partition()))
            else:
                text = f"{message.key()!r} {message.value()!r} {message.headers()!r}"
                yield message.topic() or "", text
    consumer.close()


def test_erasing_whom_nobody_knows_is_no_error(hall: Hall) -> None:
    told = hall.command("subjects", "erase", a_name("nobody"))
    assert told.returncode == 0
    assert "forgotten  subject-keys: 0" in told.stdout
    assert "nothing personal" in hall.command("subjects", "show", a_name("nobody")).stdout
