"""One's friends: ask somebody, answer, end it, want nothing of somebody, see who there is."""

from datetime import UTC, datetime
from typing import Annotated

import msgspec
from litestar import Response, Router
from litestar.di import NamedDependency, Provide
from litestar.params import JSONBody

from application.friends.presence import FriendPresence, PresenceOfFriends
from domain.categories import SOCIAL
from domain.friends.commands import (
    AcceptRequest,
    BlockPerson,
    CancelRequest,
    DeclineRequest,
    EndFriendship,
    FriendCommand,
    LookAtPresence,
    RequestFriend,
    SetPresence,
    UnblockPerson,
)
from domain.friends.view import FriendView, PresenceView, Relation
from domain.keys import Key
from domain.personal import PersonalText
from interfaces.http.platform.auth import only
from interfaces.http.platform.bodies import Request
from interfaces.http.platform.command_context import (
    CommandContext,
    asked,
    carry_out,
    provide_context,
)
from interfaces.http.platform.freshness import caught_up, read_after_of
from interfaces.http.platform.links import AFTER_THIS, Link
from interfaces.http.platform.parameters import PathKey, key_of, limit_of
from interfaces.http.platform.routes import command, of_whole_addresses, query
from interfaces.http.platform.services import services_of
from projections.friends import FRIENDS
from projections.friends.friends import BlockedPage, Friend, Suggestion

AfterFriend = Annotated[str | None, read_after_of(SOCIAL.topic)]
Most = Annotated[int, limit_of("people")]
AfterPerson = Annotated[str | None, key_of("`after` of the page before: somebody's id.")]


