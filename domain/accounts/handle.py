"""A handle: who has it, who is about to have it, and for whom it is held when nobody has it.

That no two accounts have the same handle is decided here, and nowhere else.
"""

from datetime import UTC, datetime, timedelta
from typing import Annotated

import msgspec

from domain.accounts.names import HandleName, refuse_reserved
from domain.aggregate import Aggregate, Command, decides, evolves
from domain.events import DomainEvent
from domain.keys import Key
from domain.personal import PersonId
from domain.refusals import Refusal
from domain.snapshot import Snapshot, State

CLAIM_SECONDS = 60
"""For which a handle is kept for an account that is being written; a second is much."""

HELD_DAYS = 30
"""For which a handle that was given up is kept for its former owner."""

NEVER = datetime.min.replace(tzinfo=UTC)
MARK = "@"
"""What the stream keys of handles begin with, and those of accounts do not."""


Until = Annotated[datetime, msgspec.Meta(tz=True)]
"""The moment at which a claim ends, which is also its name."""


class HandleCommand(Command, frozen=True, kw_only=True):
    """A command for one handle, on account of `user_id`."""

    by_hall = True

    handle: HandleName
    user_id: Key

    @property
    def aggregate_id(self) -> str:
        """The handle."""
        return MARK + self.handle


class ClaimHandle(HandleCommand, frozen=True, kw_only=True, tag="handle.claim"):
    """Keep the handle for an account for a while; the answer is for that account alone."""


class DoubtClaim(HandleCommand, frozen=True, kw_only=True, tag="handle.doubt-claim"):
    """The owner's clock has passed the end of a claim."""


class ConfirmHandle(HandleCommand, frozen=True, kw_only=True, tag="handle.confirm"):
    """The account has the handle by the claim that ended at `until`."""

    until: Until


class ReleaseHandle(HandleCommand, frozen=True, kw_only=True, tag="handle.release"):
    """The account will never have the handle by that claim."""

    until: Until


class GiveUpHandle(HandleCommand, frozen=True, kw_only=True, tag="handle.give-up"):
    """The account, which had the handle by that claim, has it no more."""

    until: Until


class HandleClaimed(DomainEvent, frozen=True, kw_only=True, tag="handle.claimed.v1"):
    """The handle is kept for an account. No two claims of a handle have the same `until`."""

    user_id: PersonId
    until: datetime


class ClaimDoubted(DomainEvent, frozen=True, kw_only=True, tag="handle.claim-doubted.v1"):
    """The time of a claim is over, and nobody has said whether the account has the handle."""

    user_id: PersonId
    until: datetime


class HandleConfirmed(DomainEvent, frozen=True, kw_only=True, tag="handle.confirmed.v1"):
    """The account has the handle."""

    user_id: PersonId
    until: datetime


class HandleReleased(DomainEvent, frozen=True, kw_only=True, tag="handle.released.v1"):
    """The claim is off."""

    user_id: PersonId
    until: datetime


class HandleGivenUp(DomainEvent, frozen=True, kw_only=True, tag="handle.given-up.v1"):
    """The account has the handle no more, and may have it back until `held_until`."""

    user_id: PersonId
    held_until: datetime


class HandleClaim(msgspec.Struct, frozen=True, kw_only=True):
    """An account, and the end of the time for which the handle is or was kept for it."""

    user_id: str
    until: datetime


class HandleState(State, frozen=True, kw_only=True, tag="handle.snapshot.v1"):
    """A handle as it stands."""

    owner: HandleClaim | None
    claim: HandleClaim | None
    doubted: bool
    held_for: HandleClaim | None
    settled: datetime


class HandleTaken(Refusal, type="handle-taken"):
    """Somebody else has the handle, is about to have it, or had it until lately."""


class HandleNotClaimed(Refusal, type="handle-not-claimed"):
    """An account has a handle that is not kept for it, which cannot be."""


