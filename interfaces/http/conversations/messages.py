"""What is said in one's conversations: say something, change it, think of it, see it, read it."""

from typing import Annotated, Any

import msgspec
from litestar import Response, Router
from litestar.di import NamedDependency, Provide
from litestar.params import JSONBody, PathParameter

from domain.conversations.commands import (
    ClientSeq,
    DeleteMessage,
    EditMessage,
    MessageCommand,
    Number,
    React,
    Reaction,
    ReadUpTo,
    Say,
    TakeReactionBack,
    UpTo,
)
from domain.conversations.view import ConversationView, MessageView
from interfaces.http.conversations.asking import (
    AfterSocial,
    InPath,
    asks_log,
    hidden_from,
    others_of,
)
from interfaces.http.conversations.records import MessageRecord, record_of
from interfaces.http.platform.auth import only
from interfaces.http.platform.bodies import Request
from interfaces.http.platform.command_context import CommandContext, carry_out, provide_context
from interfaces.http.platform.freshness import caught_up, found
from interfaces.http.platform.links import AFTER_THIS, Link, in_answer
from interfaces.http.platform.parameters import (
    AfterNumber,
    BeforeNumber,
    limit_of,
    numbers_in,
)
from interfaces.http.platform.routes import command, of_whole_addresses, query
from interfaces.http.platform.services import services_of
from projections.conversations import CONVERSATIONS

MOST_TEXT_CHARACTERS = 4_000
"""Of a message; four times as many bytes, sealed and in base64, are a small part of a record."""

MESSAGE_PATTERN = r"^[^\x00-\x08\x0b-\x1f\x7f]+$"
"""No control characters but tabs and line feeds."""

MARK_DIGITS = 8
"""Of a digest, in hexadecimal: 32 bits, which tell a message from the next one, and no text."""

MessageText = Annotated[
    str,
    msgspec.Meta(min_length=1, max_length=MOST_TEXT_CHARACTERS, pattern=MESSAGE_PATTERN),
]
NumberInPath = Annotated[
    int, PathParameter(description="The number of a message.", ge=1, le=2**53 - 1)
]
Most = Annotated[int, limit_of("messages")]


