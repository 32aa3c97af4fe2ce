"""What an account says when somebody signs in to it, by whichever way."""

import structlog

from application.ports.commands import Unavailable
from application.ports.sign_ins import SignIn
from domain.accounts.commands import NoteSignIn
from domain.accounts.refusals import AccountIsDisabled, AccountNotFound
from domain.refusals import Refusal
from interfaces.http.platform.bodies import Request
from interfaces.http.platform.command_context import asked
from interfaces.http.platform.services import services_of
from projections.accounts import ACCOUNTS

logger = structlog.get_logger(__name__)


async def greet(request: Request, sign_in: SignIn, by: str | None) -> None:
    """Note that somebody has signed in, if they have an account.

    Raises `AccountIsDisabled`, and `WayInGone` where `by` no longer lets anybody in to it. The
    account itself says so. Who is let in was so before it was disabled, and what disables it ends
    the sign-in; and a passkey that was removed, because it was stolen, is good for nobody from
    then on, however far behind the read model is. Where the account cannot be asked, the read
    model says it, and the sign-in is noted nowhere.
    """
    if sign_in.scope != "player" or sign_in.way == "guest":  # who has no account, or not yet
        return
    note = NoteSignIn(user_id=sign_in.user_id, way=sign_in.way, device=sign_in.device, opened_by=by)
    try:
        await asked(services_of(request).log, note)
    except Refusal as refusal:
        if refusal.type != AccountNotFound.type:
            raise
    except Unavailable as away:
        logger.warning("a sign-in is not noted", user=sign_in.user_id, reason=str(away))
        await _refuse_disabled(request, sign_in.user_id)


async def _refuse_disabled(request: Request, user_id: str) -> None:
    account = await services_of(request).queries(ACCOUNTS).account(user_id)
    if account is not None and account.status == "disabled":
        raise AccountIsDisabled(f"The account of {user_id!r} is disabled.")
