"""What accounts need of the world beyond their events."""

from typing import Protocol

import msgspec

from domain.personal import Sealed


class PasskeyUses(Protocol):
    """How often passkeys say that they have been used, which tells a copy of one.

    Those that are meant to be on several devices say 0, and are not counted.
    """

    async def advance(self, passkey: str, uses: int) -> bool:
        """Take note; False where this one has said as much before.

        Raises where that cannot be known at the moment.
        """


class MailAttempt(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody says that they read the mails of an address; `email` is sealed for the hall."""

    address: str
    email: Sealed


class Attempts(Protocol):
    """Keeps attempts for a while; every name is a digest of a secret, which it never learns.

    Raises what its client raises where it is away. Where it has lost what it had, nobody is let
    in, and people ask again.
    """

    async def begin(
        self, at: str, attempt: MailAttempt, code: str, link: str | None, seconds: int
    ) -> None:
        """Keep an attempt in place of any other that was made `at` the same browser or account."""

    async def by_code(self, at: str, code: str, most: int) -> MailAttempt | None:
        """Take the attempt away that was made there with this code.

        The `most`th code that is wrong takes it away, too.
        """

    async def by_link(self, link: str) -> MailAttempt | None:
        """Take the attempt of a link away."""

    async def keep(self, name: str, attempt: MailAttempt, seconds: int) -> None:
        """Keep who has been proven to read the mails of an address."""

    async def kept(self, name: str) -> MailAttempt | None:
        """The same, again and again."""

    async def forget(self, name: str) -> None:
        """Keep it no longer."""


class Known(Protocol):
    """What an account is, to who has proven to read its mails."""

    @property
    def user_id(self) -> str:
        """Whose it is."""

    @property
    def handle(self) -> str:
        """What they are called."""

    @property
    def status(self) -> str:
        """Active, or disabled."""


class AddressBook(Protocol):
    """Accounts by the digests of their addresses, as the read model has them."""

    async def by_address(self, address: str) -> Known | None:
        """The account with an address, or None."""
