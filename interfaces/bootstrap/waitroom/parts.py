"""What waiting rooms need of the world, over HTTP."""

import asyncio

from application.waitroom.people import PlacesOfPeople
from application.waitroom.presence import Sightings
from infra.once import TriesInRedis
from infra.presence import SeenTeller
from interfaces.bootstrap.api import Foundation
from interfaces.http.waitroom.room_feeds import RoomFeeds
from interfaces.http.waitroom.room_places import RoomPlaces
from interfaces.http.waitroom.visitors import Visitors
from interfaces.pass_keys import PassKeys
from interfaces.passes import Passes


async def build(base: Foundation) -> list[object]:
    """Build what is shared by the sockets of a process, signs passes, and tells who was seen."""
    settings = base.settings
    passes = Passes(
        PassKeys(settings.pass_key_folder),
        issuer=settings.base_url,
        audience=settings.pass_audience,
        leeway_s=settings.clock_leeway_seconds,
    )
    passes.keys.signing()  # a file that is no key is told now
    visitors = Visitors(
        base.tokens,
        TriesInRedis(base.redis),
        allowed=settings.guests,
        secure=settings.is_https,
    )
    seen = Sightings()
    teller = SeenTeller(base.redis, seen)
    base.held.push_async_callback(teller.leave)
    telling = asyncio.create_task(teller.run())
    base.held.callback(telling.cancel)
    return [RoomFeeds(), RoomPlaces(), passes, visitors, seen, PlacesOfPeople()]
