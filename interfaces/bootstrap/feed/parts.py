"""What feeds need, over HTTP."""

from application.feed.people import FeedsOfPeople
from interfaces.bootstrap.api import Foundation
from interfaces.http.feed.live import FeedLimits


async def build(_base: Foundation) -> list[object]:
    """Build what counts streams and sockets, and what a merge leaves."""
    return [FeedLimits(), FeedsOfPeople()]
