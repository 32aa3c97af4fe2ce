"""A relationship: what is between two people, from the first request to the last block."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from domain.aggregate import Aggregate, decides, evolves
from domain.friends.commands import (
    AcceptRequest,
    BlockPerson,
    CancelRequest,
    DeclineRequest,
    EndFriendship,
    FriendCommand,
    LookAtRelationship,
    RequestFriend,
    UnblockPerson,
)
from domain.friends.events import (
    FriendRequested,
    FriendshipEnded,
    PersonBlocked,
    PersonUnblocked,
    RequestAccepted,
    RequestCancelled,
    RequestDeclined,
    RequestWithheld,
)
from domain.friends.refusals import (
    AlreadyFriends,
    AskedAgainTooSoon,
    BlockedByYou,
    NoFriendRequest,
    NotFriends,
    WithOneself,
)
from domain.friends.view import FriendView, Relation, RelationshipView
from domain.personal import Sealed
from domain.snapshot import Snapshot, State

DECLINED_DAYS = 7
"""For which who was told no cannot ask again; who said it may ask at any time."""


class OpenRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A request that waits; a withheld one is seen by its sender alone."""

    sender: str
    since: datetime
    note: Sealed | None
    withheld: bool


class Refused(msgspec.Struct, frozen=True, kw_only=True):
    """Who was told no, and when."""

    sender: str
    at: datetime


class RelationshipState(State, frozen=True, kw_only=True, tag="friends.snapshot.v1"):
    """What is between two people."""

    request: OpenRequest | None
    friends_since: datetime | None
    refused: Refused | None
    blockers: Sequence[str]


