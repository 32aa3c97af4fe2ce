"""What cannot be between two people."""

from domain.refusals import Refusal


class WithOneself(Refusal, type="with-oneself", status=422):
    """Nobody is their own friend, and nobody blocks themselves."""


class NoFriendRequest(Refusal, type="friend-request-not-found", status=404):
    """There is no request of this person, or to this person."""


class AskedAgainTooSoon(Refusal, type="friend-request-too-soon"):
    """They have said no a short time ago."""


class AlreadyFriends(Refusal, type="already-friends"):
    """They are friends."""


class NotFriends(Refusal, type="not-friends", status=404):
    """They are no friends."""


class BlockedByYou(Refusal, type="blocked-by-you"):
    """Who asks has blocked the other."""
