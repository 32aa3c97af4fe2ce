import msgspec
import psycopg
import pytest
import redis

from application.log.records import UnreadableEvent
from application.triage import STREAM_PARKED
from domain.events import DomainEvent
from domain.waitroom.events import WaitroomOpened
from projections.waitroom.queue import QueueChanges
from tests.conftest import Hall
from tests.given import T0
from tests.projections.conftest import Build
from tests.projections.fakes import FakeLetters
from tests.projections.living import is_true, live, quietly
from tests.projections.stories import tell_of_game, tell_of_rooms
from tests.projections.story import Narrator


@pytest.fixture
def poison(monkeypatch: pytest.MonkeyPatch) -> None:
    """The queue cannot take a room of more than a thousand."""
    take = QueueChanges.take

    def choosy(changes: QueueChanges, event: DomainEvent) -> None:
        if isinstance(event, WaitroomOpened) and event.capacity > 1_000:
            raise OverflowError("This room is too large.")
        take(changes, event)

    monkeypatch.setattr(QueueChanges, "take", choosy)


def opened(id: str, capacity: int) -> WaitroomOpened:
    return WaitroomOpened(
        originator_id=id,
        originator_version=1,
        timestamp=T0,
        capacity=capacity,
        checkout_seconds=60,
    )


@pytest.mark.usefixtures("poison")
def test_a_poisoned_event_parks_its_own_stream_and_no_other(
    empty: Hall, read_model: Build, narrator: Narrator
) -> None:
    model = live(read_model("waitroom"))
    first, later = narrator.record([opened("huge", 5_000), opened("huge", 10)])
    tell_of_rooms(narrator)

    live(model)

    parked = model.parked()
    assert [(each.aggregate_id, each.position) for each in parked] == [
        ("huge", str(first.position))
    ]
    assert "too large" in parked[0].reason
    assert isinstance(model.letters, FakeLetters)
    assert model.letters.sent == [
        (str(first.position), "OverflowError: This room is too large."),
        (str(later.position), STREAM_PARKED),
    ]
    assert model.letters.flushed == 2
    with redis.Redis.from_url(empty.redis, decode_responses=True) as client:
        assert len(client.zrange(f"{client.get('projection:waitroom')}:rooms", 0, -1)) == 3


@pytest.mark.usefixtures("poison")
def test_a_parked_stream_stays_parked_in_later_batches_and_workers(
    read_model: Build, narrator: Narrator
) -> None:
    live(read_model("waitroom"))
    narrator.record([opened("huge", 5_000)])
    live(read_model("waitroom"))
    (later,) = narrator.record([opened("huge", 10)])

    model = live(read_model("waitroom"))

    assert isinstance(model.letters, FakeLetters)
    assert model.letters.sent == [(str(later.position), STREAM_PARKED)]
    assert model.status().parked == 1


def test_a_stream_is_no_longer_parked_after_a_rebuild_with_code_that_can_take_it(
    read_model: Build, narrator: Narrator, request: pytest.FixtureRequest
) -> None:
    request.getfixturevalue("poison")
    narrator.record([opened("huge", 5_000)])
    model = live(read_model("waitroom"))
    assert model.status().parked == 1
    request.getfixturevalue("monkeypatch").undo()

    assert model.rebuild(quietly).different > 0

    assert model.parked() == []
    assert is_true(model)


@pytest.mark.parametrize("name", ["waitroom", "game-records"])
def test_an_event_that_cannot_be_read_parks_its_stream(
    name: str, read_model: Build, narrator: Narrator
) -> None:
    model = live(read_model(name))
    tell_of_game(narrator, "fine", "ada", "bob")
    tell_of_rooms(narrator)
    event = narrator.events[-1 if name == "waitroom" else 3]
    raw = UnreadableEvent(
        originator_id=event.event.originator_id,
        originator_version=99,
        timestamp=T0,
        reason="Nobody knows this type.",
        raw=msgspec.json.encode(event.event),
    )
    narrator.events[narrator.events.index(event)] = event._replace(event=raw)

    live(model)

    assert [each.reason for each in model.parked()] == ["Nobody knows this type."]
    assert is_true(model)


def test_what_a_table_cannot_hold_parks_its_game_and_no_other(
    empty: Hall, read_model: Build, narrator: Narrator
) -> None:
    model = live(read_model("game-records"))
    tell_of_game(narrator, "a\0b", "ada", "bob")
    tell_of_game(narrator, "fine", "ada", "bob")

    live(model)

    assert [each.aggregate_id for each in model.parked()] == ["a\0b"]
    with psycopg.connect(empty.postgres) as connection:
        assert connection.execute("SELECT id FROM games").fetchall() == [("fine",)]
    assert is_true(model)