class Handle(Aggregate):
    """A handle; its stream key is `@` and its canonical form.

    Guarantees: it has one owner at most, and is kept for one account at most; while it is either,
    it is nobody else's. A claim goes only when its account has said what became of it, so time
    alone takes a handle from nobody.
    """

    states = (HandleState,)

    def __init__(self, id: str) -> None:
        super().__init__(id)
        self._owner: HandleClaim | None = None
        self._claim: HandleClaim | None = None
        self._doubted = False
        self._held_for: HandleClaim | None = None
        self._settled = NEVER

    @decides(ClaimHandle)
    def claim(self, command: ClaimHandle, now: datetime) -> HandleClaim:
        """Keep it for an account, which may be kept for it already: each claim is one of its own.

        Raises `HandleReserved` and `HandleTaken`.
        """
        refuse_reserved(command.handle)
        held = self._held_for if self._held_for and now < self._held_for.until else None
        for each in (self._owner, self._claim, held):
            if each is not None and each.user_id != command.user_id:
                raise HandleTaken(f"The handle {command.handle!r} is not free.")
        latest = self._claim.until if self._claim else self._settled
        until = now + timedelta(seconds=CLAIM_SECONDS)
        until = until if until > latest else latest + timedelta(microseconds=1)
        self._record(HandleClaimed, user_id=command.user_id, until=until)
        return HandleClaim(user_id=command.user_id, until=until)

    @decides(DoubtClaim)
    def doubt(self, _command: DoubtClaim, now: datetime) -> None:
        """Ask what became of a claim; does nothing where its time is not over."""
        if self.deadline is not None and now >= self.deadline:
            assert self._claim is not None
            self._record(ClaimDoubted, user_id=self._claim.user_id, until=self._claim.until)

    @decides(ConfirmHandle)
    def confirm(self, command: ConfirmHandle, _now: datetime) -> None:
        """Let the account have it; again changes nothing. Raises `HandleNotClaimed`."""
        if command.until <= self._settled:
            return
        if self._claim is None or self._claim.user_id != command.user_id:
            raise HandleNotClaimed(
                f"{command.handle!r} is not kept for {command.user_id!r}; its log says for whom."
            )
        self._record(HandleConfirmed, user_id=command.user_id, until=command.until)

    @decides(ReleaseHandle)
    def release(self, command: ReleaseHandle, _now: datetime) -> None:
        """Keep it no more; does nothing where it is kept by a later claim, or none."""
        if self._claim == HandleClaim(user_id=command.user_id, until=command.until):
            self._record(HandleReleased, user_id=command.user_id, until=command.until)

    @decides(GiveUpHandle)
    def give_up(self, command: GiveUpHandle, now: datetime) -> None:
        """Hold it for who had it; does nothing where that is another, or the same one again."""
        if self._owner == HandleClaim(user_id=command.user_id, until=command.until):
            held_until = now + timedelta(days=HELD_DAYS)
            self._record(HandleGivenUp, user_id=command.user_id, held_until=held_until)

    @property
    def deadline(self) -> datetime | None:
        """When somebody has to ask what became of a claim."""
        return None if self._claim is None or self._doubted else self._claim.until

    def on_deadline(self) -> DoubtClaim:
        """Ask."""
        assert self._claim is not None
        return DoubtClaim(handle=self.id.removeprefix(MARK), user_id=self._claim.user_id)

    @evolves(HandleClaimed)
    def _on_claimed(self, event: HandleClaimed) -> None:
        self._claim = HandleClaim(user_id=event.user_id, until=event.until)
        self._doubted = False

    @evolves(ClaimDoubted)
    def _on_doubted(self, _event: ClaimDoubted) -> None:
        self._doubted = True

    @evolves(HandleConfirmed)
    def _on_confirmed(self, event: HandleConfirmed) -> None:
        self._owner = HandleClaim(user_id=event.user_id, until=event.until)
        self._settle(event.until)

    @evolves(HandleReleased)
    def _on_released(self, event: HandleReleased) -> None:
        self._settle(event.until)

    @evolves(HandleGivenUp)
    def _on_given_up(self, event: HandleGivenUp) -> None:
        self._owner = None
        self._held_for = HandleClaim(user_id=event.user_id, until=event.held_until)

    def _settle(self, until: datetime) -> None:
        """That claim and those before it are over; a later one of the same account is not."""
        self._settled = until
        if self._claim is not None and self._claim.until <= until:
            self._claim, self._doubted = None, False

    def state(self) -> HandleState:
        """All of it."""
        return HandleState(
            owner=self._owner,
            claim=self._claim,
            doubted=self._doubted,
            held_for=self._held_for,
            settled=self._settled,
        )

    def _restore(self, snapshot: Snapshot) -> None:
        state = snapshot.state
        assert isinstance(state, HandleState)
        self._owner, self._claim, self._doubted = state.owner, state.claim, state.doubted
        self._held_for, self._settled = state.held_for, state.settled
