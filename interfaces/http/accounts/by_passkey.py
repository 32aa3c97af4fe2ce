"""Signing up with a passkey, and signing in with one."""

import secrets
from typing import Any

import msgspec
from litestar import Response, Router, post
from litestar.params import JSONBody

from application.accounts.zones import refuse_unknown_zone
from domain.accounts.claimed_name import HandleTaken
from domain.accounts.names import canonical, player_id, refuse_reserved
from domain.accounts.refusals import AccountExists, AccountIsDisabled
from domain.accounts.states import AccountView
from interfaces.http.accounts.ceremonies import NOBODY_YET, Ceremonies, Ceremony, is_of
from interfaces.http.accounts.opening import open_account
from interfaces.http.accounts.passkey_answers import AssertedCredential, MadeCredential
from interfaces.http.accounts.shapes import AnyHandle, SigningUp
from interfaces.http.platform.auth import OPEN_TO_PAGES
from interfaces.http.platform.bodies import Request
from interfaces.http.platform.cookies import require_same_origin
from interfaces.http.platform.problems import forbidden
from interfaces.http.platform.services import services_of
from interfaces.http.platform.welcome import (
    Me,
    admit_from_page,
    admit_sign_up,
    device_in,
    nobody_to_keep,
    welcome,
    who_stays,
)
from projections.accounts import ACCOUNTS
from projections.accounts.accounts import AccountQueries, AccountRecord
from projections.accounts.passkeys import PasskeyRow

SIGN_UP, KEEP, SIGN_IN = "sign-up", "keep", "sign-in"
"""Purposes of ceremonies: to be somebody new, to go on as who one is, to be who one was."""


