from collections.abc import Sequence

import pytest

from application.envelopes import RefusalBody, VerdictMessage
from application.games.matchmaking import MatchmakingProcess
from application.ports.commands import Envelope
from application.process_runner import ProcessRunner
from domain.aggregate import Command
from domain.events import Recorded
from domain.games.board import Board
from domain.games.commands import CloseTable, MakeMove, Resign, SeekGame, StartGame
from domain.games.events import BotLevel
from tests.projections.fakes import FakeProcessStore, FakeReader
from tests.projections.stories import tell_of_game
from tests.projections.story import Narrator


class Commands:
    """Answers every command, or none of them; also keeps those that it refuses."""

    def __init__(self) -> None:
        self.issued: list[Envelope] = []
        self.refused: type[Command] | None = None
        self.kept: list[tuple[Envelope, RefusalBody]] = []
        self.aside: list[tuple[str, str]] = []
        self.durable = 0
        self.away = False

    def execute(self, envelopes: Sequence[Envelope]) -> Sequence[VerdictMessage]:
        if self.away:
            raise ConnectionError
        self.issued.extend(envelopes)
        return [self._verdict(envelope.command) for envelope in envelopes]

    def _verdict(self, command: Command) -> VerdictMessage:
        if self.refused is None or not isinstance(command, self.refused):
            return VerdictMessage(position="game-log/0@1")
        return VerdictMessage(refusal=RefusalBody(type="no", status=422, detail="It may not be."))

    def keep(self, envelope: Envelope, refusal: RefusalBody) -> None:
        self.kept.append((envelope, refusal))

    def set_aside(self, recorded: Recorded, reason: str) -> None:
        self.aside.append((str(recorded.position), reason))

    def flush(self) -> None:
        self.durable = len(self.kept)


@pytest.fixture
def commands() -> Commands:
    return Commands()


def processing(narrator: Narrator, store: FakeProcessStore, commands: Commands) -> ProcessRunner:
    process = MatchmakingProcess(move_seconds=60, choose=lambda board, level: 6)
    reader = FakeReader(narrator, ["game-log"])
    return ProcessRunner(reader, process, store, commands.execute, commands)


def work(narrator: Narrator, store: FakeProcessStore, commands: Commands) -> None:
    """A worker that starts, handles what is there, and is told to stop."""
    rounds = iter([False] * 3)
    processing(narrator, store, commands).run(lambda: next(rounds, True))


def test_events_after_the_position_are_reacted_to_and_those_before_are_only_folded(
    narrator: Narrator, commands: Commands
) -> None:
    store = FakeProcessStore()
    start = StartGame(
        game_id="g", player1="ada", player2="bot-easy", bot_level="easy", move_seconds=60
    )
    narrator.tell(start)
    work(narrator, store, commands)
    assert commands.issued == []
    (moved,) = narrator.tell(MakeMove(game_id="g", player="ada", column=3))

    work(narrator, store, commands)

    assert [each.command for each in commands.issued] == [
        MakeMove(game_id="g", player="bot-easy", column=6)
    ]
    assert commands.issued[0].command_id == f"matchmaking:{moved.position}"
    work(narrator, store, commands)
    assert len(commands.issued) == 1


def test_the_position_does_not_pass_an_event_whose_command_was_not_answered(
    narrator: Narrator, commands: Commands
) -> None:
    store = FakeProcessStore()
    tell_of_game(narrator, "g", "ada", "bob", end=1)
    commands.away = True
    with pytest.raises(ConnectionError):
        work(narrator, store, commands)
    assert store.positions == {}
    commands.away = False

    work(narrator, store, commands)

    assert [each.command for each in commands.issued] == [CloseTable(game_id="g")]


def test_the_table_of_a_game_that_cannot_begin_is_closed_and_the_refusal_is_kept(
    narrator: Narrator, commands: Commands
) -> None:
    for user in ("ada", "bob"):
        narrator.tell(SeekGame(user_id=user, game_id=f"{user}s-table", bot_after=60))
    commands.refused = StartGame

    work(narrator, FakeProcessStore(), commands)

    start, close = commands.issued
    assert isinstance(start.command, StartGame)
    assert close.command == CloseTable(game_id="adas-table")
    assert close.command_id == f"{start.command_id}:refused"
    assert [(each, refusal.detail) for each, refusal in commands.kept] == [
        (start, "It may not be.")
    ]


@pytest.mark.parametrize("refused", [MakeMove, CloseTable])
def test_no_refusal_is_lost_before_the_position_moves(
    narrator: Narrator, commands: Commands, refused: type[Command]
) -> None:
    start = StartGame(
        game_id="g", player1="ada", player2="bot-easy", bot_level="easy", move_seconds=60
    )
    narrator.tell(start)
    narrator.tell(MakeMove(game_id="g", player="ada", column=3))
    narrator.tell(Resign(game_id="g", player="ada"))
    commands.refused = refused

    work(narrator, FakeProcessStore(), commands)

    assert [type(envelope.command) for envelope, _ in commands.kept] == [refused]
    assert commands.durable == 1


def test_an_event_that_a_process_cannot_take_is_set_aside_and_the_next_is_taken(
    narrator: Narrator, commands: Commands
) -> None:
    def choose(_: Board, level: BotLevel) -> int:
        return {"easy": 6}[level]

    process = MatchmakingProcess(move_seconds=60, choose=choose)
    reader = FakeReader(narrator, ["game-log"])
    runner = ProcessRunner(reader, process, FakeProcessStore(), commands.execute, commands)
    moved = []
    for level in ("hard", "easy"):
        narrator.tell(
            StartGame(
                game_id=level,
                player1="ada",
                player2=f"bot-{level}",
                bot_level=level,
                move_seconds=60,
            )
        )
        moved += narrator.tell(MakeMove(game_id=level, player="ada", column=3))
    rounds = iter([False] * 3)
    runner.run(lambda: next(rounds, True))

    assert commands.aside == [(str(moved[0].position), "KeyError: 'hard'")]
    assert [each.command for each in commands.issued] == [
        MakeMove(game_id="easy", player="bot-easy", column=6)
    ]
