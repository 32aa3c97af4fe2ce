"""What happens between two people.

Whoever is blocked is told nothing of it, and so is told what would have happened without the block.
"""

from datetime import datetime

import msgspec

from domain.events import DomainEvent
from domain.personal import PersonId, Sealed


class FriendRequested(
    DomainEvent, frozen=True, kw_only=True, omit_defaults=True, tag="friends.requested.v1"
):
    """`sender` asks `receiver`, who is told; `again`: it was withheld, and was asked at `since`."""

    sender: PersonId
    receiver: PersonId
    since: datetime
    note: Sealed | None = None
    again: bool = False

    def as_told_to(self, person: str) -> DomainEvent | None:
        """To its sender a request is made once."""
        return None if self.again and person == self.sender else self


class RequestWithheld(
    DomainEvent, frozen=True, kw_only=True, omit_defaults=True, tag="friends.request-withheld.v1"
):
    """`sender` asks somebody who has blocked them, or blocks them now (`again`): they alone see it.

    When the block is lifted, `FriendRequested` follows.
    """

    sender: PersonId
    receiver: PersonId
    since: datetime
    note: Sealed | None = None
    again: bool = False

    def as_told_to(self, person: str) -> DomainEvent | None:
        """To its sender it is a request like others, and to whom has blocked them, it is none."""
        made = FriendRequested(**{name: getattr(self, name) for name in self.__struct_fields__})
        return made.as_told_to(person) if person == self.sender else None


class RequestAccepted(DomainEvent, frozen=True, kw_only=True, tag="friends.accepted.v1"):
    """`receiver` said yes, or asked `sender` in turn: they are friends."""

    sender: PersonId
    receiver: PersonId


class RequestDeclined(DomainEvent, frozen=True, kw_only=True, tag="friends.declined.v1"):
    """`receiver` said no."""

    sender: PersonId
    receiver: PersonId


class RequestCancelled(DomainEvent, frozen=True, kw_only=True, tag="friends.cancelled.v1"):
    """`sender` asks no more; if it was withheld, `receiver` has never heard of it."""

    sender: PersonId
    receiver: PersonId
    withheld: bool = False

    def as_told_to(self, person: str) -> DomainEvent | None:
        """Whoever never heard of it hears of no end, and its sender of one like others."""
        if not self.withheld:
            return self
        return msgspec.structs.replace(self, withheld=False) if person == self.sender else None


class FriendshipEnded(DomainEvent, frozen=True, kw_only=True, tag="friends.ended.v1"):
    """They are friends no more, which `user_id` wanted."""

    user_id: PersonId
    other_id: PersonId


class PersonBlocked(DomainEvent, frozen=True, kw_only=True, tag="friends.blocked.v1"):
    """`user_id` wants nothing of `other_id`, who is not told."""

    user_id: PersonId
    other_id: PersonId

    def as_told_to(self, person: str) -> DomainEvent | None:
        """It is told to who has blocked somebody."""
        return self if person == self.user_id else None


class PersonUnblocked(DomainEvent, frozen=True, kw_only=True, tag="friends.unblocked.v1"):
    """`user_id` has lifted their block."""

    user_id: PersonId
    other_id: PersonId

    def as_told_to(self, person: str) -> DomainEvent | None:
        """It is told to who has lifted it."""
        return self if person == self.user_id else None


class PresenceHidden(DomainEvent, frozen=True, kw_only=True, tag="friends.presence-hidden.v1"):
    """Nobody sees whether `user_id` is there."""

    user_id: PersonId


class PresenceShown(DomainEvent, frozen=True, kw_only=True, tag="friends.presence-shown.v1"):
    """Friends see again whether `user_id` is there."""

    user_id: PersonId
