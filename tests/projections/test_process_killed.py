"""The worker of a process manager, killed anywhere on real servers: nothing comes out otherwise."""

import random
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import IO

import pytest

from application.games.matchmaking import NAME, BotGame, MatchmakingProcess
from application.ports.commands import Envelope
from application.ports.processes import StateChanges
from application.ports.projections import PositionConflict
from application.ports.reading import Checkpoint
from bench import matchmaking as bench
from domain.aggregate import Command
from domain.categories import GAMES
from domain.games.commands import MakeMove, Resign, StartGame
from domain.refusals import Refusal
from infra.eventlog.reader import KafkaLogReader
from infra.kafka.topics import existing
from infra.postgres.database import Database
from infra.postgres.processes import PostgresProcess
from infra.stack.waiting import until
from tests import warm
from tests.conftest import Hall
from tests.people import PATIENCE_S, a_name
from tests.projections.story import KafkaNarrator, standing
from tests.projections.test_process_states import first_free

Asked = dict[str, tuple[type[Command], str]]
"""What was asked for, and of which game, by command id."""


@pytest.fixture
def store(empty: Hall) -> Iterator[PostgresProcess]:
    with closing(Database(empty.postgres)) as database:
        yield PostgresProcess(database, NAME)


def a_matchmaker() -> MatchmakingProcess:
    return MatchmakingProcess(move_seconds=60, choose=first_free)


# -- killed anywhere -------------------------------------------------------------------------------


class Api:
    """Takes commands in place of the API; may kill who sends them before it answers."""

    def __init__(self) -> None:
        self.asked: Asked = {}
        self.victim: warm.Process | None = None

    def arrived(self, envelopes: Sequence[Envelope]) -> None:
        for each in envelopes:
            what = type(each.command), each.command.aggregate_id
            assert self.asked.setdefault(each.command_id, what) == what
        if self.victim:
            self.victim.kill()


class People:
    """Play against bots, of which some move by themselves and some resign."""

    def __init__(self, kafka: str) -> None:
        self.random = random.Random()
        self.narrator = KafkaNarrator(kafka)
        self._games: list[str] = []

    def play(self) -> None:
        self._games.append(a_name("killed"))
        self.tell(
            StartGame(
                game_id=self._games[-1],
                player1="ada",
                player2="bot-easy",
                bot_level="easy",
                move_seconds=60,
            )
        )
        for game in self.random.choices(self._games, k=6):
            for player in ("bot-easy", "ada"):
                column = self.random.randrange(7)
                self.tell(MakeMove(game_id=game, player=player, column=column))
        if self.random.random() < 0.3:
            self.tell(Resign(game_id=self.random.choice(self._games), player="ada"))

    def tell(self, command: Command) -> None:
        with suppress(Refusal):
            self.narrator.tell(command)

    def expected(self) -> Asked:
        """What a matchmaker asks for that was there all the time."""
        process = a_matchmaker()
        issued = [each for event in self.narrator.events for each in process.react(event)]
        return {e.command_id: (type(e.command), e.command.aggregate_id) for e in issued}


@contextmanager
def matchmaker(url: str, servers: Hall, log: IO[bytes]) -> Iterator[warm.Process]:
    """The worker, which asks at this address, and is killed in the end."""
    environment = {**servers.environment, "GAMEHALL_API_URL": url}
    order = warm.Order(warm.GAMEHALL, ["worker", NAME], environment)
    worker = warm.Process(order, [warm.STANDARD[0], log.fileno(), log.fileno()])
    try:
        yield worker
    finally:
        worker.kill()
        worker.wait()


def test_a_worker_that_is_killed_anywhere_asks_for_the_same_and_remembers_the_same(
    empty: Hall, store: PostgresProcess, tmp_path: Path
) -> None:
    api, people = Api(), People(empty.kafka)
    store.load()
    store.save(list(standing(empty.kafka, [GAMES]).values()), None)

    def all_asked() -> bool:
        return api.asked.keys() >= people.expected().keys()

    def everything_is_stored() -> bool:
        ends = standing(empty.kafka, [GAMES]).values()
        return all_asked() and bench.is_stored(empty.postgres, sum(at.offset for at in ends))

    log = tmp_path / "log"
    with bench.answering(api.arrived) as url:
        for moment in ("asking", "soon", "starting", "soon", "asking"):
            with log.open("ab") as told, matchmaker(url, empty, told) as worker:
                people.play()
                if moment == "starting":
                    time.sleep(people.random.uniform(0, 1))
                    continue
                assert until(all_asked, seconds=PATIENCE_S)
                api.victim = worker if moment == "asking" else None
                people.play()
                people.play()
                if moment == "asking":
                    worker.wait(PATIENCE_S)
                    api.victim = None
                time.sleep(people.random.uniform(0, 0.1))
        with log.open("ab") as told, matchmaker(url, empty, told):
            assert until(everything_is_stored, seconds=PATIENCE_S)

    assert api.asked == people.expected()
    assert stored(store) == folded(empty.kafka)
    assert log.read_text().count("the log is folded from its beginning") == 1
    assert log.read_text().count("the state is restored") >= 3


