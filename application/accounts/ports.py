"""What accounts need of the world beyond their events."""

from typing import Protocol


class PasskeyUses(Protocol):
    """How often passkeys say that they have been used, which tells a copy of one.

    Those that are meant to be on several devices say 0, and are not counted.
    """

    async def advance(self, passkey: str, uses: int) -> bool:
        """Take note; False where this one has said as much before.

        Raises where that cannot be known at the moment.
        """
