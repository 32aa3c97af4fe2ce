"""Somebody runs a room: each order is an event with their name."""

import pytest

from domain.aggregate import Command
from domain.waitroom.commands import ExpireCheckout
from domain.waitroom.description import Colours, Description, Texts
from domain.waitroom.events import (
    AdmissionGranted,
    CheckoutExpired,
    CheckoutExtended,
    SessionAdmitted,
    SessionRemoved,
    WaitroomChanged,
    WaitroomDescribed,
    WaitroomJoined,
    WaitroomPaused,
    WaitroomResumed,
)
from domain.waitroom.operated import MOST_AT_ONCE
from domain.waitroom.orders import DescribeWaitroom
from domain.waitroom.refusals import (
    CheckoutOver,
    ExtendedTooFar,
    NotAdmitted,
    SessionNotFound,
    WaitroomNotFound,
)
from tests.given import at
from tests.waitroom.rooms import (
    EVENT,
    PAUSE,
    REOPEN,
    RESUME,
    TEND,
    admitting,
    changing,
    closing,
    completing,
    extending,
    joining,
    leaving,
    opening,
    place,
    removing,
    room,
    unopened,
    view,
)

DESCRIBE = DescribeWaitroom(
    event_id=EVENT,
    by="olga",
    description=Description(
        title="The concert",
        colours=Colours(light="#0b5fff"),
        texts={"de": Texts(title="Das Konzert")},
        return_origins=["https://shop.example"],
    ),
)


@pytest.mark.parametrize(
    "order",
    [
        *(changing(2), PAUSE, RESUME, closing(), REOPEN, DESCRIBE),
        *(extending("ann", 1), removing("ann"), admitting("ann")),
    ],
    ids=lambda order: type(order).__name__,
)
def test_nobody_runs_a_room_that_was_never_opened(order: Command) -> None:
    unopened().when(order).refuses(WaitroomNotFound)


# -- terms -----------------------------------------------------------------------------------------


def test_a_raised_capacity_admits_at_once_and_says_who_raised_it() -> None:
    story = room("ann", "ben", "cem", "dora").when(changing(3), now=at(7))

    story.then(WaitroomChanged, SessionAdmitted, SessionAdmitted)
    story.with_facts(capacity=3, checkout_seconds=60, by="olga")
    story.with_facts(1, session_id="s-ben", deadline=at(67)).folds_the_same()
    assert (view(story).capacity, view(story).ready, view(story).waiting) == (3, 3, 1)


def test_a_lowered_capacity_takes_nobodys_slot_and_admits_nobody_until_there_is_room() -> None:
    story = room("ann", "ben", "cem", capacity=2).when(changing(1)).then(WaitroomChanged)

    assert view(story).ready == 2
    story.when(completing("ann"))
    assert view(story).ready == 1
    story.when(completing("ben")).with_facts(1, session_id="s-cem")


def test_who_has_been_admitted_keeps_the_deadline_and_who_is_next_gets_another() -> None:
    story = room("ann", "ben", capacity=2, checkout_seconds=600)
    story.when(changing(checkout_seconds=10), now=at(1)).then(WaitroomChanged)
    story.when(leaving("ben"), now=at(2)).when(joining("cem"), now=at(2))

    story.with_facts(1, session_id="s-cem", deadline=at(12))
    assert story.aggregate.deadline == at(17), "nobody's grace gets shorter"
    story.when(TEND, now=at(17)).then(CheckoutExpired).with_facts(session_id="s-cem")
    assert story.aggregate.deadline == at(605)
    story.when(TEND, now=at(605)).then(CheckoutExpired).with_facts(session_id="s-ann")


@pytest.mark.parametrize("terms", [changing(), changing(1), changing(1, 60)])
def test_the_terms_that_there_are_change_nothing(terms: Command) -> None:
    room("ann").when(terms).then()


def test_a_room_may_be_opened_again_on_the_terms_that_it_has_now() -> None:
    room().when(changing(9)).when(opening(9)).then()


def test_more_than_fit_one_record_are_admitted_in_turns() -> None:
    users = [f"u{number}" for number in range(MOST_AT_ONCE + 3)]
    story = room(*users).when(changing(len(users)), now=at(1))

    story.then(WaitroomChanged, *[SessionAdmitted] * MOST_AT_ONCE)
    assert story.aggregate.deadline == at(1.001), "what is left over is due at once"
    story.when(TEND, now=at(1.001)).then(SessionAdmitted, SessionAdmitted)
    assert view(story).waiting == 0
    assert story.aggregate.deadline == at(65)


# -- pause -----------------------------------------------------------------------------------------


