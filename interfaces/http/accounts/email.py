"""The e-mail address of one's own account: another one, or none.

It is a way in, as passkeys are: who changes it has signed in at a browser just now.
"""

from typing import Annotated

import msgspec
from litestar import Response, Router, post
from litestar.di import NamedDependency, Provide
from litestar.params import JSONBody

from application.accounts.claiming import Claims
from application.accounts.email_changes import EmailChanges
from domain.accounts.account import AccountView
from domain.accounts.commands import ChangeEmail, RemoveEmail
from domain.accounts.refusals import AccountIsDisabled, AccountNotFound
from interfaces.http.platform.auth import only
from interfaces.http.platform.bodies import Request
from interfaces.http.platform.command_context import (
    CommandContext,
    answered,
    carry_out,
    provide_context,
)
from interfaces.http.platform.problems import Problem, documented, forbidden
from interfaces.http.platform.routes import command
from interfaces.http.platform.services import services_of
from interfaces.http.platform.welcome import require_fresh
from projections.accounts import ACCOUNTS
from projections.accounts.accounts import AccountRecord


class NewEmail(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An address to have, in place of any other."""

    email: Annotated[str, msgspec.Meta(min_length=1, max_length=254, examples=["ada@hall.example"])]


class EmailCode(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The code that the new address got."""

    code: Annotated[str, msgspec.Meta(min_length=1, max_length=20, examples=["1234 5678"])]


class CodeAsked(msgspec.Struct, frozen=True, kw_only=True):
    """A mail with a code may be on its way; in how many seconds that is good no more."""

    seconds: Annotated[int, msgspec.Meta(examples=[600])]


@post(
    "/",
    status_code=202,
    operation_id="askForEmail",
    summary="Ask for another e-mail address",
    responses=documented(400, 403, 404, 413, 415, 422),
)
async def ask_for_email(request: Request, data: JSONBody[NewEmail]) -> CodeAsked:
    """Send a code to the address that the account is to have; five mails an hour at the most.

    The answer is the same whether anybody has the address or not.
    """
    changes = _changes(request)
    await require_fresh(request)
    await _account(request)
    return CodeAsked(seconds=await changes.ask(request.user.user_id, data.email))


@command("/confirm", "confirmEmail", "Confirm the e-mail address", 403, 404, 409, 429)
async def confirm_email(
    request: Request, data: JSONBody[EmailCode], context: NamedDependency[CommandContext]
) -> Response[AccountView]:
    """Have the address that the code was sent to; it and the one before are told."""
    changes, user_id, services = _changes(request), request.user.user_id, services_of(request)
    await require_fresh(request)
    former = (await _account(request)).email
    proven = await changes.by_code(user_id, "".join(data.code.split()))
    if proven is None:
        raise forbidden(
            "mail-not-good",
            "The code is wrong, used or too old, and after five wrong ones none is good; ask anew.",
        )
    attempt, email = proven
    sealed = await services.seals.seal(user_id, email)
    changed = ChangeEmail(user_id=user_id, address=attempt.address, email=sealed)
    answer = await services.part(Claims).take(services.log, context, changed)
    changes.tell(former if former != email else None, email)
    return answered(answer)


@command("/remove", "removeEmail", "Have no e-mail address", 403, 404, 409)
async def remove_email(
    request: Request, context: NamedDependency[CommandContext]
) -> Response[AccountView]:
    """Have no address any more, where there is another way to sign in; the address is told."""
    changes = _changes(request)
    await require_fresh(request)
    former = (await _account(request)).email
    answer = await carry_out(request, context, RemoveEmail(user_id=request.user.user_id))
    changes.tell(former, None)
    return answer


async def _account(request: Request) -> AccountRecord:
    """One's own account; raises `AccountNotFound` and `AccountIsDisabled`."""
    user_id = request.user.user_id
    account = await services_of(request).queries(ACCOUNTS).account(user_id)
    if account is None:
        raise AccountNotFound(f"{user_id!r} has no account.")
    if account.status != "active":
        raise AccountIsDisabled(f"The account of {user_id!r} is disabled.")
    return account


def _changes(request: Request) -> EmailChanges:
    changes: EmailChanges | None = services_of(request).parts.get(EmailChanges)
    if changes is None:
        raise Problem(404, "no-mail", "This hall sends no mail; GAMEHALL_SMTP_URL says by whom.")
    return changes


router = Router(
    path="/api/v1/me/account/email",
    route_handlers=[ask_for_email, confirm_email, remove_email],
    dependencies={"context": Provide(provide_context)},
    guards=[only("player")],
)
