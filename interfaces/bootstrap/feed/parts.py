"""What feeds need, over HTTP."""

from application.feed.people import FeedsOfPeople
from interfaces.bootstrap.api import Foundation
from interfaces.http.feed.live import FeedLimits


async def build(_base: Foundation) -> list[object]:
    """Build what counts the streams and sockets of feeds, and what says what a merge does."""
    return [FeedLimits(), FeedsOfPeople()]
