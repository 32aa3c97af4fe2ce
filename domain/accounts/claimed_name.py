"""A claimed name: a handle, or the digest of an e-mail address, and the one account that has it.

That no two accounts have the same handle or address is decided here, and nowhere else.
"""

from datetime import UTC, datetime, timedelta
from typing import Annotated

import msgspec

from domain.accounts.names import HANDLE_MARK, Claimable, refuse_reserved
from domain.aggregate import Aggregate, Command, decides, evolves
from domain.events import DomainEvent
from domain.keys import Key
from domain.personal import PersonId
from domain.refusals import Refusal
from domain.snapshot import Snapshot, State

CLAIM_SECONDS = 60
"""For which a name is kept for an account that is being written; a second is much."""

HELD_DAYS = 30
"""For which a handle that was given up is kept for its former owner; an address is free at once,
since whoever proves to read its mails may have it."""

NEVER = datetime.min.replace(tzinfo=UTC)

Until = Annotated[datetime, msgspec.Meta(tz=True)]
"""The moment at which a claim ends, which tells it from others of the name."""


class NameCommand(Command, frozen=True, kw_only=True):
    """A command for one name, on account of `user_id`."""

    by_hall = True

    name: Claimable
    user_id: Key

    @property
    def aggregate_id(self) -> str:
        """The name."""
        return self.name


class ClaimName(NameCommand, frozen=True, kw_only=True, tag="name.claim"):
    """Keep the name for an account for a while; the answer is for that account alone."""


class DoubtClaim(NameCommand, frozen=True, kw_only=True, tag="name.doubt-claim"):
    """The owner's clock has passed the end of a claim."""


class ConfirmName(NameCommand, frozen=True, kw_only=True, tag="name.confirm"):
    """The account has the name by the claim that ended at `until`."""

    until: Until


class ReleaseName(NameCommand, frozen=True, kw_only=True, tag="name.release"):
    """The account will never have the name by that claim."""

    until: Until


class GiveUpName(NameCommand, frozen=True, kw_only=True, tag="name.give-up"):
    """The account, which had the name by that claim, has it no more."""

    until: Until


class NameClaimed(DomainEvent, frozen=True, kw_only=True, tag="name.claimed.v1"):
    """The name is kept for an account. No two claims of a name have the same `until`."""

    user_id: PersonId
    until: datetime


class ClaimDoubted(DomainEvent, frozen=True, kw_only=True, tag="name.claim-doubted.v1"):
    """The time of a claim is over, and nobody has said whether the account has the name."""

    user_id: PersonId
    until: datetime


class NameConfirmed(DomainEvent, frozen=True, kw_only=True, tag="name.confirmed.v1"):
    """The account has the name."""

    user_id: PersonId
    until: datetime


class NameReleased(DomainEvent, frozen=True, kw_only=True, tag="name.released.v1"):
    """The claim is off."""

    user_id: PersonId
    until: datetime


class NameGivenUp(DomainEvent, frozen=True, kw_only=True, tag="name.given-up.v1"):
    """The account has the name no more, and may have it back until `held_until`."""

    user_id: PersonId
    held_until: datetime


class NameClaim(msgspec.Struct, frozen=True, kw_only=True):
    """An account, and the end of the time for which the name is or was kept for it."""

    user_id: str
    until: datetime


class NameState(State, frozen=True, kw_only=True, tag="name.snapshot.v1"):
    """A name as it stands."""

    owner: NameClaim | None
    claim: NameClaim | None
    doubted: bool
    held_for: NameClaim | None
    settled: datetime


class HandleTaken(Refusal, type="handle-taken"):
    """Somebody else has the name, is about to have it, or had it until lately."""


class AddressTaken(Refusal, type="address-taken"):
    """Somebody else has an account with the address, or is about to."""


class NameNotClaimed(Refusal, type="name-not-claimed"):
    """An account has a name that is not kept for it, which cannot be."""


