"""One's own feed: read it, say what one has seen and read of it, and put away what is done with."""

from typing import Annotated

import msgspec
from litestar import Response, Router
from litestar.di import NamedDependency, Provide
from litestar.params import JSONBody, QueryParameter

from domain.categories import PEOPLE
from domain.feed.commands import (
    ArchiveEntries,
    Numbers,
    ReadEntries,
    SeeEntries,
    UpTo,
)
from domain.feed.view import FeedView
from interfaces.http.feed.following import look_at
from interfaces.http.platform.auth import only
from interfaces.http.platform.bodies import Request
from interfaces.http.platform.command_context import CommandContext, carry_out, provide_context
from interfaces.http.platform.freshness import caught_up, read_after_of
from interfaces.http.platform.links import AFTER_THIS, Link
from interfaces.http.platform.parameters import (
    AfterNumber,
    BeforeNumber,
    limit_of,
    numbers_in,
)
from interfaces.http.platform.routes import command, query
from interfaces.http.platform.services import services_of
from projections.feed import FEED_ENTRIES
from projections.feed.feed_entries import FeedPage

AfterEntry = Annotated[str | None, read_after_of(PEOPLE.topic)]

OfKind = Annotated[
    str | None,
    QueryParameter(
        description="Only those of this kind.",
        min_length=1,
        max_length=40,
        pattern="^[a-z][a-z0-9-]*$",
    ),
]
Unread = Annotated[bool, QueryParameter(description="Only those that are not read.")]
Archived = Annotated[
    str | None,
    QueryParameter(
        description="Only those in the archive, or not there; by default both.",
        pattern="^(true|false)$",
    ),
]
Limit = Annotated[int, limit_of("entries")]


class SeenEntries(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Up to which entry one has seen that there are any."""

    up_to: UpTo


class ChosenEntries(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All entries up to a number, and those of other numbers."""

    up_to: UpTo = 0
    numbers: Numbers = msgspec.field(default_factory=list)


@query("/", "getMyFeed", "My feed", 403, 422)
async def get_my_feed(
    request: Request,
    before: BeforeNumber = None,
    after: AfterNumber = None,
    kind: OfKind = None,
    unread: Unread = False,
    archived: Archived = None,
    limit: Limit = 50,
    read_after: AfterEntry = None,
) -> FeedPage:
    """Tell what one was told, the newest first; it is kept for ever."""
    feeds = await caught_up(request, FEED_ENTRIES, read_after)
    older_than, newer_than = numbers_in(before, after)
    return await feeds.page(
        request.user.user_id,
        before=older_than,
        after=newer_than,
        kind=kind,
        unread=unread,
        archived=None if archived is None else archived == "true",
        limit=limit,
    )


@query("/unread", "getMyUnread", "How much is unread", 403)
async def get_my_unread(request: Request) -> FeedView:
    """Tell how many entries are unread, over all and by kind, where that is decided."""
    look = await look_at(services_of(request).log, request.user.user_id)
    view: FeedView = look.state
    return view


@command("/seen", "seeEntries", "Say what one has seen", 403)
async def see_entries(
    request: Request, data: JSONBody[SeenEntries], context: NamedDependency[CommandContext]
) -> Response[FeedView]:
    """Say that one has seen all entries up to a number; it never goes back."""
    seen = SeeEntries(user_id=request.user.user_id, up_to=data.up_to)
    return await carry_out(request, context, seen)


@command("/read", "readEntries", "Say what one has read", 403)
async def read_entries(
    request: Request, data: JSONBody[ChosenEntries], context: NamedDependency[CommandContext]
) -> Response[FeedView]:
    """Count entries as read, at all devices; again changes nothing."""
    user_id = request.user.user_id
    read = ReadEntries(user_id=user_id, up_to=data.up_to, numbers=data.numbers)
    return await carry_out(request, context, read)


@command("/archive", "archiveEntries", "Put entries away", 403)
async def archive_entries(
    request: Request, data: JSONBody[ChosenEntries], context: NamedDependency[CommandContext]
) -> Response[FeedView]:
    """Put entries into the archive, as read; again changes nothing."""
    user_id = request.user.user_id
    archived = ArchiveEntries(user_id=user_id, up_to=data.up_to, numbers=data.numbers)
    return await carry_out(request, context, archived)


router = Router(
    path="/api/v1/me/feed",
    route_handlers=[get_my_feed, get_my_unread, see_entries, read_entries, archive_entries],
    dependencies={"context": Provide(provide_context)},
    guards=[only("player")],
)

SHOW = Link("getMyFeed", "See the entries.", AFTER_THIS)
LINKS = {
    "seeEntries": (SHOW,),
    "readEntries": (SHOW,),
    "archiveEntries": (SHOW,),
    "getMyUnread": (Link("getMyFeed", "See the entries."),),
}
