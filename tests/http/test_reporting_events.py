"""Games report what players do, one event at a time or many."""

import gzip
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import httpx
import msgspec
import pytest
import zstandard
from litestar.testing import AsyncTestClient

from application.ports.commands import Unavailable
from application.ports.limits import Limited
from interfaces.http.app import create_app
from interfaces.http.player_events import ingest
from interfaces.http.player_events.ingest import Ingestion
from tests.http.conftest import Api, problem

PATH, BATCH = "/api/v1/events", "/api/v1/events/batch"
GIVEN_ID = "0d9d3b7c-1a5e-4f0f-8a3b-6c2d1e0f9a8b"

CAME = {"event_type": "session_started", "data": {}}


def an_event(**changes: Any) -> dict[str, Any]:
    now = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    return {
        "event_type": "player_score",
        "player_id": "ada",
        "game_id": "tetris",
        "timestamp": now,
        "data": {"score": 150},
    } | changes


async def report(api: Api, event: Any, **options: Any) -> httpx.Response:
    return await api.ask("POST", PATH, event, **{"user": "server", "scope": "service", **options})


async def send(
    api: Api, body: bytes, kind: str = "application/json", **headers: str
) -> httpx.Response:
    return await api.client.post(
        BATCH,
        content=body,
        headers=api.token("server", "service") | {"content-type": kind} | headers,
    )


def encoded(*events: Any) -> bytes:
    return msgspec.json.encode(events)


async def test_an_event_is_answered_with_its_id_and_time(api: Api) -> None:
    answer = await report(api, an_event())
    assert answer.status_code == 200
    (event,) = api.player_events.events
    assert answer.json() == {
        "status": "success",
        "event_id": event.event_id,
        "ingested_at": event.ingested_at.isoformat().replace("+00:00", "Z"),
    }
    assert answer.headers["position"] == "player.events.raw/0@0"


async def test_the_trace_goes_along(api: Api) -> None:
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    await report(api, an_event(), headers={"traceparent": trace})
    await report(api, an_event(), headers={"traceparent": "nonsense"})
    assert api.player_events.traces == [trace.encode(), None]


async def test_a_player_reports_what_it_did_itself_and_nothing_else(api: Api) -> None:
    own = await report(api, an_event(**CAME, player_id="ada"), user="ada", scope="player")
    assert own.status_code == 200
    problem(await report(api, an_event(), user="eve", scope="player"), 403, "not-yourself")
    headers = api.token("eve", "player") | {"content-type": "application/json"}
    body = encoded(an_event(**CAME), an_event(**CAME, player_id="eve"))
    batch = (await api.client.post(BATCH, content=body, headers=headers)).json()
    assert [result["status"] for result in batch["results"]] == ["refused", "accepted"]
    assert batch["results"][0]["errors"][0]["field"] == "$.player_id"


async def test_points_are_for_services_to_report(api: Api) -> None:
    alone = await report(api, an_event(player_id="eve"), user="eve", scope="player")
    details = problem(alone, 422, "invalid-event")
    assert details["errors"][0]["field"] == "$.data.score"
    headers = api.token("eve", "player") | {"content-type": "application/json"}
    body = encoded(an_event(player_id="eve"), an_event(**CAME, player_id="eve"))
    batch = (await api.client.post(BATCH, content=body, headers=headers)).json()
    assert [result["status"] for result in batch["results"]] == ["refused", "accepted"]
    (wrong,) = batch["results"][0]["errors"]
    assert "let the game's server report them" in wrong["message"]
    assert (await report(api, an_event(player_id="eve"))).status_code == 200
    assert (await report(api, an_event(player_id="eve"), scope="admin")).status_code == 200


async def test_nobody_reports_without_a_token(api: Api) -> None:
    for path in (PATH, BATCH):
        problem(await api.client.post(path, json=[]), 401, "unauthenticated")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"data": {"score": "many"}}, "$.data.score"),
        ({"player_id": ""}, "$.player_id"),
        ({"player_id": "x" * 101}, "$.player_id"),
        ({"timestamp": "2026-11-01T12:00:00"}, "$.timestamp"),
        ({"timestamp": "1999-11-01T12:00:00Z"}, "$.timestamp"),
        ({"event_id": "17"}, "$.event_id"),
        ({"colour": "red"}, "$.colour"),
        ({"data": {"score": 1, "name": "\x00"}}, "$.data"),
    ],
)
async def test_an_event_that_does_not_fit_is_answered_with_the_field(
    api: Api, change: dict[str, Any], field: str
) -> None:
    details = problem(await report(api, an_event(**change)), 422, "invalid-event")
    assert details["errors"][0]["field"] == field
    assert not api.player_events.events


