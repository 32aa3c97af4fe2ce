"""A room keeps what people are called for others to read, and decides nothing on it."""

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from domain.categories import WAITROOMS
from domain.personal import Sealed
from domain.waitroom import Waitroom
from domain.waitroom.commands import JoinWaitroom, WaitroomCommand
from domain.waitroom.events import WaitroomJoined
from tests.given import Story, at
from tests.snapshots import snapshot_of
from tests.waitroom.rooms import EVENT, joining, leaving, opening, room

NAME = Sealed(subject="ada", sealed="bm9ib2R5IHJlYWRzIHRoaXM=")


def test_a_name_goes_into_the_log_as_it_came() -> None:
    room().when(replace(joining("ada"), display_name=NAME)).with_facts(display_name=NAME)


def test_who_has_a_place_is_not_renamed() -> None:
    named = replace(joining("ada"), display_name=NAME)
    room("ada").when(named).then()


people = st.sampled_from(["ada", "bob", "cyd"])
steps = st.lists(
    st.one_of(
        st.builds(joining, people, st.integers(0, 2), st.uuids().map(str)),
        st.builds(leaving, people),
    ),
    max_size=12,
)
maybe_names = st.none() | st.builds(Sealed, subject=people, sealed=st.text(max_size=5))


@given(steps, st.data())
def test_a_room_is_the_same_whatever_people_are_called(
    commands: list[WaitroomCommand], data: st.DataObject
) -> None:
    named = [
        replace(command, display_name=data.draw(maybe_names))
        if isinstance(command, JoinWaitroom)
        else command
        for command in commands
    ]
    assert told(commands) == told(named)


def told(commands: list[WaitroomCommand]) -> list[object]:
    """Everything that comes of commands, snapshots included, without names."""
    story = Story(Waitroom(EVENT)).when(opening())
    outcomes: list[object] = []
    for number, command in enumerate(commands):
        story.when(command, now=at(number))
        kept = snapshot_of(WAITROOMS, story.aggregate)
        outcomes.append((story.reply, str(story.refusal), story.aggregate.view, kept))
    return [*outcomes, *map(without_name, story.history)]


def without_name(event: object) -> object:
    return replace(event, display_name=None) if isinstance(event, WaitroomJoined) else event
