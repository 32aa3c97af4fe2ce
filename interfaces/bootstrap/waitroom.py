"""What waiting rooms need of the world, over HTTP."""

from interfaces.bootstrap.api import Foundation
from interfaces.http.waitroom.room_feeds import RoomFeeds


async def build(_: Foundation) -> list[object]:
    """Build what is shared by the sockets of a process."""
    return [RoomFeeds()]
