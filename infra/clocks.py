"""Clocks of other machines, as their answers tell them."""

from email.utils import parsedate_to_datetime

import httpx

RESOLUTION_S = 2.0
"""What two clocks seem to differ by at any rate: HTTP tells whole seconds, and an answer takes
time."""


def told_by(answer: httpx.Response) -> float | None:
    """The time where an answer was made, in seconds since 1970; None where it does not say."""
    try:
        return parsedate_to_datetime(answer.headers["date"]).timestamp()
    except (KeyError, ValueError):
        return None


def compared(there: float, here: float) -> str:
    """Say by how much a clock goes differently from the one here."""
    return f"{abs(there - here):.0f} s {'ahead of' if there > here else 'behind'} the one here"