class WantedHandle(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The handle of an account to be; `keep` is for who wants to stay who they are signed in as."""

    handle: AnyHandle
    keep: bool = False


class SigningUpByPasskey(SigningUp, frozen=True, kw_only=True):
    """An account to open, with the passkey that was made for it."""

    credential: MadeCredential


class SigningIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a passkey has signed."""

    credential: AssertedCredential


class PasskeyOptions(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What a page hands to the browser, and at which address browsers do it."""

    public_key: dict[str, Any]
    origin: str


def new_user_id() -> str:
    """An id for somebody new, which says nothing; of the kind that people from a provider have."""
    return player_id(secrets.token_hex(10))


@post("/sign-up/options", opt=OPEN_TO_PAGES, include_in_schema=False, status_code=200)
async def begin_sign_up(request: Request, data: JSONBody[WantedHandle]) -> Response[PasskeyOptions]:
    """Ask for a passkey for a new account, unless it is known that there will be none."""
    require_same_origin(dict(request.scope["headers"]))
    ceremonies = ceremonies_of(request)
    ceremonies.require_party()
    await admit_sign_up(request)
    handle = canonical(data.handle)
    user_id = (await who_stays(request)).user_id if data.keep else new_user_id()
    await _refuse_known(_accounts(request), handle, user_id)
    challenge, cookie = ceremonies.begin(request, KEEP if data.keep else SIGN_UP, user_id)
    return asked(request, ceremonies.to_make(challenge, user_id, handle), cookie)


@post("/sign-up", opt=OPEN_TO_PAGES, include_in_schema=False, status_code=201)
async def sign_up(request: Request, data: JSONBody[SigningUpByPasskey]) -> Response[Me]:
    """Open an account that is entered by a passkey, and sign in to it.

    Who hears no answer signs in, or signs up again where that does not go: a handle that was
    claimed is free after a minute.
    """
    await admit_from_page(request)
    refuse_unknown_zone(data.time_zone)
    ceremony = await _ended_sign_up(request, keep=data.keep)
    made = ceremonies_of(request).made(ceremony, data.credential)
    answer = await open_account(request, ceremony.user_id, data, passkey=made)
    name = answer.told(AccountView).handle or canonical(data.handle)
    welcomed = await _entered(request, ceremony, name, made.credential_id)
    welcomed.headers["Position"] = str(answer.position)
    return welcomed


@post("/sign-in/passkey/options", opt=OPEN_TO_PAGES, include_in_schema=False, status_code=200)
async def begin_passkey_sign_in(request: Request) -> Response[PasskeyOptions]:
    """Ask for a passkey of this hall, whosever it is."""
    require_same_origin(dict(request.scope["headers"]))
    challenge, cookie = ceremonies_of(request).begin(request, SIGN_IN, NOBODY_YET)
    return asked(request, ceremonies_of(request).to_sign(challenge), cookie)


@post("/sign-in/passkey", opt=OPEN_TO_PAGES, include_in_schema=False, status_code=201)
async def sign_in_by_passkey(request: Request, data: JSONBody[SigningIn]) -> Response[Me]:
    """Sign in whose passkey has signed what this browser was asked."""
    await admit_from_page(request)
    ceremonies = ceremonies_of(request)
    ceremony = await ceremonies.end(request, SIGN_IN)
    passkey, account = await _known(_accounts(request), data.credential)
    await ceremonies.require_signed(ceremony, passkey, data.credential)
    if account.status == "disabled":
        raise AccountIsDisabled(f"The account {account.handle!r} is disabled.")
    found = ceremony._replace(user_id=account.user_id)
    return await _entered(request, found, account.handle, passkey.credential_id)


def ceremonies_of(request: Request) -> Ceremonies:
    """What asks devices for passkeys."""
    return services_of(request).part(Ceremonies)


def asked(request: Request, options: dict[str, Any], cookie: str) -> Response[PasskeyOptions]:
    """What a page is answered when a ceremony begins."""
    party = ceremonies_of(request).require_party()
    told = PasskeyOptions(public_key=options, origin=party.origin)
    return Response(told, status_code=200, headers={"Set-Cookie": cookie})


async def _entered(request: Request, ceremony: Ceremony, name: str, passkey: str) -> Response[Me]:
    """Sign somebody in by a passkey after a ceremony, which nobody else has signed in after."""
    begun = await services_of(request).cookies.begin(
        ceremony.user_id,
        name,
        "player",
        "passkey",
        f"ceremony:{ceremony.name}",
        device_in(request),
    )
    if begun is None:  # and Redis has forgotten it
        raise forbidden("ceremony-over", "Somebody has signed in with this answer already.")
    return await welcome(request, begun, passkey)


async def _ended_sign_up(request: Request, *, keep: bool) -> Ceremony:
    ceremony = await ceremonies_of(request).end(request, KEEP if keep else SIGN_UP)
    if keep and (await who_stays(request)).user_id != ceremony.user_id:
        raise nobody_to_keep()
    return ceremony


async def _refuse_known(accounts: AccountQueries, handle: str, user_id: str) -> None:
    """Spare a device a passkey that nothing would come of; what counts is decided later."""
    refuse_reserved(handle)
    if await accounts.by_handle(handle) is not None:
        raise HandleTaken(f"The handle {handle!r} is not free.")
    if await accounts.account(user_id) is not None:
        raise AccountExists(f"{user_id!r} has an account already.")


async def _known(
    accounts: AccountQueries, answer: AssertedCredential
) -> tuple[PasskeyRow, AccountRecord]:
    """The passkey that has answered, and its account; raises `Problem` 403."""
    called = await accounts.passkeys_called(answer.id)
    passkey = next((each for each in called if is_of(each, answer)), None)
    account = None if passkey is None else await accounts.account(passkey.user_id)
    if passkey is None or account is None:
        raise forbidden(
            "passkey-unknown",
            "No account of this hall has this passkey any more; take another one, or sign up.",
        )
    return passkey, account


def _accounts(request: Request) -> AccountQueries:
    return services_of(request).queries(ACCOUNTS)


router = Router(
    path="/api/v1",
    route_handlers=[begin_sign_up, sign_up, begin_passkey_sign_in, sign_in_by_passkey],
)
