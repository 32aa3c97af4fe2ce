"""Whatever is sent to the hall, by whichever way, stops and spoils nothing for anybody else."""

import json
import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from typing import Any

import pytest
import urllib3

from application.friends.inbox import REQUESTS
from application.topics import Topic
from interfaces.bootstrap.workers import read_models
from tests.conftest import Hall
from tests.contracts.poison.inbound import Operation, example, from_outside, operations
from tests.contracts.poison.mutations import WHOLES, Poison, poisons
from tests.http.test_reporting_events import an_event
from tests.people import (
    a_name,
    client_of,
    eventually,
    headers_of,
    join,
    listening,
    open_room,
    produce,
    records_of,
)

AT_A_TIME = 16
UNAVAILABLE = 503
TRIES = 5
"""Of a request: a hall that is busy asks everybody to come again, whatever they sent."""
OPERATIONS = list(operations())
TOPICS = from_outside()


def test_every_topic_from_outside_shows_a_message() -> None:
    """So that one that is added later is poisoned here by itself."""
    assert TOPICS
    assert [topic.name for topic in TOPICS if not topic.example] == []


async def test_no_body_stops_or_spoils_anything(hall: Hall) -> None:
    programs, sent = running(hall), set[tuple[str, str, bytes]]()
    async with client_of(hall) as client:
        room = await open_room(client, hall, capacity=1_000)
        for operation in OPERATIONS:
            bad = list(unsent(operation, sent))
            for poison, answer in zip(bad, answers(hall, operation, bad), strict=True):
                told(operation, poison, answer)
            joined = await join(client, hall.service(), room, a_name("canary"))
            assert joined.status_code == 201, joined.text
        at_ease = await client.post("/api/v1/events", json=an_event(), headers=hall.service())
        assert at_ease.status_code == 200, at_ease.text

        async def ready() -> int:
            answer = await client.get(f"/api/v1/waitroom/{room}", headers=hall.service())
            return int(answer.json()["ready"])

        await eventually(ready, lambda count: count == len(OPERATIONS))
    assert running(hall) == programs, "somebody was started anew"


def unsent(operation: Operation, sent: set[tuple[str, str, bytes]]) -> Iterator[Poison]:
    """What was not sent to the same address before; of bodies of many kinds, a quarter was."""
    for poison in poisons(operation.body):
        if (what := (operation.method, operation.path, poison.body)) not in sent:
            sent.add(what)
            yield poison


def answers(
    hall: Hall, operation: Operation, bad: Sequence[Poison]
) -> list[urllib3.BaseHTTPResponse]:
    """What is answered to each; of many at a time, httpx takes 2.4 ms for a request, this 0.2."""
    settings, headers = hall.settings, hall.admin() | {"content-type": "application/json"}
    with (
        urllib3.HTTPConnectionPool(
            settings.host, settings.port, maxsize=AT_A_TIME, block=True, retries=False, timeout=30
        ) as pool,
        ThreadPoolExecutor(AT_A_TIME) as threads,
    ):
        return list(threads.map(partial(send, pool, headers, operation), bad))


def send(
    pool: urllib3.HTTPConnectionPool, headers: dict[str, str], operation: Operation, poison: Poison
) -> urllib3.BaseHTTPResponse:
    path = operation.path.replace("{game_id}", a_name("game")).replace("{letter_id}", "none")
    for _ in range(TRIES):
        answer = pool.request(operation.method, path, body=poison.body, headers=headers)
        if answer.status != UNAVAILABLE:
            break
    return answer


def told(operation: Operation, poison: Poison, answer: urllib3.BaseHTTPResponse) -> None:
    """Every refusal is a problem with a sentence."""
    text = answer.data.decode()
    about = f"{operation.method} {operation.path}, {poison.name}: {answer.status} {text[:500]}"
    assert answer.status < 500, about
    if answer.status >= 400:
        assert answer.headers["content-type"] == "application/problem+json", about
        assert json.loads(text)["detail"].endswith((".", ".)")), about
    else:
        json.loads(text)


OF_THE_SHOP = [each for each in TOPICS if each.name.startswith("CHECKOUT_")]


def test_each_topic_is_poisoned_somewhere() -> None:
    streams = [each for each in TOPICS if each.kind == "stream"]
    assert {*TOPICS} == {*OF_THE_SHOP, *streams, REQUESTS}


