"""Files that are kept by name, wherever that is."""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol


class Objects(Protocol):
    """Keeps files; raises `Unavailable` where that is away."""

    async def put(self, name: str, data: bytes) -> None:
        """Keep a file, in the place of one of the same name."""

    async def get(self, name: str) -> bytes | None:
        """A file, or None."""

    async def names(self, prefix: str) -> Mapping[str, datetime]:
        """The files under a prefix that ends with a slash, each with when it was written."""

    async def delete(self, name: str) -> None:
        """Delete a file, if there is one."""
