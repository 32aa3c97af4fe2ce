"""Who may change how an account is entered: somebody who has signed in at a browser just now."""

from datetime import UTC, datetime, timedelta

from application.ports.sign_ins import SignIn
from interfaces.http.platform.bodies import Request
from interfaces.http.platform.problems import forbidden
from interfaces.http.platform.welcome import sign_in_of

FRESH_S = 900
"""For so long after a sign-in somebody may change how they sign in: who finds a browser open, or a
token, does not stay for good."""


async def require_fresh(request: Request) -> SignIn:
    """Who has signed in at this browser a moment ago; raises `Problem` 403."""
    signed_in = await sign_in_of(request)
    if signed_in is None or signed_in.began_at + timedelta(seconds=FRESH_S) < datetime.now(UTC):
        raise forbidden(
            "sign-in-too-old",
            f"Who changes how they sign in has signed in at a browser within {FRESH_S // 60} "
            "minutes before; sign in again.",
        )
    return signed_in
