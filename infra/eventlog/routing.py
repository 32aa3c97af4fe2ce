"""A command finds the process that owns its shard; who asks never sees where that is."""

import asyncio
from collections.abc import Awaitable, Callable

from application.log.shard import Shard
from application.ports.commands import Answer, Envelope, NotOwned
from infra.eventlog.log import KafkaLog
from infra.eventlog.ownership import Owner
from infra.eventlog.peers import OwnerGone

COMMAND_TIMEOUT_S = 0.9
"""Seconds for everything that one command takes, including a shard's change of hands."""

Send = Callable[[str, Envelope, float], Awaitable[Answer]]
"""Has a command decided at an address, by a time of the event loop's; see `Peers.send`."""


class RoutedLog:
    """Decides commands here or in the process that owns the shard; a `CommandLog`."""

    def __init__(self, local: KafkaLog, send: Send) -> None:
        self._local = local
        self._send = send

    async def execute(self, envelope: Envelope) -> Answer:
        """See `ports.commands.CommandLog.execute`.

        Where the shard changes hands meanwhile, the next owner is waited for and asked once; it
        knows the command id if the last one did decide. Where the owner is gone, that is this
        process.
        """
        until = asyncio.get_running_loop().time() + COMMAND_TIMEOUT_S
        shard, ownership = self._local.shard_of(envelope.command), self._local.ownership
        owner = ownership.owner(shard)
        try:
            return await self._ask(shard, owner, envelope, until)
        except NotOwned as error:
            if isinstance(error, OwnerGone):
                ownership.take_from(owner.url)
            left = until - asyncio.get_running_loop().time()
            later = await ownership.owner_after(shard, owner, left)
            if later is None:
                raise
            return await self._ask(shard, later, envelope, until)

    def _ask(
        self, shard: Shard, owner: Owner, envelope: Envelope, until: float
    ) -> Awaitable[Answer]:
        if owner.url:
            return self._send(owner.url, envelope, until)
        return self._local.execute_in(shard, envelope)
