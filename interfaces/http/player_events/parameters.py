"""What several queries take: ranges of days, of UTC (`?from=2026-11-01&until=2026-11-21`)."""

from datetime import UTC, date, datetime
from typing import Annotated

import msgspec
from litestar.params import QueryParameter

from domain.player_events.event import TOPIC
from interfaces.http.platform.freshness import read_after_of
from interfaces.http.platform.problems import Problem, bad_request
from projections.player_events.days import Days

LONGEST_RANGE_DAYS = 366
"""Days that a range may have which is drawn day by day."""

DEFAULT_RANGE_DAYS = 30
"""Days of a range that nobody gave."""

AfterPlayerEvent = Annotated[str | None, read_after_of(TOPIC)]

AS_DAY = {"minLength": 10, "format": "date"}

From = Annotated[
    str | None,
    QueryParameter(name="from", description="The first day, in UTC.", schema_extra=AS_DAY),
]
Until = Annotated[
    str | None,
    QueryParameter(name="until", description="The last day, in UTC.", schema_extra=AS_DAY),
]


def today() -> date:
    """The day that it is, in UTC."""
    return datetime.now(UTC).date()


def range_of(first: str | None, last: str | None) -> Days:
    """A range to draw day by day, by default the last 30 days; raises `Problem` 400 or 422."""
    end = day("until", last) or today()
    start = day("from", first) or date.fromordinal(max(1, end.toordinal() - DEFAULT_RANGE_DAYS + 1))
    days = in_order(start, end)
    if days.total > LONGEST_RANGE_DAYS:
        raise Problem(
            422,
            "invalid-range",
            f"From {start} until {end} are {days.total} days, over {LONGEST_RANGE_DAYS}.",
        )
    return days


def in_order(start: date, end: date) -> Days:
    """A range; raises `Problem` 422 for one that ends before it begins."""
    if end < start:
        raise Problem(
            422, "invalid-range", f"The range ends on {end}, before it begins on {start}."
        )
    return Days(start, end)


def day(name: str, text: str | None) -> date | None:
    """A day as RFC 3339 writes it, if there is one; raises `Problem` 400 for what is none."""
    try:
        return None if text is None else msgspec.convert(text, date)
    except msgspec.ValidationError:
        detail = f"{name}: {text!r} is no day; write it as in 2026-11-21."
        raise bad_request("invalid-request", detail) from None
