"""Who played when, computed as plainly as can be."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import msgspec

from domain.player_events.event import PlayerEvent
from projections.days import Days
from projections.player_events.activity_queries import ActiveGame, Cohort, DayOfGame
from tests.player_events.told import counted

DAY = timedelta(days=1)
SESSIONS = {"session_started", "session_ended"}


def day_of(event: PlayerEvent) -> date:
    return event.happened_at.astimezone(UTC).date()


def games_of(told: Sequence[PlayerEvent]) -> list[ActiveGame]:
    """The games of these events, and the last day of each."""
    last: dict[str, date] = {}
    for event in told:
        last[event.game_id] = max(day_of(event), last.get(event.game_id, date.min))
    return [ActiveGame(game_id=game, last_day=day) for game, day in sorted(last.items())]


class Plain:
    """What must come of the events of one game."""

    def __init__(self, told: Sequence[PlayerEvent], game: str) -> None:
        # An id is a player's, in whichever game.
        sessions = counted([event for event in told if event.event_type in SESSIONS])
        self.sessions = [event for event in sessions if event.game_id == game]
        self.events = [event for event in told if event.game_id == game]
        self.days: dict[str, set[date]] = defaultdict(set)
        self.firsts: dict[tuple[str, str], datetime] = {}
        for event in self.events:
            self.days[event.player_id].add(day_of(event))
            key = event.player_id, event.event_type
            self.firsts[key] = min(event.happened_at, self.firsts.get(key, event.happened_at))

    def day(self, day: date) -> DayOfGame:
        on_day = [event for event in self.sessions if day_of(event) == day]
        data = [msgspec.json.decode(e.data) for e in on_day if e.event_type == "session_ended"]
        lengths = [each["seconds"] for each in data if "seconds" in each]
        return DayOfGame(
            day=day,
            daily_active=sum(day in days for days in self.days.values()),
            monthly_active=sum(
                any(0 <= (day - at).days < 30 for at in days) for days in self.days.values()
            ),
            new_players=sum(min(days) == day for days in self.days.values()),
            sessions=sum(event.event_type == "session_started" for event in on_day),
            mean_session_seconds=sum(lengths) / len(lengths) if lengths else None,
        )

    def cohort(self, day: date, later: int, today: date) -> Cohort:
        members = [days for days in self.days.values() if min(days) == day]
        coming = [day + n * DAY for n in range(1, later + 1)]
        returned = [sum(at in days for days in members) for at in coming if at <= today]
        return Cohort(day=day, size=len(members), returned=returned)

    def funnel(self, steps: Sequence[str], entered: Days, within: timedelta) -> list[int]:
        reached = [0] * len(steps)
        for player in self.days:
            times = [self.firsts.get((player, step)) for step in steps]
            first = times[0]
            if first is None or not entered.first <= first.astimezone(UTC).date() <= entered.last:
                continue
            before = first
            for number, at in enumerate(times):
                if at is None or at < before or at > first + within:
                    break
                reached[number] += 1
                before = at
        return reached
