"""A lounge as its events make it, and what all of its decisions ask of it."""

from datetime import datetime

from domain.aggregate import Aggregate, evolves
from domain.lounges.events import (
    LoungeClosed,
    LoungeJoined,
    LoungeLeft,
    LoungeOpened,
    ModeratorAppointed,
    ModeratorDismissed,
    PersonBanned,
    PersonInvited,
    PersonKicked,
    PersonMuted,
    PersonUnbanned,
    PersonUnmuted,
    TileSettled,
)
from domain.lounges.floor import Floor
from domain.lounges.names import room_id_of
from domain.lounges.refusals import LoungeNotFound, LoungeOver
from domain.lounges.states import Inside, LoungeState, LoungeTerms
from domain.lounges.view import LoungeLook, LoungePerson, LoungeRole, LoungeStander, LoungeView
from domain.snapshot import Snapshot

Until = dict[str, datetime]
"""People by their ids, and until when something holds for them."""


class FoldedLounge(Aggregate):
    """The fold of a lounge. Deadlines that are over are dropped when the next one is set."""

    evicted_when_idle = True
    states = (LoungeState,)

    def __init__(self, id: str) -> None:
        super().__init__(id)
        self._terms: LoungeTerms | None = None
        self._inside: dict[str, Inside] = {}
        self._entries = 0
        self._moderators: set[str] = set()
        self._invited: set[str] = set()
        self._muted: Until = {}
        self._barred: Until = {}
        self._closed = False

    # -- how it stands ----------------------------------------------------------------------------

    @property
    def room_id(self) -> str:
        """What everybody else calls it."""
        return room_id_of(self.id)

    @property
    def view(self) -> LoungeView | None:
        """The lounge, once there is one."""
        if self._terms is None:
            return None
        return LoungeView(
            room_id=self.room_id,
            owner=self._terms.owner,
            access=self._terms.access,
            capacity=self._terms.capacity,
            players=len(self._inside),
            entries=self._entries,
            closed=self._closed,
        )

    def _looked_at(self, terms: LoungeTerms) -> LoungeLook:
        return LoungeLook(
            room_id=self.room_id,
            owner=terms.owner,
            capacity=terms.capacity,
            plan=terms.plan,
            moderators=sorted(self._moderators),
            people=[
                LoungeStander(user_id=user, since=each.since, x=each.x, y=each.y)
                for user, each in self._inside.items()
            ],
            closed=self._closed,
        )

    def _terms_now(self) -> LoungeTerms:
        """What it was opened with; raises `LoungeNotFound` and `LoungeOver`."""
        terms = self._terms_ever()
        if self._closed:
            raise LoungeOver(f"The room {self.room_id!r} is closed for good.")
        return terms

    def _terms_ever(self) -> LoungeTerms:
        """The same, also once it is closed; raises `LoungeNotFound`."""
        if self._terms is None:
            raise LoungeNotFound(f"Nobody has opened a room {self.room_id!r}.")
        return self._terms

    def _role(self, user: str) -> LoungeRole | None:
        if self._terms is not None and user == self._terms.owner:
            return "owner"
        return "moderator" if user in self._moderators else None

    def _person(self, user: str, now: datetime) -> LoungePerson:
        inside = self._inside.get(user)
        return LoungePerson(
            room_id=self.room_id,
            user_id=user,
            role=self._role(user),
            invited=user in self._invited,
            since=None if inside is None else inside.since,
            x=None if inside is None else inside.x,
            y=None if inside is None else inside.y,
            muted_until=still(self._muted, user, now),
            barred_until=still(self._barred, user, now),
        )

    def _floor(self) -> Floor:
        assert self._terms is not None
        return Floor.of(self._terms.plan)

    # -- what has happened ------------------------------------------------------------------------

    @evolves(LoungeOpened)
    def _on_opened(self, event: LoungeOpened) -> None:
        self._terms = LoungeTerms(
            owner=event.owner,
            name=event.name,
            capacity=event.capacity,
            access=event.access,
            plan=event.plan,
        )

    @evolves(LoungeClosed)
    def _on_closed(self, _event: LoungeClosed) -> None:
        self._closed = True
        self._moderators, self._invited, self._muted, self._barred = set(), set(), {}, {}

    @evolves(LoungeJoined)
    def _on_joined(self, event: LoungeJoined) -> None:
        self._inside[event.user_id] = Inside(since=event.timestamp, x=event.x, y=event.y)
        self._entries = event.entries

    @evolves(LoungeLeft)
    def _on_left(self, event: LoungeLeft) -> None:
        del self._inside[event.user_id]

    @evolves(TileSettled)
    def _on_settled(self, event: TileSettled) -> None:
        since = self._inside[event.user_id].since
        self._inside[event.user_id] = Inside(since=since, x=event.x, y=event.y)

    @evolves(PersonInvited)
    def _on_invited(self, event: PersonInvited) -> None:
        self._invited.add(event.user_id)

    @evolves(ModeratorAppointed)
    def _on_appointed(self, event: ModeratorAppointed) -> None:
        self._moderators.add(event.user_id)

    @evolves(ModeratorDismissed)
    def _on_dismissed(self, event: ModeratorDismissed) -> None:
        self._moderators.discard(event.user_id)

    @evolves(PersonMuted)
    def _on_muted(self, event: PersonMuted) -> None:
        self._muted = with_deadline(self._muted, event)

    @evolves(PersonUnmuted)
    def _on_unmuted(self, event: PersonUnmuted) -> None:
        self._muted.pop(event.user_id, None)

    @evolves(PersonKicked)
    def _on_kicked(self, event: PersonKicked) -> None:
        self._barred = with_deadline(self._barred, event)

    @evolves(PersonBanned)
    def _on_banned(self, event: PersonBanned) -> None:
        self._barred = with_deadline(self._barred, event)
        self._invited.discard(event.user_id)
        self._moderators.discard(event.user_id)

    @evolves(PersonUnbanned)
    def _on_unbanned(self, event: PersonUnbanned) -> None:
        self._barred.pop(event.user_id, None)

    # -- snapshots --------------------------------------------------------------------------------

    @property
    def finished(self) -> bool:
        """Whether it is closed."""
        return self._closed

    def state(self) -> LoungeState:
        """All of it."""
        return LoungeState(
            terms=self._terms,
            inside=dict(self._inside),
            entries=self._entries,
            moderators=sorted(self._moderators),
            invited=sorted(self._invited),
            muted=dict(self._muted),
            barred=dict(self._barred),
            closed=self._closed,
        )

    def _restore(self, snapshot: Snapshot) -> None:
        state = snapshot.state
        assert isinstance(state, LoungeState)
        self._terms, self._closed, self._entries = state.terms, state.closed, state.entries
        self._inside = dict(state.inside)
        self._moderators, self._invited = set(state.moderators), set(state.invited)
        self._muted, self._barred = dict(state.muted), dict(state.barred)


def still(known: Until, user: str, now: datetime) -> datetime | None:
    """Until when something holds for somebody; None where that is over, or never was."""
    until = known.get(user)
    return until if until is not None and now < until else None


def with_deadline(known: Until, event: PersonMuted | PersonKicked | PersonBanned) -> Until:
    """Who is muted or barred once somebody is, without those for whom it was over by then."""
    held = {user: until for user, until in known.items() if until > event.timestamp}
    return held | {event.user_id: event.until}
