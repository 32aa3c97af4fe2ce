"""Who walks where, in memory."""

import json

from application.lounges.walking import Walked, WalkedTo, written
from application.ports.listening import channel_of_lounge
from tests.http.fakes.listening import FakeListening


class FakeWalks:
    """Implements `lounges.walking.Walks`; of a lounge that is `broken`, nothing can be told."""

    def __init__(self, listening: FakeListening) -> None:
        self.broken: set[str] = set()
        self._listening = listening
        self._known: dict[str, dict[str, WalkedTo]] = {}

    async def tell(self, room_id: str, walked: Walked) -> None:
        if room_id in self.broken:
            raise ConnectionError("Redis is away.")
        self._known.setdefault(room_id, {}).update(walked)
        self._listening.tell(channel_of_lounge(room_id), json.dumps(written(walked)))

    async def forget(self, room_id: str, user: str) -> None:
        self._known.get(room_id, {}).pop(user, None)

    async def known(self, room_id: str) -> Walked:
        if room_id in self.broken:
            raise ConnectionError("Redis is away.")
        return dict(self._known.get(room_id, {}))
