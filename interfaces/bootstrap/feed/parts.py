"""What feeds need, over HTTP."""

import asyncio

from application.feed.asides import Asides
from application.feed.people import FeedsOfPeople
from infra.told import ToldInRedis
from interfaces.bootstrap.api import Foundation
from interfaces.http.feed.live import FeedLimits


async def build(base: Foundation) -> list[object]:
    """Build what counts streams and sockets, what is told beside, and what a merge leaves."""
    told = ToldInRedis(base.redis)
    following = asyncio.create_task(told.follow())
    base.held.callback(following.cancel)
    return [FeedLimits(), FeedsOfPeople(), Asides(told)]
