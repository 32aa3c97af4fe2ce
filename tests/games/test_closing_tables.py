from domain.games.commands import SeatOverdueBots
from domain.games.events import GameSought, TableClosed
from tests.games.tables import closing, lobby, seeking
from tests.given import at


def test_closing_a_table_frees_both_players() -> None:
    story = lobby("ann", "ben").when(closing("ann")).then(TableClosed)

    story.with_facts(game_id="anns-table").folds_the_same()
    story.when(seeking("ben")).then(GameSought)


def test_closing_a_table_frees_who_played_a_bot() -> None:
    story = lobby("ann").when(SeatOverdueBots(), now=at(10)).when(closing("ann")).then(TableClosed)

    story.when(seeking("ann")).then(GameSought)


def test_a_table_is_closed_once() -> None:
    lobby("ann", "ben").when(closing("ann")).when(closing("ann")).then()


def test_a_table_that_never_was_stays_so() -> None:
    lobby().when(closing("ann")).then()


def test_who_still_waits_is_not_sent_away() -> None:
    story = lobby("ann").when(closing("ann")).then()

    assert story.aggregate.deadline == at(10)
