"""Games and the lobby come back from a snapshot as they were."""

from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import given as for_all

from domain.categories import GAMES
from domain.games.commands import ForfeitOverdueMove, Resign
from domain.games.four_in_a_row import FourInARow
from domain.games.lobby import Lobby
from domain.games.refusals import AlreadySeated, GameOver, GameStartedDifferently
from tests.games.tables import (
    GAME,
    anything,
    cancelling,
    closing,
    game,
    lobby,
    moving,
    seek_of,
    seeking,
    starting,
)
from tests.given import Story, at
from tests.snapshots import folds_the_same_from_any_snapshot, snapshot_of


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@for_all(anything)
def test_a_game_restored_at_any_move_goes_on_as_it_went_on(attempts: Sequence[int]) -> None:
    story = game()
    for turn, column in enumerate(attempts):
        story.when(moving(("ann", "ben")[turn % 2], column), now=at(turn))
    folds_the_same_from_any_snapshot(GAMES, FourInARow, GAME, story.history)


def test_a_game_is_finished_when_it_is_over_and_nothing_happens_to_it_any_more() -> None:
    assert not game(0, 1, 0, 1, 0, 1).aggregate.finished
    story = game(0, 1, 0, 1, 0, 1, 0)
    assert story.aggregate.finished

    again = Story(FourInARow.restore(snapshot_of(GAMES, story.aggregate)))
    again.when(starting()).then()
    again.when(starting("cem")).refuses(GameStartedDifferently)
    again.when(moving("ben", 1)).refuses(GameOver)
    again.when(Resign(game_id=GAME, player="ben")).refuses(GameOver)
    again.when(ForfeitOverdueMove(game_id=GAME), now=at(9_999)).then()


def test_a_restored_lobby_knows_who_sits_and_who_waits() -> None:
    story = lobby("ann", "ben", "cem").when(closing("nobody")).when(cancelling("cem"))
    story.when(seeking("dan"), now=at(1))
    again = Story(Lobby.restore(snapshot_of(GAMES, story.aggregate)))
    assert again.aggregate.deadline == at(11)
    assert seek_of(again.when(seeking("ben"))) == ("seated", "anns-table")
    assert seek_of(again.when(seeking("eve"))) == ("seated", "dans-table")
    again.when(cancelling("ann")).refuses(AlreadySeated)


def test_a_row_of_tables_disappears_with_the_last_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("domain.games.lobby.EVENTS_TO_A_ROW", 4)
    story = lobby("ann", "ben", "cem", "dan", "eve", "fay")
    assert len(story.aggregate.parts) == 2
    rest = dict(story.aggregate.parts)
    story.when(closing("ann"))
    del rest[0]
    assert dict(story.aggregate.parts) == rest
