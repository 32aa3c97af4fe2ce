"""Rooms in which people meet: open one, come, go, close it, see which there are and who is in."""

from typing import Annotated

import msgspec
from litestar import Response, Router
from litestar.di import NamedDependency, Provide
from litestar.params import JSONBody

from domain.categories import SOCIAL
from domain.lounges.commands import CloseLounge, JoinLounge, LeaveLounge, OpenLounge
from domain.lounges.view import LoungePerson, LoungeView
from interfaces.http.lounges.bodies import (
    LoungeDetails,
    LoungeEntries,
    LoungeList,
    LoungeOpening,
    LoungeStandings,
    OwnLounges,
    record_of,
)
from interfaces.http.lounges.moderation import MODERATION
from interfaces.http.platform.auth import only
from interfaces.http.platform.bodies import Request
from interfaces.http.platform.command_context import CommandContext, carry_out, provide_context
from interfaces.http.platform.freshness import caught_up, found, read_after_of
from interfaces.http.platform.links import AFTER_THIS, Link, in_answer
from interfaces.http.platform.parameters import PathKey, key_of, limit_of
from interfaces.http.platform.problems import forbidden
from interfaces.http.platform.routes import command, of_whole_addresses, query
from interfaces.http.platform.services import services_of
from projections.lounges import LOUNGES
from projections.lounges.queries import LoungeQueries, LoungeRow, LoungeStanding

AfterLounge = Annotated[str | None, read_after_of(SOCIAL.topic)]
MostRooms = Annotated[int, limit_of("rooms")]
MostDays = Annotated[int, limit_of("days")]
BeforeRoom = Annotated[str | None, key_of("`before` of the page before: a room's id.")]


@command("/", "createRoom", "Open a room", 403, status=201)
async def create_room(
    request: Request, data: JSONBody[LoungeOpening], context: NamedDependency[CommandContext]
) -> Response[LoungeView]:
    """Open a room of one's own, for everybody or by invitation.

    Who has opened it may always come in, if it is not full, and decides about everybody else.
    """
    user_id = request.user.user_id
    opening = OpenLounge(
        room_id=context.new_id(),
        user_id=user_id,
        name=await services_of(request).seals.seal(user_id, data.name),
        capacity=data.capacity,
        access=data.access,
        plan=data.plan,
    )
    return await carry_out(request, context, opening, status=201)


@command("/{room_id:str}/close", "closeRoom", "Close a room", 403, 404, 409)
async def close_room(
    request: Request, room_id: PathKey, context: NamedDependency[CommandContext]
) -> Response[LoungeView]:
    """Close one's room for good; everybody in it is out."""
    closing = CloseLounge(room_id=room_id, user_id=request.user.user_id)
    return await carry_out(request, context, closing)


@command("/{room_id:str}/join", "joinRoom", "Come into a room", 403, 404, 409)
async def join_room(
    request: Request, room_id: PathKey, context: NamedDependency[CommandContext]
) -> Response[LoungePerson]:
    """Come into a room, and leave the one in which one was, a moment later."""
    joining = JoinLounge(room_id=room_id, user_id=request.user.user_id)
    return await carry_out(request, context, joining)


@command("/{room_id:str}/leave", "leaveRoom", "Leave a room", 403, 404, 409)
async def leave_room(
    request: Request, room_id: PathKey, context: NamedDependency[CommandContext]
) -> Response[LoungePerson]:
    """Leave a room; who is not in it stays where they are."""
    leaving = LeaveLounge(room_id=room_id, user_id=request.user.user_id)
    return await carry_out(request, context, leaving)


@query("/", "listRooms", "Rooms for everybody", 403, 422)
async def list_rooms(
    request: Request,
    before: BeforeRoom = None,
    limit: MostRooms = 50,
    read_after: AfterLounge = None,
) -> LoungeList:
    """Tell which rooms for everybody are open, those that were opened last first."""
    lounges = await caught_up(request, LOUNGES, read_after)
    page = await lounges.public(before=before, limit=limit)
    return LoungeList(rooms=[record_of(request, each) for each in page.lounges], before=page.before)


