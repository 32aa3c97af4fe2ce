"""A message to all sockets of a person or a room that are open at this moment."""

import msgspec

from application.effects.ports import Effect
from application.effects.receivers import NotTold, PerhapsTold, Telling
from application.effects.signing import message_id
from application.ports.deliveries import Delivery
from application.ports.listening import channel_of_room
from domain.effects.actions import SocketMessage


class ToldOverSocket(msgspec.Struct, frozen=True, kw_only=True):
    """What a socket is told; not what happened, which may be about somebody else."""

    id: str
    text: str


class SocketMessages:
    """Implements `effects.ports.Adapter` for `SocketMessage`.

    Guarantee: at most once, to each socket that is open and keeps up with what it is sent. Accepted
    is what at least one process of the API heard that has such a socket; whether a browser has read
    it is not known. Where nobody is there it is rejected for good: who comes later looks at what
    there is. Unknown is what was sent and not answered by Redis.
    """

    def __init__(self, telling: Telling) -> None:
        self._telling = telling

    async def perform(self, effect: Effect) -> Delivery:
        """See the port."""
        action = effect.action
        assert isinstance(action, SocketMessage)
        if "/" in (action.person or ""):
            return Delivery("rejected", f"{action.person!r} is nobody's id")
        channel = action.person or channel_of_room(action.room or "")
        told = ToldOverSocket(id=message_id(effect.id), text=action.text)
        try:
            heard = await self._telling.tell(channel, msgspec.json.encode(told).decode())
        except NotTold as error:
            return Delivery("rejected", str(error), again=True)
        except PerhapsTold as error:
            return Delivery("unknown", str(error), again=True)
        return Delivery("accepted") if heard else Delivery("rejected", "nobody is there")

    async def close(self) -> None:
        """See the port."""
        await self._telling.close()