class Relationship(Aggregate):
    """What is between two people; its stream key is `pair_id` of them.

    Guarantees: there is one open request at most, and none between friends. Where one has blocked
    the other, they are no friends, whoever is blocked may at most have a withheld request, and
    whoever blocks has none. What a blocked person is answered is what they would be answered if
    the other had just not replied yet.
    """

    evicted_when_idle = True
    states = (RelationshipState,)

    def __init__(self, id: str) -> None:
        super().__init__(id)
        self._request: OpenRequest | None = None
        self._friends_since: datetime | None = None
        self._refused: Refused | None = None
        self._blockers: set[str] = set()

    # -- requests ---------------------------------------------------------------------------------

    @decides(RequestFriend)
    def request(self, command: RequestFriend, now: datetime) -> FriendView:
        """Ask, or accept what the other has asked; asking again changes nothing.

        Raises `WithOneself`, `BlockedByYou`, `AlreadyFriends` and `AskedAgainTooSoon`.
        """
        _refuse_oneself(command)
        one, other = command.user_id, command.other_id
        if one in self._blockers:
            raise BlockedByYou(f"You have blocked {other!r}; lift that first.")
        if self._friends_since is not None:
            raise AlreadyFriends(f"You and {other!r} are friends.")
        if self._asks(other):
            self._record(RequestAccepted, sender=other, receiver=one)
        elif not self._asks(one, withheld=True):
            self._refuse_too_soon(one, other, now)
            kind = RequestWithheld if other in self._blockers else FriendRequested
            self._record(kind, sender=one, receiver=other, since=now, note=command.note)
        return self._seen_by(command)

    @decides(AcceptRequest)
    def accept(self, command: AcceptRequest, _now: datetime) -> FriendView:
        """Say yes; again changes nothing. Raises `NoFriendRequest`."""
        if self._friends_since is None:
            self._require_asked(command)
            self._record(RequestAccepted, sender=command.other_id, receiver=command.user_id)
        return self._seen_by(command)

    @decides(DeclineRequest)
    def decline(self, command: DeclineRequest, _now: datetime) -> FriendView:
        """Say no, which the sender can see. Raises `NoFriendRequest`."""
        self._require_asked(command)
        self._record(RequestDeclined, sender=command.other_id, receiver=command.user_id)
        return self._seen_by(command)

    @decides(CancelRequest)
    def cancel(self, command: CancelRequest, _now: datetime) -> FriendView:
        """Ask no more. Raises `NoFriendRequest`."""
        if not self._asks(command.user_id, withheld=True):
            raise NoFriendRequest(f"You have no request to {command.other_id!r} that waits.")
        self._cancel(command)
        return self._seen_by(command)

    def _cancel(self, command: FriendCommand) -> None:
        request = self._request
        assert request is not None
        facts = {"sender": command.user_id, "receiver": command.other_id}
        self._record(RequestCancelled, **facts, withheld=request.withheld)

    # -- friends ----------------------------------------------------------------------------------

    @decides(EndFriendship)
    def end(self, command: EndFriendship, _now: datetime) -> FriendView:
        """Be friends no more. Raises `NotFriends`."""
        if self._friends_since is None:
            raise NotFriends(f"You and {command.other_id!r} are no friends.")
        self._record(FriendshipEnded, user_id=command.user_id, other_id=command.other_id)
        return self._seen_by(command)

    # -- blocks -----------------------------------------------------------------------------------

    @decides(BlockPerson)
    def block(self, command: BlockPerson, _now: datetime) -> FriendView:
        """Want nothing of the other: ends what there was. Again changes nothing.

        What the other has asked still waits, as far as they can see. Raises `WithOneself`.
        """
        _refuse_oneself(command)
        one, other = command.user_id, command.other_id
        if one not in self._blockers:
            if self._friends_since is not None:
                self._record(FriendshipEnded, user_id=one, other_id=other)
            if self._asks(one, withheld=True):
                self._cancel(command)
            if (asked := self._request) is not None:
                self._ask_again(RequestWithheld, asked, receiver=one)
            self._record(PersonBlocked, user_id=one, other_id=other)
        return self._seen_by(command)

    @decides(UnblockPerson)
    def unblock(self, command: UnblockPerson, _now: datetime) -> FriendView:
        """Lift the block: what the other has asked meanwhile is asked now."""
        one, other = command.user_id, command.other_id
        if one in self._blockers:
            self._record(PersonUnblocked, user_id=one, other_id=other)
            if (asked := self._request) is not None and asked.sender == other:
                self._ask_again(FriendRequested, asked, receiver=one)
        return self._seen_by(command)

    def _ask_again(
        self, kind: type[FriendRequested | RequestWithheld], asked: OpenRequest, receiver: str
    ) -> None:
        facts = {"sender": asked.sender, "receiver": receiver}
        self._record(kind, **facts, since=asked.since, note=asked.note, again=True)

    @decides(LookAtRelationship)
    def look(self, _command: LookAtRelationship, _now: datetime) -> RelationshipView:
        """Tell the hall what is between them."""
        friends = self._friends_since is not None
        return RelationshipView(friends=friends, blockers=sorted(self._blockers))

    # -- what is asked of all of them -------------------------------------------------------------

    def _asks(self, person: str, *, withheld: bool = False) -> bool:
        """Whether this person's request waits: for all to see, or `withheld` too."""
        asked = self._request
        return asked is not None and asked.sender == person and (withheld or not asked.withheld)

    def _require_asked(self, command: FriendCommand) -> None:
        if not self._asks(command.other_id):
            raise NoFriendRequest(f"There is no request of {command.other_id!r} to you.")

    def _refuse_too_soon(self, one: str, other: str, now: datetime) -> None:
        refused = self._refused
        if refused is None or refused.sender != one:
            return
        until = refused.at + timedelta(days=DECLINED_DAYS)
        if now < until:
            raise AskedAgainTooSoon(
                f"{other!r} has declined; you can ask again from {until:%Y-%m-%d %H:%M} UTC on."
            )

    # -- what has happened ------------------------------------------------------------------------

    @evolves(FriendRequested)
    def _on_requested(self, event: FriendRequested) -> None:
        self._ask(event, withheld=False)

    @evolves(RequestWithheld)
    def _on_withheld(self, event: RequestWithheld) -> None:
        self._ask(event, withheld=True)

    def _ask(self, event: FriendRequested | RequestWithheld, *, withheld: bool) -> None:
        self._request = OpenRequest(
            sender=event.sender, since=event.since, note=event.note, withheld=withheld
        )
        self._refused = None

    @evolves(RequestAccepted)
    def _on_accepted(self, event: RequestAccepted) -> None:
        self._request, self._friends_since = None, event.timestamp

    @evolves(RequestDeclined)
    def _on_declined(self, event: RequestDeclined) -> None:
        self._request = None
        self._refused = Refused(sender=event.sender, at=event.timestamp)

    @evolves(RequestCancelled)
    def _on_cancelled(self, _event: RequestCancelled) -> None:
        self._request = None

    @evolves(FriendshipEnded)
    def _on_ended(self, _event: FriendshipEnded) -> None:
        self._friends_since = None

    @evolves(PersonBlocked)
    def _on_blocked(self, event: PersonBlocked) -> None:
        self._blockers.add(event.user_id)

    @evolves(PersonUnblocked)
    def _on_unblocked(self, event: PersonUnblocked) -> None:
        self._blockers.remove(event.user_id)

    # -- how it stands ----------------------------------------------------------------------------

    def _seen_by(self, command: FriendCommand) -> FriendView:
        relation, since = self._relation(command.user_id)
        return FriendView(
            user_id=command.other_id,
            relation=relation,
            since=since,
            blocked=command.user_id in self._blockers,
        )

    def _relation(self, person: str) -> tuple[Relation, datetime | None]:
        if self._friends_since is not None:
            return "friends", self._friends_since
        asked = self._request
        if asked is None or (asked.withheld and asked.sender != person):
            return "none", None
        return ("requested" if asked.sender == person else "asked"), asked.since

    def state(self) -> RelationshipState:
        """All of it."""
        return RelationshipState(
            request=self._request,
            friends_since=self._friends_since,
            refused=self._refused,
            blockers=sorted(self._blockers),
        )

    def _restore(self, snapshot: Snapshot) -> None:
        state = snapshot.state
        assert isinstance(state, RelationshipState)
        self._request = state.request
        self._friends_since = state.friends_since
        self._refused = state.refused
        self._blockers = set(state.blockers)


def _refuse_oneself(command: FriendCommand) -> None:
    if command.user_id == command.other_id:
        raise WithOneself("That is yourself; name somebody else.")