@query("/mine", "listMyRooms", "My rooms", 403)
async def list_my_rooms(request: Request, read_after: AfterLounge = None) -> OwnLounges:
    """Tell which open rooms one has opened, the newest hundred, and in which room one is."""
    lounges, user = await caught_up(request, LOUNGES, read_after), request.user.user_id
    opened = [record_of(request, each) for each in await lounges.opened_by(user)]
    return OwnLounges(opened=opened, inside=list(await lounges.inside(user)))


@query("/{room_id:str}", "getRoom", "A room and who is in it", 403, 404)
async def get_room(
    request: Request, room_id: PathKey, read_after: AfterLounge = None
) -> LoungeDetails:
    """Tell of a room; of one by invitation, to who is invited, in it, or decides there."""
    lounges = await caught_up(request, LOUNGES, read_after)
    row, standings = await _seen_by(lounges, room_id, request.user.user_id)
    return LoungeDetails(
        **msgspec.structs.asdict(record_of(request, row)),
        plan=row.plan,
        people=list(await lounges.people(room_id)),
        moderators=[each.user_id for each in standings if each.kind == "moderator"],
    )


@query("/{room_id:str}/entries", "getRoomEntries", "How many came into a room", 403, 404)
async def get_room_entries(
    request: Request, room_id: PathKey, limit: MostDays = 31, read_after: AfterLounge = None
) -> LoungeEntries:
    """Count, by day of UTC, how often somebody came in."""
    lounges = await caught_up(request, LOUNGES, read_after)
    await _seen_by(lounges, room_id, request.user.user_id)
    return LoungeEntries(days=list(await lounges.entries(room_id, limit=limit)))


@query("/{room_id:str}/members", "listRoomMembers", "Who is what in a room", 403, 404)
async def list_room_members(
    request: Request, room_id: PathKey, read_after: AfterLounge = None
) -> LoungeStandings:
    """Tell who is invited, muted, kept out or a moderator, to those who decide about that."""
    lounges, user = await caught_up(request, LOUNGES, read_after), request.user.user_id
    row, standings = await _seen_by(lounges, room_id, user)
    if user != row.owner and not _is(standings, user, "moderator"):
        raise forbidden("not-yours-to-decide", "It takes the owner of the room, or a moderator.")
    return LoungeStandings(people=list(standings))


async def _seen_by(
    lounges: LoungeQueries, room_id: str, user: str
) -> tuple[LoungeRow, list[LoungeStanding]]:
    """A room and what people are in it, for who may see it; raises `Problem` 404."""
    row, standings = await lounges.lounge(room_id), list(await lounges.standings(room_id))
    if row is not None and not (row.access == "public" or user == row.owner):
        there = [each.user_id for each in await lounges.people(room_id)]
        if user not in there and not _is(standings, user, "moderator", "invited"):
            row = None
    return found(row, "room-not-found", f"There is no room {room_id!r} for you."), standings


def _is(standings: list[LoungeStanding], user: str, *kinds: str) -> bool:
    return any(each.user_id == user and each.kind in kinds for each in standings)


router = of_whole_addresses(
    Router(
        path="/api/v1/rooms",
        route_handlers=[
            *(create_room, close_room, join_room, leave_room, *MODERATION),
            *(list_rooms, list_my_rooms, get_room, get_room_entries, list_room_members),
        ],
        dependencies={"context": Provide(provide_context)},
        guards=[only("player")],
    )
)

SEE = Link(
    "getRoom", "See who is in the room.", {"path.room_id": in_answer("room_id")} | AFTER_THIS
)
COME = Link("joinRoom", "Come in.", {"path.room_id": in_answer("room_id")})
MINE = Link("listMyRooms", "See in which room you are.", AFTER_THIS)

LINKS = {
    "createRoom": (SEE, COME),
    "closeRoom": (SEE,),
    "joinRoom": (SEE, MINE),
    "leaveRoom": (MINE,),
    **dict.fromkeys(("kickFromRoom", "banFromRoom", "appointModerator"), (SEE,)),
}
