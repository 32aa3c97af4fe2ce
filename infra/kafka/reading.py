"""The records of what a worker holds: read together with others of its process, or alone."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from functools import partial
from typing import Any, Generic, TypeVar

from confluent_kafka import Consumer, Message

from application.ports.reading import ShardId
from infra.kafka.fetching import FULL_FETCH_RECORDS, Fetched, Fetching
from infra.kafka.joint_fetch import JointFetch, JointFetches, Partaker
from infra.kafka.share import Share

JOINT_GROUP = "gamehall-joint"
"""Of consumers that fetch for several workers; nobody is a member of it."""

Event = TypeVar("Event")


class Reading(Generic[Event]):
    """How far one worker has read its shards; for one thread.

    `decode` makes an event of each record, which `where` finds in its shard. A member of a group
    that has come to the end of what is there reads together with those who have the same `fetches`
    and read the same `kind` of the same shards: what is fetched and decoded for one is for all.
    """

    def __init__(
        self,
        share: Share,
        decode: Callable[[Sequence[Message]], list[Event]],
        where: Callable[[Event], tuple[ShardId, int]],
        kind: Hashable,
        interval_s: float = 0.0,
    ) -> None:
        self.offsets: dict[ShardId, int] = {}
        self.fetches: JointFetches | None = None
        self._share = share
        self._decode = decode
        self._where = where
        self._kind = kind
        self._interval_s = interval_s
        self._fetching = Fetching(decode, interval_s)
        self._place: Partaker[Event] | None = None
        self._is_ahead = False

    def begin(self, offsets: Mapping[ShardId, int]) -> None:
        """Take note that the share's consumer is assigned these shards, at these offsets."""
        self.leave()
        self.offsets = dict(offsets)
        self._fetching.begin(offsets)

    def leave(self) -> None:
        """Read alone from here on; for a worker that ends as well, or batches would wait for it."""
        if self._place is not None:
            self._place.leave()
        self._place, self._is_ahead = None, False

    def read(self, limit: int, timeout: float) -> Fetched[Event]:
        """Up to some `limit` records, waiting at most `timeout` seconds for the first.

        Raises `ShardsMoved` when the group gives this member other shards; nothing is read then.
        """
        if self._place is None:
            fetched = self._fetching.read(self._share.consumer, limit, timeout)
        else:
            fetched = self._read_together(self._place, limit, timeout)
        self._share.check()
        unseen = self._unseen(fetched.events) if self._is_ahead else fetched.events
        further = {s: at for s, at in fetched.reached.items() if at > self.offsets[s]}
        self.offsets |= further
        if self._place is None and len(fetched.events) < FULL_FETCH_RECORDS and not fetched.errors:
            self._join()
        return Fetched(unseen, further, fetched.errors)

    def _read_together(self, place: Partaker[Event], limit: int, timeout: float) -> Fetched[Event]:
        message = self._share.consumer.poll(0)  # where the group has its say
        fetched = place.read(limit, timeout)
        if fetched is None:
            self.begin(self.offsets)
            self._share.assign(self.offsets)
            fetched = Fetched()
        return fetched if message is None else fetched._replace(errors=[message])

    def _join(self) -> None:
        if self.fetches is None or not self.offsets or not self._share.is_member:
            return
        fetch = self.fetches.of((self._kind, frozenset(self.offsets)), self._joint_fetch)
        self._place = fetch.join(self.offsets)
        if self._place is not None:
            self._is_ahead = self._place.is_behind(self.offsets)
            self._share.assign({})

    def _joint_fetch(self) -> JointFetch[Event]:
        config: dict[str, Any] = {**self._share.config, "group.id": JOINT_GROUP}
        return JointFetch(partial(Consumer, config), Fetching(self._decode, self._interval_s))

    def _unseen(self, events: Sequence[Event]) -> Sequence[Event]:
        """Without what was read alone before."""
        assert self._place is not None
        self._is_ahead = self._place.is_behind(self.offsets)
        return [event for event in events if not self._has_read(*self._where(event))]

    def _has_read(self, shard: ShardId, offset: int) -> bool:
        return offset < self.offsets[shard]