async def test_what_is_no_json_is_no_event(api: Api) -> None:
    headers = api.token("server", "service") | {"content-type": "application/json"}
    answer = await api.client.post(PATH, content=b'{"event_type":', headers=headers)
    problem(answer, 400, "malformed-json")
    answer = await api.client.post(PATH, content=b"{}", headers=api.token("server", "service"))
    problem(answer, 415, "unsupported-media-type")
    problem(await api.ask("DELETE", PATH), 405, "method-not-allowed")


@pytest.mark.parametrize("kind", ["application/json", "application/x-ndjson"])
async def test_each_event_of_a_batch_gets_its_own_result(api: Api, kind: str) -> None:
    given = [an_event(event_id=GIVEN_ID), an_event(data={}), an_event(player_id="ben"), {}]
    body = encoded(*given)
    if kind != "application/json":
        body = b"\n\n".join(map(msgspec.json.encode, given)) + b"\n"
    batch = (await send(api, body, kind)).json()
    assert (batch["accepted"], batch["refused"]) == (2, 2)
    accepted = [r["event_id"] for r in batch["results"] if r["status"] == "accepted"]
    assert accepted == [event.event_id for event in api.player_events.events]
    assert accepted[0] == GIVEN_ID
    fields = [r["errors"][0]["field"] for r in batch["results"] if r["status"] == "refused"]
    assert fields == ["$.data.score", "$.event_type"]
    assert api.limits.admitted == [("server", 4)]


@pytest.mark.parametrize("bad", [b"{", b'{"a": "\\u0000"}', b"nonsense"])
async def test_a_line_that_is_no_event_does_not_stop_the_others(api: Api, bad: bytes) -> None:
    line = msgspec.json.encode(an_event())
    batch = (await send(api, b"\n".join([line, bad, line]), "application/x-ndjson")).json()
    assert [r["status"] for r in batch["results"]] == ["accepted", "refused", "accepted"]


async def test_an_array_with_a_nul_in_one_event_keeps_the_others(api: Api) -> None:
    batch = (await send(api, encoded(an_event(), an_event(data={"score": 1, "n": "\0"})))).json()
    assert [r["status"] for r in batch["results"]] == ["accepted", "refused"]


@pytest.mark.parametrize("body", [b"[", b"{}", b"[1"])
async def test_a_body_that_is_no_array_is_refused_as_a_whole(api: Api, body: bytes) -> None:
    answer = await send(api, body)
    assert answer.status_code == 400
    assert not api.player_events.traces


async def test_an_empty_batch_is_none(api: Api) -> None:
    batch = (await send(api, b"[]")).json()
    assert (batch["accepted"], batch["refused"], batch["results"]) == (0, 0, [])


@pytest.mark.parametrize(
    ("encoding", "pack"), [("gzip", gzip.compress), ("zstd", zstandard.compress)]
)
async def test_bodies_may_come_packed(api: Api, encoding: str, pack: Any) -> None:
    body = pack(encoded(*[an_event()] * 100))
    batch = await send(api, body, **{"content-encoding": encoding})
    assert batch.json()["accepted"] == 100
    cut = await send(api, body[:-4], **{"content-encoding": encoding})
    problem(cut, 400, "malformed-encoding")
    bomb = await send(api, pack(b" " * (1 << 24)), **{"content-encoding": encoding})
    problem(bomb, 413, "too-large")


async def test_what_is_packed_otherwise_is_not_unpacked(api: Api) -> None:
    answer = await send(api, b"[]", **{"content-encoding": "br"})
    problem(answer, 415, "unsupported-encoding")
    problem(await send(api, b"[]", "text/csv"), 415, "unsupported-media-type")


async def test_a_batch_has_a_mebibyte_at_most(api: Api) -> None:
    problem(await send(api, b" " * ((1 << 20) + 1)), 413, "too-large")


async def test_a_batch_for_which_there_is_no_room_is_neither_read_nor_lost_for_words(
    api: Api,
) -> None:
    api.player_events.largest = 400
    problem(await send(api, b"{" * 500), 503, "unavailable")  # what is no JSON was not looked at
    packed = gzip.compress(encoded(*[an_event() for _ in range(20)]))
    assert len(packed) < 400, "there is room for what comes, but not for what it unpacks to"
    answer = await send(api, packed, **{"content-encoding": "gzip"})
    problem(answer, 503, "unavailable")
    assert api.player_events.events == []


async def test_who_asks_too_often_is_told_when_to_come_back(api: Api) -> None:
    api.limits.refuse = Limited(
        "Player events are limited to 10 a second for you.",
        limit=10,
        remaining=2,
        reset_after=0.9,
        retry_after=1.2,
    )
    answer = await report(api, an_event())
    problem(answer, 429, "too-many-requests")
    limits = {name: value for name, value in answer.headers.items() if name[0] == "r"}
    assert (
        limits.items()
        >= {
            "retry-after": "2",
            "ratelimit-limit": "10",
            "ratelimit-remaining": "2",
            "ratelimit-reset": "1",
        }.items()
    )
    problem(await send(api, encoded(an_event())), 429, "too-many-requests")


