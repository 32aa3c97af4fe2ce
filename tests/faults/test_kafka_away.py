"""Kafka does not answer for a while; nobody waits long, and nothing happens by halves."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator

import pytest

from tests.conftest import Hall
from tests.people import client_of, events_in_log, eventually, join, open_room, pid_of


@pytest.fixture
async def frozen_kafka(hall: Hall) -> AsyncIterator[int]:
    pid = pid_of(hall, "kafka")
    yield pid
    os.kill(pid, signal.SIGCONT)
    async with client_of(hall) as client:

        async def ready() -> int:
            return (await client.get("/health/ready")).status_code

        await eventually(ready, lambda status: status == 200)


async def test_commands_are_refused_soon_and_queries_go_on(hall: Hall, frozen_kafka: int) -> None:
    async with client_of(hall) as client:
        room = await open_room(client, hall, capacity=1)
        session = (await join(client, hall.service(), room, "early")).json()["session_id"]
        where = f"/api/v1/waitroom/sessions/{session}"
        await eventually(lambda: client.get(where, headers=hall.service()), lambda a: a.is_success)

        os.kill(frozen_kafka, signal.SIGSTOP)
        for _ in range(3):
            async with asyncio.timeout(5):
                refused = await join(client, hall.service(), room, "late")
            assert refused.status_code == 503
            assert int(refused.headers["Retry-After"]) >= 1
            assert refused.json()["type"].endswith("unavailable")
        assert (await client.get(where, headers=hall.service())).status_code == 200
        assert (await client.get("/health/live")).status_code == 200
        assert (await client.get("/health/ready")).status_code == 503

        os.kill(frozen_kafka, signal.SIGCONT)

        async def late() -> int:
            return (await join(client, hall.service(), room, "late")).status_code

        await eventually(late, lambda status: status in {200, 201})
    joins = [e for e in events_in_log(hall, room) if e["type"] == "waitroom.joined.v1"]
    assert [each["user_id"] for each in joins] == ["early", "late"]
