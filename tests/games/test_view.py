"""A game is folded from its events alone, and comes out as its aggregate has it."""

from collections.abc import Sequence

from hypothesis import given as for_all

from domain.games.commands import GameView, Resign
from domain.games.events import GameEnded, GameStarted, MovePlayed
from domain.games.four_in_a_row import FourInARow
from domain.games.view import Game
from tests.games.tables import GAME, anything, game, moving, view_of
from tests.given import Story


def followed(story: Story) -> GameView:
    """How the game stands for who has seen its events."""
    started, *later = story.history
    assert isinstance(started, GameStarted)
    followed = Game.begun(started)
    for event in later:
        assert isinstance(event, MovePlayed | GameEnded)
        followed = followed.after(event)
    return followed.view


@for_all(anything)
def test_whoever_follows_a_game_sees_it_as_it_is(attempts: Sequence[int]) -> None:
    story = game()
    for column in attempts:
        story.when(moving("ann", column)).when(moving("ben", column))
        assert isinstance(story.aggregate, FourInARow)
        assert followed(story) == story.aggregate.view


def test_a_game_that_was_given_up_is_over_for_everybody() -> None:
    story = game(3, 3).when(Resign(game_id=GAME, player="ann"))
    assert (followed(story).status, followed(story).winner) == ("finished", "ben")
    assert followed(story) == view_of(story)
