"""What one person can ask for with another: `user_id` asks, `other_id` is whom it concerns."""

from domain.aggregate import Command
from domain.friends.pair import pair_id, person_id
from domain.keys import Key
from domain.personal import Sealed


class FriendCommand(Command, frozen=True, kw_only=True):
    """A command for what is between two people, in the name of one of them."""

    user_id: Key
    other_id: Key

    @property
    def aggregate_id(self) -> str:
        """Their relationship."""
        return pair_id(self.user_id, self.other_id)


class RequestFriend(FriendCommand, frozen=True, kw_only=True, tag="friends.request"):
    """Ask somebody to be a friend, with a note if one likes; if they have asked, accept."""

    note: Sealed | None = None


class AcceptRequest(FriendCommand, frozen=True, kw_only=True, tag="friends.accept"):
    """Say yes to whom has asked."""


class DeclineRequest(FriendCommand, frozen=True, kw_only=True, tag="friends.decline"):
    """Say no to whom has asked."""


class CancelRequest(FriendCommand, frozen=True, kw_only=True, tag="friends.cancel"):
    """Take back what one has asked."""


class EndFriendship(FriendCommand, frozen=True, kw_only=True, tag="friends.end"):
    """Be friends no more."""


class BlockPerson(FriendCommand, frozen=True, kw_only=True, tag="friends.block"):
    """Want nothing of somebody, who is not told."""


class UnblockPerson(FriendCommand, frozen=True, kw_only=True, tag="friends.unblock"):
    """Lift one's block."""


class SetPresence(Command, frozen=True, kw_only=True, tag="friends.set-presence"):
    """Let friends see whether one is there, or, `hidden`, let nobody."""

    user_id: Key
    hidden: bool

    @property
    def aggregate_id(self) -> str:
        """What is their own."""
        return person_id(self.user_id)


class LookAtPresence(Command, frozen=True, kw_only=True, tag="friends.look-at-presence"):
    """Tell whether friends see that one is there."""

    user_id: Key

    @property
    def aggregate_id(self) -> str:
        """What is their own."""
        return person_id(self.user_id)


class LookAtRelationship(FriendCommand, frozen=True, kw_only=True, tag="friends.look"):
    """Tell what is between them, blocks too, which nobody is told but the hall; changes nothing."""

    by_hall = True
