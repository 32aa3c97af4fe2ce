"""The workers of the hall: the one list of them.

A worker's name stands before the place where it is declared, which is looked up when the worker
is needed, so that `gamehall --help` and completion answer at once.
"""

import re
from collections.abc import Mapping
from pkgutil import resolve_name
from typing import TYPE_CHECKING, Any

from interfaces.features import FEATURES

if TYPE_CHECKING:
    from projections.read_model import ReadModel

WORKERS: Mapping[str, str | tuple[str, ...]] = {
    "waitroom": "projections.waitroom:WAITROOM",
    "game-records": "projections.games:GAME_RECORDS",
    "game-metrics": "projections.games:GAME_METRICS",
    "standings": "projections.games:STANDINGS",
    "event-archive": "projections.player_events:EVENT_ARCHIVE",
    "player-statistics": "projections.player_events:PLAYER_STATISTICS",
    "leaderboards": "projections.player_events:LEADERBOARDS",
    "player-activity": "projections.player_events:PLAYER_ACTIVITY",
    "dead-letters": "projections.player_events:DEAD_LETTERS",
    "accounts": "projections.accounts:ACCOUNTS",
    "effect-ledger": "projections.effects:EFFECT_LEDGER",
    "feed-entries": "projections.feed:FEED_ENTRIES",
    "friends": "projections.friends:FRIENDS",
    "conversations": "projections.conversations:CONVERSATIONS",
    "lounges": "projections.lounges:LOUNGES",
    "checkout": "application.waitroom.checkout:CHECKOUT",
    "friend-requests": "application.friends.inbox:FRIEND_REQUESTS",
    "presence": "interfaces.bootstrap.waitroom.presence:presence",
    "matchmaking": "interfaces.bootstrap.games.matchmaking:MATCHMAKING",
    "names": "interfaces.bootstrap.accounts.names:NAMES",
    "visits": "interfaces.bootstrap.lounges.visits:VISITS",
    "effects": "interfaces.bootstrap.effects.worker:effects",
    "feed": "interfaces.bootstrap.feed.process:FEED",
    "game-metrics-relay": "interfaces.bootstrap.games.metrics_relay:metrics_relay",
    "relay": (
        "application.waitroom.outbox:OUTBOX",
        "application.games.outbox:OUTBOX",
        "application.accounts.outbox:OUTBOX",
        "application.friends.outbox:OUTBOX",
        "application.friends.outbox:NOTIFYING",
        "application.conversations.outbox:OUTBOX",
        "application.lounges.outbox:OUTBOX",
    ),
    "checkpoints": "interfaces.bootstrap.worker:checkpoints",
}
"""Each a read model, an inbox, outboxes, a process manager, or a function that builds a worker."""

OF_ALL_FEATURES = "log"
"""What workers are called together that follow the log for more than one feature, or for none."""

PROJECTIONS = tuple(name for name, place in WORKERS.items() if "projections." in place)
"""Those that are read models."""


def by_feature() -> Mapping[str, tuple[str, ...]]:
    """The workers of each feature, which share a process.

    The place where a worker is declared tells of which feature it is.
    """
    found: dict[str, tuple[str, ...]] = {}
    for name, place in WORKERS.items():
        feature = _feature(place)
        found[feature] = (*found.get(feature, ()), name)
    return found


def _feature(place: str | tuple[str, ...]) -> str:
    words = set(re.split("[.:]", place) if isinstance(place, str) else map(_feature, place))
    return found.pop() if len(found := words & {*FEATURES}) == 1 else OF_ALL_FEATURES


def declared(name: str) -> Any:
    """What a worker is declared as."""
    place = WORKERS[name]
    return resolve_name(place) if isinstance(place, str) else tuple(map(resolve_name, place))


def read_models() -> "list[ReadModel[Any]]":
    """Every read model."""
    return [declared(name) for name in PROJECTIONS]
