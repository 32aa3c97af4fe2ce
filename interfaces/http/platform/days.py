"""Ranges of days, of UTC, as queries take them: `?from=2026-11-01&until=2026-11-21`."""

from datetime import UTC, date, datetime
from typing import Annotated

import msgspec
from litestar.params import QueryParameter

from interfaces.http.platform.problems import Problem, bad_request
from projections.days import Days

LONGEST_RANGE_DAYS = 366
"""Days that a range may have which is drawn day by day."""

DEFAULT_RANGE_DAYS = 30
"""Days of a range that nobody gave."""

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


def range_of(
    first: str | None,
    last: str | None,
    *,
    most_days: int = LONGEST_RANGE_DAYS,
    default_days: int = DEFAULT_RANGE_DAYS,
) -> Days:
    """A range of at most `most_days`; if none is given, the last `default_days`.

    Raises `Problem` 400 or 422.
    """
    end = day("until", last) or today()
    start = day("from", first) or date.fromordinal(max(1, end.toordinal() - default_days + 1))
    days = in_order(start, end)
    if days.total > most_days:
        raise Problem(
            422,
            "invalid-range",
            f"From {start} until {end} are {days.total} days, over {most_days}.",
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
