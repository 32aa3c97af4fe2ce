"""An account: somebody's handle, profile and standing."""

from datetime import datetime
from typing import Literal

import msgspec

from domain.accounts.commands import (
    ChangeAvatar,
    ChangeHandle,
    ChangeProfile,
    DeleteAccount,
    DisableAccount,
    EnableAccount,
    EraseAccount,
    RegisterAccount,
    SettleClaim,
)
from domain.accounts.events import (
    AccountDeleted,
    AccountDisabled,
    AccountEnabled,
    AccountRegistered,
    AvatarChanged,
    ClaimForgone,
    ClaimKept,
    HandleChanged,
    ProfileChanged,
)
from domain.accounts.handle import MARK, NEVER
from domain.accounts.refusals import (
    AccountExists,
    AccountIsDisabled,
    AccountNotFound,
    ClaimLapsed,
    ClaimMissing,
    NoAccountId,
)
from domain.aggregate import Aggregate, decides, evolves
from domain.snapshot import Snapshot, State

Status = Literal["active", "disabled"]


class AccountView(msgspec.Struct, frozen=True, kw_only=True):
    """An account without what is personal; once it is deleted, it has no handle."""

    user_id: str
    handle: str | None
    status: Status


class AccountState(State, frozen=True, kw_only=True, tag="account.snapshot.v1"):
    """An account as it stands."""

    handle: str | None
    claimed_until: datetime
    spent_until: datetime
    status: Status