async def test_what_kafka_does_not_take_is_not_answered_with_success(api: Api) -> None:
    api.player_events.refuse = Unavailable("Kafka did not take the events: it is away.")
    answer = await report(api, an_event())
    problem(answer, 503, "unavailable")
    assert answer.headers["retry-after"] == "1"


async def test_failed_events_are_kept_one_by_one_where_that_is_wanted(api: Api) -> None:
    ingestion = api.services.part(Ingestion)._replace(keep_failed=True)
    keeping = replace(api.services, parts={**api.services.parts, Ingestion: ingestion})
    async with AsyncTestClient(create_app(keeping).public) as client:
        api.client = client
        await report(api, an_event(data={}))
        await send(api, encoded(an_event(), an_event(player_id="a/b"), {"event_type": 1}))
    kept = [(failed.field, failed.subject) for failed in api.player_events.failed]
    fields = ["$.data.score", "$.player_id", "$.event_type"]
    assert kept == [(field, "server") for field in fields]
    assert msgspec.json.decode(api.player_events.failed[1].value)["player_id"] == "a/b"
    assert len(api.player_events.events) == 1


@pytest.mark.parametrize(
    ("encoding", "pack"), [("gzip", gzip.compress), ("zstd", zstandard.compress)]
)
async def test_all_parts_of_a_compressed_body_are_read(api: Api, encoding: str, pack: Any) -> None:
    line = msgspec.json.encode(an_event()) + b"\n"
    kind = "application/x-ndjson"
    body = pack(line) + pack(line)
    answer = await send(api, body, kind, **{"content-encoding": encoding})
    assert answer.json()["accepted"] == 2
    headers = {"content-encoding": encoding}
    problem(await send(api, body + b"junk", kind, **headers), 400, "malformed-encoding")
    problem(await send(api, pack(line) * 100, kind, **headers), 400, "malformed-encoding")


@pytest.mark.parametrize(
    "piece",
    [
        b'{"event_type": "cut \\ud83d"}',
        b'{"data": "refus\xe9"}',
        b"[" * 1_500 + b"]" * 1_500,
        msgspec.json.encode(an_event()).replace(b"150", b"1e4300"),
        msgspec.json.encode(an_event(data={"score": 1, "x": "y" * 70_000})),
        msgspec.json.encode(an_event(data={"score": 1, "x": "DATA"})).replace(b"DATA", b"\xe9"),
    ],
)
async def test_a_piece_that_nobody_could_read_is_refused_alone(api: Api, piece: bytes) -> None:
    good = msgspec.json.encode(an_event())
    answer = await send(api, b"[" + good + b"," + piece + b"," + good + b"]")
    told = [result["status"] for result in answer.json()["results"]]
    assert told == ["accepted", "refused", "accepted"]


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"x\n" * 400_000, "application/x-ndjson"),
        (b"[" + b"1," * 400_000 + b"1]", "application/json"),
    ],
)
async def test_more_pieces_than_a_batch_may_have_are_not_looked_at(
    api: Api, body: bytes, kind: str
) -> None:
    problem(await send(api, body, kind), 413, "too-large")
    assert not api.player_events.events


def broken(events: int) -> bytes:
    """An array of so many events, the last of which is no JSON."""
    return encoded(*[an_event()] * events)[:-2] + b"\xff}]"


async def test_an_array_is_not_cut_before_the_limits_were_asked(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingest, "items_of", None)
    api.limits.refuse = limited(10_000)
    problem(await send(api, broken(100)), 429, "too-many-requests")


async def test_an_array_that_is_cut_is_counted_by_its_bytes(api: Api) -> None:
    body = broken(100)
    batch = (await send(api, body)).json()
    assert (batch["accepted"], batch["refused"]) == (99, 1)
    assert api.limits.admitted == [("server", len(body) // ingest.COMMON_EVENT_BYTES + 1)]


async def test_an_array_of_more_items_than_its_bytes_let_expect_is_counted_by_them(
    api: Api,
) -> None:
    assert (await send(api, b"[" + b"1," * 999 + b"\xff]")).json()["refused"] == 1_000
    assert sum(cost for _, cost in api.limits.admitted) == 1_000


async def test_an_array_that_is_cut_is_let_in_by_any_limit_that_lets_it_in_whole(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    async def admit(_: str, cost: int) -> None:
        asked.append(cost)
        if cost > 100:
            raise limited(100)

    monkeypatch.setattr(api.limits, "admit", admit)
    assert (await send(api, broken(100))).json()["accepted"] == 99
    assert asked[1:] == [100]


def limited(limit: int) -> Limited:
    return Limited("Enough.", limit=limit, remaining=0, reset_after=1, retry_after=1)