class ClaimedName(Aggregate):
    """A name; its stream key is `@` and a handle, or `=` and the digest of an address.

    Guarantees: it has one owner at most, and is kept for one account at most; while it is either,
    it is nobody else's. A claim goes only when its account has said what became of it, so time
    alone takes a name from nobody.
    """

    evicted_when_idle = True
    states = (NameState,)

    def __init__(self, id: str) -> None:
        super().__init__(id)
        self._owner: NameClaim | None = None
        self._claim: NameClaim | None = None
        self._doubted = False
        self._held_for: NameClaim | None = None
        self._settled = NEVER

    @decides(ClaimName)
    def claim(self, command: ClaimName, now: datetime) -> NameClaim:
        """Keep it for an account, which may be kept for it already: each claim is one of its own.

        Raises `HandleReserved`, `HandleTaken` and `AddressTaken`.
        """
        if self._is_handle:
            refuse_reserved(command.name.removeprefix(HANDLE_MARK))
        held = self._held_for if self._held_for and now < self._held_for.until else None
        for each in (self._owner, self._claim, held):
            if each is not None and each.user_id != command.user_id:
                raise self._taken()
        latest = self._claim.until if self._claim else self._settled
        until = now + timedelta(seconds=CLAIM_SECONDS)
        until = until if until > latest else latest + timedelta(microseconds=1)
        self._record(NameClaimed, user_id=command.user_id, until=until)
        return NameClaim(user_id=command.user_id, until=until)

    @decides(DoubtClaim)
    def doubt(self, _command: DoubtClaim, now: datetime) -> None:
        """Ask what became of a claim; does nothing where its time is not over."""
        if self.deadline is not None and now >= self.deadline:
            assert self._claim is not None
            self._record(ClaimDoubted, user_id=self._claim.user_id, until=self._claim.until)

    @decides(ConfirmName)
    def confirm(self, command: ConfirmName, _now: datetime) -> None:
        """Let the account have it; again changes nothing. Raises `NameNotClaimed`."""
        if command.until <= self._settled:
            return
        if self._claim is None or self._claim.user_id != command.user_id:
            raise NameNotClaimed(
                f"{command.name!r} is not kept for {command.user_id!r}; its log says for whom."
            )
        self._record(NameConfirmed, user_id=command.user_id, until=command.until)

    @decides(ReleaseName)
    def release(self, command: ReleaseName, _now: datetime) -> None:
        """Keep it no more; does nothing where it is kept by a later claim, or none."""
        if self._claim == NameClaim(user_id=command.user_id, until=command.until):
            self._record(NameReleased, user_id=command.user_id, until=command.until)

    @decides(GiveUpName)
    def give_up(self, command: GiveUpName, now: datetime) -> None:
        """Hold it for who had it; does nothing where that is another, or the same one again."""
        if self._owner == NameClaim(user_id=command.user_id, until=command.until):
            held_until = now + timedelta(days=HELD_DAYS if self._is_handle else 0)
            self._record(NameGivenUp, user_id=command.user_id, held_until=held_until)

    @property
    def deadline(self) -> datetime | None:
        """When somebody has to ask what became of a claim."""
        return None if self._claim is None or self._doubted else self._claim.until

    def on_deadline(self) -> DoubtClaim:
        """Ask."""
        assert self._claim is not None
        return DoubtClaim(name=self.id, user_id=self._claim.user_id)

    @evolves(NameClaimed)
    def _on_claimed(self, event: NameClaimed) -> None:
        self._claim = NameClaim(user_id=event.user_id, until=event.until)
        self._doubted = False

    @evolves(ClaimDoubted)
    def _on_doubted(self, _event: ClaimDoubted) -> None:
        self._doubted = True

    @evolves(NameConfirmed)
    def _on_confirmed(self, event: NameConfirmed) -> None:
        self._owner = NameClaim(user_id=event.user_id, until=event.until)
        self._settle(event.until)

    @evolves(NameReleased)
    def _on_released(self, event: NameReleased) -> None:
        self._settle(event.until)

    @evolves(NameGivenUp)
    def _on_given_up(self, event: NameGivenUp) -> None:
        self._owner = None
        self._held_for = NameClaim(user_id=event.user_id, until=event.held_until)

    @property
    def _is_handle(self) -> bool:
        return self.id.startswith(HANDLE_MARK)

    def _taken(self) -> Refusal:
        if self._is_handle:
            return HandleTaken(f"The handle {self.id.removeprefix(HANDLE_MARK)!r} is not free.")
        return AddressTaken("Another account has this address.")

    def _settle(self, until: datetime) -> None:
        """That claim and those before it are over; a later one of the same account is not."""
        self._settled = until
        if self._claim is not None and self._claim.until <= until:
            self._claim, self._doubted = None, False

    def state(self) -> NameState:
        """All of it."""
        return NameState(
            owner=self._owner,
            claim=self._claim,
            doubted=self._doubted,
            held_for=self._held_for,
            settled=self._settled,
        )

    def _restore(self, snapshot: Snapshot) -> None:
        state = snapshot.state
        assert isinstance(state, NameState)
        self._owner, self._claim, self._doubted = state.owner, state.claim, state.doubted
        self._held_for, self._settled = state.held_for, state.settled