class Asking(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody to ask, and what to tell them."""

    user_id: Annotated[Key, msgspec.Meta(examples=["user-456"])]
    note: PersonalText | None = None


class FriendRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody is to whom is asking, and since when.

    `note` is that of a request, until it is answered, or who wrote it is erased.
    """

    user_id: str
    relation: Relation
    since: datetime
    note: str | None


class FriendList(msgspec.Struct, frozen=True, kw_only=True):
    """Some people by their ids; with `after`, the next page begins."""

    people: list[FriendRecord]
    after: str | None


class FriendPresenceList(msgspec.Struct, frozen=True, kw_only=True):
    """Some friends by their ids; with `after`, the next page begins."""

    people: list[FriendPresence]
    after: str | None


class MyPresence(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether one wants to look as if one were not there."""

    hidden: bool


class SuggestionList(msgspec.Struct, frozen=True, kw_only=True):
    """Friends of friends, those first of whom most friends are friends."""

    people: list[Suggestion]


@command("/requests", "requestFriend", "Ask somebody to be a friend", 403, 409)
async def request_friend(
    request: Request, data: JSONBody[Asking], context: NamedDependency[CommandContext]
) -> Response[FriendView]:
    """Ask somebody to be a friend, who is told in their feed, however long they are away.

    If they have asked, too, both are friends at once. Asking again changes nothing.
    """
    user_id, note = request.user.user_id, data.note
    sealed = None if note is None else await services_of(request).seals.seal(user_id, note)
    asking = RequestFriend(user_id=user_id, other_id=data.user_id, note=sealed)
    return await carry_out(request, context, asking)


@command("/requests/{user_id:str}/accept", "acceptFriend", "Say yes", 403, 404, 409)
async def accept_friend(
    request: Request, user_id: PathKey, context: NamedDependency[CommandContext]
) -> Response[FriendView]:
    """Be the friend of somebody who has asked."""
    return await _done(request, context, AcceptRequest, user_id)


@command("/requests/{user_id:str}/decline", "declineFriend", "Say no", 403, 404, 409)
async def decline_friend(
    request: Request, user_id: PathKey, context: NamedDependency[CommandContext]
) -> Response[FriendView]:
    """Say no to somebody who has asked; they cannot ask again for a week."""
    return await _done(request, context, DeclineRequest, user_id)


@command("/requests/{user_id:str}/cancel", "cancelFriendRequest", "Ask no more", 403, 404, 409)
async def cancel_friend_request(
    request: Request, user_id: PathKey, context: NamedDependency[CommandContext]
) -> Response[FriendView]:
    """Take back what one has asked."""
    return await _done(request, context, CancelRequest, user_id)


@command("/{user_id:str}/end", "endFriendship", "Be friends no more", 403, 404, 409)
async def end_friendship(
    request: Request, user_id: PathKey, context: NamedDependency[CommandContext]
) -> Response[FriendView]:
    """Be somebody's friend no more."""
    return await _done(request, context, EndFriendship, user_id)


@command("/{user_id:str}/block", "blockPerson", "Block somebody", 403, 409)
async def block_person(
    request: Request, user_id: PathKey, context: NamedDependency[CommandContext]
) -> Response[FriendView]:
    """Want nothing of somebody, who is not told; what there was between both ends."""
    return await _done(request, context, BlockPerson, user_id)


@command("/{user_id:str}/unblock", "unblockPerson", "Lift a block", 403, 409)
async def unblock_person(
    request: Request, user_id: PathKey, context: NamedDependency[CommandContext]
) -> Response[FriendView]:
    """Lift one's block; what they have asked meanwhile is asked now."""
    return await _done(request, context, UnblockPerson, user_id)


@query("/", "listMyFriends", "My friends", 403, 422)
async def list_my_friends(
    request: Request, after: AfterPerson = None, limit: Most = 100, read_after: AfterFriend = None
) -> FriendList:
    """Tell who is one's friend, by ids."""
    return await _people(request, ("friends",), after, limit, read_after)


@query("/requests", "listMyFriendRequests", "Requests to and of me", 403, 422)
async def list_my_friend_requests(
    request: Request, after: AfterPerson = None, limit: Most = 100, read_after: AfterFriend = None
) -> FriendList:
    """Tell whom one has asked, and who has asked, and waits; by ids."""
    return await _people(request, ("requested", "asked"), after, limit, read_after)


@query("/blocked", "listMyBlocks", "Whom I have blocked", 403, 422)
async def list_my_blocks(
    request: Request, after: AfterPerson = None, limit: Most = 100, read_after: AfterFriend = None
) -> BlockedPage:
    """Tell whom one has blocked, by ids."""
    friends = await caught_up(request, FRIENDS, read_after)
    return await friends.blocked(request.user.user_id, after=after or "", limit=limit)


@query("/suggestions", "suggestFriends", "Whom I may know", 403, 422)
async def suggest_friends(
    request: Request, limit: Most = 10, read_after: AfterFriend = None
) -> SuggestionList:
    """Tell who is a friend of one's friends, and of how many, by ids.

    Nobody is among them who has been asked, has asked, or wants nothing of the other.
    """
    friends = await caught_up(request, FRIENDS, read_after)
    return SuggestionList(people=[*await friends.suggested(request.user.user_id, limit=limit)])


@query("/presence", "listMyFriendsPresence", "Which of my friends are there", 403, 422)
async def list_my_friends_presence(
    request: Request, after: AfterPerson = None, limit: Most = 100, read_after: AfterFriend = None
) -> FriendPresenceList:
    """Tell which of one's friends are online, and when they were last, by ids.

    Whoever has a socket, a stream or a page of the hall open is, for ten seconds longer.
    """
    friends = await caught_up(request, FRIENDS, read_after)
    page = await friends.hidden(request.user.user_id, after=after or "", limit=limit)
    seen = await services_of(request).part(PresenceOfFriends).look(page.since, datetime.now(UTC))
    return FriendPresenceList(people=[*seen], after=page.after)


@query("/presence/mine", "getMyPresence", "Whether I am hidden", 403)
async def get_my_presence(request: Request) -> PresenceView:
    """Tell whether one is hidden, where that is decided."""
    look = LookAtPresence(user_id=request.user.user_id)
    return (await asked(services_of(request).log, look)).told(PresenceView)


@command("/presence/mine", "setMyPresence", "Hide, or be seen", 403)
async def set_my_presence(
    request: Request, data: JSONBody[MyPresence], context: NamedDependency[CommandContext]
) -> Response[PresenceView]:
    """Look to everybody as if one had left, or let friends see again that one is there."""
    wanted = SetPresence(user_id=request.user.user_id, hidden=data.hidden)
    return await carry_out(request, context, wanted)


async def _done(
    request: Request, context: CommandContext, kind: type[FriendCommand], other_id: str
) -> Response[FriendView]:
    wanted = kind(user_id=request.user.user_id, other_id=other_id)
    return await carry_out(request, context, wanted)


async def _people(
    request: Request,
    relations: tuple[Relation, ...],
    after: str | None,
    limit: int,
    read_after: str | None,
) -> FriendList:
    friends = await caught_up(request, FRIENDS, read_after)
    page = await friends.page(request.user.user_id, relations, after=after or "", limit=limit)
    return FriendList(people=[_record(request, each) for each in page.people], after=page.after)


def _record(request: Request, friend: Friend) -> FriendRecord:
    note = None if friend.note is None else services_of(request).seals.open(friend.note)
    return FriendRecord(
        user_id=friend.user_id,
        relation=friend.relation,
        since=friend.since,
        note=note,
    )


router = of_whole_addresses(
    Router(
        path="/api/v1/friends",
        route_handlers=[
            *(request_friend, accept_friend, decline_friend, cancel_friend_request),
            *(end_friendship, block_person, unblock_person),
            *(list_my_friends, list_my_friend_requests, list_my_blocks, suggest_friends),
            *(list_my_friends_presence, get_my_presence, set_my_presence),
        ],
        dependencies={"context": Provide(provide_context)},
        guards=[only("player")],
    )
)

FRIENDS_NOW = Link("listMyFriends", "See who is your friend.", AFTER_THIS)
REQUESTS_NOW = Link("listMyFriendRequests", "See who waits for an answer.", AFTER_THIS)
BLOCKS_NOW = Link("listMyBlocks", "See whom you have blocked.", AFTER_THIS)
PRESENCE_NOW = Link("getMyPresence", "See whether you are hidden.")

LINKS = {
    "requestFriend": (REQUESTS_NOW,),
    "acceptFriend": (FRIENDS_NOW,),
    "declineFriend": (REQUESTS_NOW,),
    "cancelFriendRequest": (REQUESTS_NOW,),
    "endFriendship": (FRIENDS_NOW,),
    "blockPerson": (BLOCKS_NOW,),
    "unblockPerson": (BLOCKS_NOW,),
    "setMyPresence": (PRESENCE_NOW,),
}
