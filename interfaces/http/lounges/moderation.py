"""What is decided about people in a room, by who has opened it and its moderators."""

from typing import Any

from litestar import Response
from litestar.di import NamedDependency
from litestar.params import JSONBody

from domain.lounges.commands import (
    AppointModerator,
    BanPerson,
    DismissModerator,
    InviteToLounge,
    KickPerson,
    ModerateLounge,
    MutePerson,
    UnbanPerson,
    UnmutePerson,
)
from domain.lounges.view import LoungePerson
from interfaces.http.lounges.bodies import ForSeconds
from interfaces.http.platform.bodies import Request
from interfaces.http.platform.command_context import CommandContext, carry_out
from interfaces.http.platform.parameters import PathKey
from interfaces.http.platform.routes import command

MEMBER = "/{room_id:str}/members/{user_id:str}"


@command(f"{MEMBER}/invite", "inviteToRoom", "Invite somebody", 403, 404, 409)
async def invite_to_room(
    request: Request, room_id: PathKey, user_id: PathKey, context: NamedDependency[CommandContext]
) -> Response[LoungePerson]:
    """Invite somebody, who is told in their feed; again changes nothing."""
    return await _decided(request, context, InviteToLounge, room_id, user_id)


@command(f"{MEMBER}/kick", "kickFromRoom", "Send somebody out", 403, 404, 409)
async def kick_from_room(
    request: Request, room_id: PathKey, user_id: PathKey, context: NamedDependency[CommandContext]
) -> Response[LoungePerson]:
    """Send somebody out at once, who may come back after a minute."""
    return await _decided(request, context, KickPerson, room_id, user_id)


@command(f"{MEMBER}/ban", "banFromRoom", "Keep somebody out", 403, 404, 409)
async def ban_from_room(
    request: Request,
    room_id: PathKey,
    user_id: PathKey,
    data: JSONBody[ForSeconds],
    context: NamedDependency[CommandContext],
) -> Response[LoungePerson]:
    """Keep somebody out from now on, who may be in or not; they are not invited any more."""
    return await _decided(request, context, BanPerson, room_id, user_id, seconds=data.seconds)


@command(f"{MEMBER}/unban", "unbanFromRoom", "Let somebody in again", 403, 404, 409)
async def unban_from_room(
    request: Request, room_id: PathKey, user_id: PathKey, context: NamedDependency[CommandContext]
) -> Response[LoungePerson]:
    """Lift a ban, or what is left of a kick."""
    return await _decided(request, context, UnbanPerson, room_id, user_id)


@command(f"{MEMBER}/mute", "muteInRoom", "Let somebody say nothing", 403, 404, 409)
async def mute_in_room(
    request: Request,
    room_id: PathKey,
    user_id: PathKey,
    data: JSONBody[ForSeconds],
    context: NamedDependency[CommandContext],
) -> Response[LoungePerson]:
    """Let somebody say nothing for a while, who may stay."""
    return await _decided(request, context, MutePerson, room_id, user_id, seconds=data.seconds)


@command(f"{MEMBER}/unmute", "unmuteInRoom", "Let somebody speak again", 403, 404, 409)
async def unmute_in_room(
    request: Request, room_id: PathKey, user_id: PathKey, context: NamedDependency[CommandContext]
) -> Response[LoungePerson]:
    """Lift a mute."""
    return await _decided(request, context, UnmutePerson, room_id, user_id)


@command(f"{MEMBER}/appoint", "appointModerator", "Make somebody a moderator", 403, 404, 409)
async def appoint_moderator(
    request: Request, room_id: PathKey, user_id: PathKey, context: NamedDependency[CommandContext]
) -> Response[LoungePerson]:
    """Make somebody a moderator of one's room, who may come in and decides about others."""
    return await _decided(request, context, AppointModerator, room_id, user_id)


@command(f"{MEMBER}/dismiss", "dismissModerator", "Dismiss a moderator", 403, 404, 409)
async def dismiss_moderator(
    request: Request, room_id: PathKey, user_id: PathKey, context: NamedDependency[CommandContext]
) -> Response[LoungePerson]:
    """Let somebody be a moderator of one's room no more."""
    return await _decided(request, context, DismissModerator, room_id, user_id)


async def _decided(
    request: Request,
    context: CommandContext,
    kind: type[ModerateLounge],
    room_id: str,
    other_id: str,
    **facts: Any,
) -> Response[LoungePerson]:
    asked = kind(room_id=room_id, user_id=request.user.user_id, other_id=other_id, **facts)
    return await carry_out(request, context, asked)


MODERATION = (
    *(invite_to_room, kick_from_room, ban_from_room, unban_from_room),
    *(mute_in_room, unmute_in_room, appoint_moderator, dismiss_moderator),
)