class Account(Aggregate):
    """An account; its stream key is the `user_id`.

    It takes a handle only by a claim that ends later than all that it has used or forgone.
    Guarantee: it never takes a handle by a claim that it has forgone, however late somebody comes
    with it; so a handle is released without a look at a clock.
    """

    of_people = True
    states = (AccountState,)

    def __init__(self, id: str) -> None:
        super().__init__(id)
        self._handle: str | None = None
        self._claimed_until = self._spent_until = NEVER
        self._status: Status = "active"

    @decides(RegisterAccount)
    def register(self, command: RegisterAccount, _now: datetime) -> AccountView:
        """Open it; with the same handle again changes nothing.

        Raises `NoAccountId`, `AccountExists`, `AccountIsDisabled`, `ClaimMissing` and
        `ClaimLapsed`.
        """
        if self.id.startswith(MARK):
            raise NoAccountId(f"{self.id!r} begins with {MARK!r}, as the ids of handles do.")
        if self._handle is None:
            self._refuse_disabled()
            self._record(
                AccountRegistered,
                handle=command.handle,
                claimed_until=self._good(command),
                display_name=command.display_name,
                time_zone=command.time_zone,
                language=command.language,
            )
        elif self._handle != command.handle:
            raise AccountExists(f"{self.id!r} has an account already, called {self._handle!r}.")
        return self.view

    @decides(ChangeHandle)
    def change_handle(self, command: ChangeHandle, _now: datetime) -> AccountView:
        """Take another handle; the one that it has changes nothing.

        Raises `AccountNotFound`, `AccountIsDisabled`, `ClaimMissing` and `ClaimLapsed`.
        """
        handle = self._usable()
        if handle != command.handle:
            self._record(
                HandleChanged,
                handle=command.handle,
                claimed_until=self._good(command),
                previous=handle,
                previous_claimed_until=self._claimed_until,
            )
        return self.view

    @decides(SettleClaim)
    def settle(self, command: SettleClaim, _now: datetime) -> None:
        """Say what became of a claim."""
        event = ClaimKept if self._handle == command.handle else ClaimForgone
        self._record(event, handle=command.handle, claimed_until=command.claimed_until)

    @decides(ChangeProfile)
    def change_profile(self, command: ChangeProfile, _now: datetime) -> AccountView:
        """Say the profile anew. Raises `AccountNotFound` and `AccountIsDisabled`."""
        self._usable()
        self._record(
            ProfileChanged,
            display_name=command.display_name,
            time_zone=command.time_zone,
            language=command.language,
        )
        return self.view

    @decides(ChangeAvatar)
    def change_avatar(self, command: ChangeAvatar, _now: datetime) -> AccountView:
        """Have another picture, or none. Raises `AccountNotFound` and `AccountIsDisabled`."""
        self._usable()
        self._record(AvatarChanged, avatar=command.avatar)
        return self.view

    @decides(DeleteAccount)
    def delete(self, _command: DeleteAccount, _now: datetime) -> AccountView:
        """Close it. Raises `AccountNotFound` and `AccountIsDisabled`."""
        handle = self._usable()
        self._record(AccountDeleted, handle=handle, claimed_until=self._claimed_until)
        return self.view

    @decides(EraseAccount)
    def erase(self, _command: EraseAccount, _now: datetime) -> AccountView:
        """Close it, also one that is disabled, and stays so; tells what it was before."""
        before = self.view
        if self._handle is not None:
            self._record(AccountDeleted, handle=self._handle, claimed_until=self._claimed_until)
        return before

    @decides(DisableAccount)
    def disable(self, command: DisableAccount, _now: datetime) -> AccountView:
        """Disable it; again changes nothing. Raises `AccountNotFound`."""
        self._known()
        if self._status == "active":
            self._record(AccountDisabled, by=command.by)
        return self.view

    @decides(EnableAccount)
    def enable(self, command: EnableAccount, _now: datetime) -> AccountView:
        """Enable it; again changes nothing. Raises `AccountNotFound`."""
        self._known()
        if self._status == "disabled":
            self._record(AccountEnabled, by=command.by)
        return self.view

    @property
    def view(self) -> AccountView:
        """The account without what is personal."""
        return AccountView(user_id=self.id, handle=self._handle, status=self._status)

    @evolves(AccountRegistered)
    def _on_registered(self, event: AccountRegistered) -> None:
        self._take(event)

    @evolves(HandleChanged)
    def _on_handle_changed(self, event: HandleChanged) -> None:
        self._take(event)

    def _take(self, event: AccountRegistered | HandleChanged) -> None:
        self._handle, self._claimed_until = event.handle, event.claimed_until
        self._spend(event.claimed_until)

    def _spend(self, claimed_until: datetime) -> None:
        self._spent_until = max(self._spent_until, claimed_until)

    @evolves(ClaimKept)
    def _on_kept(self, event: ClaimKept) -> None:
        self._claimed_until = max(self._claimed_until, event.claimed_until)
        self._spend(event.claimed_until)

    @evolves(ClaimForgone)
    def _on_forgone(self, event: ClaimForgone) -> None:
        self._spend(event.claimed_until)

    @evolves(ProfileChanged)
    def _on_profile_changed(self, event: ProfileChanged) -> None:
        """Nothing is decided on what is personal."""

    @evolves(AvatarChanged)
    def _on_avatar_changed(self, event: AvatarChanged) -> None:
        """Nor on what somebody looks like."""

    @evolves(AccountDisabled)
    def _on_disabled(self, _event: AccountDisabled) -> None:
        self._status = "disabled"

    @evolves(AccountEnabled)
    def _on_enabled(self, _event: AccountEnabled) -> None:
        self._status = "active"

    @evolves(AccountDeleted)
    def _on_deleted(self, _event: AccountDeleted) -> None:
        self._handle = None

    def state(self) -> AccountState:
        """All that is decided on."""
        return AccountState(
            handle=self._handle,
            claimed_until=self._claimed_until,
            spent_until=self._spent_until,
            status=self._status,
        )

    def _restore(self, snapshot: Snapshot) -> None:
        state = snapshot.state
        assert isinstance(state, AccountState)
        self._handle, self._status = state.handle, state.status
        self._claimed_until, self._spent_until = state.claimed_until, state.spent_until

    def _known(self) -> str:
        if self._handle is None:
            raise AccountNotFound(f"{self.id!r} has no account.")
        return self._handle

    def _usable(self) -> str:
        """The handle of an account in which something may be changed."""
        handle = self._known()
        self._refuse_disabled()
        return handle

    def _refuse_disabled(self) -> None:
        if self._status == "disabled":
            raise AccountIsDisabled(f"The account of {self.id!r} is disabled.")

    def _good(self, command: RegisterAccount | ChangeHandle) -> datetime:
        """The end of the claim by which a command takes a handle."""
        if command.claimed_until is None:
            raise ClaimMissing(f"The handle {command.handle!r} has to be claimed first.")
        if command.claimed_until <= self._spent_until:
            raise ClaimLapsed(
                f"The claim on {command.handle!r} is older than another that {self.id!r} has used "
                "or given back; ask for the handle again."
            )
        return command.claimed_until
