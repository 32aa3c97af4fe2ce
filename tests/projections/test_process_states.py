"""What a process manager remembers comes back with its position, wherever it was killed."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import count

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from application import process_runner
from application.envelopes import VerdictMessage
from application.games.matchmaking import BotGame, MatchmakingProcess
from application.ports.commands import Envelope
from application.ports.processes import Standing, StateChanges, StoredState
from application.ports.projections import PositionConflict
from application.ports.reading import Checkpoint
from application.process_runner import ProcessRunner
from domain.aggregate import Command
from domain.games.board import COLUMNS, Board
from domain.games.commands import MakeMove, Resign, StartGame
from domain.games.events import BotLevel
from domain.refusals import Refusal
from tests.projections.fakes import FakeProcessStore, FakeReader
from tests.projections.story import Narrator


class Killed(Exception):
    """The process ends here."""


def first_free(board: Board, _: BotLevel) -> int:
    return next(column for column in range(COLUMNS) if board.has_room(column))


class Reader(FakeReader):
    """Remembers where it was to start."""

    started_at: Sequence[Checkpoint] = ()

    def start(self, checkpoints: Sequence[Checkpoint]) -> None:
        self.started_at = checkpoints
        super().start(checkpoints)


class Matchmaker:
    """One matchmaker after another in one place, and what they asked for, by command id.

    `dies_at` is the moment at which the one that works is killed: as its commands arrive, or when
    they have been answered and nothing is stored yet.
    """

    def __init__(self, narrator: Narrator, store: FakeProcessStore) -> None:
        self.issued: dict[str, Command] = {}
        self.dies_at: str | None = None
        self.reader = Reader(narrator, ["game-log"])
        self._store = store
        self._known: int | None = None
        self.begin()

    def begin(self) -> None:
        """Another one, which knows nothing yet."""
        self.process = MatchmakingProcess(move_seconds=60, choose=first_free)
        self.runner = ProcessRunner(self.reader, self.process, self, self.execute, self)

    def work(self, steps: int = 1_000) -> None:
        """Another one reads so many times, or until there is nothing more."""
        self.begin()
        self.runner.resume()
        for _ in range(steps):
            before = self.reader.checkpoints()
            self.runner.step(0)
            if self.reader.checkpoints() == before:
                return

    def load(self) -> Standing:
        standing = self._store.load()
        self._known = standing.state and standing.state.offsets
        return standing

    def save(self, checkpoints: Sequence[Checkpoint], changes: StateChanges | None) -> None:
        if self.dies_at == "saving":
            raise Killed
        if changes is not None:
            if (self._store.state and self._store.state.offsets) != self._known:
                raise PositionConflict
            self._known = changes.offsets
        self._store.save(checkpoints, changes)

    def execute(self, envelopes: Sequence[Envelope]) -> Sequence[VerdictMessage]:
        if self.dies_at == "asking":
            raise Killed
        for each in envelopes:
            assert self.issued.setdefault(each.command_id, each.command) == each.command
        return [VerdictMessage(position="game-log/0@1")] * len(envelopes)

    def flush(self) -> None: ...
    def keep(self, *_: object) -> None: ...
    def set_aside(self, *_: object) -> None: ...


def uninterrupted(narrator: Narrator) -> tuple[dict[str, Command], dict[str, BotGame]]:
    """What a matchmaker asks for that was there all the time, and what it remembers."""
    process = MatchmakingProcess(move_seconds=60, choose=first_free)
    envelopes = [envelope for each in narrator.events for envelope in process.react(each)]
    return {each.command_id: each.command for each in envelopes}, dict(process.state)


def folded(narrator: Narrator, store: FakeProcessStore) -> dict[str, BotGame]:
    """What the events up to where it stands make a matchmaker remember."""
    process = MatchmakingProcess(move_seconds=60, choose=first_free)
    for each in narrator.events:
        done = store.positions.get(each.position[:2])
        if done is not None and done.includes(each.position):
            process.fold(each)
    return dict(process.state)


def remembered(store: FakeProcessStore) -> dict[str, BotGame]:
    """What is stored, as the next one begins with it."""
    assert store.state is not None
    process = MatchmakingProcess(move_seconds=60, choose=first_free)
    process.state.restore(store.state, sum(c.offset for c in store.positions.values()))
    return dict(process.state)


# -- killed anywhere -------------------------------------------------------------------------------

GAMES = [f"game-{number}" for number in range(6)]
games = st.sampled_from(GAMES)


class KilledAnywhere(RuleBasedStateMachine):
    """Games go on while a matchmaker is killed again and again."""

    def __init__(self) -> None:
        super().__init__()
        self.narrator = Narrator(partitions=3)
        self.store = FakeProcessStore()
        self.matchmaker = Matchmaker(self.narrator, self.store)

    def tell(self, command: Command) -> None:
        with suppress(Refusal):
            self.narrator.tell(command)

    @rule(game=games, level=st.sampled_from(["easy", "hard", None]))
    def begin(self, game: str, level: BotLevel | None) -> None:
        second = f"bot-{level}" if level else "bob"
        self.tell(
            StartGame(game_id=game, player1="ada", player2=second, bot_level=level, move_seconds=60)
        )

    @rule(game=games, columns=st.lists(st.integers(0, 6), max_size=5))
    def play(self, game: str, columns: list[int]) -> None:
        for column in columns:
            for player in ("ada", "bob", "bot-easy", "bot-hard"):
                self.tell(MakeMove(game_id=game, player=player, column=column))

    @rule(game=games)
    def resign(self, game: str) -> None:
        self.tell(Resign(game_id=game, player="ada"))

    @rule(
        dies_at=st.sampled_from(["asking", "saving", None]),
        steps=st.integers(1, 5),
        limit=st.integers(1, 9),
    )
    def work(self, dies_at: str | None, steps: int, limit: int) -> None:
        self.matchmaker.dies_at = dies_at
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(process_runner, "POLL_BATCH", limit)
            with suppress(Killed):
                self.matchmaker.work(steps)

    @precondition(lambda self: self.store.state is not None)
    @rule()
    def lose_state(self) -> None:
        self.store.state = None

    @invariant()
    def what_is_stored_is_what_the_log_says_up_to_there(self) -> None:
        if self.store.state is not None:
            assert remembered(self.store) == folded(self.narrator, self.store)

    def teardown(self) -> None:
        self.matchmaker.dies_at = None
        self.matchmaker.work()
        expected, state = uninterrupted(self.narrator)
        assert self.matchmaker.issued == expected
        assert remembered(self.store) == dict(self.matchmaker.process.state) == state


TestKilledAnywhere = KilledAnywhere.TestCase
TestKilledAnywhere.settings = settings(max_examples=60, stateful_step_count=25)


# -- one after another -----------------------------------------------------------------------------


@pytest.fixture
def store() -> FakeProcessStore:
    return FakeProcessStore()


@pytest.fixture
def matchmaker(narrator: Narrator, store: FakeProcessStore) -> Matchmaker:
    """Has worked while two games against bots were begun."""
    for game in ("one", "two"):
        narrator.tell(against_bot(game), MakeMove(game_id=game, player="ada", column=3))
    matchmaker = Matchmaker(narrator, store)
    matchmaker.work()
    return matchmaker


def against_bot(game: str) -> StartGame:
    return StartGame(
        game_id=game, player1="ada", player2="bot-easy", bot_level="easy", move_seconds=60
    )


def test_a_process_begins_where_it_stood_with_what_it_remembered(
    narrator: Narrator, matchmaker: Matchmaker
) -> None:
    begun = dict(matchmaker.process.state)
    narrator.tell(MakeMove(game_id="one", player="bot-easy", column=0))
    (move,) = narrator.tell(MakeMove(game_id="one", player="ada", column=3))

    matchmaker.work()

    assert set(begun) == {"one", "two"}
    assert sum(at.offset for at in matchmaker.reader.started_at) == 4
    assert matchmaker.issued[f"matchmaking:{move.position}"] == MakeMove(
        game_id="one", player="bot-easy", column=0
    )


def test_a_batch_stores_what_has_changed_and_nothing_else(
    narrator: Narrator,
    matchmaker: Matchmaker,
    store: FakeProcessStore,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(process_runner, "POLL_BATCH", 2)
    narrator.tell(MakeMove(game_id="one", player="bot-easy", column=0))
    narrator.tell(MakeMove(game_id="one", player="ada", column=0))
    narrator.tell(Resign(game_id="two", player="ada"))
    store.changes.clear()

    matchmaker.work()

    assert sorted(
        (key, entry) for changes in store.changes for key, entry in changes.entries.items()
    ) == [
        ("one", b'{"type":"matchmaking.bot-game-snapshot.v1","level":"easy","moves":"300"}'),
        ("two", None),
    ]


def of_another_version(state: StoredState) -> StoredState:
    return state._replace(kind="matchmaking.bot-game-snapshot.v0")


def with_an_entry_missing(state: StoredState) -> StoredState:
    return state._replace(entries={"one": state.entries["one"]})


def with_an_entry_of_another_shape(state: StoredState) -> StoredState:
    return state._replace(entries={**state.entries, "one": '{"level": "easy", "moves": 3}'})


def at_another_place(state: StoredState) -> StoredState:
    return state._replace(offsets=state.offsets - 1)


@pytest.mark.parametrize(
    ("spoilt", "told"),
    [
        (of_another_version, "It holds matchmaking.bot-game-snapshot.v0, and not "),
        (with_an_entry_missing, "It has 1 entries in place of 2."),
        (with_an_entry_of_another_shape, "An entry cannot be read: "),
        (at_another_place, "Its offsets add up to 3, and those of the process to 4."),
    ],
)
def test_a_state_that_cannot_be_used_is_passed_over_with_the_reason_and_written_anew(
    narrator: Narrator,
    matchmaker: Matchmaker,
    store: FakeProcessStore,
    spoilt: Callable[[StoredState], StoredState],
    told: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert store.state is not None
    good, store.state = store.state, spoilt(store.state)
    issued = dict(matchmaker.issued)

    matchmaker.work()

    assert matchmaker.issued == issued, "what was reacted to is only folded"
    assert store.state == good
    assert told in capsys.readouterr().out


def test_a_process_that_has_only_a_position_folds_the_log_and_stores_what_it_knows_then(
    matchmaker: Matchmaker, store: FakeProcessStore
) -> None:
    good, store.state = store.state, None
    empty = next(p for p in range(4) if ("game-log", p) not in store.positions)
    store.positions["game-log", empty] = Checkpoint("game-log", empty, 0, 0, "", 0)

    matchmaker.work()

    assert store.state == good


def test_no_state_is_stored_before_it_has_seen_all_that_was_reacted_to(
    narrator: Narrator,
    matchmaker: Matchmaker,
    store: FakeProcessStore,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The news of one shard may be read before the past of another."""
    monkeypatch.setattr(process_runner, "POLL_BATCH", 1)
    store.state = None
    first = narrator.events[0].position[:2]
    game = next(g for g in GAMES if shard_of(narrator, g) == first)
    narrator.tell(against_bot(game))

    matchmaker.work(steps=3)
    assert store.positions[first].next_seq == 3
    assert store.state is None

    matchmaker.work()
    assert set(remembered(store)) == {"one", "two", game}


