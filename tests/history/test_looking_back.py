"""An aggregate as of a version, a position or a time."""

import asyncio
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from application import history
from application.history import (
    History,
    HistoryTooLong,
    HistoryUnreadable,
    Moment,
    OtherShard,
    Past,
    events_of,
    fold,
)
from application.log.records import UnreadableEvent
from application.ports.commands import Unavailable
from application.ports.reading import Batch, ShardId
from domain.categories import GAMES, WAITROOMS
from domain.category import Category
from domain.events import Position, Recorded
from domain.games.commands import GameView, LobbyView, MakeMove, Seek
from domain.waitroom.commands import RoomView
from infra.eventlog.partition import partition_for
from tests.given import T0, at
from tests.projections.fakes import FakeReader
from tests.projections.stories import tell_of_everything, tell_of_game
from tests.projections.story import Narrator

ALL = 1_000


class CountingReader(FakeReader):
    """Counts the records that it was asked for."""

    records = 0

    def read(self, limit: int, timeout: float) -> Batch:
        batch = super().read(limit, timeout)
        CountingReader.records += len(batch.events)
        return batch


def shard_of(category: Category, aggregate_id: str) -> ShardId:
    return category.topic, partition_for(aggregate_id, 4)


def history_of(narrator: Narrator, patience: float = 10, most_events: int = ALL) -> History:
    return History(
        shard_of,
        lambda shard, _: CountingReader(narrator, [shard[0]], only=shard),
        patience=patience,
        most_events=most_events,
    )


def look(
    past: History,
    aggregate_id: str,
    moment: Moment = history.LATEST,
    category: Category = GAMES,
    keep: int = ALL,
) -> Past | None:
    return asyncio.run(past.look(category, aggregate_id, moment, keep))


def state(past: Past | None) -> GameView:
    assert past is not None
    assert isinstance(past.aggregate.view, GameView)
    return past.aggregate.view


@pytest.fixture(scope="module")
def told() -> Narrator:
    narrator = Narrator()
    tell_of_everything(narrator)
    return narrator


def of(narrator: Narrator, aggregate_id: str) -> list[Recorded]:
    return [each for each in narrator.events if each.event.originator_id == aggregate_id]


@pytest.fixture
def past(told: Narrator) -> History:
    CountingReader.records = 0
    return history_of(told)


def test_the_latest_is_what_there_is_without_a_moment(told: Narrator, past: History) -> None:
    found = look(past, "game-0")
    assert found is not None
    assert list(found.events) == of(told, "game-0")
    assert (state(found).status, state(found).moves) == ("finished", 7)


def test_a_version_counts_with_all_before_it(past: History) -> None:
    game = state(look(past, "game-0", Moment(version=4)))
    assert (game.status, game.moves) == ("playing", 3)


def test_a_time_counts_with_all_that_happened_then(past: History) -> None:
    assert state(look(past, "game-0", Moment(time=at(3)))).moves == 3
    assert state(look(past, "game-0", Moment(time=at(2.999)))).moves == 2


def test_a_position_counts_whosever_event_is_there(told: Narrator, past: History) -> None:
    mine = of(told, "game-0")
    shard = mine[0].position[:2]
    others = [e for e in told.events if e.position[:2] == shard and e not in mine]
    after = next(each.position for each in others if each.position > mine[-1].position)
    assert state(look(past, "game-0", Moment(position=mine[5].position))).moves == 5
    assert state(look(past, "game-0", Moment(position=after))).moves == 7


def test_of_several_moments_the_earliest_counts(told: Narrator, past: History) -> None:
    position = of(told, "game-0")[6].position
    for moment in (
        Moment(3, position, at(5)),
        Moment(5, of(told, "game-0")[2].position, at(6)),
        Moment(7, position, at(2)),
    ):
        assert state(look(past, "game-0", moment)).moves == 2


def test_before_the_beginning_there_is_nothing(past: History) -> None:
    assert look(past, "game-1", Moment(time=at(999))) is None
    assert look(past, "nobody") is None


def test_a_position_in_another_shard_says_nothing(past: History) -> None:
    topic, partition = shard_of(GAMES, "game-0")
    with pytest.raises(OtherShard, match="where this is"):
        look(past, "game-0", Moment(position=Position(topic, (partition + 1) % 4, 3)))


def test_rooms_and_the_lobby_have_a_past_too(told: Narrator, past: History) -> None:
    room = look(past, "concert-0", Moment(version=10), WAITROOMS)
    assert room is not None
    assert room.aggregate.view == RoomView(
        event_id="concert-0",
        status="open",
        paused=False,
        capacity=4,
        checkout_seconds=60,
        joined=5,
        waiting=1,
        ready=4,
    )
    lobby = look(past, "lobby", Moment(version=1))
    assert lobby is not None
    waiting = Seek(user_id="ada", game_id="bot-game", status="seeking")
    assert lobby.aggregate.view == LobbyView(waiting=waiting, tables=0)


