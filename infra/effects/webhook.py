"""A signed POST to whoever wants to hear of it (standard webhooks)."""

from application.effects.ports import Effect
from application.effects.signing import message_id, secret_of
from application.ports.deliveries import Delivery
from domain.effects.actions import Webhook
from infra.effects.posting import Post, signed


class Webhooks:
    """Implements `effects.ports.Adapter` for `Webhook`.

    Guarantee: at least once, as long as it is repeated after `unknown`; the receiver knows a
    repetition by its `webhook-id`, which is the same, and takes it once. Accepted is what was
    answered by 2xx; of the rest, 408, 425, 429 and 5xx may do better later. Unknown is what has
    begun to leave this machine and was not answered in time.
    """

    def __init__(self, post: Post, hall_secret: str) -> None:
        self._post = post
        self._hall_secret = hall_secret

    async def perform(self, effect: Effect) -> Delivery:
        """See the port."""
        action = effect.action
        assert isinstance(action, Webhook)
        secret = secret_of(self._hall_secret, effect.rule)
        headers = signed(secret, message_id(effect.id), effect.event)
        return (await self._post.post(action.url, effect.event, headers)).delivery

    async def close(self) -> None:
        """See the port."""
        await self._post.close()
