"""What people are told in their feeds: into which rooms they are invited, until they have come."""

from collections.abc import Sequence

from application.entries import EntrySettled, Memory, NewEntry, Remembered, Tellings
from domain.categories import SOCIAL
from domain.events import DomainEvent
from domain.lounges.events import LoungeClosed, LoungeJoined, PersonBanned, PersonInvited
from domain.lounges.names import room_id_of

ROOM_INVITATION = "room-invitation"

NewsOfRooms = Sequence[NewEntry | EntrySettled]


def tell(event: DomainEvent, lounges: Memory) -> NewsOfRooms:
    """Tell who is invited; remembers for each lounge who has not come yet."""
    match event:
        case PersonInvited(originator_id=lounge, user_id=user, by=by):
            room, waiting = room_id_of(lounge), _waiting(lounge, lounges)
            lounges[lounge] = Remembered(people=sorted({*waiting, user}))
            return [NewEntry(user, ROOM_INVITATION, room, by, pending=True)]
        case LoungeJoined(originator_id=lounge, user_id=user):
            return _settle(lounge, [user], lounges)
        case PersonBanned(originator_id=lounge, user_id=user):
            return _settle(lounge, [user], lounges)
        case LoungeClosed(originator_id=lounge):
            return _settle(lounge, _waiting(lounge, lounges), lounges)
    return []


def _waiting(lounge: str, lounges: Memory) -> Sequence[str]:
    return lounges[lounge].people if lounge in lounges else ()


def _settle(lounge: str, people: Sequence[str], lounges: Memory) -> NewsOfRooms:
    """Ask some people no more, as far as they were asked."""
    waiting = _waiting(lounge, lounges)
    if left := [each for each in waiting if each not in people]:
        lounges[lounge] = Remembered(people=left)
    elif waiting:
        del lounges[lounge]
    room = room_id_of(lounge)
    return [EntrySettled(each, ROOM_INVITATION, room) for each in people if each in waiting]


FEED = Tellings(topics=(SOCIAL.topic,), tell=tell)
