import json
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
import stamina
from confluent_kafka import KafkaException, Producer

from domain.categories import CATEGORIES
from domain.events import Recorded
from domain.waitroom.commands import JoinWaitroom, LeaveWaitroom, OpenWaitroom
from infra.kafka.clients import connection
from infra.kafka.records import Record, consume
from infra.postgres.database import Database
from infra.postgres.positions import PostgresPositions
from infra.relay import FIRST_LOOK_RECORDS, Relay, RelayLock
from interfaces.bootstrap.workers import declared
from tests.conftest import Hall
from tests.projections.fakes import FakeReader
from tests.projections.stories import tell_of_a_bot, tell_of_game, tell_of_rooms
from tests.projections.story import Narrator

OUTBOXES = declared("relay")


class Crash(Exception):
    """The process ends here."""


class Relays:
    """Relays of one log, one after another, and what they told the public."""

    def __init__(self, servers: Hall, held: ExitStack) -> None:
        self.narrator = Narrator()
        self._servers = servers
        self._held = held
        self._database = Database(servers.postgres)
        self._lock = self.lock()
        assert self._lock.taken()

    def lock(self) -> RelayLock:
        lock = RelayLock(self._database)
        self._held.callback(lock.close)
        return lock

    def start(self) -> Relay:
        positions = PostgresPositions(self._database, "relay")
        reader = FakeReader(self.narrator, [category.topic for category in CATEGORIES])
        relay = Relay(self._servers.kafka, OUTBOXES, reader, positions, self._lock)
        self._held.callback(relay.close)
        # Brokers that have just created a topic need a moment to agree on who leads it.
        for attempt in stamina.retry_context(on=KafkaException):
            with attempt:
                relay.resume()
        return relay

    def drain(self) -> None:
        """Start a relay, let it tell everything, and crash it."""
        relay = self.start()
        while relay.step(0):
            pass

    def told(self) -> list[Record]:
        """Every record of ours in the public topics."""
        return [
            record
            for outbox in OUTBOXES
            for topic in outbox.topics
            for record in consume(self._servers.kafka, topic.name, limit=None, follow=False)
            if "position" in record.headers
        ]

    def is_complete(self) -> bool:
        """Whether the public has been told everything, and nothing twice."""
        expected = [
            str(e.position)
            for e in self.narrator.events
            if any(outbox.publish(e.event) for outbox in OUTBOXES)
        ]
        return Counter(record.headers["position"] for record in self.told()) == Counter(expected)


@pytest.fixture(scope="module")
def relays(servers: Hall) -> Iterator[Relays]:
    # The public topics remember what they have received, so there is one log for all tests.
    with ExitStack() as held:
        yield Relays(servers, held)


def test_the_public_is_told_in_the_words_of_the_sources(relays: Relays) -> None:
    relays.narrator.tell(
        OpenWaitroom(event_id="words", capacity=1, checkout_seconds=60),
        JoinWaitroom(event_id="words", user_id="ada", session_id="s1"),
        JoinWaitroom(event_id="words", user_id="bob", session_id="s2"),
        LeaveWaitroom(event_id="words", session_id="s2"),
    )
    tell_of_game(relays.narrator, "words", "ada", "bob")

    relays.drain()

    told = [(r.topic, json.loads(r.value or "")) for r in relays.told() if r.key == "words"]
    noon = "2026-11-01T12:00:00Z"
    ada = {"session_id": "s1", "user_id": "ada", "event_id": "words", "timestamp": noon}
    bob = {"session_id": "s2", "user_id": "bob", "event_id": "words", "timestamp": noon}
    assert [message for topic, message in told if topic.startswith("QUEUE")] == [
        ada | {"position": 1, "joined_at": noon},
        bob | {"position": 1, "joined_at": noon},
        bob,
        ada | {"deadline": "2026-11-01T12:01:00Z"},
    ]
    games = [message for topic, message in told if topic == "game-events"]
    start = 1793534400
    assert games[0] == {
        "event_type": "game_started",
        "game_id": "words",
        "player1": "ada",
        "player2": "bob",
        "timestamp": start,
    }
    assert games[1] == {
        "event_type": "move",
        "game_id": "words",
        "player": "ada",
        "column": 3,
        "row": 5,
        "timestamp": start + 1,
    }
    assert games[-1] == {
        "event_type": "game_ended",
        "game_id": "words",
        "winner": "ada",
        "result": "win",
        "duration": 7.0,
        "timestamp": start + 7,
    }


def test_a_relay_that_lost_its_checkpoint_repeats_nothing(relays: Relays, empty: Hall) -> None:
    tell_of_rooms(relays.narrator, named="lost")
    tell_of_a_bot(relays.narrator, "lost-game")
    relays.drain()

    relays.drain()

    assert relays.is_complete()


def test_a_relay_that_crashes_within_a_batch_leaves_nothing_out(
    relays: Relays, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell_of_rooms(relays.narrator, named="crash")
    tell = Relay._tell

    for sent in (1, 7, 30):
        left = iter(range(sent))

        def crash(
            relay: Relay, recorded: Recorded, left: Iterator[int] = left, sent: int = sent
        ) -> int:
            told = tell(relay, recorded)
            if told and next(left) == sent - 1:
                relay._appender.flush()
                raise Crash
            return told

        monkeypatch.setattr(Relay, "_tell", crash)
        with pytest.raises(Crash):
            relays.start().step(0)
    monkeypatch.undo()
    assert not relays.is_complete()

    relays.drain()

    assert relays.is_complete()


def test_the_order_of_a_stream_is_kept(relays: Relays) -> None:
    tell_of_rooms(relays.narrator, named="order")
    relays.drain()

    by_key: dict[tuple[str, str | None], list[int]] = {}
    for record in relays.told():
        seq = int(record.headers["position"].partition("@")[2])
        by_key.setdefault((record.topic, record.key), []).append(seq)
    assert all(seqs == sorted(seqs) for seqs in by_key.values())


def test_what_others_write_to_a_public_topic_hides_nothing_from_the_relay(
    relays: Relays, empty: Hall
) -> None:
    tell_of_rooms(relays.narrator, named="others")
    relays.drain()
    producer = Producer(connection(empty.kafka))
    for _ in range(FIRST_LOOK_RECORDS + 1):
        for partition in range(5):
            producer.produce("QUEUE_JOINED", b"{}", partition=partition)
    assert producer.flush(10) == 0

    relays.drain()

    assert relays.is_complete()


def test_only_one_relay_is_active(relays: Relays) -> None:
    assert not relays.lock().taken()


def test_a_checkpoint_is_saved_when_the_log_is_quiet(relays: Relays, empty: Hall) -> None:
    tell_of_rooms(relays.narrator, named="quiet")
    relays.drain()

    checkpoints = PostgresPositions(Database(empty.postgres), "relay").load()

    ends = FakeReader(relays.narrator, [category.topic for category in CATEGORIES]).ends()
    assert {(c.topic, c.partition): c.offset for c in checkpoints if c.offset} == {
        shard: end for shard, end in ends.items() if end
    }
