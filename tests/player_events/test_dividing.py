"""Processes that divide players' events among them, on real servers: killed, frozen and revived."""

import json
import random
import signal
import threading
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any

import msgspec
import pytest
from confluent_kafka import KafkaException, Producer
from confluent_kafka.admin import AdminClient

from application.player_events.topics import PLAYER_EVENTS
from domain.player_events.event import TOPIC, PlayerEvent
from infra.eventlog.partition import partition_for
from infra.kafka.clients import connection, producer_config
from infra.stack.waiting import until
from tests import warm
from tests.conftest import Hall
from tests.player_events.stored import Stored
from tests.player_events.told import scored

PATIENCE_S = 90.0
DIVIDED = ("event-archive", "player-statistics")


class Processes:
    """Processes of the read models that divide."""

    def __init__(self, servers: Hall, held: ExitStack) -> None:
        self.servers = servers
        self.held = held
        self.admin = AdminClient(connection(servers.kafka))

    def start(self) -> warm.Process:
        process = warm.Process(
            warm.Order(warm.GAMEHALL, ["worker", *DIVIDED], self.servers.environment)
        )
        self.held.callback(process.wait)
        self.held.callback(process.kill)
        return process

    def until_divided_by(self, members: int) -> None:
        """Wait until so many members of each group hold all partitions."""
        for name in DIVIDED:
            holding = partial(self._holding, name)
            assert until(lambda: len(holding()) == members, seconds=PATIENCE_S)  # noqa: B023

    def _holding(self, name: str) -> list[list[int]]:
        group = f"gamehall-{name}"
        asked = self.admin.describe_consumer_groups([group], request_timeout=2)
        try:
            found = asked[group].result()
        except KafkaException:  # who knows of the group is not there yet
            return []
        held = [
            [place.partition for place in member.assignment.topic_partitions]
            for member in found.members
        ]
        whole = sum(map(len, held)) == PLAYER_EVENTS.partitions
        return [partitions for partitions in held if partitions] if whole else []

    def until_read(self) -> None:
        """Wait until each has read everything."""
        assert until(lambda: all(self._lag(name) == 0 for name in DIVIDED), seconds=PATIENCE_S)

    def _lag(self, name: str) -> int | None:
        listed = self.servers.command("projections", "list", "--json").stdout
        found: dict[str, Any] = {each["name"]: each for each in json.loads(listed)}[name]
        return None if found["generation"] is None else found["lag"]

    def are_right(self, *options: str) -> bool:
        """Whether each is what the topic says; they go on meanwhile."""
        verify = "projections", "verify", *options
        verified = [self.servers.command(*verify, name) for name in DIVIDED]
        return all("every value is the same" in each.stdout for each in verified)


class Telling:
    """Events of its own players that are told all the while.

    Every tenth is told twice, with a client's id.
    """

    def __init__(self, kafka: str) -> None:
        self.players = [f"divided-{uuid.uuid4().hex[:8]}-{number}" for number in range(50)]
        self.ids: list[str] = []
        self._producer = Producer(producer_config(kafka))
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._tell)

    def _tell(self) -> None:
        chance = random.Random(1)
        while not self._over.wait(0.01):
            for number in range(20):
                again = number % 10 == 0
                id = str(uuid.uuid4()) if again else None
                event = scored(chance.choice(self.players), id=id)
                self.ids.append(event.event_id)
                for _ in range(1 + again):
                    self._put(event)
            self._producer.poll(0)
        assert self._producer.flush(30) == 0

    def _put(self, event: PlayerEvent) -> None:
        partition = partition_for(event.player_id, PLAYER_EVENTS.partitions)
        self._producer.produce(TOPIC, msgspec.json.encode(event), event.player_id, partition)

    @contextmanager
    def going_on(self) -> Iterator[None]:
        self._thread.start()
        try:
            yield
        finally:
            self._over.set()
            self._thread.join()


@pytest.fixture
def processes(empty: Hall) -> Iterator[Processes]:
    with ExitStack() as held:
        yield Processes(empty, held)


@pytest.mark.timeout(300)
def test_processes_that_are_killed_frozen_and_revived_count_each_event_once(
    processes: Processes, stored: Stored
) -> None:
    telling = Telling(processes.servers.kafka)
    killed, frozen, third = (processes.start() for _ in range(3))
    processes.until_divided_by(3)

    with telling.going_on():
        killed.kill()
        processes.until_divided_by(2)
        frozen.send_signal(signal.SIGSTOP)
        processes.until_divided_by(1)
        assert processes.are_right()
        frozen.send_signal(signal.SIGCONT)
        processes.start()
        processes.until_divided_by(3)
        third.terminate()
        processes.until_divided_by(2)
    processes.until_read()

    archived = [id for player, id, *_ in stored.archive() if player in telling.players]
    assert sorted(archived) == sorted(telling.ids)
    counted = stored.statistics()
    assert sum(counted[player]["total_events"] for player in telling.players) == len(telling.ids)
    assert processes.are_right()
    assert third.wait() == 0
    assert frozen.poll() is None, "whoever wakes up works on"


def test_processes_share_a_rebuild_while_another_goes_on(
    processes: Processes, stored: Stored
) -> None:
    telling = Telling(processes.servers.kafka)
    processes.start()
    processes.until_divided_by(1)
    with telling.going_on():
        assert until(lambda: len(telling.ids) > 2_000, seconds=PATIENCE_S)
        for name in DIVIDED:
            rebuilt = processes.servers.command("projections", "rebuild", name, "--jobs", "3")
            assert "every value is the same as before" in rebuilt.stdout, rebuilt.stderr
        assert processes.are_right("--jobs", "2")
    processes.until_read()

    archived = [id for player, id, *_ in stored.archive() if player in telling.players]
    assert sorted(archived) == sorted(telling.ids)
    assert processes.are_right()
    refused = processes.servers.command("projections", "rebuild", "leaderboards", "--jobs", "2")
    assert refused.returncode == 1
    assert "leaderboards is folded by one process; leave out --jobs." in refused.stderr
