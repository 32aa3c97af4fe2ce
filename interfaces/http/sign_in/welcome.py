"""What every way to sign in begins and ends with."""

from application.ports.sign_ins import SignIn
from interfaces.http.platform.bodies import Request
from interfaces.http.platform.metrics import SIGN_INS
from interfaces.http.platform.services import services_of
from interfaces.http.sign_in.guests import Guests


async def admit(request: Request) -> None:
    """Let somebody try to sign in; raises `Problem` 429 where their network tried too often."""
    services = services_of(request)
    assert request.client is not None
    if not services.addresses.trusts(request.client.host):
        await services.part(Guests).admit(request.client.host)


async def let_in(request: Request, begun: tuple[SignIn, str]) -> str:
    """Sign in who has been found out; whoever was signed in at the browser no longer is.

    Gives the `Set-Cookie` that tells the browser.
    """
    sign_in, cookie = begun
    await services_of(request).cookies.end(dict(request.scope["headers"]))
    SIGN_INS.labels(sign_in.way).inc()
    return cookie
