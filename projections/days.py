"""Ranges of days."""

from datetime import date
from typing import NamedTuple


class Days(NamedTuple):
    """From one day to another, both included."""

    first: date
    last: date

    @property
    def total(self) -> int:
        """How many they are."""
        return (self.last - self.first).days + 1