def test_only_the_last_events_are_kept(told: Narrator, past: History) -> None:
    found = look(past, "game-0", Moment(version=5), keep=2)
    assert found is not None
    assert list(found.events) == of(told, "game-0")[3:5]
    assert found.latest == of(told, "game-0")[4]
    assert state(found).moves == 4


@settings(deadline=None)
@given(st.data())
def test_every_moment_of_the_past_is_the_fold_of_what_had_happened(data: st.DataObject) -> None:
    narrator = Narrator(partitions=2)
    tell_of_everything(narrator)
    mine = of(narrator, data.draw(st.sampled_from(["game-0", "game-1", "game-2"])))
    count = data.draw(st.integers(1, len(mine)))
    last = mine[count - 1]
    moment = data.draw(
        st.sampled_from(
            [
                Moment(version=count),
                Moment(position=last.position),
                Moment(time=last.event.timestamp),
            ]
        )
    )
    id = last.event.originator_id
    shard = last.position[:2]
    found = fold(GAMES, events_of(FakeReader(narrator, [shard[0]], shard), id, moment), ALL)
    assert found is not None
    # Where several happen in one moment, a time includes them all.
    had_happened = [e for e in mine if e in mine[:count] or moment.includes(e)]
    assert list(found.events) == had_happened
    expected = type(found.aggregate).fold(id, [each.event for each in had_happened])
    assert found.aggregate.view == expected.view
    assert found.aggregate.version == expected.version


# -- what it costs ---------------------------------------------------------------------------------


def test_reading_ends_where_the_moment_is_over(
    told: Narrator, past: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "SLICE_RECORDS", 1)
    begun = of(told, "game-0")[0]
    before = [
        e
        for e in told.events
        if e.position[:2] == begun.position[:2] and e.position < begun.position
    ]
    look(past, "game-0", Moment(position=begun.position))
    assert CountingReader.records == len(before) + 1


def test_the_next_look_reads_only_what_was_added() -> None:
    narrator = Narrator()
    tell_of_game(narrator, "game", "ada", "bob", end=2)
    past = history_of(narrator)
    assert state(look(past, "game")).moves == 4
    CountingReader.records = 0
    assert state(look(past, "game", Moment(version=2))).moves == 1
    assert CountingReader.records == 0
    narrator.tell(MakeMove(game_id="game", player="ada", column=0), now=at(9))
    assert state(look(past, "game")).moves == 5
    assert CountingReader.records == 1


def test_a_look_that_takes_too_long_is_gone_on_with_by_the_next(
    told: Narrator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "SLICE_RECORDS", 1)
    past = history_of(told, patience=0)
    CountingReader.records = 0
    with pytest.raises(Unavailable, match="1 records of the log have been read"):
        look(past, "game-0", Moment(version=3))
    with pytest.raises(Unavailable, match="2 records of the log have been read"):
        look(past, "game-0", Moment(version=3))
    assert state(patiently(past, "game-0", Moment(version=3))).moves == 2


def patiently(past: History, aggregate_id: str, moment: Moment) -> Past | None:
    while True:
        with suppress(Unavailable):
            return look(past, aggregate_id, moment)


def test_who_waits_too_long_for_others_is_asked_to_come_back(told: Narrator) -> None:
    past = history_of(told, patience=0)
    with past._turn, pytest.raises(Unavailable, match="Others"):
        look(past, "game-0")


def test_an_aggregate_of_too_many_events_is_refused(told: Narrator) -> None:
    with pytest.raises(HistoryTooLong, match="more than 5 events"):
        look(history_of(told, most_events=5), "game-0")


def test_what_was_looked_at_long_ago_is_forgotten(
    told: Narrator, monkeypatch: pytest.MonkeyPatch
) -> None:
    past = history_of(told, most_events=10)
    for id in ("game-0", "game-1", "game-3"):
        look(past, id)
    assert [id for _, id in past._known] == ["game-3"]
    monkeypatch.setattr(history, "MOST_STREAMS", 2)
    for id in ("one", "two", "three"):
        assert look(past, id) is None
    assert [id for _, id in past._known] == ["two", "three"]


def test_an_event_that_nobody_knows_is_not_passed_over(told: Narrator) -> None:
    known = of(told, "game-0")[0]
    unknown = UnreadableEvent(
        originator_id="game-0", originator_version=2, timestamp=T0, reason="new", raw=b"{}"
    )
    with pytest.raises(HistoryUnreadable, match=str(known.position)):
        fold(GAMES, [known, known._replace(event=unknown)])
