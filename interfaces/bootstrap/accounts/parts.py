"""What accounts need of the world, over HTTP."""

from infra.once import OnceInRedis
from infra.passkey_uses import PasskeyUsesInPostgres
from interfaces.bootstrap.api import Foundation
from interfaces.http.accounts.ceremonies import Ceremonies


async def build(base: Foundation) -> list[object]:
    """Build what asks devices for passkeys."""
    ceremonies = Ceremonies(
        base.tokens,
        OnceInRedis(base.redis),
        PasskeyUsesInPostgres(base.postgres),
        base_url=base.settings.base_url,
        leeway_s=base.settings.clock_leeway_seconds,
    )
    return [ceremonies]
