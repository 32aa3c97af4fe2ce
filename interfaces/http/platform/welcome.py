"""What every way to sign in begins and ends with."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

import msgspec
from litestar import Response

from application.ports.limits import Tries
from application.ports.sign_ins import SignIn
from interfaces.http.platform.addresses import network_of
from interfaces.http.platform.bodies import Request
from interfaces.http.platform.devices import device_of
from interfaces.http.platform.metrics import SIGN_INS
from interfaces.http.platform.problems import Problem, forbidden
from interfaces.http.platform.services import services_of
from interfaces.tokens import Scope

MOST_TRIES = 20
"""To sign in from one network address, whoever succeeds, in `TRIES_S` seconds."""

MOST_BEGUN = 60
"""Sign-ups from one network address in as many seconds: each tells whether a handle is free."""

TRIES_S = 600

FRESH_S = 900
"""For so long after a sign-in somebody may change how they sign in, or erase themselves: who finds
a browser open does nothing there that is for good."""


class SignInTries:
    """Counts how often anybody tries to sign in, or begins to sign up."""

    def __init__(self, tries: Tries) -> None:
        self._tries = tries

    async def admit(self, address: str) -> None:
        """Count a try from a network address; raises `Problem` 429 where there were too many."""
        await self._admit(address, "sign-in", MOST_TRIES, "tried to sign in")

    async def admit_sign_up(self, address: str) -> None:
        """Count who begins to sign up; raises as `admit` does."""
        await self._admit(address, "sign-up", MOST_BEGUN, "begun to sign up")

    async def _admit(self, address: str, what: str, most: int, done: str) -> None:
        network = network_of(address)
        if not await self._tries.may_try(f"{what}:{network}", most, TRIES_S):
            raise Problem(
                429,
                "too-many-sign-ins",
                f"{most} people have {done} from {network} within {TRIES_S // 60} minutes; wait,"
                " and try again.",
                headers={"Retry-After": f"{TRIES_S}"},
            )


class Me(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks: by which id the hall knows them, what people call them, and until when."""

    user_id: Annotated[str, msgspec.Meta(examples=["user-123"])]
    name: Annotated[str, msgspec.Meta(examples=["Ada"])]
    scope: Scope
    expires_at: datetime


def me_of(sign_in: SignIn) -> Me:
    """Whom a sign-in speaks for."""
    return msgspec.convert(sign_in, Me, from_attributes=True)


async def sign_in_of(request: Request) -> SignIn | None:
    """The sign-in by whose cookie somebody asks; None for who shows a token, whatever else."""
    if "authorization" in request.headers:
        return None
    return await services_of(request).cookies.sign_in(dict(request.scope["headers"]))


async def require_fresh(request: Request) -> SignIn:
    """Who has signed in at this browser a moment ago; raises `Problem` 403."""
    signed_in = await sign_in_of(request)
    if signed_in is None or signed_in.began_at + timedelta(seconds=FRESH_S) < datetime.now(UTC):
        raise forbidden(
            "sign-in-too-old",
            f"For this, one has signed in at a browser within {FRESH_S // 60} minutes before; sign "
            "in again.",
        )
    return signed_in


async def admit(request: Request) -> None:
    """Let somebody try to sign in; raises `Problem` 429 where their network tried too often."""
    if address := _counted(request):
        await services_of(request).part(SignInTries).admit(address)


async def admit_sign_up(request: Request) -> None:
    """Let somebody begin to sign up; raises `Problem` 429 where their network did too often."""
    if address := _counted(request):
        await services_of(request).part(SignInTries).admit_sign_up(address)


def _counted(request: Request) -> str | None:
    """The address that tries are counted for; None for one that speaks for many."""
    assert request.client is not None
    host = request.client.host
    return None if services_of(request).addresses.trusts(host) else host


async def kept_in(request: Request) -> SignIn:
    """Who is signed in and stays who they are, with an account; raises `Problem` 403."""
    signed_in = await services_of(request).cookies.sign_in(dict(request.scope["headers"]))
    if signed_in is None or signed_in.scope != "player":
        raise nobody_to_keep()
    return signed_in


def nobody_to_keep() -> Problem:
    """There is nobody who could go on as who they are."""
    return forbidden(
        "nobody-to-keep",
        "Nobody who could have an account is signed in at this browser any more, or somebody else "
        "is; begin again.",
    )


def device_in(request: Request) -> str:
    """Which browser asks, coarsely."""
    return device_of(request.headers.get("user-agent", ""))


async def let_in(request: Request, begun: tuple[SignIn, str], by: str | None = None) -> str:
    """Sign in who has been found out; whoever was signed in at the browser no longer is.

    `by` is what was shown for it, where read models alone say that it is somebody's.

    Gives the `Set-Cookie` that tells the browser. Raises what a feature's greeting refuses with,
    and then nobody has signed in. The sign-in is kept before the greetings: so what ends all of
    somebody's, after something that greetings refuse for, ends this one too.
    """
    sign_in, cookie = begun
    services = services_of(request)
    try:
        for greet in services.greetings:
            await greet(request, sign_in, by)
    except Exception:
        await services.cookies.end_of(sign_in.user_id, sign_in.scope, only=sign_in.id)
        raise
    await services.cookies.end(dict(request.scope["headers"]))
    SIGN_INS.labels(sign_in.way).inc()
    return cookie


async def welcome(
    request: Request, begun: tuple[SignIn, str], by: str | None = None
) -> Response[Me]:
    """Answer somebody who has signed in; raises as `let_in` does."""
    cookie = await let_in(request, begun, by)
    return Response(me_of(begun[0]), status_code=201, headers={"Set-Cookie": cookie})
