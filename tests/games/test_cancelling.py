from domain.games.events import GameSought, SeekCancelled
from domain.games.refusals import AlreadySeated, NotSeeking
from tests.games.tables import cancelling, lobby, seek_of, seeking


def test_who_waits_may_give_up() -> None:
    story = lobby("ann").when(cancelling("ann")).then(SeekCancelled)

    story.with_facts(user_id="ann", game_id="anns-table").folds_the_same()
    assert seek_of(story) == ("cancelled", "anns-table")
    assert story.aggregate.deadline is None


def test_who_gave_up_is_not_paired() -> None:
    lobby("ann").when(cancelling("ann")).when(seeking("ben")).then(GameSought)


def test_who_gave_up_cannot_give_up_again() -> None:
    lobby("ann").when(cancelling("ann")).when(cancelling("ann")).refuses(NotSeeking)


def test_who_never_looked_cannot_give_up() -> None:
    lobby("ann").when(cancelling("ben")).refuses(NotSeeking)


def test_a_seek_of_before_is_given_up_no_more() -> None:
    lobby("ann").when(cancelling("ann", "another-table")).refuses(NotSeeking)
    lobby("ann").when(cancelling("ann", "anns-table")).then(SeekCancelled)


def test_who_is_seated_resigns_instead() -> None:
    story = lobby("ann", "ben").when(cancelling("ann")).refuses(AlreadySeated)

    assert str(story.refusal) == (
        "'ann' already sits at table 'anns-table'; to resign that game costs nothing "
        "until both have moved."
    )