@pytest.mark.parametrize("topic", OF_THE_SHOP, ids=lambda topic: topic.name)
async def test_no_message_stops_who_reads_it_and_each_is_a_letter_once(
    hall: Hall, topic: Topic
) -> None:
    programs, key = running(hall), a_name("poisoned")
    # Of a room and a session that nobody knows, so that no message has an effect.
    bad = list(poisons(example(topic) | {"event_id": key, "session_id": a_name("unknown")}))
    async with client_of(hall) as client:
        room = await open_room(client, hall, capacity=1)
        with (
            listening(hall, "QUEUE_READY", room) as ready,
            records_of(hall, "checkout.dlq", key) as letters,
        ):
            first, second = [
                (await join(client, hall.service(), room, a_name("canary"))).json()["session_id"]
                for _ in range(2)
            ]
            assert ready(1)[0]["session_id"] == first
            good = {"session_id": first, "event_id": room}
            produce(hall, topic.name, [(key, poison.body) for poison in bad])
            produce(hall, topic.name, [(room, good)])
            assert ready(1)[0]["session_id"] == second

            found = [headers_of(letter) for letter in letters(len(bad))]
    are_letters_once(found)
    assert running(hall) == programs, "somebody was started anew"


def are_letters_once(found: Sequence[dict[str, str]]) -> None:
    assert [count for count in Counter(f["position"] for f in found).values() if count > 1] == []
    assert all(f["reason"].endswith(".") for f in found)


async def test_no_friend_request_stops_who_reads_it_and_each_is_a_letter_once(hall: Hall) -> None:
    programs, key, asked = running(hall), a_name("poisoned"), a_name("asked")
    # Whoever asks themselves is refused; some are still good, of people whom nobody knows.
    bad = list(poisons(example(REQUESTS) | {"from": key, "to": key}))
    with records_of(hall, "friend-requests.dlq", key) as letters:
        produce(hall, REQUESTS.name, [(key, poison.body) for poison in bad])
        produce(hall, REQUESTS.name, [(asked, {"from": a_name("canary"), "to": asked})])
        async with client_of(hall) as client:
            ask = partial(client.get, "/api/v1/friends/requests", headers=hall.player(asked))
            await eventually(
                ask, lambda told: told.status_code == 200 and len(told.json()["people"]) == 1
            )
        found = [headers_of(letter) for letter in letters(len(WHOLES))]
    are_letters_once(found)
    assert running(hall) == programs, "somebody was started anew"


@pytest.mark.parametrize("topic", [t for t in TOPICS if t.kind == "stream"], ids=lambda t: t.name)
async def test_no_event_stops_who_reads_it_and_none_is_two_letters(
    hall: Hall, topic: Topic
) -> None:
    programs, key = running(hall), a_name("poisoned")
    message = example(topic)
    bad = [with_an_id_of_its_own(poison.body, message) for poison in poisons(message)]
    readers = [m for m in read_models() if topic.name in m.source.topics]
    with ExitStack() as held:
        letters = {
            each.name: held.enter_context(records_of(hall, f"{each.name}.dlq", key))
            for each in readers
        }
        produce(hall, topic.name, [(key, body) for body in bad])
        async with client_of(hall) as client:
            canary = an_event(player_id=a_name("canary"), event_id=str(uuid.uuid4()))
            answer = await client.post("/api/v1/events", json=canary, headers=hall.service())
            for path in (
                f"/api/v1/players/{canary['player_id']}/events",
                f"/api/v1/player/{canary['player_id']}/stats",
                f"/api/v1/games/{canary['game_id']}/leaderboard",
            ):
                asked = hall.service() | {"Read-After": answer.headers["Position"]}
                ask = partial(client.get, path, headers=asked)
                await eventually(ask, lambda found: found.status_code == 200)
        for name, wait_for in letters.items():
            places = [headers_of(letter)["position"] for letter in wait_for(len(WHOLES))]
            assert len(set(places)) == len(places), name
    assert running(hall) == programs, "somebody was started anew"


def with_an_id_of_its_own(body: bytes, message: dict[str, Any]) -> bytes:
    return body.replace(message["event_id"].encode(), str(uuid.uuid4()).encode())


def running(hall: Hall) -> dict[str, tuple[int, int]]:
    """What changes when a program of the hall, or a worker within one, is started anew."""
    told = json.loads(hall.command("status", "--json").stdout)
    return {each["name"]: (each["pid"], each["restarts"]) for each in told["processes"]}
