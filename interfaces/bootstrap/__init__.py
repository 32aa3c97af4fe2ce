"""The composition root: the only place that builds infrastructure and hands it to interfaces.

A module for each thing that is built, which loads all that this takes; what stands here takes
nothing, so that `gamehall --help` and completion answer at once.
"""

from infra.stack.errors import Refused
from infra.stack.signals import interruptible

__all__ = [
    "DEAD_LETTERS",
    "LOG_PROJECTIONS",
    "PLAYER_PROJECTIONS",
    "PROJECTIONS",
    "WORKERS",
    "Refused",
    "interruptible",
]

LOG_PROJECTIONS: tuple[str, ...] = ("queue", "game-records", "standings")
PLAYER_PROJECTIONS: tuple[str, ...] = (
    "event-archive",
    "player-statistics",
    "leaderboards",
    "player-activity",
)
DEAD_LETTERS = "dead-letters"
PROJECTIONS = (*LOG_PROJECTIONS, *PLAYER_PROJECTIONS, DEAD_LETTERS)

WORKERS: tuple[str, ...] = (
    *PROJECTIONS,
    "checkout",
    "matchmaking",
    "relay",
    "checkpoints",
)
