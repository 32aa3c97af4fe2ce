import pytest

from domain.games.commands import Resign
from domain.games.events import GameEnded, Result
from domain.games.refusals import GameOver, GameUnknown, NotAPlayer
from tests.games.tables import GAME, game, unstarted, view_of
from tests.given import at


def resigning(player: str) -> Resign:
    return Resign(game_id=GAME, player=player)


@pytest.mark.parametrize(("player", "winner"), [("ann", "ben"), ("ben", "ann")])
def test_who_gives_up_loses_in_turn_or_not(player: str, winner: str) -> None:
    story = game(3, 3).when(resigning(player), now=at(7)).then(GameEnded)

    story.with_facts(result="resignation", winner=winner, moves=2, duration=7, line=None)
    view = view_of(story.folds_the_same())
    assert (view.status, view.winner, view.to_move) == ("finished", winner, None)


@pytest.mark.parametrize("columns", [(), (3,)])
@pytest.mark.parametrize("player", ["ann", "ben"])
def test_who_leaves_before_both_have_moved_loses_nothing(
    player: str, columns: tuple[int, ...]
) -> None:
    story = game(*columns).when(resigning(player)).then(GameEnded)

    story.with_facts(result="resignation", winner=None, moves=len(columns), line=None)
    view = view_of(story.folds_the_same())
    assert (view.status, view.to_move, view.winner) == ("finished", None, None)


@pytest.mark.parametrize(
    ("result", "winner", "counts"),
    [
        ("win", "ann", True),
        ("draw", None, True),
        ("resignation", "ben", True),
        ("resignation", None, False),
        ("timeout", None, False),
    ],
)
def test_a_game_counts_that_was_won_or_drawn(
    result: Result, winner: str | None, counts: bool
) -> None:
    ended = GameEnded(
        originator_id=GAME,
        originator_version=2,
        timestamp=at(0),
        result=result,
        winner=winner,
        duration=0,
        moves=0,
    )
    assert ended.counts == counts


def test_a_clock_that_went_back_makes_no_negative_duration() -> None:
    game().when(resigning("ann"), now=at(-5)).then(GameEnded).with_facts(duration=0)


def test_a_game_is_given_up_once() -> None:
    story = game().when(resigning("ann")).when(resigning("ben")).refuses(GameOver)

    assert str(story.refusal) == "Game 'game-1' ended by resignation after move 0."


def test_a_spectator_has_nothing_to_give_up() -> None:
    game().when(resigning("eve")).refuses(NotAPlayer)


def test_nobody_gives_up_a_game_that_was_never_started() -> None:
    unstarted().when(resigning("ann")).refuses(GameUnknown)
