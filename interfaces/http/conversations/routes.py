"""One's conversations: begin one, see which there are, be in a group with others, or no more."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import msgspec
from litestar import Response, Router
from litestar.di import NamedDependency, Provide
from litestar.params import JSONBody, QueryParameter

from domain.conversations.commands import (
    MOST_AT_ONCE,
    AddMember,
    LeaveConversation,
    LookAtConversation,
    OpenConversation,
    StartGroup,
)
from domain.conversations.names import ID_PATTERN, ConversationKind, GroupId
from domain.conversations.view import ConversationLeft, ConversationView
from domain.keys import Key
from domain.personal import PersonalText
from interfaces.http.conversations.asking import (
    AfterSocial,
    InPath,
    asks_log,
    hidden_from,
    others_of,
)
from interfaces.http.platform.auth import only
from interfaces.http.platform.bodies import Request
from interfaces.http.platform.command_context import CommandContext, carry_out, provide_context
from interfaces.http.platform.freshness import caught_up
from interfaces.http.platform.links import AFTER_THIS, Link, in_answer
from interfaces.http.platform.parameters import PathKey, limit_of
from interfaces.http.platform.routes import command, of_whole_addresses, query
from interfaces.http.platform.services import services_of
from projections.conversations import CONVERSATIONS
from projections.conversations.queries import OwnConversation

Most = Annotated[int, limit_of("conversations")]
BeforeConversation = Annotated[
    str | None,
    QueryParameter(
        description="`before` of the page before: a conversation.",
        pattern=ID_PATTERN,
    ),
]


class StartingGroup(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A group to start: its id is a new random UUID, so that a repeat starts no other one."""

    conversation_id: GroupId
    members: Annotated[list[Key], msgspec.Meta(max_length=MOST_AT_ONCE, examples=[["user-456"]])]
    name: PersonalText | None = None


class ConversationRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A conversation that somebody is in, as they see it.

    `last` is the number of the last message, or 0, and `at` when it was said. `unread` counts up to
    1,000. `name` is that of a group, until who gave it is erased.
    """

    conversation_id: str
    kind: ConversationKind
    name: str | None
    members: Sequence[str]
    last: int
    at: datetime
    read_up_to: int
    unread: int


class ConversationList(msgspec.Struct, frozen=True, kw_only=True):
    """Some conversations, the last used first; with `before`, the next page begins."""

    conversations: list[ConversationRecord]
    before: str | None


@command("/with/{user_id:str}", "openConversation", "Talk to somebody", 403)
async def open_conversation(
    request: Request, user_id: PathKey, context: NamedDependency[CommandContext]
) -> Response[ConversationView]:
    """Have a conversation with somebody, who hears of it when something is said.

    There is one for two people; opening it again changes nothing.
    """
    opened = OpenConversation(user_id=request.user.user_id, other_id=user_id)
    return await carry_out(request, context, opened)


@command("/", "startGroup", "Start a group", 403, 409)
async def start_group(
    request: Request, data: JSONBody[StartingGroup], context: NamedDependency[CommandContext]
) -> Response[ConversationView]:
    """Start a group with friends; starting it again changes nothing."""
    user_id, name = request.user.user_id, data.name
    await others_of(request).require_friends(user_id, data.members, asks_log(request))
    sealed = None if name is None else await services_of(request).seals.seal(user_id, name)
    start = StartGroup(
        user_id=user_id,
        conversation_id=data.conversation_id,
        members=data.members,
        name=sealed,
    )
    return await carry_out(request, context, start)


@command(
    "/{conversation_id:str}/members/{user_id:str}/add", "addMember", "Add a friend", 403, 404, 409
)
async def add_member(
    request: Request,
    conversation_id: InPath,
    user_id: PathKey,
    context: NamedDependency[CommandContext],
) -> Response[ConversationView]:
    """Put a friend in a group, who sees what is said from now on."""
    own = request.user.user_id
    await others_of(request).require_friends(own, [user_id], asks_log(request))
    add = AddMember(user_id=own, conversation_id=conversation_id, member_id=user_id)
    return await carry_out(request, context, add)


@command("/{conversation_id:str}/leave", "leaveConversation", "Leave a group", 403, 404, 409)
async def leave_conversation(
    request: Request, conversation_id: InPath, context: NamedDependency[CommandContext]
) -> Response[ConversationLeft]:
    """Be in a group no more."""
    leave = LeaveConversation(user_id=request.user.user_id, conversation_id=conversation_id)
    return await carry_out(request, context, leave)


@query("/", "listMyConversations", "My conversations", 403, 422)
async def list_my_conversations(
    request: Request,
    before: BeforeConversation = None,
    limit: Most = 50,
    read_after: AfterSocial = None,
) -> ConversationList:
    """Tell which conversations one is in, the last used first, and how much is unread in each."""
    conversations = await caught_up(request, CONVERSATIONS, read_after)
    hidden = await hidden_from(request, read_after)
    page = await conversations.mine(request.user.user_id, hidden=hidden, before=before, limit=limit)
    found = [_record(request, each) for each in page.conversations]
    return ConversationList(conversations=found, before=page.before)


@query("/{conversation_id:str}", "getConversation", "How a conversation stands", 403, 404)
async def get_conversation(request: Request, conversation_id: InPath) -> ConversationView:
    """Tell how a conversation stands, where that is decided, and which `client_seq` was used."""
    look = LookAtConversation(user_id=request.user.user_id, conversation_id=conversation_id)
    return (await asks_log(request)(look)).told(ConversationView)


def _record(request: Request, own: OwnConversation) -> ConversationRecord:
    name = None if own.name is None else services_of(request).seals.open(own.name)
    return ConversationRecord(
        conversation_id=own.conversation_id,
        kind=own.kind,
        name=name,
        members=own.members,
        last=own.last,
        at=own.at,
        read_up_to=own.read_up_to,
        unread=own.unread,
    )


router = of_whole_addresses(
    Router(
        path="/api/v1/conversations",
        route_handlers=[
            *(open_conversation, start_group, add_member, leave_conversation),
            *(list_my_conversations, get_conversation),
        ],
        dependencies={"context": Provide(provide_context)},
        guards=[only("player")],
    )
)

MINE = Link("listMyConversations", "See your conversations.", AFTER_THIS)
HERE = {"path.conversation_id": in_answer("conversation_id")}
MESSAGES = Link("listMessages", "See what was said there.", AFTER_THIS | HERE)
SAY = Link("sayInConversation", "Say something there.", HERE)

LINKS = {
    "openConversation": (SAY, MESSAGES, MINE),
    "startGroup": (SAY, MESSAGES, MINE),
    "addMember": (SAY, MESSAGES),
    "leaveConversation": (MINE,),
    "getConversation": (SAY, Link("listMessages", "See what was said there.", HERE)),
}
