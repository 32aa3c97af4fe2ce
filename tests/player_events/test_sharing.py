"""Several workers of one read model, each with its shards; the topic is in memory."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from functools import partial

import psycopg
import pytest
import redis

from application.player_events.triage import SkipEvent
from application.ports.projections import PositionConflict
from application.ports.reading import Batch, Checkpoint, ShardId
from application.projector import Projector
from application.rebuild import GenerationFold
from application.upkeep import Upkeep
from domain.player_events.event import TOPIC, PlayerEvent
from infra.postgres import sessions
from infra.postgres.database import Database
from interfaces.bootstrap.workers import read_models
from tests.conftest import Hall
from tests.player_events.conftest import Build
from tests.player_events.stored import Stored
from tests.player_events.told import Told, scored, statistics
from tests.projections.fakes import FakeLetters, FakeReader
from tests.projections.living import is_true, live, quietly
from tests.read_models import OF_PLAYERS, record_of, store_of

DIVIDED = [each.name for each in read_models() if each.divides and each.name in OF_PLAYERS]
ARCHIVE, STATISTICS = "event-archive", "player-statistics"
SHARDS = frozenset((TOPIC, partition) for partition in range(4))
ID = "0b9f0c1e-9e3b-4f1f-8a0e-3f6d2b7c9a10"
PLAYERS = [f"player-{number}" for number in range(20)]


class Member(FakeReader):
    """A reader to whom its group has given some shards."""

    def __init__(self, told: Told, given: frozenset[ShardId]) -> None:
        super().__init__(told, (TOPIC,))
        self.given = given

    def held(self) -> Sequence[ShardId]:
        return sorted(self.given)

    def take_up(self, checkpoints: Sequence[Checkpoint]) -> None:
        self._offsets = {(c.topic, c.partition): c.offset for c in checkpoints}
        assert self._offsets.keys() == self.given


class Worker:
    """A worker of a read model, which a test hands shards to."""

    def __init__(self, servers: Hall, told: Told, name: str, held: ExitStack) -> None:
        self.reader = Member(told, frozenset())
        self.store = store_of(servers.settings, name, held)
        self.model = Upkeep(name, self.reader, self.store, FakeLetters(), SkipEvent)
        self.projector: Projector = self.model.projector()

    def given(self, *partitions: int) -> "Worker":
        """Be given these partitions in place of others, and take them up."""
        self.reader.given = frozenset((TOPIC, partition) for partition in partitions)
        assert self.projector.resume()
        return self

    def step(self) -> int:
        return self.projector.step(0)

    def stepping(self) -> int:
        """Step until nobody is in the way."""
        while True:
            with suppress(PositionConflict):
                return self.step()
            assert self.projector.resume()


def write(worker: Worker, batch: Batch, meanwhile: Callable[[], None] = lambda: None) -> None:
    """One transaction of a worker, in the middle of which something else happens."""
    with worker.store.writing(batch.checkpoints) as writing:
        writing.apply(batch.events)
        meanwhile()


Staff = Callable[[str], Worker]


@pytest.fixture
def staff(empty: Hall, told: Told, read_model: Build) -> Iterator[Staff]:
    """Makes workers of read models that there are."""
    for name in DIVIDED:
        live(read_model(name))
    with ExitStack() as held:
        yield partial(Worker, empty, told, held=held)


def in_partition(told: Told, partition: int, event: PlayerEvent) -> None:
    """Tell an event in a partition that is not its player's, as another producer may."""
    told._place = lambda event: _placed(told, partition, event)  # type: ignore[method-assign]
    told.tell(event)
    del told._place


def _placed(told: Told, partition: int, event: PlayerEvent) -> PlayerEvent:
    event.partition, event.offset = partition, told._ends[partition]
    told._ends[partition] += 1
    return event


@pytest.mark.parametrize("name", DIVIDED)
def test_each_folds_what_it_holds_while_the_other_is_in_a_transaction(
    name: str, staff: Staff, told: Told, read_model: Build
) -> None:
    one, other = staff(name).given(0, 1), staff(name).given(2, 3)
    told.tell(*(scored(player) for player in PLAYERS))
    batch = one.reader.read(100, 0)

    folded: list[int] = []

    write(one, batch, meanwhile=lambda: folded.append(other.step()))

    assert 0 < folded[0] == len(told.events) - len(batch.events)
    assert is_true(read_model(name))


