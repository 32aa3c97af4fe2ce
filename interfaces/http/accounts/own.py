"""One's own account: open it, change it, read it, delete it."""

from typing import Annotated

from litestar import Response, Router
from litestar.di import NamedDependency, Provide
from litestar.params import JSONBody

from application.accounts.avatars import Avatars
from application.accounts.claiming import Claims
from application.accounts.zones import refuse_unknown_zone
from application.ports.commands import Answer
from domain.accounts.account import (
    AccountView,
)
from domain.accounts.commands import (
    ChangeHandle,
    ChangeProfile,
    DeleteAccount,
    RegisterAccount,
)
from domain.accounts.names import canonical
from domain.categories import USERS
from domain.personal import Sealed
from interfaces.http.accounts.shapes import (
    NewHandle,
    Profile,
    Registering,
)
from interfaces.http.platform.auth import only
from interfaces.http.platform.bodies import Request
from interfaces.http.platform.command_context import (
    CommandContext,
    answered,
    carry_out,
    provide_context,
)
from interfaces.http.platform.freshness import caught_up, found, read_after_of
from interfaces.http.platform.problems import forbidden
from interfaces.http.platform.routes import command, query
from interfaces.http.platform.services import services_of
from interfaces.http.platform.welcome import sign_in_of
from projections.accounts import ACCOUNTS
from projections.accounts.accounts import AccountRecord

AfterUser = Annotated[str | None, read_after_of(USERS.topic)]


@command("/register", "registerAccount", "Open an account", 403, 409, 429, status=201)
async def register_account(
    request: Request, data: JSONBody[Registering], context: NamedDependency[CommandContext]
) -> Response[AccountView]:
    """Open an account for the token's subject, with a handle that nobody else has.

    Opening it again with the same handle changes nothing. It is for who comes from elsewhere, by a
    token or from an identity provider; a guest signs up with what lets them in again.
    """
    await _require_way_back(request)
    refuse_unknown_zone(data.time_zone)
    registered = RegisterAccount(
        user_id=request.user.user_id,
        handle=canonical(data.handle),
        display_name=await sealed(request, request.user.user_id, data),
        time_zone=data.time_zone,
        language=data.language,
    )
    return answered(await _take(request, context, registered), 201)


@command("/handle", "changeHandle", "Change the handle", 403, 404, 409, 429)
async def change_handle(
    request: Request, data: JSONBody[NewHandle], context: NamedDependency[CommandContext]
) -> Response[AccountView]:
    """Take another handle; the one that there was is held for its former owner for 30 days."""
    changed = ChangeHandle(user_id=request.user.user_id, handle=canonical(data.handle))
    return answered(await _take(request, context, changed))


@command("/profile", "changeProfile", "Change the profile", 403, 404, 409)
async def change_profile(
    request: Request, data: JSONBody[Profile], context: NamedDependency[CommandContext]
) -> Response[AccountView]:
    """Say the whole profile anew."""
    refuse_unknown_zone(data.time_zone)
    changed = ChangeProfile(
        user_id=request.user.user_id,
        display_name=await sealed(request, request.user.user_id, data),
        time_zone=data.time_zone,
        language=data.language,
    )
    return await carry_out(request, context, changed)


@command("/delete", "deleteAccount", "Delete the account", 403, 404, 409)
async def delete_account(
    request: Request, context: NamedDependency[CommandContext]
) -> Response[AccountView]:
    """Close the account, and sign out everywhere; its handle is held for 30 days."""
    user_id, services = request.user.user_id, services_of(request)
    answer = await carry_out(request, context, DeleteAccount(user_id=user_id))
    await services.cookies.end_of(user_id, "player")
    await services.part(Avatars).tidy(user_id, None)
    return answer


@query("/", "getMyAccount", "My account", 403, 404)
async def get_my_account(request: Request, read_after: AfterUser = None) -> AccountRecord:
    """Tell all that the hall's accounts know of the token's subject."""
    accounts = await caught_up(request, ACCOUNTS, read_after)
    user_id = request.user.user_id
    account = await accounts.account(user_id)
    return found(account, "account-not-found", f"{user_id!r} has no account.")


async def _require_way_back(request: Request) -> None:
    """Refuse an account that nobody could enter once its browser is signed out."""
    signed_in = await sign_in_of(request)
    if signed_in is not None and signed_in.way != "provider":
        raise forbidden(
            "no-way-back",
            "Nobody could sign in to this account again; sign up with a passkey or a mail, as who"
            " you are.",
        )


async def _take(
    request: Request, context: CommandContext, command: RegisterAccount | ChangeHandle
) -> Answer:
    services = services_of(request)
    return await services.part(Claims).take(services.log, context, command)


async def sealed(request: Request, user_id: str, profile: Profile) -> Sealed | None:
    """What somebody wants to be called, so that it can be erased."""
    if profile.display_name is None:
        return None
    return await services_of(request).seals.seal(user_id, profile.display_name)


router = Router(
    path="/api/v1/me/account",
    route_handlers=[
        *(register_account, change_handle, change_profile, delete_account),
        get_my_account,
    ],
    dependencies={"context": Provide(provide_context)},
    guards=[only("player")],
)
