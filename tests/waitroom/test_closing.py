"""A room closes, its line is served or dismissed, and in the end the log alone knows of it."""

import tracemalloc

import pytest

from domain.aggregate import Command
from domain.categories import WAITROOMS
from domain.waitroom import Waitroom, operated
from domain.waitroom.events import (
    SessionAdmitted,
    SessionDismissed,
    WaitroomArchived,
    WaitroomClosed,
    WaitroomJoined,
    WaitroomReopened,
)
from domain.waitroom.orders import Waiting
from domain.waitroom.refusals import CheckoutOver, WaitroomClosedToJoins, WaitroomOver
from tests.given import Story, at
from tests.snapshots import snapshot_of
from tests.waitroom.rooms import (
    PAUSE,
    REOPEN,
    TEND,
    changing,
    closing,
    completing,
    joining,
    leaving,
    opening,
    place,
    removing,
    room,
    view,
)


def test_nobody_joins_a_closed_room_and_who_is_in_it_stays() -> None:
    story = room("ann", "ben").when(closing()).then(WaitroomClosed)

    story.with_facts(waiting="serve", keep_seconds=3_600, by="olga").folds_the_same()
    assert view(story).status == "closed"
    story.when(joining("eve")).refuses(WaitroomClosedToJoins)
    story.when(joining("ben")).then()
    assert place(story).position == 1


def test_those_who_wait_are_served() -> None:
    story = room("ann", "ben").when(closing("serve"))

    story.when(completing("ann")).with_facts(1, session_id="s-ben")
    story.when(changing(2)).folds_the_same()


def test_those_who_wait_are_dismissed_and_who_is_admitted_goes_on() -> None:
    story = room("ann", "ben", "cem").when(closing("dismiss"), now=at(1))

    story.then(WaitroomClosed, SessionDismissed, SessionDismissed)
    story.with_facts(1, session_id="s-ben", user_id="ben").folds_the_same()
    assert (view(story).waiting, view(story).ready) == (0, 1)
    story.when(leaving("ben")).refuses(CheckoutOver)
    story.when(completing("ann"), now=at(2))
    assert place(story).status == "completed"


def test_a_long_line_is_dismissed_in_turns_even_in_a_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operated, "MOST_AT_ONCE", 2)
    story = room(*"abcdef").when(PAUSE).when(closing("dismiss"), now=at(1))

    story.then(WaitroomClosed, SessionDismissed, SessionDismissed)
    assert story.aggregate.deadline == at(1.001)
    story.when(completing("a"), now=at(1)).folds_the_same()
    assert view(story).ready == 0, "nobody is admitted who is to be dismissed"
    story.when(TEND, now=at(2)).then(SessionDismissed, SessionDismissed)
    story.when(TEND, now=at(2)).then(SessionDismissed)
    assert view(story).waiting == 0


def test_closing_again_changes_nothing_or_what_becomes_of_the_line() -> None:
    story = room("ann", "ben").when(closing()).when(closing()).then()

    story.when(closing("dismiss")).then(WaitroomClosed, SessionDismissed)


def test_a_closed_room_is_opened_again() -> None:
    story = room("ann").when(closing()).when(REOPEN).then(WaitroomReopened).with_facts(by="olga")

    assert view(story).status == "open"
    assert story.aggregate.deadline == at(65)
    story.when(joining("eve")).then(WaitroomJoined).folds_the_same()
    story.when(REOPEN).then()


# -- the archive -----------------------------------------------------------------------------------


def a_closed_room() -> Story:
    """Everybody has gone by second 30."""
    story = room("ann", "ben").when(closing(), now=at(10))
    return story.when(completing("ann"), now=at(20)).when(leaving("ben"), now=at(30))


def test_a_room_is_archived_so_long_after_the_last_session_has_ended() -> None:
    story = a_closed_room()

    assert story.aggregate.deadline == at(3_630)
    story.when(TEND, now=at(3_629)).then()
    story.when(TEND, now=at(3_630)).then(WaitroomArchived).with_facts(sessions=2, left=0)
    assert story.aggregate.finished
    assert view(story).status == "archived"
    assert (view(story).joined, view(story).waiting) == (2, 0)
    story.folds_the_same()


def test_nothing_is_archived_while_somebody_is_there() -> None:
    story = room("ann").when(closing(keep_seconds=0), now=at(10)).then(WaitroomClosed)

    assert story.aggregate.deadline == at(65)
    story.when(PAUSE).when(joining("ann"))
    assert place(story).status == "ready"


def test_a_room_where_nobody_ever_was_is_archived_too() -> None:
    room().when(closing(keep_seconds=0)).then(WaitroomClosed, WaitroomArchived)


def test_an_archived_room_keeps_no_sessions() -> None:
    archived = a_closed_room().when(TEND, now=at(9_999)).aggregate

    assert not archived.parts
    assert not list(archived.parts)
    again = Waitroom.restore(snapshot_of(WAITROOMS, archived))
    assert (again.finished, again.view) == (True, archived.view)


@pytest.mark.parametrize(
    "command",
    [opening(), joining("eve"), leaving("ann"), completing("ann"), REOPEN, removing("ann")],
    ids=lambda command: type(command).__name__,
)
def test_nothing_happens_in_an_archived_room(command: Command) -> None:
    a_closed_room().when(TEND, now=at(9_999)).when(command).refuses(WaitroomOver)


@pytest.mark.parametrize("waiting", ["serve", "dismiss"])
def test_many_sessions_are_archived_in_turns(
    monkeypatch: pytest.MonkeyPatch, waiting: Waiting
) -> None:
    monkeypatch.setattr(operated, "ARCHIVED_AT_ONCE", 3)
    story = room(*"abcdefg", capacity=9).when(closing(waiting, keep_seconds=5))
    for user in "abcdefg":
        story.when(completing(user))

    story.when(TEND, now=at(5)).then(WaitroomArchived).with_facts(sessions=3, left=4)
    story.when(REOPEN).refuses(WaitroomOver)
    story.when(TEND, now=at(5)).with_facts(sessions=3, left=1)
    assert story.aggregate.deadline == at(5.001)
    story.when(TEND, now=at(6)).then(WaitroomArchived).with_facts(sessions=1, left=0)
    story.when(TEND, now=at(7)).then().folds_the_same()


def test_a_room_that_is_archived_takes_no_more_memory_than_one_where_nobody_ever_was() -> None:
    story = room(capacity=1)
    tracemalloc.start()
    for number in range(2_000):
        story.aggregate.decide(joining(f"user-{number}"), at(0))
    story.aggregate.collect_events()
    full = tracemalloc.get_traced_memory()[0]
    story.when(closing("dismiss", keep_seconds=0)).when(removing("user-0"))
    while not story.aggregate.finished:
        story.aggregate.decide(TEND, at(9))
        story.aggregate.collect_events()
    story.events = story.history = []
    left = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()

    assert full > 500_000
    assert left < 20_000


def test_a_room_that_is_opened_again_is_not_archived() -> None:
    story = a_closed_room().when(REOPEN, now=at(40))

    assert story.aggregate.deadline is None
    story.when(TEND, now=at(9_999)).then()
    story.when(joining("eve")).then(WaitroomJoined, SessionAdmitted)
