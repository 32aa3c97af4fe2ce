"""What people are to each other, for features that have to ask."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from application.ports.people import Execute
from domain.events import Position


class Between(NamedTuple):
    """What is between two people: whether they are friends, and who of them blocks the other."""

    friends: bool
    blockers: Sequence[str]


class Relationships(Protocol):
    """Knows who is whose friend, and who wants nothing of whom."""

    async def between(self, one: str, other: str, execute: Execute) -> Between:
        """What is between two people, by who decides it: a block holds as soon as it is answered.

        Raises `Unavailable`.
        """

    async def blocked_by(self, user_id: str, position: Position | None) -> Sequence[str]:
        """All whom somebody has blocked, as far as a position of the log, if one is given.

        Raises `Unavailable` where that is not known yet.
        """