def stored(store: PostgresProcess) -> dict[str, BotGame]:
    standing = store.load()
    assert standing.state is not None
    process = a_matchmaker()
    process.state.restore(standing.state, sum(at.offset for at in standing.checkpoints))
    return dict(process.state)


def folded(kafka: str) -> dict[str, BotGame]:
    """What the whole log makes a matchmaker remember."""
    process = a_matchmaker()
    with closing(KafkaLogReader(kafka, [GAMES], existing(kafka), "folded")) as reader:
        reader.start(())
        ends = reader.ends()
        while any(at.offset < ends[at.topic, at.partition] for at in reader.checkpoints()):
            for recorded in reader.read(1_000, 0.5).events:
                process.fold(recorded)
    return dict(process.state)


# -- the store -------------------------------------------------------------------------------------


def at(offset: int) -> list[Checkpoint]:
    return [Checkpoint("game-log", 0, offset, 1, "owner", offset)]


def changes(
    offset: int, count: int, *, is_whole: bool = False, **moves: str | None
) -> StateChanges:
    entries = {
        game: None if each is None else f'{{"level":"easy","moves":"{each}"}}'.encode()
        for game, each in moves.items()
    }
    return StateChanges("kind", offset, count, entries, is_whole)


def test_what_has_changed_is_stored_with_the_position(store: PostgresProcess) -> None:
    assert store.load() == ([], None)
    store.save(at(3), changes(3, 2, is_whole=True, a="1", b="2"))
    store.save(at(5), changes(5, 2, a=None, b="23", c="4"))

    standing = store.load()

    assert standing.checkpoints == at(5)
    assert standing.state is not None
    assert standing.state[:3] == ("kind", 5, 2)
    assert standing.state.entries == {
        "b": '{"level":"easy","moves":"23"}',
        "c": '{"level":"easy","moves":"4"}',
    }


def test_a_whole_state_takes_the_place_of_what_there_is(store: PostgresProcess) -> None:
    store.save(at(3), changes(3, 2, is_whole=True, a="1", b="2"))
    store.save(at(5), changes(5, 1, is_whole=True, c="4"))

    state = store.load().state
    assert state is not None
    assert set(state.entries) == {"c"}


def test_a_position_alone_leaves_the_state_where_it_was(store: PostgresProcess) -> None:
    store.save(at(3), changes(3, 0, is_whole=True))
    store.save(at(5), None)

    standing = store.load()
    assert standing.checkpoints == at(5)
    assert standing.state is not None
    assert standing.state.offsets == 3


def test_who_was_overtaken_changes_nothing(empty: Hall, store: PostgresProcess) -> None:
    store.save(at(3), changes(3, 1, is_whole=True, a="1"))
    with closing(Database(empty.postgres)) as database:
        other = PostgresProcess(database, NAME)
        other.load()
        other.save(at(7), changes(7, 1, a="123"))
    before = store.load()
    store._offsets = 3

    with pytest.raises(PositionConflict):
        store.save(at(9), changes(9, 1, a="12"))

    assert store.load() == before


def test_of_two_that_find_nothing_one_stores(empty: Hall, store: PostgresProcess) -> None:
    store.load()
    with closing(Database(empty.postgres)) as database:
        other = PostgresProcess(database, NAME)
        other.load()
        other.save(at(7), changes(7, 0, is_whole=True))

    with pytest.raises(PositionConflict):
        store.save(at(3), changes(3, 0, is_whole=True))


# -- the bench -------------------------------------------------------------------------------------


def test_the_bench_measures_restarts(empty: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in empty.environment.items():
        monkeypatch.setenv(name, value)

    whole, restored = bench.measure(empty.settings, events=600, running=5, restarts=1)

    assert whole > 0
    assert all(restored)
    assert bench.saving(empty.settings, changed=2, running=3, times=2) > 0
