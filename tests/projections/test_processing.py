from collections.abc import Sequence

import pytest

from application.games.matchmaking import MatchmakingProcess
from application.ports.commands import Envelope
from application.ports.reading import Checkpoint
from application.process_runner import ProcessRunner
from domain.games.commands import CloseTable, MakeMove, StartGame
from tests.projections.fakes import FakeReader
from tests.projections.stories import tell_of_game
from tests.projections.story import Narrator


class Positions:
    """A position store in memory."""

    def __init__(self) -> None:
        self.saved: dict[tuple[str, int], Checkpoint] = {}

    def load(self) -> Sequence[Checkpoint]:
        return list(self.saved.values())

    def save(self, checkpoints: Sequence[Checkpoint]) -> None:
        self.saved |= {(c.topic, c.partition): c for c in checkpoints}


class Commands:
    """Answers every command, or none of them."""

    def __init__(self) -> None:
        self.issued: list[Envelope] = []
        self.away = False

    def execute(self, envelopes: Sequence[Envelope]) -> None:
        if self.away:
            raise ConnectionError
        self.issued.extend(envelopes)


@pytest.fixture
def commands() -> Commands:
    return Commands()


def processing(narrator: Narrator, positions: Positions, commands: Commands) -> ProcessRunner:
    process = MatchmakingProcess(move_seconds=60, choose=lambda board, level: 6)
    return ProcessRunner(FakeReader(narrator, ["game-log"]), process, positions, commands.execute)


def work(narrator: Narrator, positions: Positions, commands: Commands) -> None:
    """A worker that starts, handles what is there, and is told to stop."""
    rounds = iter((False, False, True))
    processing(narrator, positions, commands).run(lambda: next(rounds))


def test_events_after_the_position_are_reacted_to_and_those_before_are_only_folded(
    narrator: Narrator, commands: Commands
) -> None:
    positions = Positions()
    start = StartGame(
        game_id="g", player1="ada", player2="bot-easy", bot_level="easy", move_seconds=60
    )
    narrator.tell(start)
    work(narrator, positions, commands)
    assert commands.issued == []
    (moved,) = narrator.tell(MakeMove(game_id="g", player="ada", column=3))

    work(narrator, positions, commands)

    assert [each.command for each in commands.issued] == [
        MakeMove(game_id="g", player="bot-easy", column=6)
    ]
    assert commands.issued[0].command_id == f"matchmaking:{moved.position}"
    work(narrator, positions, commands)
    assert len(commands.issued) == 1


def test_the_position_does_not_pass_an_event_whose_command_was_not_answered(
    narrator: Narrator, commands: Commands
) -> None:
    positions = Positions()
    tell_of_game(narrator, "g", "ada", "bob", end=1)
    commands.away = True
    with pytest.raises(ConnectionError):
        work(narrator, positions, commands)
    assert positions.saved == {}
    commands.away = False

    work(narrator, positions, commands)

    assert [each.command for each in commands.issued] == [CloseTable(game_id="g")]
