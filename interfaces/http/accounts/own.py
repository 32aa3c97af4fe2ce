"""One's own account: open it, change it, read it, delete it."""

from typing import Annotated

import msgspec
from litestar import Response, Router
from litestar.di import NamedDependency, Provide
from litestar.params import JSONBody

from application.accounts.avatars import Avatars
from application.ports.commands import Answer, CommandLog
from domain.accounts.account import (
    AccountView,
)
from domain.accounts.commands import (
    ChangeHandle,
    ChangeProfile,
    DeleteAccount,
    RegisterAccount,
)
from domain.accounts.handle import ClaimHandle, HandleClaim
from domain.accounts.names import canonical
from domain.accounts.refusals import (
    ClaimMissing,
)
from domain.categories import USERS
from domain.personal import Sealed
from domain.refusals import Refusal
from interfaces.http.accounts.shapes import (
    NewHandle,
    Profile,
    Registering,
    refuse_unknown_zone,
)
from interfaces.http.platform.auth import only
from interfaces.http.platform.bodies import Request
from interfaces.http.platform.command_context import (
    CommandContext,
    answered,
    carry_out,
    provide_context,
    reply_of,
)
from interfaces.http.platform.freshness import caught_up, found, read_after_of
from interfaces.http.platform.routes import command, query
from interfaces.http.platform.services import services_of
from projections.accounts import ACCOUNTS
from projections.accounts.accounts import AccountRecord

AfterUser = Annotated[str | None, read_after_of(USERS.topic)]


@command("/register", "registerAccount", "Open an account", 403, 409, 422, status=201)
async def register_account(
    request: Request, data: JSONBody[Registering], context: NamedDependency[CommandContext]
) -> Response[AccountView]:
    """Open an account for the token's subject, with a handle that nobody else has.

    Opening it again with the same handle changes nothing.
    """
    refuse_unknown_zone(data)
    registered = RegisterAccount(
        user_id=request.user.user_id,
        handle=canonical(data.handle),
        display_name=await _sealed(request, data),
        time_zone=data.time_zone,
        language=data.language,
    )
    return answered(await take_handle(services_of(request).log, context, registered), 201)


@command("/handle", "changeHandle", "Change the handle", 403, 404, 409, 422)
async def change_handle(
    request: Request, data: JSONBody[NewHandle], context: NamedDependency[CommandContext]
) -> Response[AccountView]:
    """Take another handle; the one that there was is held for its former owner for 30 days."""
    changed = ChangeHandle(user_id=request.user.user_id, handle=canonical(data.handle))
    return answered(await take_handle(services_of(request).log, context, changed))


@command("/profile", "changeProfile", "Change the profile", 403, 404, 409, 422)
async def change_profile(
    request: Request, data: JSONBody[Profile], context: NamedDependency[CommandContext]
) -> Response[AccountView]:
    """Say the whole profile anew."""
    refuse_unknown_zone(data)
    changed = ChangeProfile(
        user_id=request.user.user_id,
        display_name=await _sealed(request, data),
        time_zone=data.time_zone,
        language=data.language,
    )
    return await carry_out(request, context, changed)


@command("/delete", "deleteAccount", "Delete the account", 403, 404, 409, 422)
async def delete_account(
    request: Request, context: NamedDependency[CommandContext]
) -> Response[AccountView]:
    """Close the account; its handle is held for its former owner for 30 days."""
    user_id = request.user.user_id
    answer = await carry_out(request, context, DeleteAccount(user_id=user_id))
    await services_of(request).part(Avatars).tidy(user_id, None)
    return answer


@query("/", "getMyAccount", "My account", 403, 404)
async def get_my_account(request: Request, read_after: AfterUser = None) -> AccountRecord:
    """Tell all that the hall's accounts know of the token's subject."""
    accounts = await caught_up(request, ACCOUNTS, read_after)
    user_id = request.user.user_id
    account = await accounts.account(user_id)
    return found(account, "account-not-found", f"{user_id!r} has no account.")


async def take_handle(
    log: CommandLog, context: CommandContext, command: RegisterAccount | ChangeHandle
) -> Answer:
    """Have an account take a handle, by a claim of its own.

    The account is asked first: it knows a repetition, and says no before a handle is kept for it.
    Wherever this ends half-way, the claim goes with its time (docs/adr/0031).
    """
    try:
        return await log.execute(context.envelope(command))
    except Refusal as refusal:
        if refusal.type != ClaimMissing.type:
            raise
    claiming = ClaimHandle(handle=command.handle, user_id=command.user_id)
    answer = await log.execute(context.step(claiming))
    until = reply_of(answer, HandleClaim).until
    claimed = msgspec.structs.replace(command, claimed_until=until)
    return await log.execute(context.envelope(claimed))


async def _sealed(request: Request, profile: Profile) -> Sealed | None:
    if profile.display_name is None:
        return None
    return await services_of(request).seals.seal(request.user.user_id, profile.display_name)


router = Router(
    path="/api/v1/me/account",
    route_handlers=[
        *(register_account, change_handle, change_profile, delete_account),
        get_my_account,
    ],
    dependencies={"context": Provide(provide_context)},
    guards=[only("player")],
)
