from hashlib import blake2b

from domain.games.commands import LOBBY_ID
from domain.games.events import GameSought, PlayersPaired
from domain.games.lobby import by_lot
from domain.games.refusals import NameReserved, TableTaken
from tests.games.tables import cancelling, closing, lobby, seek_of, seeking
from tests.given import at


def test_who_comes_first_waits_at_their_table() -> None:
    story = lobby().when(seeking("ann", bot_level="hard", bot_after=5), now=at(1)).then(GameSought)

    story.with_facts(user_id="ann", game_id="anns-table", bot_level="hard", bot_at=at(6))
    assert seek_of(story.folds_the_same()) == ("seeking", "anns-table")


def test_who_comes_second_sits_down_opposite() -> None:
    story = lobby("ann").when(seeking("ben")).then(PlayersPaired)

    first, second = by_lot("anns-table", "ann", "ben", at(0))
    story.with_facts(game_id="anns-table", player1=first, player2=second).folds_the_same()
    assert seek_of(story) == ("seated", "anns-table")


def test_who_comes_third_waits_again() -> None:
    story = lobby("ann", "ben").when(seeking("cem")).then(GameSought)

    assert seek_of(story) == ("seeking", "cems-table")


def test_a_person_is_company_even_when_a_bot_is_overdue() -> None:
    lobby("ann").when(seeking("ben"), now=at(99)).then(PlayersPaired)


def test_who_looks_again_keeps_their_place() -> None:
    story = lobby("ann").when(seeking("ann", table="another-table"), now=at(5)).then()

    assert seek_of(story) == ("seeking", "anns-table")
    assert story.aggregate.deadline == at(10)


def test_who_is_seated_is_told_where() -> None:
    story = lobby("ann", "ben")

    assert seek_of(story.when(seeking("ann")).then()) == ("seated", "anns-table")
    assert seek_of(story.when(seeking("ben")).then()) == ("seated", "anns-table")


def test_who_gave_up_may_look_again() -> None:
    lobby("ann").when(cancelling("ann")).when(seeking("ann")).then(GameSought)


def test_who_has_played_may_look_again() -> None:
    story = lobby("ann", "ben").when(closing("ann"))

    story.when(seeking("ben")).then(GameSought).when(seeking("ann")).then(PlayersPaired)
    first, second = by_lot("bens-table", "ben", "ann", at(0))
    story.with_facts(game_id="bens-table", player1=first, player2=second)


def test_who_begins_is_a_lot_that_is_the_same_whoever_draws_it() -> None:
    tables = [blake2b(str(number).encode()).hexdigest() for number in range(1_000)]
    lots = [by_lot(table, "ann", "ben", at(1)) for table in tables]

    assert set(lots) == {("ann", "ben"), ("ben", "ann")}
    assert 400 < lots.count(("ann", "ben")) < 600
    assert lots == [by_lot(table, "ann", "ben", at(1)) for table in tables]


def test_who_waits_cannot_tell_from_the_table_who_begins() -> None:
    strangers = [by_lot("anns-table", "ann", f"user-{n}", at(1))[0] == "ann" for n in range(100)]
    moments = [by_lot("anns-table", "ann", "ben", at(n / 1e6))[0] == "ann" for n in range(100)]

    assert set(strangers) == set(moments) == {True, False}


def test_a_new_table_needs_an_id_of_its_own() -> None:
    story = lobby("ann", "ben").when(seeking("cem", table="anns-table")).refuses(TableTaken)

    story.when(seeking("cem", table=LOBBY_ID)).refuses(TableTaken)


def test_nobody_passes_for_a_bot() -> None:
    lobby().when(seeking("bot-hard")).refuses(NameReserved)


def test_there_is_one_lobby() -> None:
    assert seeking("ann").aggregate_id == lobby().aggregate.id == LOBBY_ID
