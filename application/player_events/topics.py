"""The topic that players' events stand in."""

from application.topics import Topic
from domain.player_events.event import TOPIC

EXAMPLE = """\
{"event_id": "0196a3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "event_type": "player_score", \
"player_id": "ada", "game_id": "tetris", "timestamp": "2026-11-01T12:00:00Z", \
"ingested_at": "2026-11-01T12:00:01Z", "data": {"score": 150}}"""

PLAYER_EVENTS = Topic(
    name=TOPIC,
    partitions=3,
    kind="stream",
    key="`player_id`",
    written_by="API, other producers",
    holds="what players do in games",
    example=EXAMPLE,
)
"""A producer sends every partition its own requests: the fewer there are, the more events share
one (docs/adr/0010)."""
