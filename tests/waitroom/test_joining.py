from domain.waitroom.commands import CompleteCheckout, Place
from domain.waitroom.events import CheckoutCompleted, SessionAdmitted, WaitroomJoined
from domain.waitroom.refusals import SessionIdTaken
from tests.given import T0, Story, at
from tests.waitroom.rooms import EVENT, joining, leaving, room


def place(story: Story) -> Place:
    assert isinstance(story.reply, Place)
    return story.reply


def test_who_finds_a_free_slot_is_admitted_at_once() -> None:
    story = room().when(joining("ann"), now=at(5)).then(WaitroomJoined, SessionAdmitted)

    story.with_facts(0, session_id="s-ann", user_id="ann", priority=0, ticket=1, position=1)
    story.with_facts(1, session_id="s-ann", user_id="ann", deadline=at(65))
    assert place(story) == Place(
        session_id="s-ann",
        event_id=EVENT,
        user_id="ann",
        status="ready",
        priority=0,
        ticket=1,
        position=0,
        joined_at=at(5),
        deadline=at(65),
    )
    story.folds_the_same()


def test_who_finds_no_free_slot_waits_behind_the_others() -> None:
    story = room("ann", "ben").when(joining("cem")).then(WaitroomJoined)

    story.with_facts(ticket=3, position=2)
    assert (place(story).status, place(story).position, place(story).deadline) == (
        "waiting",
        2,
        None,
    )


def test_a_higher_priority_waits_before_lower_ones_and_behind_its_equals() -> None:
    story = room("ann", "ben").when(joining("vip-1", priority=5)).with_facts(position=1)
    story.when(joining("vip-2", priority=5)).with_facts(position=2)
    story.when(joining("mid", priority=3)).with_facts(position=3)

    story.when(joining("ben"))
    assert place(story).position == 4


def test_joining_again_gives_the_same_session_at_its_current_place() -> None:
    story = room("ann", "ben", "cem").when(leaving("ben"))

    story.when(joining("cem", priority=9, session="another"), now=at(9)).then()
    assert place(story) == Place(
        session_id="s-cem",
        event_id=EVENT,
        user_id="cem",
        status="waiting",
        priority=0,
        ticket=3,
        position=1,
        joined_at=T0,
    )


def test_joining_again_when_ready_gives_the_slot_that_one_has() -> None:
    story = room("ann").when(joining("ann", session="another"), now=at(9)).then()

    assert (place(story).session_id, place(story).deadline) == ("s-ann", at(60))


def test_who_has_finished_may_join_anew_with_the_next_ticket() -> None:
    story = room("ann").when(CompleteCheckout(event_id=EVENT, session_id="s-ann"))
    story.then(CheckoutCompleted)

    story.when(joining("ann", session="second")).then(WaitroomJoined, SessionAdmitted)
    story.with_facts(session_id="second", ticket=2).folds_the_same()


def test_a_session_id_is_handed_out_once() -> None:
    story = room("ann").when(joining("ben", session="s-ann")).refuses(SessionIdTaken)

    story.when(leaving("ann")).when(joining("ann", session="s-ann")).refuses(SessionIdTaken)
