"""What is decided about dead letters, and what is published for those that are retried."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest

from application.player_events.intake import InvalidEvent
from application.player_events.repair import Repair, decode_repair
from application.ports.commands import Unavailable
from domain.player_events.corrections import REPLACED, PlayerVoided, correcting, replacement
from domain.player_events.event import PlayerEvent
from domain.player_events.letters import (
    CONSUMERS,
    DeadLetterDecided,
    DeadLetterNotFound,
    DeadLetterUnrepaired,
)
from tests.player_events.failing import Desk, a_desk
from tests.player_events.told import NOON, scored

ID = "00000000-0000-4000-8000-000000000001"
EVENT = scored("ada", "ten", id=ID)


@pytest.fixture
def desk() -> Desk:
    return a_desk()


def repair(points: Any = 10, **changes: Any) -> Repair:
    """What ada should have scored."""
    fields: dict[str, Any] = {
        "event_type": "player_score",
        "player_id": "ada",
        "game_id": "chess",
        "timestamp": datetime.now(UTC) - timedelta(hours=1),
        "data": msgspec.Raw(msgspec.json.encode({"score": points})),
    }
    return Repair(**fields | changes)


def report(**changes: Any) -> str:
    """The same as a game reports it."""
    said = json.loads(msgspec.json.encode(repair(**changes)))
    del said["minted"], said["ingested_at"]
    return json.dumps(said)


def put_in_place(desk: Desk) -> list[PlayerEvent]:
    """The events that the corrections put in place."""
    assert {record.event_type for record in desk.published} == {REPLACED}
    return [msgspec.structs.replace(replacement(record)) for record in desk.published]


# -- what a consumer could not take ----------------------------------------------------------------


@pytest.mark.parametrize("consumer", CONSUMERS)
async def test_an_event_is_put_in_its_own_place_as_it_was(desk: Desk, consumer: str) -> None:
    id = desk.failures.fail(EVENT, consumer)
    (letter,) = await desk.dead_letters.retry([id], "ann")
    assert (letter.status, letter.decided_by, letter.edited_event) == ("retried", "ann", None)
    assert put_in_place(desk) == [EVENT]


async def test_a_repaired_event_keeps_what_says_which_it_is(desk: Desk) -> None:
    id = desk.failures.fail(EVENT)
    edited = await desk.dead_letters.edit(id, repair(game_id="go"), "ann")
    assert (edited.status, edited.decided_by) == ("open", "ann")
    assert not desk.published
    await desk.dead_letters.retry([id], "ben")
    (event,) = put_in_place(desk)
    assert (event.event_id, event.player_id, event.ingested_at) == (ID, "ada", EVENT.ingested_at)
    assert (event.game_id, bytes(event.data)) == ("go", b'{"score":10}')


async def test_what_is_shown_can_be_edited_and_handed_back(desk: Desk) -> None:
    id = desk.failures.fail(EVENT)
    shown = (await desk.dead_letters.show(id)).original_event
    edited = await desk.dead_letters.edit(
        id, decode_repair(shown.replace('"ten"', "10").encode()), "ann"
    )
    assert edited.edited_event == shown.replace('"ten"', "10")


@pytest.mark.parametrize(
    ("field", "other"),
    [
        ("player_id", "bob"),
        ("event_id", UUID(int=2)),
        ("ingested_at", NOON + timedelta(days=1)),
    ],
)
async def test_what_says_which_event_it_is_does_not_change(
    desk: Desk, field: str, other: Any
) -> None:
    id = desk.failures.fail(EVENT)
    with pytest.raises(InvalidEvent, match="It stays") as refused:
        await desk.dead_letters.edit(id, repair(**{field: other}), "ann")
    assert refused.value.field == f"$.{field}"


async def test_names_that_have_come_in_before_stay_whatever_they_look_like(desk: Desk) -> None:
    names = {"player_id": "grace\u200b", "game_id": "concert\u20102026"}
    id = desk.failures.fail(msgspec.structs.replace(EVENT, **names))
    with pytest.raises(InvalidEvent, match=r"U\+2013") as refused:
        await desk.dead_letters.edit(id, repair(**names | {"game_id": "concert\u20132026"}), "ann")
    assert refused.value.field == "$.game_id"
    await desk.dead_letters.edit(id, repair(**names), "ann")
    await desk.dead_letters.retry([id], "ann")
    (event,) = put_in_place(desk)
    assert (event.player_id, event.game_id) == ("grace\u200b", "concert\u20102026")
    assert bytes(event.data) == b'{"score":10}'


async def test_a_player_whom_no_table_holds_is_called_otherwise(desk: Desk) -> None:
    id = desk.failures.fail(msgspec.structs.replace(EVENT, player_id="gr\0ace", game_id="\0"))
    for wrong in ("player_id", "game_id"):
        with pytest.raises(InvalidEvent, match="control characters") as refused:
            await desk.dead_letters.edit(id, repair(**{wrong: "gr\0ace"}), "ann")
        assert refused.value.field == f"$.{wrong}"
    await desk.dead_letters.edit(id, repair(player_id="grace"), "ann")
    await desk.dead_letters.retry([id], "ann")
    (event,) = put_in_place(desk)
    assert (desk.published[0].player_id, event.player_id) == ("grace", "grace")
    assert event.event_id == ID


async def test_an_id_that_is_none_becomes_the_same_one_for_all_consumers(desk: Desk) -> None:
    event = msgspec.structs.replace(EVENT, event_id="seventeen")
    ids = [desk.failures.fail(event, consumer, at=3) for consumer in CONSUMERS]
    for id in ids:
        await desk.dead_letters.edit(id, repair(), "ann")
    await desk.dead_letters.retry(ids, "ann")
    same = {(event.event_id, event.ingested_at) for event in put_in_place(desk)}
    assert len(same) == 1
    assert same != {("seventeen", EVENT.ingested_at)}


async def test_what_no_event_was_read_from_becomes_one_for_all_consumers(desk: Desk) -> None:
    headers = {"reason": "no JSON", "position": "player.events.raw/1@3"}
    ids = [desk.failures.put(f"{each}.dlq", "ada", "no json", headers) for each in CONSUMERS]
    with pytest.raises(DeadLetterUnrepaired, match="edit it first"):
        await desk.dead_letters.retry(ids[:1], "ann")
    repaired = repair()
    for id in ids:
        await desk.dead_letters.edit(id, repaired, "ann")
    await desk.dead_letters.retry(ids, "ann")
    (event,) = {(e.event_id, e.player_id, e.ingested_at) for e in put_in_place(desk)}
    assert event[1:] == ("ada", repaired.timestamp)


async def test_a_correction_that_failed_is_told_again(desk: Desk) -> None:
    void = PlayerVoided(since=NOON, until=NOON + timedelta(days=1), by="ops")
    record = correcting("ada", void, event_id=ID, at=NOON)
    await desk.dead_letters.retry([desk.failures.fail(record)], "ann")
    assert desk.published == [record]


async def test_several_are_published_in_the_order_of_their_own_times(desk: Desk) -> None:
    hours = (3, 1, 2)
    events = [scored("ada", hour, at=NOON + timedelta(hours=hour)) for hour in hours]
    ids = [desk.failures.fail(event, at=number) for number, event in enumerate(events)]
    await desk.dead_letters.retry([*ids, ids[0]], "ann")
    assert [bytes(event.data) for event in put_in_place(desk)] == [
        b'{"score":1}',
        b'{"score":2}',
        b'{"score":3}',
    ]


# -- what the API refused --------------------------------------------------------------------------


async def test_what_was_refused_is_taken_in_as_if_it_had_just_been_told(desk: Desk) -> None:
    id = desk.failures.refuse('{"player_id":"ada"}')
    before = datetime.now(UTC)
    await desk.dead_letters.edit(id, repair(), "ann")
    await desk.dead_letters.retry([id], "ann")
    (event,) = desk.published
    assert (event.event_type, event.player_id, event.game_id) == ("player_score", "ada", "chess")
    assert event.ingested_at >= before
    assert not event.minted, "or it would count again with every retry"


@pytest.mark.parametrize("own", [None, UUID(ID)])
async def test_it_is_one_event_however_often_it_is_retried(desk: Desk, own: UUID | None) -> None:
    """The note of a retry may be lost after its event has been published."""
    id = desk.failures.refuse(report(event_id=own))
    desk.decisions.away = True
    for _ in range(2):
        with pytest.raises(Unavailable):
            await desk.dead_letters.retry([id], "ann")
    desk.decisions.away = False
    await desk.dead_letters.retry([id], "ann")
    assert len(desk.published) == 3
    (event_id,) = {event.event_id for event in desk.published}
    assert own in {None, UUID(event_id)}
    assert not any(event.minted for event in desk.published)


async def test_two_that_say_the_same_are_two_events(desk: Desk) -> None:
    said = report()
    await desk.dead_letters.retry([desk.failures.refuse(said), desk.failures.refuse(said)], "ann")
    assert len({event.event_id for event in desk.published}) == 2


@pytest.mark.parametrize("said", ["no json", "{}", report(points="ten")])
async def test_what_is_still_wrong_is_not_retried_nor_anything_with_it(
    desk: Desk, said: str
) -> None:
    right, wrong = desk.failures.refuse(report()), desk.failures.refuse(said)
    with pytest.raises(DeadLetterUnrepaired, match="edit it first"):
        await desk.dead_letters.retry([right, wrong], "ann")
    assert not desk.published
    assert (await desk.dead_letters.show(right)).status == "open"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"points": "ten"}, "$.data.score"),
        ({"player_id": "a/b"}, "$.player_id"),
        ({"event_type": "gamehall.event_replaced"}, "$.event_type"),
        ({"timestamp": datetime(2100, 1, 1, tzinfo=UTC)}, "$.timestamp"),
        ({"data": msgspec.Raw(b'{"score":1,"text":"\\u0000"}')}, "$.data"),
    ],
)
async def test_what_makes_no_event_is_no_repair(
    desk: Desk, changes: dict[str, Any], field: str
) -> None:
    for id in (desk.failures.refuse("{}"), desk.failures.fail(EVENT)):
        with pytest.raises(InvalidEvent) as refused:
            await desk.dead_letters.edit(id, repair(**changes), "ann")
        assert refused.value.field == field
    assert len(desk.failures.events) == 2


async def test_points_that_a_player_made_up_count_only_once_somebody_vouches_for_them(
    desk: Desk,
) -> None:
    id = desk.failures.refuse(report(game_id="go"), by="ada")
    with pytest.raises(DeadLetterUnrepaired, match=r"edit it first.*from services only"):
        await desk.dead_letters.retry([id], "ann")
    assert not desk.published
    await desk.dead_letters.edit(id, repair(game_id="go"), "ann")
    await desk.dead_letters.retry([id], "ann")
    assert [event.game_id for event in desk.published] == ["go"]


async def test_what_was_never_taken_in_has_no_such_time(desk: Desk) -> None:
    id = desk.failures.refuse("{}")
    with pytest.raises(InvalidEvent, match="has not been taken in"):
        await desk.dead_letters.edit(id, repair(ingested_at=NOON), "ann")


@pytest.mark.parametrize("text", [b"no json", b"{}", b'{"players":7}', b"\xff"])
def test_a_text_that_is_no_event_is_no_repair(text: bytes) -> None:
    with pytest.raises(InvalidEvent):
        decode_repair(text)


# -- decisions -------------------------------------------------------------------------------------


@pytest.mark.parametrize("first", ["retry", "drop"])
async def test_what_is_decided_is_decided(desk: Desk, first: str) -> None:
    id = desk.failures.fail(EVENT)
    await getattr(desk.dead_letters, first)([id], "ann")
    published = list(desk.published)
    for again in (
        desk.dead_letters.edit(id, repair(), "ben"),
        desk.dead_letters.retry([id], "ben"),
        desk.dead_letters.preview([id], "ben"),
        desk.dead_letters.drop([id], "ben"),
    ):
        with pytest.raises(DeadLetterDecided, match="ann has"):
            await again
    assert desk.published == published


async def test_what_failed_again_can_be_retried_again(desk: Desk) -> None:
    id = desk.failures.fail(EVENT, at=3)
    await desk.dead_letters.retry([id], "ann")
    desk.failures.fail(desk.published[0], at=9, why="still")
    shown = await desk.dead_letters.show(id)
    assert (shown.status, shown.attempts, shown.error_message) == ("open", 2, "still")
    (letter,) = await desk.dead_letters.retry([id], "ann")
    assert letter.status == "retried"
    assert len(desk.published) == 2


async def test_who_comes_second_is_told(desk: Desk) -> None:
    id = desk.failures.fail(EVENT)
    desk.decisions.meanwhile = lambda: desk.failures.decide("drop", id, by="ann")
    with pytest.raises(DeadLetterDecided, match="ann dropped"):
        await desk.dead_letters.edit(id, repair(), "ben")
    assert (await desk.dead_letters.show(id)).edited_event is None


async def test_what_fails_while_it_is_given_up_stays_open(desk: Desk) -> None:
    id = desk.failures.fail(EVENT, at=3)
    desk.decisions.meanwhile = lambda: desk.failures.fail(EVENT, at=9, why="again")
    (letter,) = await desk.dead_letters.drop([id], "ann")
    assert (letter.status, letter.error_message) == ("open", "again")


async def test_there_is_no_deciding_on_what_is_not_there(desk: Desk) -> None:
    for asked in (
        desk.dead_letters.show("ingest.dlq/0/7"),
        desk.dead_letters.edit("ingest.dlq/0/7", repair(), "ann"),
        desk.dead_letters.retry(["ingest.dlq/0/7"], "ann"),
        desk.dead_letters.drop(["nonsense"], "ann"),
    ):
        with pytest.raises(DeadLetterNotFound, match="There is no dead letter"):
            await asked


async def test_a_dry_run_changes_nothing(desk: Desk) -> None:
    id = desk.failures.fail(EVENT)
    assert await desk.dead_letters.preview([id], "ann") == desk.changes
    assert not desk.published
    assert len(desk.failures.events) == 1


async def test_a_decision_that_does_not_show_is_told_as_such(desk: Desk) -> None:
    id = desk.failures.fail(EVENT)
    desk.letters.lags = True
    with pytest.raises(Unavailable, match="whether the worker dead-letters runs"):
        await desk.dead_letters.drop([id], "ann")
