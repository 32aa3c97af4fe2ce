"""Exporting and erasing: oneself, and as an operator anybody. Operators merge guests, too."""

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
from litestar import Response, Router, get
from litestar.background_tasks import BackgroundTask
from litestar.di import NamedDependency, Provide
from litestar.openapi.spec import OpenAPIMediaType, OpenAPIResponse, OpenAPIType, Operation, Schema
from litestar.params import JSONBody
from litestar.response import Stream

from application.ports.commands import Answer
from application.ports.people import Execute, Knowledge
from application.subjects.erasure import ErasureReport
from application.subjects.merging import MergeReport
from domain.aggregate import Command
from domain.keys import Key
from domain.refusals import Refusal
from interfaces.http.platform.auth import only
from interfaces.http.platform.bodies import Request
from interfaces.http.platform.command_context import CommandContext, provide_context
from interfaces.http.platform.parameters import PathKey
from interfaces.http.platform.problems import documented
from interfaces.http.platform.routes import command
from interfaces.http.platform.services import services_of
from interfaces.http.platform.welcome import require_fresh, sign_in_of
from interfaces.http.subjects.people import People
from projections.accounts import ACCOUNTS

ZIP = "application/zip"


class ErasureUnconfirmed(Refusal, type="erasure-unconfirmed", status=422):
    """Who wants to be erased has not given the id of whom the token speaks for."""


class Erasing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The own user id once more, so that nobody is erased by a slip."""

    user_id: Key


class Merging(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who is merged into the account."""

    guest_id: Annotated[Key, msgspec.Meta(examples=["alice~k3j9x2m"])]


@dataclass
class Archive(Operation):
    """An operation that answers with an archive."""

    def __post_init__(self) -> None:
        file = OpenAPIMediaType(schema=Schema(type=OpenAPIType.STRING))
        answer = (self.responses or {})["200"]
        assert isinstance(answer, OpenAPIResponse)
        answer.content = {ZIP: file}


@get(
    "/export",
    operation_id="exportMe",
    operation_class=Archive,
    summary="All that is known of me",
    responses=documented(400, 403, 429),
)
async def export_me(request: Request) -> Response[Any]:
    """Send all that the hall knows of whom the token speaks for, from every family, as a zip.

    Each file has a line of JSON for each record; `index.json`, the last one, says what is in them.
    Other people stand in it by their ids.
    """
    return await _exported(request, request.user.user_id)


@command("/erase", "eraseMe", "Forget me", 403, 429)
async def erase_me(
    request: Request, data: JSONBody[Erasing], context: NamedDependency[CommandContext]
) -> Response[ErasureReport]:
    """Forget whom the token speaks for, everywhere; it cannot be taken back.

    The report says what was forgotten, what stays and why, and what Kafka deletes later. Where it
    is not `complete`, ask again: nobody is signed out before it is. At a browser, somebody who can
    sign in again has done so within 15 minutes before.
    """
    if data.user_id != request.user.user_id:
        raise ErasureUnconfirmed(
            f"The token speaks for {request.user.user_id!r}, not {data.user_id!r}; "
            "give the id of who is to be erased."
        )
    await _require_fresh(request)
    report = await _erased(request, data.user_id, context)
    if not report.complete:
        return Response(report)
    over = await services_of(request).cookies.end(dict(request.scope["headers"]))
    return Response(report, headers={"Set-Cookie": over})


@get(
    "/{user_id:str}/export",
    operation_id="exportPerson",
    operation_class=Archive,
    summary="All that is known of somebody",
    responses=documented(400, 403, 429),
)
async def export_person(request: Request, user_id: PathKey) -> Response[Any]:
    """Send all that the hall knows of somebody, with or without an account, as `/me/export`."""
    return await _exported(request, user_id)


@command("/{user_id:str}/erase", "erasePerson", "Forget somebody", 403, 429)
async def erase_person(
    request: Request, user_id: PathKey, context: NamedDependency[CommandContext]
) -> ErasureReport:
    """Forget somebody everywhere, with or without an account; it cannot be taken back."""
    return await _erased(request, user_id, context)


@command(
    "/{user_id:str}/merge", "mergeGuest", "Merge a guest into an account", 403, 404, 409, 422, 429
)
async def merge_guest(
    request: Request,
    user_id: PathKey,
    data: JSONBody[Merging],
    context: NamedDependency[CommandContext],
) -> MergeReport:
    """Let what a guest has played and scored be an account's; it cannot be taken back.

    The report says what has moved, and what stays the guest's and why. Where it is not `complete`,
    ask again; what has moved already does not move twice.
    """
    people, families, execute = _everything(request, context)
    return await people.merge(families, execute, data.guest_id, user_id, request.user.user_id)


async def _require_fresh(request: Request) -> None:
    """Let nobody be erased by who finds a browser open; raises `Problem` 403.

    A guest signs in again as somebody else, and so would who has no account any more, since an
    erasure that is not complete.
    """
    signed_in = await sign_in_of(request)
    if signed_in is None:
        return
    account = await services_of(request).queries(ACCOUNTS).account(signed_in.user_id)
    if account is not None or signed_in.way in ("provider", "link"):
        await require_fresh(request)


async def _erased(request: Request, user_id: str, context: CommandContext) -> ErasureReport:
    people, families, execute = _everything(request, context)
    return await people.erase(families, execute, user_id, request.user.user_id)


def _everything(
    request: Request, context: CommandContext
) -> tuple[People, Sequence[Knowledge], Execute]:
    """All families, and what decides their commands on behalf of who asks."""
    services = services_of(request)

    async def execute(command: Command) -> Answer:
        return await services.log.execute(context.step(command))

    people = services.part(People)
    return people, people.families(services.parts.values()), execute


async def _exported(request: Request, user_id: str) -> Response[Any]:
    services = services_of(request)
    people = services.part(People)
    await people.admit_export(request.user.user_id)
    pieces = people.export(people.families(services.parts.values()), user_id)
    beginning = await anext(pieces)  # what goes wrong until then is still a problem
    return Stream(
        _joined(beginning, pieces),
        media_type=ZIP,
        headers={"content-disposition": 'attachment; filename="export.zip"'},
        background=BackgroundTask(_close, pieces),
    )


async def _close(pieces: AsyncGenerator[bytes]) -> None:
    await pieces.aclose()


async def _joined(beginning: bytes, pieces: AsyncGenerator[bytes]) -> AsyncIterator[bytes]:
    try:
        yield beginning
        async for piece in pieces:
            yield piece
    finally:  # also when whoever asked has gone
        await pieces.aclose()


own = Router(
    path="/api/v1/me",
    route_handlers=[export_me, erase_me],
    dependencies={"context": Provide(provide_context)},
    guards=[only("player", "admin")],
)
others = Router(
    path="/api/v1/accounts",
    route_handlers=[export_person, erase_person, merge_guest],
    dependencies={"context": Provide(provide_context)},
    guards=[only("admin")],
)
