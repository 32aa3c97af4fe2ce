"""Waiting rooms: a fair line in front of a limited number of checkouts."""

from domain.waitroom.room import Waitroom

__all__ = ["Waitroom"]
