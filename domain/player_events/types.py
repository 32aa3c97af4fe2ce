"""The types of events that are known, and what the `data` of each has to hold.

A game may send more than a type names; what is named has to fit. A type changes only in ways that
keep taking what it took before (`tests/player_events/test_schemas.py` compares the JSON Schemas).
"""

from collections.abc import Mapping
from typing import Annotated, get_type_hints

import msgspec

HIGHEST_SCORE = 10**9
"""Of one event. Sums stay exact in Redis, whose scores are doubles, up to nine million of these."""

Points = Annotated[
    int, msgspec.Meta(ge=0, le=HIGHEST_SCORE, description="Points, which leaderboards add up.")
]
Label = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Count = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
Seconds = Annotated[float, msgspec.Meta(ge=0, le=10**9)]
Currency = Annotated[str, msgspec.Meta(pattern="^[A-Z]{3}$", description="As in ISO 4217.")]


NUMBERS = (Points, Count, Seconds)


class PlayerScore(msgspec.Struct, frozen=True, kw_only=True):
    """A player scored."""

    score: Points


class PlayerLevelUp(msgspec.Struct, frozen=True, kw_only=True):
    """A player reached a level."""

    level: Count
    experience: Count = 0
    achievement: str = ""


class QuestStarted(msgspec.Struct, frozen=True, kw_only=True):
    """A player took up a quest."""

    quest_id: Label


class QuestCompleted(msgspec.Struct, frozen=True, kw_only=True):
    """A player finished a quest."""

    quest_id: Label
    score: Points = 0


class AchievementUnlocked(msgspec.Struct, frozen=True, kw_only=True):
    """A player earned an achievement."""

    achievement_id: Label
    score: Points = 0


class BossDefeated(msgspec.Struct, frozen=True, kw_only=True):
    """A player beat a boss."""

    boss_id: Label
    score: Points = 0


class LevelStarted(msgspec.Struct, frozen=True, kw_only=True):
    """A player began a level of the game."""

    level_id: Label


class LevelCompleted(msgspec.Struct, frozen=True, kw_only=True):
    """A player finished a level of the game."""

    level_id: Label
    seconds: Seconds = 0.0


class LevelFailed(msgspec.Struct, frozen=True, kw_only=True):
    """A player did not finish a level of the game."""

    level_id: Label
    reason: str = ""


class SessionStarted(msgspec.Struct, frozen=True, kw_only=True):
    """A player came to play."""

    platform: str = ""
    version: str = ""


class SessionEnded(msgspec.Struct, frozen=True, kw_only=True):
    """A player left."""

    seconds: Seconds = 0.0


class PurchaseMade(msgspec.Struct, frozen=True, kw_only=True):
    """A player bought something; `amount` is in the currency's smallest unit, such as cents."""

    product_id: Label
    amount: Count
    currency: Currency


TYPES: Mapping[str, type[msgspec.Struct]] = {
    "player_score": PlayerScore,
    "player_level_up": PlayerLevelUp,
    "quest_started": QuestStarted,
    "quest_completed": QuestCompleted,
    "achievement_unlocked": AchievementUnlocked,
    "boss_defeated": BossDefeated,
    "level_started": LevelStarted,
    "level_completed": LevelCompleted,
    "level_failed": LevelFailed,
    "session_started": SessionStarted,
    "session_ended": SessionEnded,
    "purchase_made": PurchaseMade,
}

COUNTED: Mapping[str, tuple[str, ...]] = {
    name: tuple(
        field
        for field, hint in get_type_hints(type, include_extras=True).items()
        if hint in NUMBERS
    )
    for name, type in TYPES.items()
}
"""The numbers that the data of each type tells, which is all that is left of it when its player is
erased: read models count them, and they say nothing but how much."""
