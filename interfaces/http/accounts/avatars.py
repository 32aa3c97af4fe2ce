"""Avatars over HTTP: a picture goes in, and comes out small."""

from dataclasses import dataclass
from typing import Annotated, Any

from litestar import Response, Router
from litestar.di import NamedDependency, Provide
from litestar.openapi.spec import (
    OpenAPIMediaType,
    OpenAPIResponse,
    OpenAPIType,
    Operation,
    RequestBody,
    Schema,
)
from litestar.params import QueryParameter

from application.accounts.avatars import Avatars, Size
from domain.accounts.commands import ChangeAvatar
from domain.accounts.states import AccountView
from interfaces.http.accounts.own import AfterUser
from interfaces.http.platform.auth import only
from interfaces.http.platform.bodies import KIB, Request
from interfaces.http.platform.command_context import CommandContext, carry_out, provide_context
from interfaces.http.platform.freshness import caught_up, found
from interfaces.http.platform.parameters import PathKey
from interfaces.http.platform.routes import command, query
from interfaces.http.platform.services import services_of
from projections.accounts import ACCOUNTS

PICTURE_LIMIT_BYTES = 2 * KIB * KIB
MAX_AGE_S = 300
"""For which a browser shows an avatar without asking again."""

WEBP = "image/webp"
TAKEN = ("image/png", "image/jpeg", WEBP)

PIXELS = QueryParameter(description="Pixels on each side.")
Side = Annotated[Size, PIXELS]

FILE = OpenAPIMediaType(schema=Schema(type=OpenAPIType.STRING))


@dataclass
class Uploading(Operation):
    """An operation that takes a picture."""

    def __post_init__(self) -> None:
        self.request_body = RequestBody(content=dict.fromkeys(TAKEN, FILE), required=True)


@dataclass
class Showing(Operation):
    """An operation that answers with a picture."""

    def __post_init__(self) -> None:
        answer = (self.responses or {})["200"]
        assert isinstance(answer, OpenAPIResponse)
        answer.content = {WEBP: FILE}


@command(
    "/",
    "changeAvatar",
    "Change the avatar",
    403,
    404,
    409,
    422,
    operation_class=Uploading,
    request_max_body_size=PICTURE_LIMIT_BYTES,
)
async def change_avatar(
    request: Request, context: NamedDependency[CommandContext]
) -> Response[AccountView]:
    """Have a picture as avatar: PNG, JPEG or WebP, up to 2 MiB and 16 million pixels.

    What it is, its content says. Its middle is kept, upright, in 256 and 64 pixels, and nothing
    else of the file.
    """
    user_id, avatars = request.user.user_id, services_of(request).part(Avatars)
    name = await avatars.add(user_id, await request.body())
    answer = await carry_out(request, context, ChangeAvatar(user_id=user_id, avatar=name))
    await avatars.tidy(user_id, name)
    return answer


@command("/remove", "removeAvatar", "Remove the avatar", 403, 404, 409)
async def remove_avatar(
    request: Request, context: NamedDependency[CommandContext]
) -> Response[AccountView]:
    """Have no avatar; its files are deleted."""
    user_id = request.user.user_id
    answer = await carry_out(request, context, ChangeAvatar(user_id=user_id, avatar=None))
    await services_of(request).part(Avatars).tidy(user_id, None)
    return answer


@query("/{user_id:str}/avatar", "getAvatar", "An avatar", 404, operation_class=Showing)
async def get_avatar(
    request: Request, user_id: PathKey, size: Side = "256", read_after: AfterUser = None
) -> Response[Any]:
    """Show the avatar of somebody's account, as WebP; of one that is disabled, none."""
    missing = "avatar-not-found", f"{user_id!r} has no avatar."
    accounts = await caught_up(request, ACCOUNTS, read_after)
    name = found(await accounts.avatar(user_id), *missing)
    tag = f'"{name}-{size}"'
    headers = {"ETag": tag, "Cache-Control": f"private, max-age={MAX_AGE_S}"}
    if request.headers.get("if-none-match") == tag:
        return Response(None, status_code=304, headers=headers)
    file = await services_of(request).part(Avatars).file(user_id, name, size)
    return Response(found(file, *missing), media_type=WEBP, headers=headers)


own = Router(
    path="/api/v1/me/account/avatar",
    route_handlers=[change_avatar, remove_avatar],
    dependencies={"context": Provide(provide_context)},
    guards=[only("player")],
)
others = Router(path="/api/v1/accounts", route_handlers=[get_avatar])
