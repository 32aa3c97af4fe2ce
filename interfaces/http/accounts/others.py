"""Accounts of others: what everybody may see, and what operators do."""

from typing import Annotated, Literal

import structlog
from litestar import Response, Router
from litestar.di import NamedDependency, Provide
from litestar.params import QueryParameter

from domain.accounts.commands import DisableAccount, EnableAccount
from domain.accounts.names import canonical
from domain.accounts.states import AccountView, Status
from interfaces.http.accounts.own import AfterUser
from interfaces.http.accounts.shapes import PublicAccount, SignedOut, public
from interfaces.http.platform.auth import only
from interfaces.http.platform.bodies import Request
from interfaces.http.platform.command_context import CommandContext, carry_out, provide_context
from interfaces.http.platform.freshness import caught_up, found
from interfaces.http.platform.parameters import After, PathKey, limit_of
from interfaces.http.platform.routes import command, order, query
from interfaces.http.platform.services import services_of
from projections.accounts import ACCOUNTS
from projections.accounts.accounts import AccountPage, AccountRecord

logger = structlog.get_logger(__name__)

OPERATORS = [only("admin")]
StatusFilter = Literal["any", Status]

Prefix = Annotated[
    str | None, QueryParameter(description="How handles begin.", min_length=1, max_length=30)
]
WithStatus = Annotated[StatusFilter, QueryParameter(description="How accounts are.")]
Most = Annotated[int, limit_of("accounts")]


@query("/{user_id:str}", "getAccount", "An account", 404)
async def get_account(
    request: Request, user_id: PathKey, read_after: AfterUser = None
) -> PublicAccount:
    """Tell what everybody may see of somebody's account; of one that is disabled, nothing."""
    accounts = await caught_up(request, ACCOUNTS, read_after)
    return _seen(await accounts.account(user_id), f"{user_id!r} has no account.")


@query("/by-handle/{handle:str}", "getAccountByHandle", "Who has a handle", 404, 422)
async def get_account_by_handle(
    request: Request, handle: PathKey, read_after: AfterUser = None
) -> PublicAccount:
    """Tell what everybody may see of the account with a handle, of which case does not count."""
    accounts = await caught_up(request, ACCOUNTS, read_after)
    account = await accounts.by_handle(canonical(handle))
    return _seen(account, f"Nobody has the handle {handle!r}.")


@query("/", "listAccounts", "Accounts", 403, 422, guards=OPERATORS)
async def list_accounts(
    request: Request,
    prefix: Prefix = None,
    status: WithStatus = "any",
    after: After = None,
    limit: Most = 100,
    read_after: AfterUser = None,
) -> AccountPage:
    """List or search accounts by handle, with all that is known of them."""
    accounts = await caught_up(request, ACCOUNTS, read_after)
    return await accounts.page(
        prefix=(prefix or "").casefold(),
        status=None if status == "any" else status,
        after=after,
        limit=limit,
    )


@command(
    "/{user_id:str}/disable",
    "disableAccount",
    "Disable an account",
    403,
    404,
    409,
    guards=OPERATORS,
)
async def disable_account(
    request: Request, user_id: PathKey, context: NamedDependency[CommandContext]
) -> Response[AccountView]:
    """Let nothing be changed in an account, nor be seen of it, nor anybody be signed in to it.

    Again changes nothing, and ends sign-ins that are left of a request which came half-way.
    """
    disabling = DisableAccount(user_id=user_id, by=request.user.user_id)
    answer = await carry_out(request, context, disabling)
    await services_of(request).cookies.end_of(user_id, "player")
    return answer


@command(
    "/{user_id:str}/enable", "enableAccount", "Enable an account", 403, 404, 409, guards=OPERATORS
)
async def enable_account(
    request: Request, user_id: PathKey, context: NamedDependency[CommandContext]
) -> Response[AccountView]:
    """Take back that an account is disabled; again changes nothing."""
    enabling = EnableAccount(user_id=user_id, by=request.user.user_id)
    return await carry_out(request, context, enabling)


@order("/{user_id:str}/sign-out", "signOutAccount", "Sign somebody out", 403, guards=OPERATORS)
async def sign_out_account(request: Request, user_id: PathKey) -> SignedOut:
    """Sign somebody out at every browser, whether they have an account or not."""
    ended = await services_of(request).cookies.end_of(user_id, "player")
    logger.info("somebody was signed out", user=user_id, by=request.user.user_id, sessions=ended)
    return SignedOut(user_id=user_id, ended=ended)


def _seen(account: AccountRecord | None, detail: str) -> PublicAccount:
    active = account if account is not None and account.status == "active" else None
    return public(found(active, "account-not-found", detail))


router = Router(
    path="/api/v1/accounts",
    route_handlers=[
        *(get_account, get_account_by_handle, list_accounts),
        *(disable_account, enable_account, sign_out_account),
    ],
    dependencies={"context": Provide(provide_context)},
)
