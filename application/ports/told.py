"""What is told to whoever is there at this moment, and to nobody later."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

Take = Callable[[Any], None]
"""Takes what was told, as JSON has it; it never blocks."""


class ToldAtOnce(Protocol):
    """Tells people who have a page or an app open, in whichever process of the API that is.

    It is lossy: whoever is away for a moment is not told. What must not be lost is an entry of
    their feed.
    """

    async def tell(self, person: str, payload: Any) -> int:
        """Tell all who are there in somebody's name; how many processes of the API have heard.

        Raises what the store raises when it is away.
        """

    def hear(self, person: str, take: Take) -> AbstractAsyncContextManager[None]:
        """Within the block, take what somebody is told."""