def shard_of(narrator: Narrator, game: str) -> tuple[str, int]:
    probe = Narrator(narrator.partitions)
    (begun,) = probe.tell(against_bot(game))
    return begun.position[:2]


@pytest.mark.parametrize("stores", [lambda state: state, of_another_version])
def test_who_was_overtaken_begins_again_with_what_the_other_has_stored_if_it_can_be_read(
    stores: Callable[[StoredState], StoredState],
    narrator: Narrator,
    matchmaker: Matchmaker,
    store: FakeProcessStore,
    capsys: pytest.CaptureFixture[str],
) -> None:
    other, turns = Matchmaker(narrator, store), count()
    narrator.tell(MakeMove(game_id="one", player="bot-easy", column=0))
    narrator.tell(MakeMove(game_id="one", player="ada", column=3))

    def stopped() -> bool:
        turn = next(turns)
        if turn == 1:  # the one has begun, and has read nothing yet
            other.work()
            assert store.state is not None
            store.state = stores(store.state)
        return turn > 5

    matchmaker.begin()
    matchmaker.runner.run(stopped)

    assert matchmaker.issued == uninterrupted(narrator)[0]
    assert dict(matchmaker.process.state) == remembered(store) == uninterrupted(narrator)[1]
    assert "moved by someone else" in capsys.readouterr().out
