"""A sale, from the rush at the door to the last checkout, through every real part."""

import asyncio

import redis

from tests.conftest import Hall
from tests.people import (
    client_of,
    eventually,
    headers_of,
    join,
    listening,
    open_room,
    produce,
    records_of,
)

CROWD = 1_000
CAPACITY = 10


async def test_a_thousand_people_join_at_once_and_are_let_in_one_by_one(hall: Hall) -> None:
    async with client_of(hall) as client:
        room = await open_room(client, hall, capacity=CAPACITY)
        service = hall.service()
        with (
            listening(hall, "QUEUE_JOINED", room) as joined,
            listening(hall, "QUEUE_READY", room) as ready,
        ):
            answers = await asyncio.gather(
                *(join(client, service, room, f"user-{n}") for n in range(CROWD))
            )
            assert {answer.status_code for answer in answers} == {201}
            places = [answer.json() for answer in answers]

            # Every ticket and every place in line is handed out once.
            assert sorted(place["ticket"] for place in places) == list(range(1, CROWD + 1))
            waiting = [place for place in places if place["status"] == "waiting"]
            assert sorted(p["position"] for p in waiting) == list(range(1, CROWD - CAPACITY + 1))

            async def overview() -> dict[str, int]:
                answer = await client.get(f"/api/v1/waitroom/{room}", headers=service)
                return dict(answer.json())

            full = {"waiting": CROWD - CAPACITY, "ready": CAPACITY}
            await eventually(overview, lambda o: full.items() <= o.items())
            assert waiting_in_redis(hall, room) == CROWD - CAPACITY

            public = joined(CROWD)
            assert {r["session_id"] for r in public} == {p["session_id"] for p in places}
            admitted = [record["session_id"] for record in ready(CAPACITY)]

            # Each completed checkout lets in exactly the next in line.
            by_ticket = sorted(waiting, key=lambda place: place["ticket"])
            for number, session in enumerate(admitted):
                produce(
                    hall,
                    "CHECKOUT_COMPLETED",
                    [(room, {"session_id": session, "event_id": room, "user_id": "x"})],
                )
                (let_in,) = ready(1)
                assert let_in["session_id"] == by_ticket[number]["session_id"]
            done = {"waiting": CROWD - 2 * CAPACITY, "ready": CAPACITY, "completed": CAPACITY}
            await eventually(overview, lambda o: done.items() <= o.items())


def waiting_in_redis(hall: Hall, room: str) -> int:
    """How many sessions the queue in Redis holds, whatever its generation is."""
    with redis.Redis.from_url(hall.redis, decode_responses=True) as client:
        keys = list(client.scan_iter(f"*waitroom:{room}:queue"))
        assert len(keys) == 1
        return int(client.zcard(keys[0]))


async def test_leaving_and_failing_and_running_out_of_time_let_others_in(hall: Hall) -> None:
    async with client_of(hall) as client:
        room = await open_room(client, hall, capacity=1)
        hasty = await open_room(client, hall, capacity=1, checkout_seconds=1)
        service = hall.service()
        with (
            listening(hall, "QUEUE_READY", room) as ready,
            listening(hall, "QUEUE_LEFT", room) as left,
            listening(hall, "QUEUE_READY", hasty) as ready_in_haste,
        ):
            sessions = []
            for n in range(4):
                answer = await join(client, service, room, f"user-{n}")
                sessions.append(answer.json()["session_id"])
            assert ready(1)[0]["session_id"] == sessions[0]

            body = {"event_id": room, "session_id": sessions[0]}
            leaving = await client.post("/api/v1/waitroom/leave", json=body, headers=service)
            assert leaving.json()["status"] == "left"
            assert left(1)[0]["session_id"] == sessions[0]
            assert ready(1)[0]["session_id"] == sessions[1]

            produce(
                hall, "CHECKOUT_FAILED", [(room, {"session_id": sessions[1], "event_id": room})]
            )
            assert ready(1)[0]["session_id"] == sessions[2]

            produce(
                hall, "CHECKOUT_EXPIRED", [(room, {"session_id": sessions[2], "event_id": room})]
            )
            assert ready(1)[0]["session_id"] == sessions[3]

            # Where nobody says anything, the owner's clock does.
            late = await join(client, service, hasty, "late")
            next_in_line = await join(client, service, hasty, "next")
            expected = [answer.json()["session_id"] for answer in (late, next_in_line)]
            assert [record["session_id"] for record in ready_in_haste(2)] == expected


async def test_a_malformed_message_is_set_aside_with_its_reason_and_stops_nothing(
    hall: Hall,
) -> None:
    async with client_of(hall) as client:
        room = await open_room(client, hall, capacity=1)
        with (
            listening(hall, "QUEUE_READY", room) as ready,
            records_of(hall, "checkout.dlq", room) as letters,
        ):
            first = (await join(client, hall.service(), room, "first")).json()
            second = (await join(client, hall.service(), room, "second")).json()
            assert ready(1)[0]["session_id"] == first["session_id"]
            messages = [
                (room, b"not json"),
                (room, {"session_id": 7}),
                (room, {"session_id": "nobody", "event_id": room}),
                (room, {"session_id": first["session_id"], "event_id": room}),
            ]
            produce(hall, "CHECKOUT_COMPLETED", messages)
            assert ready(1)[0]["session_id"] == second["session_id"]
            set_aside = [headers_of(letter) for letter in letters(3)]
    assert [letter["type"] for letter in set_aside] == [
        "malformed",
        "malformed",
        "session-not-found",
    ]
    assert all(letter["reason"].endswith(".") for letter in set_aside)
