"""One's own passkeys: see them, add one, remove one."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import msgspec
from litestar import Response, Router, post
from litestar.di import NamedDependency, Provide
from litestar.params import JSONBody

from domain.accounts.commands import (
    AddPasskey,
    RemovePasskey,
)
from domain.personal import PersonalText
from interfaces.http.accounts.entering import PasskeyOptions, asked, ceremonies_of
from interfaces.http.accounts.own import AfterUser
from interfaces.http.accounts.passkey_answers import MadeCredential
from interfaces.http.platform.auth import only
from interfaces.http.platform.bodies import Request
from interfaces.http.platform.command_context import CommandContext, carry_out, provide_context
from interfaces.http.platform.freshness import caught_up, found
from interfaces.http.platform.parameters import PathKey
from interfaces.http.platform.problems import forbidden
from interfaces.http.platform.routes import query
from interfaces.http.platform.services import services_of
from interfaces.http.platform.welcome import require_fresh
from projections.accounts import ACCOUNTS
from projections.accounts.passkeys import PasskeyRow

ADD = "add"


class Passkey(msgspec.Struct, frozen=True, kw_only=True):
    """A passkey as its owner sees it; `name` is what they call it."""

    credential_id: Annotated[str, msgspec.Meta(examples=["Zm9yLWFkYQ"])]
    name: Annotated[str, msgspec.Meta(examples=["My phone"])] | None
    synced: bool
    """Whether it is on more devices than one, or may be."""
    transports: Sequence[str]
    added_at: datetime


class Passkeys(msgspec.Struct, frozen=True, kw_only=True):
    """All of an account, the first of them first."""

    passkeys: list[Passkey]


class MadePasskey(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A passkey that was made, and what its owner calls it."""

    credential: MadeCredential
    name: PersonalText | None = None


@query("/", "listMyPasskeys", "My passkeys", 403)
async def list_my_passkeys(request: Request, read_after: AfterUser = None) -> Passkeys:
    """List by what the token's subject signs in to their account."""
    accounts = await caught_up(request, ACCOUNTS, read_after)
    rows = await accounts.passkeys(request.user.user_id)
    return Passkeys(passkeys=[_shown(request, row) for row in rows])


@post("/options", include_in_schema=False, status_code=200)
async def begin_passkey(request: Request) -> Response[PasskeyOptions]:
    """Ask for one more passkey, of a device that has none."""
    signed_in = await require_fresh(request)
    accounts = services_of(request).queries(ACCOUNTS)
    user_id = signed_in.user_id
    account = await accounts.account(user_id)
    handle = found(account, "account-not-found", f"{user_id!r} has no account.").handle
    ceremonies = ceremonies_of(request)
    ceremonies.require_party()
    challenge, cookie = ceremonies.begin(request, ADD, user_id)
    known = await accounts.passkeys(user_id)
    return asked(request, ceremonies.to_make(challenge, user_id, handle, known), cookie)


@post("/add", include_in_schema=False, status_code=201)
async def add_passkey(
    request: Request, data: JSONBody[MadePasskey], context: NamedDependency[CommandContext]
) -> Response[None]:
    """Add the passkey that was made."""
    signed_in = await require_fresh(request)
    ceremony = await ceremonies_of(request).end(request, ADD)
    if ceremony.user_id != signed_in.user_id:
        raise forbidden("ceremony-over", "Somebody else is signed in by now; begin again.")
    passkey = ceremonies_of(request).made(ceremony, data.credential)
    seals = services_of(request).seals
    name = None if data.name is None else await seals.seal(signed_in.user_id, data.name)
    adding = AddPasskey(user_id=signed_in.user_id, passkey=passkey, name=name)
    return await carry_out(request, context, adding, 201)


@post("/{credential_id:str}/remove", include_in_schema=False, status_code=200)
async def remove_passkey(
    request: Request, credential_id: PathKey, context: NamedDependency[CommandContext]
) -> Response[None]:
    """Remove a passkey, unless it is the last way in."""
    signed_in = await require_fresh(request)
    removing = RemovePasskey(user_id=signed_in.user_id, credential_id=credential_id)
    return await carry_out(request, context, removing)


def _shown(request: Request, row: PasskeyRow) -> Passkey:
    facts = {name: getattr(row, name) for name in Passkey.__struct_fields__}
    opened = None if row.name is None else services_of(request).seals.open(row.name)
    return Passkey(**facts | {"name": opened})


router = Router(
    path="/api/v1/me/passkeys",
    route_handlers=[list_my_passkeys, begin_passkey, add_passkey, remove_passkey],
    dependencies={"context": Provide(provide_context)},
    guards=[only("player")],
)
