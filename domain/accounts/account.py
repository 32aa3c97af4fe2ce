"""An account: somebody's handle, profile and standing."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import msgspec

from domain.accounts.claimed_name import NEVER
from domain.accounts.commands import (
    AdmitGuest,
    ChangeAvatar,
    ChangeEmail,
    ChangeHandle,
    ChangeProfile,
    DeleteAccount,
    DisableAccount,
    EnableAccount,
    EraseAccount,
    NoteSignIn,
    Origin,
    RegisterAccount,
    RemoveEmail,
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
    EmailChanged,
    EmailRemoved,
    HandleChanged,
    ProfileChanged,
    SignedIn,
)
from domain.accounts.guest import Guest
from domain.accounts.held_name import HeldName, HeldState
from domain.accounts.names import ADDRESS_MARK, HANDLE_MARK
from domain.accounts.refusals import (
    AccountExists,
    AccountIsDisabled,
    AccountNotFound,
    EmailMissing,
    LastWayIn,
    NoAccountId,
    NotAGuest,
    WayInGone,
)
from domain.aggregate import decides, evolves
from domain.snapshot import Snapshot, State

Status = Literal["active", "disabled"]


class AccountView(msgspec.Struct, frozen=True, kw_only=True):
    """An account without what is personal; once it is deleted, it has no handle."""

    user_id: str
    handle: str | None
    status: Status


class AccountState(State, frozen=True, kw_only=True, tag="account.snapshot.v1"):
    """An account as it stands; `passkeys` are their credential ids.

    Of a guest who has none, it says into which one they are merged.
    """

    handle: HeldState
    address: HeldState
    origin: Origin
    status: Status
    passkeys: Sequence[str]
    merged_into: str | None


def told(name: str) -> str:
    """A name, for people; nobody reads a digest."""
    mark, rest = name[0], name[1:]
    return f"The handle {rest!r}" if mark == HANDLE_MARK else "The e-mail address"


class Account(Guest):
    """An account; its stream key is the `user_id`.

    It takes a handle or an address only by a claim that ends later than all of that kind which it
    has used or forgone. Guarantee: it never takes a name by a claim that it has forgone, however
    late somebody comes with it; so a name is released without a look at a clock.
    """

    of_people = True
    evicted_when_idle = True
    states = (AccountState,)

    def __init__(self, id: str) -> None:
        super().__init__(id)
        self._held = {HANDLE_MARK: HeldName(), ADDRESS_MARK: HeldName()}
        self._origin: Origin = "elsewhere"
        self._status: Status = "active"

    @decides(RegisterAccount)
    def register(self, command: RegisterAccount, _now: datetime) -> AccountView:
        """Open it, with its first passkey if it comes with one; again changes nothing.

        Raises `NoAccountId`, `GuestIsMerged`, `AccountExists`, `AccountIsDisabled`,
        `ClaimMissing` and `ClaimLapsed`.
        """
        if self.id[:1] in self._held:
            raise NoAccountId(f"{self.id!r} begins as the ids of handles and addresses do.")
        self._refuse_merged()
        if self.handle is None:
            self._open(command)
        elif self.handle != command.handle or self._is_another(command):
            raise AccountExists(f"{self.id!r} has an account already, called {self.handle!r}.")
        return self.view

    def _is_another(self, command: RegisterAccount) -> bool:
        """Whether an account that is opened again comes with a way in that it has not."""
        passkey = command.passkey
        comes_new = passkey is not None and passkey.credential_id not in self._passkeys
        return comes_new or command.address not in (None, self.address)

    def _open(self, command: RegisterAccount) -> None:
        """Open it, and with what lets its owner in, if that comes with it, in the same commit."""
        self._refuse_disabled()
        until = self._good(HANDLE_MARK + command.handle, command.claimed_until)
        address, address_until = command.address, command.address_claimed_until
        if address is not None:
            address_until = self._good(ADDRESS_MARK + address, address_until)
        self._record(
            AccountRegistered,
            origin=command.origin,
            handle=command.handle,
            claimed_until=until,
            display_name=command.display_name,
            time_zone=command.time_zone,
            language=command.language,
        )
        if address is not None:
            self._record(
                EmailChanged, address=address, claimed_until=address_until, email=command.email
            )
        if command.passkey is not None:
            self._add(command.passkey)

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
                claimed_until=self._good(HANDLE_MARK + command.handle, command.claimed_until),
                previous=handle,
                previous_claimed_until=self._held[HANDLE_MARK].claimed_until,
            )
        return self.view

    @decides(ChangeEmail)
    def change_email(self, command: ChangeEmail, _now: datetime) -> AccountView:
        """Have another address; the one that it has changes nothing.

        Raises `AccountNotFound`, `AccountIsDisabled`, `ClaimMissing` and `ClaimLapsed`.
        """
        self._usable()
        held = self._held[ADDRESS_MARK]
        if self.address != command.address:
            self._record(
                EmailChanged,
                address=command.address,
                claimed_until=self._good(ADDRESS_MARK + command.address, command.claimed_until),
                email=command.email,
                previous=self.address,
                previous_claimed_until=None if held.name is None else held.claimed_until,
            )
        return self.view

    @decides(RemoveEmail)
    def remove_email(self, _command: RemoveEmail, _now: datetime) -> AccountView:
        """Have no address any more.

        Raises `AccountNotFound`, `AccountIsDisabled`, `EmailMissing` and `LastWayIn`.
        """
        self._usable()
        if self.address is None:
            raise EmailMissing(f"The account of {self.id!r} has no e-mail address.")
        if self._ways_in == 1:
            raise LastWayIn(
                "Mails to this address are the only way to sign in to the account; add another"
                " way, or change the address."
            )
        self._let_go_of_address()
        return self.view

    @property
    def _ways_in(self) -> int:
        """How many ways to sign in there are; whatever else becomes one is counted here."""
        elsewhere = self._origin == "elsewhere"
        return elsewhere + (self.address is not None) + len(self._passkeys)

    def _let_go_of_address(self) -> None:
        until = self._held[ADDRESS_MARK].claimed_until
        self._record(EmailRemoved, address=self.address, claimed_until=until)

    @decides(SettleClaim)
    def settle(self, command: SettleClaim, _now: datetime) -> None:
        """Say what became of a claim."""
        has = self._held[command.name[0]].name == command.name
        event = ClaimKept if has else ClaimForgone
        self._record(event, name=command.name, claimed_until=command.claimed_until)

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
        self._usable()
        self._close()
        return self.view

    def _close(self) -> None:
        if self.address is not None:
            self._let_go_of_address()
        until = self._held[HANDLE_MARK].claimed_until
        self._record(AccountDeleted, handle=self.handle, claimed_until=until)

    @decides(EraseAccount)
    def erase(self, _command: EraseAccount, _now: datetime) -> AccountView:
        """Close it, also one that is disabled, and stays so; tells what it was before."""
        before = self.view
        if self.handle is not None:
            self._close()
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

    @decides(AdmitGuest)
    def admit(self, command: AdmitGuest, _now: datetime) -> None:
        """Say whether a guest may be merged into it.

        Raises `NotAGuest`, `AccountNotFound` and `AccountIsDisabled`.
        """
        if command.guest == self.id:
            raise NotAGuest(f"{self.id!r} cannot be merged into itself.")
        self._usable()

    @decides(NoteSignIn)
    def note_sign_in(self, command: NoteSignIn, _now: datetime) -> None:
        """Note that somebody has signed in, and let nobody in by what is the account's no more.

        Raises `AccountIsDisabled`, `WayInGone` and `AccountNotFound`.
        """
        self._refuse_disabled()  # also who was erased since
        if command.opened_by is not None and command.opened_by not in (
            self.address,
            *self._passkeys,
        ):
            raise WayInGone("What was shown to sign in belongs to the account no more.")
        self._known()
        self._record(SignedIn, way=command.way, device=command.device)

    @property
    def handle(self) -> str | None:
        """The handle, while there is an account."""
        name = self._held[HANDLE_MARK].name
        return name and name.removeprefix(HANDLE_MARK)

    @property
    def address(self) -> str | None:
        """The digest of its e-mail address, if it has one."""
        name = self._held[ADDRESS_MARK].name
        return name and name.removeprefix(ADDRESS_MARK)

    @property
    def view(self) -> AccountView:
        """The account without what is personal."""
        return AccountView(user_id=self.id, handle=self.handle, status=self._status)

    @evolves(AccountRegistered)
    def _on_registered(self, event: AccountRegistered) -> None:
        self._origin = event.origin
        self._take(HANDLE_MARK + event.handle, event.claimed_until)

    @evolves(HandleChanged)
    def _on_handle_changed(self, event: HandleChanged) -> None:
        self._take(HANDLE_MARK + event.handle, event.claimed_until)

    @evolves(EmailChanged)
    def _on_email_changed(self, event: EmailChanged) -> None:
        self._take(ADDRESS_MARK + event.address, event.claimed_until)

    @evolves(EmailRemoved)
    def _on_email_removed(self, _event: EmailRemoved) -> None:
        self._held[ADDRESS_MARK].name = None

    def _take(self, name: str, until: datetime) -> None:
        self._held[name[0]].take(name, until)

    @evolves(ClaimKept)
    def _on_kept(self, event: ClaimKept) -> None:
        self._held[event.name[0]].keep(event.claimed_until)

    @evolves(ClaimForgone)
    def _on_forgone(self, event: ClaimForgone) -> None:
        self._held[event.name[0]].spend(event.claimed_until)

    @evolves(ProfileChanged)
    def _on_profile_changed(self, event: ProfileChanged) -> None:
        """Nothing is decided on what is personal."""

    @evolves(SignedIn)
    def _on_signed_in(self, event: SignedIn) -> None:
        """Nothing is decided on it."""

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
        self._held[HANDLE_MARK].name = None
        self._passkeys.clear()

    def state(self) -> AccountState:
        """All that is decided on."""
        return AccountState(
            handle=self._held[HANDLE_MARK].state(),
            address=self._held[ADDRESS_MARK].state(),
            origin=self._origin,
            status=self._status,
            passkeys=list(self._passkeys),
            merged_into=self._merged_into,
        )

    def _restore(self, snapshot: Snapshot) -> None:
        state = snapshot.state
        assert isinstance(state, AccountState)
        self._held = {
            HANDLE_MARK: HeldName.of(state.handle),
            ADDRESS_MARK: HeldName.of(state.address),
        }
        self._origin, self._status = state.origin, state.status
        self._passkeys = dict.fromkeys(state.passkeys)
        self._merged_into = state.merged_into

    @property
    def _had_account(self) -> bool:
        return self._held[HANDLE_MARK].claimed_until != NEVER

    def _known(self) -> str:
        if self.handle is None:
            raise AccountNotFound(f"{self.id!r} has no account.")
        return self.handle

    def _usable(self) -> str:
        """The handle of an account in which something may be changed."""
        handle = self._known()
        self._refuse_disabled()
        return handle

    def _refuse_disabled(self) -> None:
        if self._status == "disabled":
            raise AccountIsDisabled(f"The account of {self.id!r} is disabled.")

    def _good(self, name: str, until: datetime | None) -> datetime:
        """The end of the claim by which a name is taken; raises as `HeldName.good` does."""
        return self._held[name[0]].good(told(name), until)
