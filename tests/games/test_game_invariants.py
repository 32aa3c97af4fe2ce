"""What holds in a game of four in a row whatever its players try."""

from collections.abc import Sequence

from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from domain.aggregate import Command
from domain.games.commands import ForfeitOverdueMove, Resign
from domain.games.events import GameEnded, GameStarted, MovePlayed
from domain.games.four_in_a_row import FourInARow
from tests.games.tables import GAME, anything, game, moving, starting, view_of
from tests.games.test_board import NaiveBoard
from tests.given import Story, at, given

players = st.sampled_from(["ann", "ben", "eve"])
columns = st.integers(-1, 7)
rarely = st.one_of(
    st.builds(Resign, game_id=st.just(GAME), player=players),
    st.builds(starting, players, players),
    st.just(ForfeitOverdueMove(game_id=GAME)),
)
moves = st.builds(moving, players, columns)
commands = st.lists(st.tuples(st.integers(0, 9), moves, rarely, st.integers(0, 35)), max_size=60)


def taking_turns_in(story: Story, column: int) -> Story:
    return story.when(moving(view_of(story.when(starting())).to_move or "ann", column))


@settings(deadline=None, max_examples=80)
@for_all(commands)
def test_a_game_ends_once_and_nothing_follows(
    attempts: Sequence[tuple[int, Command, Command, int]],
) -> None:
    story, now = given(FourInARow(GAME)), 0.0
    for dice, move, rare, seconds in attempts:
        now += seconds
        story.when(move if dice else rare, now=at(now))

    ends = [number for number, event in enumerate(story.history) if isinstance(event, GameEnded)]
    assert ends in ([], [len(story.history) - 1])
    versions = [event.originator_version for event in story.history]
    assert versions == list(range(1, len(versions) + 1))
    assert [number for number, e in enumerate(story.history) if isinstance(e, GameStarted)] in (
        [],
        [0],
    )


@settings(deadline=None, max_examples=80)
@for_all(anything)
def test_players_alternate_and_the_board_is_what_they_played(attempts: Sequence[int]) -> None:
    story, naive = game(), NaiveBoard()
    for column in attempts:
        taking_turns_in(story, column)
        if story.refusal is None:
            naive.play(column)

    played = [event for event in story.history if isinstance(event, MovePlayed)]
    assert [event.player for event in played] == [("ann", "ben")[n % 2] for n in range(len(played))]
    assert [event.move for event in played] == list(range(1, len(played) + 1))
    view = view_of(story.when(starting()))
    assert view.board == naive.rows()
    assert (view.result == "win") == naive.has_line()
    for event in played:
        assert view.board[event.row][event.column] == ("1" if event.player == "ann" else "2")


@settings(deadline=None, max_examples=60)
@for_all(anything)
def test_a_folded_game_is_the_decided_one(attempts: Sequence[int]) -> None:
    story = game()
    for column in attempts:
        taking_turns_in(story, column)

    folded = FourInARow.fold(GAME, story.history)
    assert folded.version == story.aggregate.version
    assert folded.deadline == story.aggregate.deadline
    assert folded.decide(starting(), at(0)) == view_of(story.when(starting()))
