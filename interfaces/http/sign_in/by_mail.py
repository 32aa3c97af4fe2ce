"""Signing in, and up, by mail: what pages of the hall ask on the way."""

import re
import secrets
from datetime import UTC, datetime, timedelta
from typing import Annotated

import msgspec
from litestar import Response, get, post
from litestar.background_tasks import BackgroundTask
from litestar.params import JSONBody

from application.accounts.by_mail import (
    BROWSER_S,
    LIFETIME_S,
    MOST_MAILS,
    PROVEN_S,
    MailSignIns,
)
from application.accounts.claiming import Claims
from application.accounts.mail_ports import MailAttempt
from application.accounts.zones import refuse_unknown_zone
from domain.accounts.commands import RegisterAccount
from domain.accounts.names import GUEST_MARK, Language, TimeZone, canonical
from domain.personal import PersonalText
from interfaces.http.platform.auth import OPEN_TO_PAGES
from interfaces.http.platform.bodies import Request
from interfaces.http.platform.command_context import context_of
from interfaces.http.platform.cookies import cookie_in, require_same_origin
from interfaces.http.platform.problems import Problem, forbidden
from interfaces.http.platform.services import services_of
from interfaces.http.platform.welcome import Me, admit, device_in, kept_in, let_in, me_of, welcome
from interfaces.tokens import Identity

is_secret = re.compile(r"[\w-]{43}", re.ASCII).fullmatch
"""Whether a text looks like 32 random bytes, as `secrets.token_urlsafe` writes them."""

ASKING, PROVEN = "mail", "proven"
"""What a browser keeps: by which a code is good there, and by which it may open an account."""