def test_a_pause_admits_nobody_and_keeps_the_line() -> None:
    story = room("ann", "ben", capacity=1).when(PAUSE).then(WaitroomPaused).with_facts(by="olga")

    assert view(story).paused
    story.when(completing("ann"))
    assert view(story).ready == 0
    story.when(joining("cem")).then(WaitroomJoined)
    assert place(story).position == 2
    assert story.aggregate.deadline is None
    story.when(RESUME, now=at(9)).then(WaitroomResumed, SessionAdmitted).with_facts(by="olga")
    story.with_facts(1, session_id="s-ben", deadline=at(69)).folds_the_same()


def test_checkouts_go_on_and_expire_in_a_pause() -> None:
    room("ann", "ben").when(PAUSE).when(TEND, now=at(65)).then(CheckoutExpired)


def test_pausing_and_resuming_twice_changes_nothing() -> None:
    room().when(RESUME).then().when(PAUSE).when(PAUSE).then()


# -- sessions --------------------------------------------------------------------------------------


def test_a_checkout_that_is_extended_expires_later_than_those_after_it() -> None:
    story = room("ann", capacity=2).when(joining("ben"), now=at(5))
    story.when(extending("ann", 30), now=at(6)).then(CheckoutExtended)

    story.with_facts(session_id="s-ann", user_id="ann", deadline=at(90), by="olga")
    assert place(story).deadline == at(90)
    assert story.aggregate.deadline == at(70)
    story.when(TEND, now=at(70)).then(CheckoutExpired).with_facts(session_id="s-ben")
    story.when(TEND, now=at(94.9)).then()
    story.when(TEND, now=at(95)).then(CheckoutExpired).with_facts(session_id="s-ann")


def test_only_a_checkout_can_be_extended_and_only_for_a_day() -> None:
    story = room("ann", "ben")

    story.when(extending("ben", 1)).refuses(NotAdmitted)
    story.when(extending("eve", 1)).refuses(SessionNotFound)
    story.when(extending("ann", 86_400)).refuses(ExtendedTooFar)
    expired = ExpireCheckout(event_id=EVENT, session_id="s-ann")
    story.when(expired).when(extending("ann", 1)).refuses(CheckoutOver)


def test_who_is_removed_from_a_slot_is_followed_by_the_next() -> None:
    story = room("ann", "ben").when(removing("ann")).then(SessionRemoved, SessionAdmitted)

    story.with_facts(session_id="s-ann", user_id="ann", by="olga").folds_the_same()
    assert place(story).status == "removed"
    story.when(removing("ann")).then()
    story.when(joining("ann", session="again")).then(WaitroomJoined)


def test_who_is_removed_from_the_line_lets_the_others_move_up() -> None:
    story = room("ann", "ben", "cem").when(removing("ben")).then(SessionRemoved)

    story.when(joining("cem"))
    assert place(story).position == 1
    story.when(removing("eve")).refuses(SessionNotFound)
    story.when(completing("ann")).when(removing("ann")).refuses(CheckoutOver)


def test_who_is_admitted_by_hand_goes_ahead_of_the_line_and_beyond_the_capacity() -> None:
    story = room("ann", "ben", "cem").when(PAUSE).when(admitting("cem"), now=at(3))

    story.then(AdmissionGranted, SessionAdmitted)
    story.with_facts(session_id="s-cem", user_id="cem", by="olga")
    story.with_facts(1, session_id="s-cem", deadline=at(63)).folds_the_same()
    assert (view(story).ready, place(story).status) == (2, "ready")
    story.when(admitting("cem")).then()
    story.when(RESUME).when(completing("cem"))
    assert view(story).ready == 1, "the capacity is that of before"
    story.when(admitting("cem")).refuses(CheckoutOver)
    story.when(admitting("eve")).refuses(SessionNotFound)


# -- looks -----------------------------------------------------------------------------------------


def test_a_room_is_described_in_one_event_and_again_changes_nothing() -> None:
    story = room().when(DESCRIBE).then(WaitroomDescribed).with_facts(by="olga")

    (described,) = story.events
    assert isinstance(described, WaitroomDescribed)
    assert described.appearance.title == "The concert"
    assert described.appearance.texts == {"de": {"title": "Das Konzert"}}
    story.when(DESCRIBE).then().folds_the_same()


def test_orders_change_nothing_for_who_is_there() -> None:
    story = room("ann", "ben")
    for order in (PAUSE, RESUME, DESCRIBE, closing(), REOPEN, changing(1, 99)):
        story.when(order)
    story.when(joining("ben")).then()
    assert place(story).position == 1
    story.when(joining("ann")).then()
    assert place(story).deadline == at(60)
