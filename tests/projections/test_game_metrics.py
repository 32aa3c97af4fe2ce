"""Games by the hour and by the day, on real servers: the tables, and the topic."""

from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, closing
from datetime import date
from random import Random
from typing import Any

import msgspec
import pytest
import stamina
from confluent_kafka import KafkaException
from psycopg_pool import AsyncConnectionPool

from application.upkeep import Upkeep
from infra.game_metrics import NAME, GameMetricsRelay, MetricsTopic, record_of
from infra.kafka.append import NewRecord, append_durably
from infra.kafka.records import describe
from infra.postgres.database import Database
from infra.relay import RelayLock
from projections.days import Days
from projections.games.game_metrics import (
    GameMetricsQueries,
    GameWindow,
    LastChange,
    Per,
    changed_windows,
)
from projections.projection import ReadModelMissing
from tests.conftest import Hall
from tests.games.windows import played_in, shown
from tests.projections.conftest import Build
from tests.projections.living import is_true, live, quietly
from tests.projections.stories import tell_of_a_bot, tell_of_game, tell_of_games, tell_of_who_left
from tests.projections.story import Narrator

NOVEMBER = Days(date(2026, 11, 1), date(2026, 11, 30))


@pytest.fixture
async def metrics(servers: Hall) -> AsyncIterator[GameMetricsQueries]:
    options = {"options": "-c TimeZone=Asia/Kolkata"}  # whose hours are not those of UTC
    async with AsyncConnectionPool[Any](servers.postgres, open=False, kwargs=options) as pool:
        yield GameMetricsQueries(pool)


@pytest.fixture
def database(servers: Hall) -> Iterator[Database]:
    with closing(Database(servers.postgres)) as database:
        yield database


def tell(narrator: Narrator) -> None:
    tell_of_games(narrator, games=30)  # over eight hours
    tell_of_a_bot(narrator)
    tell_of_who_left(narrator)


def expected(narrator: Narrator, per: Per) -> list[GameWindow]:
    return shown(played_in(each.event for each in narrator.events), per)


@pytest.mark.parametrize("seed", range(3))
async def test_the_tables_hold_what_games_come_to_in_whatever_batches_they_are_folded(
    read_model: Build, narrator: Narrator, metrics: GameMetricsQueries, seed: int
) -> None:
    model, random = live(read_model("game-metrics")), Random(seed)
    tell(narrator)
    worker = model.projector()
    assert worker.resume()
    while True:
        batch = model.reader.read(random.randint(1, 40), 0)
        with model.store.writing(batch.checkpoints) as writing:
            writing.apply(batch.events)
        if not batch.events:
            break
    for per in ("hour", "day"):
        told = await metrics.windows(per, NOVEMBER)
        assert msgspec.json.encode(told.windows) == msgspec.json.encode(expected(narrator, per))
    assert is_true(model)


async def test_windows_of_other_days_are_not_told(
    read_model: Build, narrator: Narrator, metrics: GameMetricsQueries
) -> None:
    tell_of_game(narrator, "late", "ada", "bob", seconds=12 * 3_600 - 3)  # over midnight
    live(read_model("game-metrics"))
    first, second = date(2026, 11, 1), date(2026, 11, 2)
    for day, counts in {first: (1, 0), second: (0, 1)}.items():
        (window,) = (await metrics.windows("hour", Days(day, day))).windows
        assert (window.started, window.finished) == counts
    assert (await metrics.windows("day", Days(date(2026, 12, 1), date(2026, 12, 2)))).windows == []


async def test_nothing_is_told_while_the_windows_are_built(
    empty: Hall, metrics: GameMetricsQueries
) -> None:
    with pytest.raises(ReadModelMissing):
        await metrics.windows("day", NOVEMBER)


# -- the topic -------------------------------------------------------------------------------------


class Relays:
    """Relays of `game-metrics`, one after another."""

    def __init__(self, hall: Hall, database: Database, held: ExitStack) -> None:
        self._hall = hall
        self._database = database
        self._held = held
        self.topic = held.enter_context(closing(MetricsTopic(hall.kafka)))

    def lock(self) -> RelayLock:
        return self._held.enter_context(closing(RelayLock(self._database, NAME)))

    def start(self) -> GameMetricsRelay:
        def changed(since: LastChange) -> list[tuple[LastChange, GameWindow]]:
            return changed_windows(self._database.connection, since)

        return GameMetricsRelay(changed, self.topic, self.lock())

    def records(self) -> int:
        """How many records the topic has got."""
        (partition,) = describe(self._hall.kafka, "game-metrics")["partitions"]
        end: int = partition["end"]
        return end

    def is_told(self) -> bool:
        """Whether the topic's newest records are the windows of the read model, and no others."""
        windows = changed_windows(self._database.connection, LastChange())
        told = self.topic.newest()
        return {key: told.get(key) for key, _ in map(record_of, (w for _, w in windows))} == dict(
            record_of(window) for _, window in windows
        )


@pytest.fixture
def relays(empty: Hall, database: Database) -> Iterator[Relays]:
    with ExitStack() as held:
        relays = Relays(empty, database, held)
        # Brokers that have just created a topic need a moment to agree on who leads it.
        for attempt in stamina.retry_context(on=KafkaException):
            with attempt:
                relays.topic.newest()
        yield relays


def followed(read_model: Build) -> Upkeep:
    return live(read_model("game-metrics"))


def test_the_topic_is_told_what_changes_and_nothing_twice(
    relays: Relays, read_model: Build, narrator: Narrator
) -> None:
    relay = relays.start()
    tell(narrator)
    followed(read_model)
    relay.step()
    assert relays.is_told()

    before = relays.records()
    tell_of_game(narrator, "one-more", "ada", "bob")
    followed(read_model)
    assert relay.step() == 2
    assert relay.step() == 0
    assert relays.start().step() == 0, "the next one looks what the topic holds"
    assert relays.records() == before + 2
    assert relays.is_told()


def test_a_rebuild_tells_the_topic_nothing_new(
    relays: Relays, read_model: Build, narrator: Narrator
) -> None:
    relay = relays.start()
    tell(narrator)
    model = followed(read_model)
    relay.step()
    before = relays.records()
    model.rebuild(quietly)
    assert relay.step() == 0
    assert relays.records() == before

    tell_of_game(narrator, "afterwards", "ada", "bob")
    followed(read_model)
    assert relay.step() == 2, "and goes on from the new generation"


def test_what_others_wrote_to_the_topic_is_put_right(
    relays: Relays, read_model: Build, narrator: Narrator, servers: Hall
) -> None:
    tell(narrator)
    followed(read_model)
    relays.start().step()
    record = NewRecord("game-metrics", "day/2026-11-01T00:00:00Z", b"{}")
    append_durably(servers.kafka, [record], 10)
    assert not relays.is_told()
    assert relays.start().step() == 1
    assert relays.is_told()


def test_one_relay_is_active_and_keeps_nobody_else_from_working(relays: Relays) -> None:
    first, second = relays.lock(), relays.lock()
    assert first.taken()
    assert not second.taken()
    first.close()
    assert second.taken()
