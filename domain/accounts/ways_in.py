"""How the owner of an account comes in: by its passkeys.

What else lets somebody in is the account's own, which counts all of it in `_ways_in`.
"""

from datetime import datetime

from domain.accounts.commands import AddPasskey, RemovePasskey
from domain.accounts.events import PasskeyAdded, PasskeyRemoved
from domain.accounts.passkey import NewPasskey
from domain.accounts.refusals import LastWayIn, PasskeyNotFound, TooManyPasskeys
from domain.aggregate import Aggregate, decides, evolves
from domain.personal import Sealed

MOST_PASSKEYS = 20
"""Of an account: one for each device of somebody who has many."""


class WaysIn(Aggregate):
    """How the owner of an account comes in: what is decided and folded of passkeys.

    Guarantee: who had a way in has one for as long as there is the account.
    """

    def __init__(self, id: str) -> None:
        super().__init__(id)
        self._passkeys: dict[str, None] = {}

    @property
    def _ways_in(self) -> int:
        """How many ways there are to sign in, of whichever kind."""
        raise NotImplementedError

    def _usable(self) -> str:
        """The handle of an account in which something may be changed."""
        raise NotImplementedError

    @decides(AddPasskey)
    def add_passkey(self, command: AddPasskey, _now: datetime) -> None:
        """Take a passkey; one that it has changes nothing.

        Raises `AccountNotFound`, `AccountIsDisabled` and `TooManyPasskeys`.
        """
        self._usable()
        if command.passkey.credential_id in self._passkeys:
            return
        if len(self._passkeys) >= MOST_PASSKEYS:
            raise TooManyPasskeys(
                f"The account of {self.id!r} has {MOST_PASSKEYS} passkeys; remove one first."
            )
        self._add(command.passkey, command.name)

    def _add(self, passkey: NewPasskey, name: Sealed | None = None) -> None:
        self._record(
            PasskeyAdded,
            credential_id=passkey.credential_id,
            public_key=passkey.public_key,
            synced=passkey.synced,
            transports=list(passkey.transports),
            name=name,
        )

    @decides(RemovePasskey)
    def remove_passkey(self, command: RemovePasskey, _now: datetime) -> None:
        """Give a passkey up, where another way in is left.

        Raises `AccountNotFound`, `AccountIsDisabled`, `PasskeyNotFound` and `LastWayIn`.
        """
        handle = self._usable()
        if command.credential_id not in self._passkeys:
            raise PasskeyNotFound(
                f"The account of {self.id!r} has no passkey {command.credential_id!r}."
            )
        if self._ways_in == 1:
            raise LastWayIn(
                f"{handle!r} could not sign in any more; add another passkey or an address "
                "first, or delete the account."
            )
        self._record(PasskeyRemoved, credential_id=command.credential_id)

    @evolves(PasskeyAdded)
    def _on_passkey_added(self, event: PasskeyAdded) -> None:
        self._passkeys[event.credential_id] = None

    @evolves(PasskeyRemoved)
    def _on_passkey_removed(self, event: PasskeyRemoved) -> None:
        del self._passkeys[event.credential_id]
