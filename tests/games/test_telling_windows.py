"""The relay of `game-metrics`: what the topic holds in the end is what the read model shows."""

from collections.abc import Sequence

import pytest

from infra.game_metrics import GameMetricsRelay, Told, record_of
from projections.games.game_metrics import GameWindow, LastChange
from tests.games.windows import Played, shown
from tests.given import at


class Crash(Exception):
    """The process ends here."""


class Topic:
    """A topic in memory; crashes whoever writes more than it has room for."""

    def __init__(self) -> None:
        self.records: list[tuple[bytes, bytes]] = []
        self.room = 1_000
        self.read = 0

    def newest(self) -> Told:
        self.read += 1
        return dict(self.records)

    def tell(self, news: Told) -> None:
        for record in news.items():
            if len(self.records) == self.room:
                raise Crash
            self.records.append(record)


class Model:
    """The read model, in memory; each window with the number of its last change."""

    def __init__(self) -> None:
        self.generation = "first"
        self.number = 0
        self.windows: dict[bytes, tuple[LastChange, GameWindow]] = {}

    def show(self, *games: Played) -> None:
        for window in (*shown(games, "hour"), *shown(games, "day")):
            key, _ = record_of(window)
            known = self.windows.get(key)
            if known is None or known != (known[0], window):
                self.number += 1
                self.windows[key] = LastChange(self.generation, self.number), window

    def rebuild(self) -> None:
        """The same windows in another generation, which were written in another order."""
        self.generation += "'"
        for key, (_, window) in sorted(self.windows.items(), reverse=True):
            self.number += 1
            self.windows[key] = LastChange(self.generation, self.number), window

    def changed(self, since: LastChange) -> Sequence[tuple[LastChange, GameWindow]]:
        return sorted(
            (change, window)
            for change, window in self.windows.values()
            if change.generation != since.generation or change.number > since.number
        )

    @property
    def records(self) -> Told:
        return dict(record_of(window) for _, window in self.windows.values())


class Lock:
    """Nobody else has it."""


class World:
    def __init__(self) -> None:
        self.model, self.topic = Model(), Topic()

    def relay(self) -> GameMetricsRelay:
        return GameMetricsRelay(self.model.changed, self.topic, Lock())  # type: ignore[arg-type]

    def is_told(self) -> bool:
        return dict(self.topic.records) == self.model.records

    def tells_nothing_twice(self) -> bool:
        told: dict[bytes, bytes] = {}
        for key, value in self.topic.records:
            if told.get(key) == value:
                return False
            told[key] = value
        return True


@pytest.fixture
def world() -> World:
    return World()


FIRST = Played(id="1", ends=at(9))
LATER = Played(id="2", begins=at(7_200), ends=at(7_300))


def test_a_window_is_told_once_it_has_changed_and_only_then(world: World) -> None:
    relay = world.relay()
    assert relay.step() == 0
    world.model.show(FIRST)
    assert relay.step() == 2
    assert relay.step() == 0
    world.model.show(FIRST, LATER)
    assert relay.step() == 2, "its hour, and the day of both"
    assert world.is_told()
    assert world.topic.read == 1, "at the start"


def test_a_relay_that_starts_again_repeats_nothing_and_leaves_nothing_out(world: World) -> None:
    world.model.show(FIRST)
    world.relay().step()
    assert world.relay().step() == 0
    world.model.show(FIRST, LATER)
    assert world.relay().step() == 2
    assert world.is_told()


def test_a_rebuild_that_comes_to_the_same_is_not_told(world: World) -> None:
    world.model.show(FIRST, LATER)
    relay = world.relay()
    relay.step()
    world.model.rebuild()
    assert relay.step() == 0
    world.model.show(FIRST)  # as a corrected fold sees it
    assert relay.step() == 1
    assert world.is_told()


@pytest.mark.parametrize("records", range(3))
def test_a_relay_that_is_killed_between_two_records_is_followed_by_one_that_tells_the_rest(
    world: World, records: int
) -> None:
    world.model.show(FIRST, LATER)
    world.topic.room = records
    with pytest.raises(Crash):
        world.relay().step()
    world.topic.room = 1_000
    assert not world.is_told()
    assert world.relay().step() == 3 - records
    assert world.is_told()
    assert world.tells_nothing_twice()


def test_what_others_wrote_is_put_right(world: World) -> None:
    world.model.show(FIRST)
    world.relay().step()
    key, _ = world.topic.records[0]
    world.topic.records.append((key, b"{}"))
    assert world.relay().step() == 1
    assert world.is_told()


def test_a_record_has_the_window_as_its_key() -> None:
    (hour,), (day,) = shown([FIRST], "hour"), shown([FIRST], "day")
    assert record_of(hour)[0] == b"hour/2026-11-01T12:00:00Z"
    assert record_of(day)[0] == b"day/2026-11-01T00:00:00Z"