class MailTo(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where to send a way in."""

    email: Annotated[str, msgspec.Meta(min_length=1, max_length=254)]


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A mail may be on its way; what is in it is good until then."""

    expires_at: datetime


class MailCode(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What stands in a mail, to be typed."""

    code: Annotated[str, msgspec.Meta(min_length=1, max_length=20)]


class MailLink(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What stands in a mail behind `#mail=`."""

    link: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """Who is signed in by now; nobody where the address has no account, which may be opened."""

    me: Me | None


class Proven(msgspec.Struct, frozen=True, kw_only=True):
    """The address that this browser may open an account with."""

    email: str


class MailedSignUp(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An account to open with the address that is proven; `display_name` is shown to everybody.

    `keep` is for who wants to stay who they are signed in as.
    """

    keep: bool = False
    handle: Annotated[str, msgspec.Meta(min_length=1, max_length=30)]
    display_name: PersonalText | None = None
    time_zone: TimeZone = "UTC"
    language: Language = "en"


@post("/sign-in/mail", opt=OPEN_TO_PAGES, include_in_schema=False, status_code=202)
async def ask_for_mail(request: Request, data: JSONBody[MailTo]) -> Response[Asked]:
    """Send a way in to an address; the answer is the same for all of them."""
    by_mail, services = await _admitted(request), services_of(request)
    browser = _kept(request, ASKING) or secrets.token_urlsafe(32)
    if not await by_mail.admits(_digest(request, browser)):
        raise Problem(
            429,
            "too-many-mails",
            f"This browser has asked for {MOST_MAILS} mails within {BROWSER_S // 60} minutes; wait,"
            " and ask again.",
            headers={"Retry-After": f"{BROWSER_S}"},
        )
    sending = await by_mail.ask(data.email, _digest(request, browser))
    expires_at = datetime.now(UTC) + timedelta(seconds=LIFETIME_S)
    cookie = services.cookies.aside(browser, LIFETIME_S, ASKING)
    return Response(
        Asked(expires_at=expires_at),
        status_code=202,
        headers={"Set-Cookie": cookie},
        background=BackgroundTask(sending),
    )


@post("/sign-in/mail/code", opt=OPEN_TO_PAGES, include_in_schema=False, status_code=200)
async def sign_in_by_code(request: Request, data: JSONBody[MailCode]) -> Response[Proof]:
    """Sign in by a code, at the browser that asked for it."""
    by_mail = await _admitted(request)
    code = "".join(data.code.split())
    browser = _digest(request, _kept(request, ASKING) or "")
    return await _come_in(request, by_mail, await by_mail.by_code(browser, code))


@post("/sign-in/mail/link", opt=OPEN_TO_PAGES, include_in_schema=False, status_code=200)
async def sign_in_by_mailed_link(request: Request, data: JSONBody[MailLink]) -> Response[Proof]:
    """Sign in by a link of a mail, at any browser."""
    by_mail = await _admitted(request)
    return await _come_in(request, by_mail, await by_mail.by_link(data.link))


@get("/sign-in/mail/proven", opt=OPEN_TO_PAGES, include_in_schema=False)
async def get_proven(request: Request) -> Proven:
    """Tell which address this browser has proven, and may open an account with."""
    _, email = await _proven(request, _by_mail(request))
    return Proven(email=email)


@post("/sign-in/mail/register", opt=OPEN_TO_PAGES, include_in_schema=False, status_code=201)
async def sign_up_by_mail(request: Request, data: JSONBody[MailedSignUp]) -> Response[Me]:
    """Open an account with the address that is proven, and sign in to it.

    The id follows from the proof, so that who asks again, because no answer came, opens no second
    account; or it is that of a guest, whose games and scores are the account's then. Account and
    address are one commit: no account is there that nobody can enter.
    """
    by_mail = await _admitted(request)
    attempt, email = await _proven(request, by_mail)
    proof, services = _kept(request, PROVEN) or "", services_of(request)
    user_id = f"player{GUEST_MARK}{services.tokens.digest_for('account', proof)}"
    if data.keep:
        user_id = (await kept_in(request)).user_id
    await _register(request, user_id, attempt, email, data)
    begun = await services.cookies.begin(
        user_id, canonical(data.handle), "player", "mail", device=device_in(request)
    )
    assert begun is not None
    await by_mail.forget(proof)
    return await welcome(request, begun, attempt.address)


async def _register(
    request: Request, user_id: str, attempt: MailAttempt, email: str, data: MailedSignUp
) -> None:
    refuse_unknown_zone(data.time_zone)
    services = services_of(request)
    seals, name = services.seals, data.display_name
    command = RegisterAccount(
        user_id=user_id,
        origin="hall",
        handle=canonical(data.handle),
        address=attempt.address,
        email=await seals.seal(user_id, email),
        display_name=None if name is None else await seals.seal(user_id, name),
        time_zone=data.time_zone,
        language=data.language,
    )
    identity = Identity(user_id, "player", 0, 0)
    headers = dict(request.scope["headers"])
    context = context_of(identity, request.scope, headers, await request.body())
    await services.part(Claims).take(services.log, context, command)


async def _come_in(
    request: Request, by_mail: MailSignIns, proven: MailAttempt | None
) -> Response[Proof]:
    """Let in who has proven an address, or let them open an account; raises `Problem` 403."""
    if proven is None:
        raise forbidden(
            "mail-not-good",
            "This code or link is wrong, used, too old, or was asked for at another browser; after"
            " five wrong codes none is good any more. Ask for a new mail.",
        )
    account, cookies = await by_mail.account_of(proven), services_of(request).cookies
    if account is None:
        kept = cookies.aside(await by_mail.keep(proven), PROVEN_S, PROVEN)
        return Response(Proof(me=None), headers={"Set-Cookie": kept})
    begun = await cookies.begin(
        account.user_id, account.handle, "player", "mail", device=device_in(request)
    )
    assert begun is not None
    cookie = await let_in(request, begun, proven.address)
    return Response(Proof(me=me_of(begun[0])), headers={"Set-Cookie": cookie})


async def _admitted(request: Request) -> MailSignIns:
    """Count a try, from a page of ours; raises `Problem` 403, 404 and 429."""
    require_same_origin(dict(request.scope["headers"]))
    by_mail = _by_mail(request)
    await admit(request)
    return by_mail


def _by_mail(request: Request) -> MailSignIns:
    by_mail: MailSignIns | None = services_of(request).parts.get(MailSignIns)
    if by_mail is None:
        raise Problem(404, "no-mail", "This hall sends no mail; GAMEHALL_SMTP_URL says by whom.")
    return by_mail


async def _proven(request: Request, by_mail: MailSignIns) -> tuple[MailAttempt, str]:
    found = await by_mail.proven(_kept(request, PROVEN) or "")
    if found is None:
        raise forbidden("nothing-proven", "Prove an address first: ask for a mail at this browser.")
    return found


def _kept(request: Request, use: str) -> str | None:
    """The secret that this browser keeps for us, if it looks like one of ours."""
    name = services_of(request).cookies.aside_name_of(use)
    value = cookie_in(dict(request.scope["headers"]), name)
    return value if value is not None and is_secret(value) else None


def _digest(request: Request, browser: str) -> str:
    return services_of(request).tokens.digest_for("browser", browser)


HANDLERS = [
    ask_for_mail,
    sign_in_by_code,
    sign_in_by_mailed_link,
    get_proven,
    sign_up_by_mail,
]
