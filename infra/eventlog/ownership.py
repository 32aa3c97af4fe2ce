"""Which process owns which shard, as this process knows it, and how this one comes to own one.

A process follows every shard, and owns those that it is to own: so it knows who owns the others,
and has folded what it takes over. An owner is asked for a shard before it is claimed.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import NamedTuple

import structlog

from application.log.shard import Role, Shard
from application.ports.commands import Unavailable
from application.ports.reading import ShardId

BALANCE_INTERVAL_S = 0.02
"""Seconds between looks for shards to take."""

TAKEOVER_GRACE_S = 1.0
"""Seconds after another process took a shard in which this one does not take it back. By then a
process that was frozen has learned that its shards were given to others."""

HANDOVER_TIMEOUT_S = 0.3
"""How long an owner has to let go of a shard before it is claimed all the same. It may be frozen,
or dead."""

HANDOVER_POLL_S = 0.001
"""Seconds between looks whether something that takes milliseconds has happened."""

logger = structlog.get_logger(__name__)


class Owner(NamedTuple):
    """Who decides in a shard since `epoch`; no `url` means this process, or nobody known."""

    epoch: int
    url: str


Wants = Callable[[str, int, str], bool]
"""Whether this process is to own a shard: (topic, partition, address of the present owner)."""

Ask = Callable[[str, Sequence[ShardId]], Awaitable[None]]
"""Asks the process at an address to let go of shards."""


async def nobody(url: str, shards: Sequence[ShardId]) -> None:
    """Asks nobody."""


class Ownership:
    """Claims the shards that this process is to own, and knows the owners of the others.

    `wants` and `ask` are those of `KafkaLog`. `is_read` says whether a shard has been read to its
    end, as far as that is known here; `hurry` is told that a claim is on its way; `grace` is how
    many seconds a shard is left to another process that has just taken it.
    """

    def __init__(
        self,
        shards: Mapping[ShardId, Shard],
        *,
        wants: Wants,
        ask: Ask,
        is_read: Callable[[Shard], bool],
        hurry: Callable[[], None],
        grace: Callable[[], float] = lambda: TAKEOVER_GRACE_S,
    ) -> None:
        self._shards = shards
        self._wants = wants
        self._ask = ask
        self._is_read = is_read
        self._hurry = hurry
        self._grace = grace
        self._epochs = dict.fromkeys(shards.values(), (0, 0.0))
        """The last epoch seen of each shard, and until when it is left to who took it then."""
        self._caught_up: set[Shard] = set()
        """Shards that were read to their end, so that their owner is known."""
        self._asked: dict[Shard, int] = {}
        """In which epoch the owner of a shard was asked for it."""
        self._abandoned: dict[Shard, int] = {}
        """In which epoch the owner of a shard was found to be gone."""
        self._awaited: list[tuple[Shard, Owner, asyncio.Future[Owner]]] = []

    # -- who owns what --------------------------------------------------------------------------

    def owner(self, shard: Shard) -> Owner:
        """Who decides in a shard, as far as this process has read."""
        here = shard.role is Role.OWNER or shard.gate.owner == shard.owner
        known = here or shard in self._caught_up
        return Owner(shard.gate.epoch, "" if here or not known else shard.owner_url)

    async def owner_after(self, shard: Shard, last: Owner, seconds: float) -> Owner | None:
        """Wait until a shard has another owner than `last`; None when it has not."""
        future: asyncio.Future[Owner] = asyncio.get_running_loop().create_future()
        self._awaited.append((shard, last, future))
        try:
            return await asyncio.wait_for(future, seconds)
        except TimeoutError:
            return None

    def tell_new_owners(self) -> None:
        """Tell those who wait for an owner, if there is one by now."""
        awaited, self._awaited = self._awaited, []
        for shard, last, future in awaited:
            owner = self.owner(shard)
            if future.done():
                continue
            if owner.epoch > last.epoch and (owner.url or shard.role is Role.OWNER):
                future.set_result(owner)
            else:
                self._awaited.append((shard, last, future))

    def has_owner(self, shard: Shard) -> bool:
        """Whether a shard has one: this process where it is to be, or else another."""
        return shard.role is Role.OWNER or (not self._wanted(shard) and bool(self.owner(shard).url))

    # -- taking shards --------------------------------------------------------------------------

    async def balance(self) -> None:
        """Claim the shards that this process is to own; others are kept until somebody asks."""
        while True:
            self._notice_takeovers(time.monotonic())
            ready = [s for s in self._shards.values() if self._is_candidate(s) and self._is_read(s)]
            for shard in ready:
                if shard not in self._caught_up:
                    self._caught_up.add(shard)
                    self._epochs[shard] = shard.gate.epoch, 0.0
            await self._claim([shard for shard in ready if self._wanted(shard)])
            await asyncio.sleep(BALANCE_INTERVAL_S)

    def take_from(self, url: str) -> None:
        """Claim every shard of the process at `url`, which is gone, and ask it for none.

        The group of owners notices later, and gives them to whomever it likes.
        """
        for shard in self._shards.values():
            if self.owner(shard).url == url:
                self._abandoned[shard] = self._asked[shard] = shard.gate.epoch

    def lose_track(self, shard: Shard) -> None:
        """A shard is read again, so its owner is not known until its end has been reached."""
        self._caught_up.discard(shard)

    def _wanted(self, shard: Shard) -> bool:
        if self._abandoned.get(shard) == shard.gate.epoch:
            return True
        return self._wants(shard.topic, shard.partition, shard.owner_url)

    def _notice_takeovers(self, monotonic: float) -> None:
        for shard, (epoch, _) in self._epochs.items():
            if shard.gate.epoch != epoch:
                by_another = shard in self._caught_up and shard.gate.owner != shard.owner
                grace = monotonic + self._grace() if by_another else 0.0
                self._epochs[shard] = shard.gate.epoch, grace

    def _is_candidate(self, shard: Shard) -> bool:
        """Whether to look if it has been read to its end, in order to claim it or to know that."""
        if shard.role is not Role.FOLLOWER or shard.broken:
            return False
        if shard not in self._caught_up:
            return True
        return self._wanted(shard) and time.monotonic() >= self._epochs[shard][1]

    async def _claim(self, shards: Sequence[Shard]) -> None:
        """Claim what its owner has let go of; an owner that is asked for it has 20 ms more."""
        by_url: dict[str, list[Shard]] = defaultdict(list)
        for shard in shards:
            url = self.owner(shard).url  # none is that of this process, or of nobody
            if url and self._asked.get(shard) != shard.gate.epoch:
                self._asked[shard] = shard.gate.epoch
                by_url[url].append(shard)
            elif shard.role is Role.FOLLOWER:
                shard.claim()
                self._hurry()
        await asyncio.gather(*(self._ask_for(url, kept) for url, kept in by_url.items()))

    async def _ask_for(self, url: str, shards: Sequence[Shard]) -> None:
        wanted = [(shard.topic, shard.partition) for shard in shards]
        try:
            async with asyncio.timeout(HANDOVER_TIMEOUT_S):
                await self._ask(url, wanted)
        except (TimeoutError, Unavailable) as error:
            logger.info("owner does not hand over", url=url, error=str(error))

    # -- giving them up -------------------------------------------------------------------------

    async def hand_over(self, shards: Iterable[ShardId]) -> None:
        """Let go of shards for who asks: returns when nothing of them is in flight any more."""
        released = [self._shards[each] for each in shards if each in self._shards]
        for shard in released:
            shard.release()
            self._epochs[shard] = shard.gate.epoch, time.monotonic() + TAKEOVER_GRACE_S
        await _until(lambda: not any(shard.in_flight for shard in released), HANDOVER_TIMEOUT_S)

    async def handed_over(self, seconds: float) -> None:
        """Wait until others own every shard, but not longer than that."""
        shards = self._shards.values()
        await _until(
            lambda: all(s.gate.owner != s.owner and not s.in_flight for s in shards), seconds
        )


async def _until(condition: Callable[[], bool], seconds: float) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while not condition():  # noqa: ASYNC110  as often as the log is looked at
                await asyncio.sleep(HANDOVER_POLL_S)
