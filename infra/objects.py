"""Files in a folder of this machine, or wherever an address of object storage leads."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from obstore.exceptions import BaseError, NotFoundError
from obstore.store import LocalStore, ObjectStore, from_url

from application.ports.commands import Unavailable
from infra.errors import SetupError

MOST_LISTED = 10_000
"""Files of one prefix; a person has a handful."""


def store_at(url: str | None, folder: Path) -> ObjectStore:
    """The object storage of an address, or the folder; raises `SetupError`."""
    if url is None:
        return LocalStore(folder, mkdir=True)
    try:
        return from_url(url)
    except (BaseError, ValueError) as error:
        raise SetupError(
            f"GAMEHALL_OBJECTS_URL leads to no object storage ({error}); "
            "write one such as s3://bucket/folder."
        ) from error


class StoredObjects:
    """Implements `ports.objects.Objects`."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    async def put(self, name: str, data: bytes) -> None:
        """See the port."""
        with _unavailable():
            await self._store.put_async(name, data)

    async def get(self, name: str) -> bytes | None:
        """See the port."""
        with _unavailable():
            try:
                found = await self._store.get_async(name)
                return bytes(await found.bytes_async())
            except (NotFoundError, FileNotFoundError):
                return None

    async def names(self, prefix: str) -> Mapping[str, datetime]:
        """See the port."""
        with _unavailable():
            found: dict[str, datetime] = {}
            async for page in self._store.list(prefix, chunk_size=MOST_LISTED):
                found |= {each["path"]: each["last_modified"] for each in page}
            return found

    async def delete(self, name: str) -> None:
        """See the port."""
        with _unavailable(), suppress(NotFoundError, FileNotFoundError):
            await self._store.delete_async(name)


@contextmanager
def _unavailable() -> Iterator[None]:
    try:
        yield
    except (BaseError, OSError) as error:
        raise Unavailable(f"The object storage does not do what it was asked: {error}.") from error
