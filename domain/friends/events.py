"""What happens between two people."""

from datetime import datetime

from domain.events import DomainEvent
from domain.personal import PersonId, Sealed


class FriendRequested(
    DomainEvent, frozen=True, kw_only=True, omit_defaults=True, tag="friends.requested.v1"
):
    """`sender` asks `receiver`, who is told; `since` is when they did, if it was withheld first."""

    sender: PersonId
    receiver: PersonId
    since: datetime
    note: Sealed | None = None


class RequestWithheld(
    DomainEvent, frozen=True, kw_only=True, omit_defaults=True, tag="friends.request-withheld.v1"
):
    """`sender` asks, or has asked, somebody who has blocked them: the sender alone sees it.

    When the block is lifted, `FriendRequested` follows.
    """

    sender: PersonId
    receiver: PersonId
    since: datetime
    note: Sealed | None = None


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


class FriendshipEnded(DomainEvent, frozen=True, kw_only=True, tag="friends.ended.v1"):
    """They are friends no more, which `user_id` wanted."""

    user_id: PersonId
    other_id: PersonId


class PersonBlocked(DomainEvent, frozen=True, kw_only=True, tag="friends.blocked.v1"):
    """`user_id` wants nothing of `other_id`, who is not told."""

    user_id: PersonId
    other_id: PersonId


class PersonUnblocked(DomainEvent, frozen=True, kw_only=True, tag="friends.unblocked.v1"):
    """`user_id` has lifted their block."""

    user_id: PersonId
    other_id: PersonId
