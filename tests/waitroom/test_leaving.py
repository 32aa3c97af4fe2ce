from domain.waitroom.commands import CompleteCheckout, Place
from domain.waitroom.events import SessionAdmitted, WaitroomLeft
from domain.waitroom.refusals import CheckoutOver, NotYourSession, SessionNotFound
from tests.waitroom.rooms import EVENT, joining, leaving, room


def test_leaving_the_line_lets_the_others_move_up() -> None:
    story = room("ann", "ben", "cem").when(leaving("ben", by="ben")).then(WaitroomLeft)

    story.with_facts(session_id="s-ben", user_id="ben")
    assert isinstance(story.reply, Place)
    assert (story.reply.status, story.reply.position) == ("left", 0)
    story.when(joining("cem")).then().folds_the_same()
    assert isinstance(story.reply, Place)
    assert story.reply.position == 1


def test_leaving_a_slot_admits_the_next() -> None:
    story = room("ann", "ben").when(leaving("ann")).then(WaitroomLeft, SessionAdmitted)

    story.with_facts(1, session_id="s-ben").folds_the_same()


def test_leaving_again_changes_nothing() -> None:
    room("ann").when(leaving("ann")).when(leaving("ann")).then()


def test_nobody_leaves_for_somebody_else() -> None:
    room("ann").when(leaving("ann", by="ben")).refuses(NotYourSession)


def test_an_unknown_session_cannot_leave() -> None:
    room().when(leaving("ann")).refuses(SessionNotFound)


def test_who_has_bought_cannot_leave() -> None:
    story = room("ann").when(CompleteCheckout(event_id=EVENT, session_id="s-ann"))

    story.when(leaving("ann")).refuses(CheckoutOver)
