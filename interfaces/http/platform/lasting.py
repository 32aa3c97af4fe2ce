"""What lasts for long, sockets and streams, and ends with what it was opened by."""

import asyncio
import time

from interfaces.http.platform.cookies import Cookies
from interfaces.tokens import Identity

EXPIRY_LOOK_S = 60.0
"""Seconds between looks at the clock, which may have been set meanwhile, and at the sign-in, which
may have ended where nobody could tell this process."""

EXPIRED = "the token has expired"
SIGNED_OUT = "signed out at this browser; sign in again"


async def until_expired(identity: Identity) -> None:
    """Wait until a token is good no more."""
    while (left := identity.expires - time.time()) > 0:  # noqa: ASYNC110 - it is time
        await asyncio.sleep(min(left, EXPIRY_LOOK_S))


async def until_signed_out(cookies: Cookies, identity: Identity) -> None:
    """Wait until the sign-in has ended that an identity rests on; for ever where it is a token."""
    if identity.sign_in:
        await cookies.until_ended(identity.sign_in, EXPIRY_LOOK_S)
    else:
        await asyncio.get_running_loop().create_future()


async def until_over(cookies: Cookies, identity: Identity) -> str:
    """Wait until either has come to pass; which one, in words."""
    waiting = {
        asyncio.ensure_future(until_expired(identity)): EXPIRED,
        asyncio.ensure_future(until_signed_out(cookies, identity)): SIGNED_OUT,
    }
    try:
        over, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for each in waiting:
            each.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
    return waiting[over.pop()]
