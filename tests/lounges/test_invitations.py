"""Who is invited into a lounge is told until they have come, or cannot."""

import pytest

from application.entries import EntrySettled, Memory, NewEntry
from application.lounges.feed import ROOM_INVITATION, tell
from domain.lounges.commands import BanPerson, CloseLounge, LoungeCommand
from tests.lounges.given import ADA, BOB, OWNER, ROOM, a_lounge, by, invited, joined


def told(*commands: LoungeCommand, memory: Memory | None = None) -> list[NewEntry | EntrySettled]:
    """What people are told of a lounge in which this happens."""
    known: Memory = {} if memory is None else memory
    events = a_lounge(*commands, access="invitation").history
    return [entry for event in events for entry in tell(event, known)]


INVITED = NewEntry(ADA, ROOM_INVITATION, ROOM, OWNER, pending=True)


@pytest.mark.parametrize(
    "end", [joined(ADA), by(OWNER, BanPerson, ADA, seconds=9), by(OWNER, CloseLounge)], ids=repr
)
def test_an_invitation_waits_until_there_is_nothing_to_wait_for(end: LoungeCommand) -> None:
    memory: Memory = {}
    news = told(invited(ADA), end, memory=memory)
    assert news == [INVITED, EntrySettled(ADA, ROOM_INVITATION, ROOM)]
    assert memory == {}


def test_others_are_still_invited() -> None:
    news = told(invited(ADA), invited(BOB), joined(ADA), by(OWNER, CloseLounge))
    assert news[2:] == [EntrySettled(each, ROOM_INVITATION, ROOM) for each in (ADA, BOB)]


def test_who_comes_uninvited_is_told_nothing() -> None:
    assert told(joined(OWNER)) == []
