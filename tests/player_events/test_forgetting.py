"""Whoever is erased is forgotten in what games told of them, and counts as before."""

import uuid
from contextlib import ExitStack
from datetime import timedelta
from typing import Any, cast

import msgspec
import pytest
from psycopg.rows import dict_row

from domain.player_events.event import PlayerEvent
from domain.player_events.scores import score_of
from domain.player_events.types import COUNTED, TYPES
from projections.player_events.event_archive import RECORD, record_of
from projections.player_events.player_activity import daily_sessions
from tests.conftest import Hall
from tests.player_events.conftest import Build, builder
from tests.player_events.stored import Stored
from tests.player_events.test_correcting import agrees, erase, follow, replace, void
from tests.player_events.told import NOON, Told, did, scored
from tests.projections.fakes import FakeLetters
from tests.projections.living import live, outcome, quietly
from tests.read_models import OF_PLAYERS

SAID = "Ada of Nowhere said so"


def said(kind: str = "player_score", player_id: str = "ada", **data: Any) -> PlayerEvent:
    event = scored(player_id, 0, id=str(uuid.uuid4()))
    raw = msgspec.Raw(msgspec.json.encode(data))
    return msgspec.structs.replace(event, event_type=kind, data=raw)


def raw(kind: str, data: str) -> PlayerEvent:
    return msgspec.structs.replace(said(kind), data=msgspec.Raw(data.encode()))


def archived(stored: Stored) -> list[PlayerEvent]:
    query = f'SELECT {RECORD} FROM events ORDER BY partition, "offset"'
    with stored.postgres.cursor(row_factory=dict_row) as cursor:
        return [record_of(row) for row in cursor.execute(query).fetchall()]


def data_of(stored: Stored) -> list[Any]:
    return [msgspec.json.decode(event.data) for event in archived(stored)]


def test_of_what_was_said_before_only_numbers_that_count_are_left(
    read_model: Build, told: Told, stored: Stored
) -> None:
    told.tell(
        said(score=7, chat=SAID, nested={"why": [SAID]}),
        said("purchase_made", product_id=SAID, amount=3, currency="EUR"),
        said("wave", anything=SAID),
        raw("player_score", f'"{SAID}"'),
    )
    follow(read_model)
    assert SAID in str(data_of(stored))
    told.tell(erase(), said(score=8, chat="Back again"))
    follow(read_model)
    assert data_of(stored) == [
        {"score": 7},
        {"amount": 3},
        {},
        False,
        {"score": 8, "chat": "Back again"},
    ]


def test_others_are_not_touched_and_repeating_it_changes_nothing(
    read_model: Build, told: Told, stored: Stored
) -> None:
    told.tell(said(score=7, chat=SAID), said(score=9, chat="I am Bob", player_id="bob"), erase())
    follow(read_model)
    before = data_of(stored)
    assert {"score": 9, "chat": "I am Bob"} in before
    told.tell(erase())
    follow(read_model)
    assert data_of(stored) == before


def test_it_reaches_what_a_program_has_put_into_another_partition(
    read_model: Build, told: Told, stored: Stored
) -> None:
    (event,) = told.tell(said(score=7, chat=SAID))
    elsewhere = (event.partition + 1) % told.partitions
    told.events[0] = msgspec.structs.replace(event, partition=elsewhere)
    (erased,) = told.tell(erase())
    for partition in range(told.partitions):
        again = msgspec.structs.replace(erased, partition=partition, offset=1)
        told.events.append(msgspec.structs.replace(again, event_id=str(uuid.uuid4())))
    follow(read_model)
    assert data_of(stored) == [{"score": 7}]


def test_counts_ranks_and_rebuilds_stay_what_they_were(
    empty: Hall, told: Told, stored: Stored
) -> None:
    told.tell(
        *(scored("ada", 90), scored("bob", 10), said(score=5, chat=SAID)),
        replace(scored("ada", 1), data=msgspec.Raw(b'{"score": 3, "chat": "x"}')),
        *(did("session_started"), raw("session_ended", '{"seconds": 60, "why": "x"}')),
        *(void("bob"), void("ada", NOON - timedelta(days=9), NOON - timedelta(days=8)), erase()),
    )
    with ExitStack() as held:
        follow(builder(empty, told, held))
    agrees(stored, told)
    reasons = "SELECT reason FROM leaderboards_voids WHERE player_id = %s"
    assert stored.postgres.execute(reasons, ["ada"]).fetchall() == [("",)]
    with ExitStack() as held:
        for name in OF_PLAYERS:
            assert outcome(builder(empty, told, held)(name).rebuild(quietly)) == (True, 0)
    agrees(stored, told)
    assert "x" not in str(data_of(stored))


def test_somebody_who_is_erased_is_counted_again_as_before(
    read_model: Build, told: Told, stored: Stored
) -> None:
    told.tell(said(score=7, chat=SAID), said("quest_completed", quest_id=SAID, score=2), erase())
    told.tell(void("ada", NOON + timedelta(days=9), NOON + timedelta(days=10)))
    follow(read_model)
    assert {players["ada"] for players in stored.scores().values()} == {9}
    agrees(stored, told)


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("player_score", '{"score": 7, "x": "y"}'),
        ("player_score", '{"score": 7.0}'),
        ("player_score", '{"score": "7"}'),
        ("player_score", '{"score": -7}'),
        ("player_score", '{"score": null}'),
        ("player_score", '["score"]'),
        ("session_ended", '{"seconds": 1.5, "x": "y"}'),
        ("session_ended", '{"seconds": null}'),
        ("session_ended", '{"seconds": "1.5"}'),
        ("session_ended", "{}"),
        ("session_ended", "7"),
    ],
)
def test_what_could_be_counted_still_can_and_what_could_not_still_cannot(
    read_model: Build, told: Told, stored: Stored, kind: str, data: str
) -> None:
    """Or a rebuild from the archive would come to something else than one from the topic."""
    event = raw(kind, data)
    told.tell(event, erase())
    live(read_model("event-archive"))
    (left,) = archived(stored)
    assert count_of(left) == count_of(event)


def count_of(event: PlayerEvent) -> Any:
    try:
        return score_of(event), daily_sessions([event]) if event.event_type in SESSIONS else None
    except msgspec.ValidationError:
        return "it is set aside"


SESSIONS = ("session_started", "session_ended")


def test_what_counts_is_declared_by_the_types() -> None:
    assert COUNTED.keys() == TYPES.keys()
    assert COUNTED["player_level_up"] == ("level", "experience")
    assert COUNTED["purchase_made"] == ("amount",)
    assert COUNTED["quest_started"] == ()


def test_whoever_sets_events_aside_is_told_to_forget_what_was_set_aside_before(
    read_model: Build, told: Told
) -> None:
    told.tell(said(score="x"), said(score=1, player_id="bob"), erase())
    live(read_model("event-archive"))
    boards = read_model("leaderboards")
    live(boards)
    letters = cast("FakeLetters", boards.letters)
    assert (len(letters.sent), letters.forgotten) == (1, ["ada"])
