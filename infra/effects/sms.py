"""A text message, by a signed request to a gateway that brings it to a telephone."""

import re

import msgspec

from application.effects.ports import Effect
from application.effects.signing import SMS_GATEWAY, message_id, secret_of
from application.ports.deliveries import Delivery
from domain.effects.actions import TextMessage
from infra.effects.posting import Post, signed

E164 = re.compile(r"\+[1-9][0-9]{6,14}")
"""A number as the whole world dials it; the shortest have seven digits."""


class _Request(msgspec.Struct):
    to: str
    text: str
    id: str


class TextMessages:
    """Implements `effects.ports.Adapter` for `TextMessage`.

    Guarantee: at least once at the gateway, as long as it is repeated after `unknown`; the gateway
    knows a repetition by its `Idempotency-Key`, which is the same, and sends it once. What becomes
    of it behind the gateway is not known. The gateway of the settings may be anywhere: who runs the
    hall has named it, and nobody else can.
    """

    def __init__(self, post: Post, url: str | None, hall_secret: str) -> None:
        self._post = post
        self._url = url
        self._secret = secret_of(hall_secret, SMS_GATEWAY)

    async def perform(self, effect: Effect) -> Delivery:
        """See the port."""
        action = effect.action
        assert isinstance(action, TextMessage)
        if self._url is None:
            return Delivery("rejected", "there is no gateway for text messages: GAMEHALL_SMS_URL")
        if not E164.fullmatch(action.to):
            return Delivery("rejected", "this is no number such as +436601234567 (E.164)")
        id = message_id(effect.id)
        body = msgspec.json.encode(_Request(action.to, action.text, id))
        headers = {**signed(self._secret, id, body), "idempotency-key": id}
        return (await self._post.post(self._url, body, headers)).delivery

    async def close(self) -> None:
        """See the port."""
        await self._post.close()
