"""What counts on a leaderboard, and in which period."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Literal, NamedTuple

import msgspec

from domain.player_events.event import PlayerEvent
from domain.player_events.types import HIGHEST_SCORE

SCORING = frozenset({"player_score", "quest_completed", "achievement_unlocked", "boss_defeated"})
"""The types of events that leaderboards add up."""

Period = Literal["daily", "weekly", "alltime"]
FOREVER = date(1970, 1, 1)
"""When the period began that never ends."""


class _Scored(msgspec.Struct):
    score: int | float = 0
    """Some languages write a whole number as 7.0."""


_decode = msgspec.json.Decoder(_Scored).decode


class BoardKey(NamedTuple):
    """One leaderboard: of a game, for the period that starts on a day (UTC; weeks on Mondays)."""

    game_id: str
    period: Period
    starts_on: date


def score_of(event: PlayerEvent) -> int:
    """The points of an event; raises `msgspec.ValidationError` where its data has none that fit.

    The limits are those of the door, for events that came into the topic past it.
    """
    return score_in(event.event_type, event.data)


def score_in(event_type: str, data: msgspec.Raw) -> int:
    """The points in the data of an event of some type; raises as `score_of` does."""
    if event_type not in SCORING:
        return 0
    score = _decode(data).score
    if not 0 <= score <= HIGHEST_SCORE or score != int(score):
        raise msgspec.ValidationError(f"{score} is no whole number from 0 to {HIGHEST_SCORE:,}.")
    return int(score)


def starts_of(day: date) -> Mapping[Period, date]:
    """When the periods began that an event of this day (UTC) counts in.

    An event counts in the periods of its own time however late it arrives, so a board that is
    closed corrects itself.
    """
    return {"daily": day, "weekly": day - timedelta(day.weekday()), "alltime": FOREVER}
