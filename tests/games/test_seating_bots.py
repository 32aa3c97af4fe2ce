from domain.games.commands import SeatOverdueBots
from domain.games.events import BotSeated, GameSought
from tests.games.tables import lobby, seek_of, seeking
from tests.given import at


def test_a_bot_is_due_when_someone_has_waited_alone_long_enough() -> None:
    story = lobby("ann")

    assert story.aggregate.deadline == at(10)
    assert story.aggregate.on_deadline() == SeatOverdueBots()


def test_a_bot_of_the_wanted_level_sits_down() -> None:
    story = lobby().when(seeking("ann", bot_level="easy"))

    story.when(SeatOverdueBots(), now=at(10)).then(BotSeated).folds_the_same()

    story.with_facts(game_id="anns-table", player1="ann", bot_level="easy")
    assert story.aggregate.deadline is None
    assert seek_of(story.when(seeking("ann"))) == ("seated", "anns-table")
    story.when(seeking("ben")).then(GameSought)


def test_no_bot_comes_a_moment_early() -> None:
    lobby("ann").when(SeatOverdueBots(), now=at(9.999)).then()


def test_no_bot_comes_where_nobody_waits() -> None:
    lobby().when(SeatOverdueBots(), now=at(99)).then()
    lobby("ann", "ben").when(SeatOverdueBots(), now=at(99)).then()


def test_who_does_not_want_to_wait_gets_a_bot_at_once() -> None:
    story = lobby().when(seeking("ann", bot_after=0))

    story.when(SeatOverdueBots()).then(BotSeated)
