"""A command finds the process that owns its shard; who asks never sees where that is."""

import asyncio
from collections.abc import Awaitable, Callable

from application.ports.commands import Answer, NotOwned
from domain.aggregate import Command
from domain.events import Metadata
from infra.eventlog.log import KafkaLog
from infra.eventlog.ownership import Owner
from infra.eventlog.peers import Order, OwnerGone

PATIENCE = 0.9
"""Seconds for everything that one command takes, including a shard's change of hands."""

Send = Callable[[str, Order, float], Awaitable[Answer]]
"""Has an order decided at an address, by a time of the event loop's; see `Peers.send`."""


class RoutedLog:
    """Decides commands here or in the process that owns the shard; a `CommandLog`."""

    def __init__(self, local: KafkaLog, send: Send) -> None:
        self._local = local
        self._send = send

    async def execute(
        self, command: Command, *, command_id: str, metadata: Metadata | None = None
    ) -> Answer:
        """See `ports.commands.CommandLog.execute`.

        Where the shard changes hands meanwhile, the next owner is waited for and asked once; it
        knows the command id if the last one did decide. Where the owner is gone, that is this
        process.
        """
        order = Order(command_id=command_id, command=command, metadata=metadata or Metadata())
        until = asyncio.get_running_loop().time() + PATIENCE
        shard, ownership = self._local.shard_of(command), self._local.ownership
        owner = ownership.owner(shard)
        try:
            return await self._ask(owner, order, until)
        except NotOwned as error:
            if isinstance(error, OwnerGone):
                ownership.take_from(owner.url)
            left = until - asyncio.get_running_loop().time()
            later = await ownership.owner_after(shard, owner, left)
            if later is None:
                raise
            return await self._ask(later, order, until)

    async def _ask(self, owner: Owner, order: Order, until: float) -> Answer:
        if owner.url:
            return await self._send(owner.url, order, until)
        return await self._local.execute(
            order.command, command_id=order.command_id, metadata=order.metadata
        )
