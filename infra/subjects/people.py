"""The keys of somebody, as what is known of them: destroying them is most of an erasure."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from application.ports.commands import Unavailable
from application.ports.people import Execute, Knowledge
from infra.errors import SetupError
from infra.subjects.keys import KEYS, erase, read


class KeysOfPeople(Knowledge):
    """The keys on the topic `subject-keys`."""

    name = KEYS.name
    holds = "the ids of the keys that your sealed texts are read with"
    keeps = "texts that are sealed for the guest stay theirs, until they are erased"
    forgets = (
        "the keys of every text about you, which nobody reads any more, wherever it was copied to"
    )

    def __init__(self, bootstrap: str) -> None:
        self._bootstrap = bootstrap

    async def erase(self, user_id: str, by: str, execute: Execute) -> int:
        """See `Knowledge`."""
        try:
            return await asyncio.to_thread(erase, self._bootstrap, user_id)
        except SetupError as error:
            raise Unavailable(str(error)) from error

    async def records(self, user_id: str) -> AsyncIterator[Any]:
        """See `Knowledge`."""
        try:
            ring = await asyncio.to_thread(read, self._bootstrap)
        except SetupError as error:
            raise Unavailable(str(error)) from error
        for id in ring.ids(user_id):
            yield {"key": id}
