"""What the sockets of an API process share for games."""

from interfaces.bootstrap.api import Foundation
from interfaces.http.games.judging import Judge
from interfaces.http.games.lobby_feed import LobbyFeed


async def build(_: Foundation) -> list[object]:
    """Build what is shared by the sockets of a process."""
    return [LobbyFeed(), Judge()]
