"""What signing in needs of the world."""

from infra.once import TriesInRedis
from interfaces.bootstrap.api import Foundation
from interfaces.http.sign_in.guests import Guests


async def build(base: Foundation) -> list[object]:
    """Build what counts tries."""
    return [Guests(TriesInRedis(base.redis), allowed=base.settings.guests)]
