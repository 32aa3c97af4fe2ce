"""A guest, before and without an account: by their id, somebody else's account takes them in."""

from datetime import datetime

from domain.accounts.commands import MergeGuest
from domain.accounts.events import GuestMerged
from domain.accounts.names import GUEST_MARK
from domain.accounts.refusals import GuestHasAccount, GuestIsMerged, NotAGuest
from domain.accounts.ways_in import WaysIn
from domain.aggregate import decides, evolves


class Guest(WaysIn):
    """What is decided and folded of somebody who is merged into an account.

    Guarantee: who is merged stays so, into the same account, and never has one of their own.
    """

    def __init__(self, id: str) -> None:
        super().__init__(id)
        self._merged_into: str | None = None

    @property
    def _had_account(self) -> bool:
        """Whether there is an account of this id, or was one."""
        raise NotImplementedError

    @decides(MergeGuest)
    def merge(self, command: MergeGuest, _now: datetime) -> None:
        """Be part of an account; of the same one again changes nothing.

        Raises `NotAGuest`, `GuestHasAccount` and `GuestIsMerged`.
        """
        if GUEST_MARK not in self.id or command.into == self.id:
            raise NotAGuest(f"{self.id!r} is no guest to be merged into {command.into!r}.")
        if self._had_account:
            raise GuestHasAccount(f"{self.id!r} has an account, or had one, and is no guest.")
        if self._merged_into != command.into:
            self._refuse_merged()
            self._record(GuestMerged, into=command.into, by=command.by)

    def _refuse_merged(self) -> None:
        if self._merged_into is not None:
            raise GuestIsMerged(f"{self.id!r} is a part of the account of {self._merged_into!r}.")

    @evolves(GuestMerged)
    def _on_merged(self, event: GuestMerged) -> None:
        self._merged_into = event.into
