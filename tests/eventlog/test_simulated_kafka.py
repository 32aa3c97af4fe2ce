"""The simulated partition promises what Kafka promises with acks=all, and no more."""

from collections.abc import Callable, Iterator
from itertools import count
from random import Random

import pytest

from tests.eventlog.simulation.broker import REPLICAS, Entry, Partition, Rejected

SCHEDULES = 300
STEPS = 300


class TakenBack(AssertionError):
    """A reader was shown something that another one is not."""


def shown(seed: int, *, unclean: bool) -> list[Entry]:
    """What readers were shown in a random schedule, one after another."""
    random = Random(seed)
    partition = Partition(idempotent=False, unclean=unclean)
    steps = list(_steps(partition, random))
    read: list[Entry] = []
    for _ in range(STEPS):
        random.choice(steps)(random.randrange(REPLICAS))
        for broker in range(REPLICAS):
            visible = list(partition.read(broker, 0, STEPS))
            if visible != read[: len(visible)] and read != visible[: len(read)]:
                raise TakenBack(f"broker {broker} shows {visible}, and others showed {read}")
            read = max(read, visible, key=len)
    return read


def _steps(partition: Partition, random: Random) -> Iterator[Callable[[int], object]]:
    numbers = count()

    def append(broker: int) -> None:
        partition.append(broker, 1, next(numbers), b"")

    def replicate(broker: int) -> None:
        partition.replicate(broker, random.randrange(4))

    def stop(broker: int) -> None:
        partition.brokers[broker].up = False

    def start(broker: int) -> None:
        partition.brokers[broker].up = True

    yield from [append] * 4 + [replicate] * 8 + [partition.learn] * 4 + [partition.expand] * 2
    yield from [partition.elect, partition.shrink, stop, start, start]


def some_readers_are_contradicted() -> None:
    for seed in range(SCHEDULES):
        shown(seed, unclean=True)


def test_all_readers_see_the_same_records_in_the_same_order_for_ever() -> None:
    lengths = [len(shown(seed, unclean=False)) for seed in range(SCHEDULES)]
    assert sum(lengths) > 5 * SCHEDULES, "hardly anything was ever committed"


def test_an_unclean_election_takes_back_what_readers_have_seen() -> None:
    with pytest.raises(TakenBack):
        some_readers_are_contradicted()


def test_a_leader_that_was_replaced_loses_what_no_other_has() -> None:
    partition = Partition(idempotent=True)
    assert partition.append(0, 1, 0, b"lost") == 0
    partition.elect(1)
    partition.learn(1)
    partition.append(1, 2, 0, b"kept")
    partition.learn(0)
    partition.learn(2)
    for follower in (0, 2):
        partition.replicate(follower, 10)
    assert [entry.value for entry in partition.read(1, 0, 10)] == [b"kept"]
    assert [entry.value for entry in partition.brokers[0].log] == [b"kept"]


def test_nothing_is_committed_until_all_replicas_in_sync_have_it() -> None:
    partition = Partition(idempotent=True)
    partition.append(0, 1, 0, b"record")
    partition.replicate(1, 10)
    assert not partition.read(0, 0, 10)
    partition.replicate(2, 10)
    assert partition.read(0, 0, 10)


def test_a_leader_without_followers_in_sync_takes_nothing() -> None:
    partition = Partition(idempotent=True)
    partition.append(0, 1, 0, b"record")
    partition.shrink(1)
    partition.shrink(2)
    assert partition.append(0, 1, 1, b"record") is Rejected.NOT_ENOUGH_REPLICAS


def test_a_session_is_appended_in_order_and_once() -> None:
    partition = Partition(idempotent=True)
    assert partition.append(0, 1, 1, b"second") is Rejected.OUT_OF_ORDER
    assert partition.append(0, 1, 0, b"first") == 0
    assert partition.append(0, 1, 1, b"second") == 1
    assert partition.append(0, 1, 0, b"first") == 0
    assert len(partition.brokers[0].log) == 2
