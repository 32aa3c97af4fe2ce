import pytest

from domain.aggregate import Command
from domain.waitroom.commands import CompleteCheckout, OpenWaitroom, Room, TendWaitroom
from domain.waitroom.events import WaitroomOpened
from domain.waitroom.refusals import WaitroomAlreadyOpen, WaitroomNotFound
from tests.waitroom.rooms import EVENT, joining, leaving, opening, room, unopened


def test_a_room_is_opened_with_a_capacity_and_a_time_limit() -> None:
    story = unopened().when(opening(10, 90)).then(WaitroomOpened)

    story.with_facts(originator_id=EVENT, capacity=10, checkout_seconds=90)
    assert story.reply == Room(event_id=EVENT, capacity=10, checkout_seconds=90)
    story.folds_the_same()


def test_a_room_is_known_by_the_event_that_people_wait_for() -> None:
    assert opening().aggregate_id == EVENT


def test_opening_the_same_way_again_changes_nothing() -> None:
    story = room(capacity=3).when(opening(3)).then()

    assert story.reply == Room(event_id=EVENT, capacity=3, checkout_seconds=60)


@pytest.mark.parametrize("other", [opening(4), opening(3, 61)])
def test_an_open_room_keeps_its_terms(other: OpenWaitroom) -> None:
    room(capacity=3).when(other).refuses(WaitroomAlreadyOpen)


@pytest.mark.parametrize(
    "command",
    [
        joining("ann"),
        leaving("ann"),
        CompleteCheckout(event_id=EVENT, session_id="s-ann"),
        TendWaitroom(event_id=EVENT),
    ],
)
def test_a_room_that_was_never_opened_does_nothing(command: Command) -> None:
    unopened().when(command).refuses(WaitroomNotFound)
