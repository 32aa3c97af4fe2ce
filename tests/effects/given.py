"""Effects as tests have them, and who reaches what is on this machine."""

import ssl
from functools import cache

import httpx
import msgspec

from application.effects.ports import Effect
from domain.effects.actions import Action
from domain.events import Position
from infra.effects.outward import Outward, checked_client
from infra.effects.posting import Post

SECRET = "a secret of the hall that is long enough"
RULE = "tell-the-shop"

SOON_S = 0.5
"""How long a receiver of a test may take that never answers."""


def an_effect(
    action: Action, seq: int = 17, *, rule: str = RULE, partition: int = 3, user: str = "ada"
) -> Effect:
    """An effect of an event at this place."""
    position = Position("waitroom-log", partition, seq)
    id = f"{rule}:{position.topic}:{partition}:{seq}"
    told = {
        "id": id,
        "rule": rule,
        "position": str(position),
        "type": "waitroom.joined.v1",
        "timestamp": "2026-11-30T12:00:00Z",
        "data": {"user_id": user, "event_id": "concert"},
    }
    return Effect(id, rule, position, action, msgspec.json.encode(told))


def here() -> Outward:
    """Who reaches this machine, since it is said to be one of ours."""
    return Outward(["127.0.0.0/8", "::1/128"])


def a_post(outward: Outward | None = None, seconds: float = SOON_S) -> Post:
    """Who posts to receivers on this machine."""
    return Post(lambda: checked_client(outward or here(), trusted()), seconds)


@cache
def trusted() -> ssl.SSLContext:
    """Whose certificates are believed; to read the list of these takes a while."""
    return httpx.create_ssl_context(trust_env=False)
