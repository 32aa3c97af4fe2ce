"""What signing in needs of the world."""

import httpx

from infra.endings import EndingsInRedis
from infra.errors import SetupError
from infra.once import TriesInRedis
from infra.openid import OpenIdProvider
from infra.sign_ins import SignInsOfPeople
from interfaces.bootstrap.api import Foundation
from interfaces.bootstrap.mail import parts_of_mail
from interfaces.http.platform.welcome import SignInTries
from interfaces.http.sign_in.guests import Guests
from interfaces.http.sign_in.provider import CALLBACK_PATH, Provider
from interfaces.settings import Settings


async def build(base: Foundation) -> list[object]:
    """Build what counts tries, lets guests in, knows the identity provider, and sends mails."""
    client = httpx.AsyncClient(follow_redirects=False)
    base.held.push_async_callback(client.aclose)
    guests = Guests(allowed=base.settings.guests)
    tries = SignInTries(TriesInRedis(base.redis))
    provider = Provider(_provider(base.settings, client))
    mail = await parts_of_mail(base)
    sign_ins = SignInsOfPeople(base.postgres, EndingsInRedis(base.redis))
    return [tries, guests, provider, sign_ins, *mail]


def _provider(settings: Settings, client: httpx.AsyncClient) -> OpenIdProvider | None:
    """The provider of the settings; raises `SetupError` where it cannot be told who asks."""
    if settings.oidc_issuer is None:
        return None
    if settings.oidc_client_id is None:
        raise SetupError(
            f"GAMEHALL_OIDC_ISSUER is {settings.oidc_issuer!r}, and GAMEHALL_OIDC_CLIENT_ID is not"
            " set; give what the hall is called there."
        )
    secret = settings.oidc_client_secret
    return OpenIdProvider(
        client,
        issuer=settings.oidc_issuer,
        client_id=settings.oidc_client_id,
        client_secret=secret.get_secret_value() if secret else None,
        redirect=f"{settings.base_url}{CALLBACK_PATH}",
        leeway_s=settings.clock_leeway_seconds,
    )
