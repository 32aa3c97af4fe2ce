"""Which time zones there are."""

from zoneinfo import available_timezones

from domain.accounts.names import TimeZoneUnknown

ZONES = available_timezones()
"""The names of time zones that this machine knows; none where nobody has told it."""


def refuse_unknown_zone(time_zone: str) -> None:
    """Refuse a time zone that this machine does not know; raises `TimeZoneUnknown`."""
    if ZONES and time_zone not in ZONES:
        raise TimeZoneUnknown(f"There is no time zone {time_zone!r}.")