@pytest.mark.parametrize("name", DIVIDED)
def test_who_wakes_up_after_its_shards_went_to_another_writes_nothing(
    name: str, staff: Staff, told: Told, read_model: Build
) -> None:
    frozen, successor = staff(name).given(0, 1, 2, 3), staff(name)
    told.tell(*(scored(player) for player in PLAYERS))
    batch = frozen.reader.read(100, 0)
    successor.given(0, 1, 2, 3).step()

    with pytest.raises(PositionConflict):
        write(frozen, batch)

    told.tell(scored("ada"))
    assert successor.step() == 1, "it is not even disturbed"
    assert is_true(read_model(name))


@pytest.mark.parametrize("name", DIVIDED)
def test_who_holds_the_same_shards_takes_turns_whichever_of_them_have_events(
    name: str, staff: Staff, told: Told, stored: Stored
) -> None:
    one, other = staff(name).given(0, 1, 2, 3), staff(name).given(0, 1, 2, 3)
    in_partition(told, 1, scored("ada"))
    batch = one.reader.read(100, 0)
    in_partition(told, 2, scored("bob"))
    other.reader.read(1, 0)
    with ThreadPoolExecutor(1) as thread:
        waiting = thread.submit(int)

        def step_too() -> None:
            nonlocal waiting
            waiting = thread.submit(other.step)
            until_somebody_waits(stored)

        write(one, batch, meanwhile=step_too)

        with pytest.raises(PositionConflict):
            waiting.result()


@pytest.mark.parametrize("name", DIVIDED)
def test_shards_that_change_hands_are_taken_up_where_they_stand(
    name: str, staff: Staff, told: Told, read_model: Build
) -> None:
    one, other = staff(name).given(0, 1, 2), staff(name).given(3)
    for turn in range(4):
        told.tell(*(scored(player) for player in PLAYERS))
        one.step()
        other.step()
        one.given(*range(turn))
        other.given(*range(turn, 4))

    assert other.step() == 0
    assert is_true(read_model(name))


@pytest.mark.parametrize("name", DIVIDED)
def test_a_swap_is_seen_by_everybody(
    name: str, staff: Staff, told: Told, read_model: Build
) -> None:
    workers = [staff(name).given(0, 1), staff(name).given(2, 3)]
    told.tell(*(scored(player) for player in PLAYERS))
    read_model(name).rebuild(lambda _: None)

    for worker in workers:
        with pytest.raises(PositionConflict):
            worker.step()
        assert worker.projector.resume()
        assert worker.step() == 0
    assert is_true(read_model(name))


def test_who_holds_nothing_waits(staff: Staff, told: Told, stored: Stored) -> None:
    told.tell(scored("ada"))
    assert staff(ARCHIVE).given().step() == 0
    assert stored.archive() == []


def test_events_of_a_player_in_two_partitions_are_all_counted(
    staff: Staff, told: Told, stored: Stored
) -> None:
    one, other = staff(STATISTICS).given(0), staff(STATISTICS).given(1)
    in_partition(told, 0, scored("ada"))
    in_partition(told, 1, scored("ada"))

    at_once(one, other, stored)

    assert stored.statistics() == statistics(told.events)
    in_partition(told, 0, scored("ada"))
    in_partition(told, 1, scored("ada"))
    at_once(one, other, stored)
    assert stored.statistics() == statistics(told.events)


def test_an_id_in_two_partitions_counts_once(staff: Staff, told: Told, stored: Stored) -> None:
    one, other = staff(ARCHIVE).given(0), staff(ARCHIVE).given(1)
    in_partition(told, 0, scored("ada", id=ID))
    in_partition(told, 1, scored("ada", id=ID))

    at_once(one, other, stored)

    assert [id for _, id, *_ in stored.archive()] == [ID]


def at_once(one: Worker, other: Worker, stored: Stored) -> None:
    """Both fold; when the one commits, the other has read, and waits for its rows."""
    batch = one.reader.read(100, 0)
    with ThreadPoolExecutor(1) as thread:
        stepped = thread.submit(int)

        def step_too() -> None:
            nonlocal stepped
            stepped = thread.submit(other.stepping)
            until_somebody_waits(stored)

        write(one, batch, meanwhile=step_too)
        assert stepped.result() == 1


