"""The topic that players' events stand in."""

from application.topics import Topic
from domain.player_events.event import TOPIC

PLAYER_EVENTS = Topic(
    TOPIC, 3, "stream", "`player_id`", "API, other producers", "what players do in games"
)
"""A producer sends every partition its own requests: the fewer there are, the more events share
one (docs/adr/0010)."""