class Saying(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something to say.

    `client_seq` counts what one says in this conversation, from 1 upwards: what is sent again with
    the same one is said once, whenever that is.
    """

    client_seq: ClientSeq
    text: MessageText
    reply_to: Number | None = None


class Editing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Other words."""

    text: MessageText


class Reacting(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one thinks of a message."""

    reaction: Reaction


class ReadingUpTo(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Up to which message one has read; 0 for none."""

    up_to: UpTo


class MessageList(msgspec.Struct, frozen=True, kw_only=True):
    """Some messages: the newest first, or those `after` one, the oldest first.

    With `before` there may be older ones, which come before that number. Those that come `after`
    that number are newer, as soon as there are any. Numbers that are left out are not for you.
    """

    messages: list[MessageRecord]
    before: int | None
    after: int


@command("/messages", "sayInConversation", "Say something", 403, 404, 409)
async def say_in_conversation(
    request: Request,
    conversation_id: InPath,
    data: JSONBody[Saying],
    context: NamedDependency[CommandContext],
) -> Response[MessageView]:
    """Say something, and be told its number; with the `client_seq` of before, that of before."""
    services, user_id = services_of(request), request.user.user_id
    # First, as it may take a while: what is between both is asked last.
    text = await services.seals.seal(user_id, data.text)
    reception = await others_of(request).reception(user_id, conversation_id, asks_log(request))
    said = Say(
        user_id=user_id,
        conversation_id=conversation_id,
        client_seq=data.client_seq,
        text=text,
        text_mark=_mark(request, conversation_id, data),
        reply_to=data.reply_to,
        reception=reception,
    )
    return await carry_out(request, context, said)


def _mark(request: Request, conversation_id: str, data: Saying) -> int:
    said = [request.user.user_id, conversation_id, data.text, data.reply_to]
    digest = services_of(request).tokens.fingerprint(msgspec.json.encode(said))
    return int(digest[:MARK_DIGITS], 16)


@command("/messages/{number:int}/edit", "editMessage", "Say it in other words", 403, 404, 409)
async def edit_message(
    request: Request,
    conversation_id: InPath,
    number: NumberInPath,
    data: JSONBody[Editing],
    context: NamedDependency[CommandContext],
) -> Response[MessageView]:
    """Change what one has said, while it is among the newest."""
    sealed = await services_of(request).seals.seal(request.user.user_id, data.text)
    return await _about(request, context, EditMessage, conversation_id, number, text=sealed)


@command("/messages/{number:int}/delete", "deleteMessage", "Take it back", 403, 404, 409)
async def delete_message(
    request: Request,
    conversation_id: InPath,
    number: NumberInPath,
    context: NamedDependency[CommandContext],
) -> Response[MessageView]:
    """Take back what one has said, while it is among the newest; its number stays."""
    return await _about(request, context, DeleteMessage, conversation_id, number)


@command("/messages/{number:int}/react", "reactToMessage", "Show a reaction", 403, 404, 409)
async def react_to_message(
    request: Request,
    conversation_id: InPath,
    number: NumberInPath,
    data: JSONBody[Reacting],
    context: NamedDependency[CommandContext],
) -> Response[MessageView]:
    """Show what one thinks of a message, in place of what one has shown before."""
    shown = data.reaction
    return await _about(request, context, React, conversation_id, number, reaction=shown)


@command("/messages/{number:int}/take-reaction", "takeReactionBack", "Show none", 403, 404, 409)
async def take_reaction_back(
    request: Request,
    conversation_id: InPath,
    number: NumberInPath,
    context: NamedDependency[CommandContext],
) -> Response[MessageView]:
    """Show nothing of a message any more."""
    return await _about(request, context, TakeReactionBack, conversation_id, number)


@command("/read", "readConversation", "Say what one has read", 403, 404)
async def read_conversation(
    request: Request,
    conversation_id: InPath,
    data: JSONBody[ReadingUpTo],
    context: NamedDependency[CommandContext],
) -> Response[ConversationView]:
    """Count all up to a message as read at all devices, and what follows as unread again."""
    user_id = request.user.user_id
    read = ReadUpTo(user_id=user_id, conversation_id=conversation_id, up_to=data.up_to)
    return await carry_out(request, context, read)


@query("/messages", "listMessages", "What was said", 403, 404, 422)
async def list_messages(
    request: Request,
    conversation_id: InPath,
    before: BeforeNumber = None,
    after: AfterNumber = None,
    limit: Most = 50,
    read_after: AfterSocial = None,
) -> MessageList:
    """Tell what was said, the newest first; nothing of whom one has blocked."""
    conversations = await caught_up(request, CONVERSATIONS, read_after)
    older_than, newer_than = numbers_in(before, after)
    said = await conversations.said(
        request.user.user_id,
        conversation_id,
        hidden=await hidden_from(request, read_after),
        before=older_than,
        after=newer_than,
        limit=limit,
    )
    missing = f"You are in no conversation {conversation_id!r}."
    page = found(said, "conversation-not-found", missing)
    messages = [record_of(services_of(request).seals, each) for each in page.messages]
    return MessageList(messages=messages, before=page.before, after=page.after)


async def _about(
    request: Request,
    context: CommandContext,
    kind: type[MessageCommand],
    conversation_id: str,
    number: int,
    **facts: Any,
) -> Response[MessageView]:
    about = {"user_id": request.user.user_id, "conversation_id": conversation_id}
    return await carry_out(request, context, kind(**about, number=number, **facts))


router = of_whole_addresses(
    Router(
        path="/api/v1/conversations/{conversation_id:str}",
        route_handlers=[
            *(say_in_conversation, edit_message, delete_message, react_to_message),
            *(take_reaction_back, read_conversation, list_messages),
        ],
        dependencies={"context": Provide(provide_context)},
        guards=[only("player")],
    )
)

HERE = {"path.conversation_id": in_answer("conversation_id")}
THIS = HERE | {"path.number": in_answer("number")}
SEE = Link("listMessages", "See what was said there.", AFTER_THIS | HERE)
MINE = Link("listMyConversations", "See what is unread.", AFTER_THIS)

LINKS = {
    "sayInConversation": (
        SEE,
        Link("editMessage", "Say it in other words.", THIS),
        Link("deleteMessage", "Take it back.", THIS),
        Link("reactToMessage", "Show what you think of it.", THIS),
    ),
    "editMessage": (SEE,),
    "deleteMessage": (SEE,),
    "reactToMessage": (SEE, Link("takeReactionBack", "Show nothing of it any more.", THIS)),
    "takeReactionBack": (SEE,),
    "readConversation": (MINE,),
}