def until_somebody_waits(stored: Stored) -> None:
    query = "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    while stored.postgres.execute(query).fetchone() is None:
        pass


def test_parts_of_a_rebuild_that_change_the_same_row_come_one_after_the_other(
    staff: Staff, told: Told, stored: Stored
) -> None:
    builder, helper = record_of(staff(STATISTICS).store), record_of(staff(STATISTICS).store)
    in_partition(told, 0, scored("ada"))
    in_partition(told, 1, scored("ada"))
    triage, reader = SkipEvent(FakeLetters()), FakeReader(told, (TOPIC,), (TOPIC, 1))

    with (
        builder.building() as generation,
        helper.joining() as part,
        GenerationFold(reader, part, triage, quietly, 100) as fold,
        ThreadPoolExecutor(1) as thread,
    ):
        with generation.writing() as writing:
            writing.apply(told.events[:1])
            meeting = thread.submit(fold.on)
            until_somebody_waits(stored)
        meeting.result()
        query = "SELECT total_events FROM rebuild_player_statistics.player_statistics"
        assert stored.postgres.execute(query).fetchall() == [(2,)]


@pytest.mark.parametrize("amid", ["between statements", "amid rows"])
@pytest.mark.parametrize("name", DIVIDED)
def test_who_is_frozen_in_a_transaction_is_not_waited_for_for_ever(
    name: str,
    amid: str,
    staff: Staff,
    told: Told,
    read_model: Build,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sessions, "FROZEN_AFTER_S", 0.0)
    frozen, successor = staff(name).given(0, 1, 2, 3), staff(name)
    told.tell(*(scored(player) for player in PLAYERS))
    batch = frozen.reader.read(100, 0)

    def succeed() -> None:
        with ExitStack() as held:
            if amid == "amid rows":
                cursor = record_of(frozen.store)._database.connection.cursor()
                held.enter_context(cursor.copy("COPY events FROM STDIN"))
            successor.given(0, 1, 2, 3)
            with pytest.raises(PositionConflict):
                successor.step()  # after as long as one waits for a lock
            assert successor.projector.resume()
            assert successor.step() == len(PLAYERS)

    with pytest.raises(psycopg.OperationalError):
        write(frozen, batch, meanwhile=succeed)
    assert is_true(read_model(name))


def test_a_cache_that_is_lost_is_filled_once_and_found_by_everybody(
    empty: Hall, staff: Staff, told: Told, stored: Stored
) -> None:
    one, other = staff(STATISTICS).given(0, 1), staff(STATISTICS).given(2, 3)
    told.tell(*(scored(player) for player in PLAYERS))
    one.step()
    other.step()
    with redis.Redis.from_url(empty.redis) as client:
        client.flushall()
    with pytest.raises(PositionConflict):
        one.step()
    assert one.projector.resume()
    filled = stored.redis.get("projection:player-statistics")

    told.tell(*(scored(player) for player in PLAYERS))
    one.step()
    other.step()

    assert stored.redis.get("projection:player-statistics") == filled
    totals = {key: int(row["total_events"]) for key, row in stored.cached(STATISTICS).items()}
    assert totals == {f"player_stats:{player}": 2 for player in PLAYERS}


def test_a_cache_that_misses_what_a_killed_worker_wrote_last_is_filled_by_its_successor(
    staff: Staff, told: Told, stored: Stored
) -> None:
    killed, other = staff(STATISTICS).given(0, 1), staff(STATISTICS).given(2, 3)
    told.tell(*(scored(player) for player in PLAYERS))
    batch = killed.reader.read(100, 0)
    with record_of(killed.store).writing(batch.checkpoints) as writing:  # and no further
        writing.apply(batch.events)
    other.step()

    other.given(0, 1, 2, 3)

    totals = {key: int(row["total_events"]) for key, row in stored.cached(STATISTICS).items()}
    assert totals == {f"player_stats:{player}": 1 for player in PLAYERS}


def test_connections_of_live_workers_are_called_by_their_read_model(
    empty: Hall, staff: Staff
) -> None:
    staff(ARCHIVE).given(0)
    query = "SELECT FROM pg_stat_activity WHERE application_name = 'gamehall-event-archive'"
    assert Database(empty.postgres).connection.execute(query).fetchone() is not None
