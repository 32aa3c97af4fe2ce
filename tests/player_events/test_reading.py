"""The real topic: its reader, its dead letters, and what is no longer in it."""

import json
import uuid
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, suppress

import msgspec
import pytest
import stamina
from confluent_kafka import KafkaException, Message, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from application.player_events.triage import SkipEvent
from application.ports.reading import Batch, Checkpoint, ShardsMoved
from application.rebuild import Batches
from application.upkeep import Upkeep
from domain.personal import sealed_in
from domain.player_events.event import TOPIC, PlayerEvent
from domain.player_events.unreadable import UnreadableRecord
from infra.errors import SetupError
from infra.eventlog.partition import partition_for
from infra.kafka.clients import connection, producer_config
from infra.kafka.joint_fetch import JointFetches
from infra.kafka.records import consume
from infra.player_events import reader as reader_module
from infra.player_events.archived import ArchivedFirstReader, WholeTopicReader
from infra.player_events.letters import PlayerDeadLetters
from infra.player_events.reader import PlayerEventReader, events_in
from infra.postgres.database import Database
from infra.subjects.keys import read as read_keys
from infra.subjects.sealing import BlockingSeals
from tests.conftest import Hall
from tests.player_events.stored import Stored
from tests.player_events.told import did, scored
from tests.projections.living import live, outcome, quietly, until_read
from tests.read_models import store_of

PARTITIONS = 3


class Topic:
    """A topic of a test's own, with all that is told written to it."""

    def __init__(self, kafka: str) -> None:
        self.name = f"told-{uuid.uuid4().hex[:8]}"
        self.kafka = kafka
        self._admin = AdminClient(connection(kafka))
        for made in self._admin.create_topics([NewTopic(self.name, PARTITIONS, 1)]).values():
            made.result()
        self._producer = Producer(producer_config(kafka))

    def tell(self, *events: PlayerEvent) -> None:
        for event in events:
            self.put(event.player_id, msgspec.json.encode(event))
        assert self._producer.flush(10) == 0

    def put(self, key: str, value: bytes) -> None:
        partition = partition_for(key, PARTITIONS)
        self._producer.produce(self.name, value, key, partition=partition)
        assert self._producer.flush(10) == 0

    def forget(self, before: dict[int, int]) -> None:
        """Let retention take the beginning."""
        at = [TopicPartition(self.name, *each) for each in before.items()]
        for done in self._admin.delete_records(at).values():
            done.result()

    def close(self) -> None:
        for done in self._admin.delete_topics([self.name]).values():
            done.result()


@pytest.fixture
def topic(empty: Hall) -> Iterator[Topic]:
    with closing(Topic(empty.kafka)) as made, ExitStack() as held:
        # A broker that has just created a topic needs a moment to lead it.
        for attempt in stamina.retry_context(on=KafkaException):
            with attempt:
                reader_of(made, held).ends()
        yield made


@pytest.fixture
def held() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def reader_of(topic: Topic, held: ExitStack) -> PlayerEventReader:
    return held.enter_context(
        closing(PlayerEventReader(topic.kafka, "test-players", topic=topic.name))
    )


def member_of(
    topic: Topic, group: str, fetches: JointFetches, held: ExitStack
) -> PlayerEventReader:
    """A reader of a worker, which its group has given all partitions and which has read them."""
    reader = PlayerEventReader(topic.kafka, f"{topic.name}-{group}", topic=topic.name)
    reader.read_with(fetches)
    held.enter_context(closing(reader))
    reader.take_up(())
    with suppress(ShardsMoved):
        while True:
            reader.read(1, 0.1)
    reader.take_up([Checkpoint(TOPIC, at, 0, 0, "", 0) for _, at in reader.held()])
    while reader._reading._place is None:
        assert not reader.read(10, 0.1).events
    return reader


def read(reader: PlayerEventReader, count: int) -> Batch:
    """So many records, in as many batches as it takes."""
    events: list[object] = []
    while len(events) < count:
        events.extend(reader.read(count - len(events), 5).events)
    return Batch(events, reader.checkpoints())


def test_events_are_read_in_the_order_of_each_player_with_their_places(
    topic: Topic, held: ExitStack
) -> None:
    told = [scored(f"player-{n % 5}", n) for n in range(50)]
    topic.tell(*told)
    reader = reader_of(topic, held)
    reader.start(())

    batch = read(reader, 50)

    for player in {event.player_id for event in told}:
        theirs = [event.event_id for event in batch.events if event.player_id == player]
        assert theirs == [event.event_id for event in told if event.player_id == player]
    assert {c.partition: c.offset for c in batch.checkpoints} == {
        partition: end for (_, partition), end in reader.ends().items()
    }
    for event in batch.events:
        checkpoint = next(c for c in batch.checkpoints if c.partition == event.partition)
        assert checkpoint.includes(event.position)
        assert not checkpoint._replace(next_seq=event.offset).includes(event.position)


def test_reading_goes_on_at_a_checkpoint(topic: Topic, held: ExitStack) -> None:
    topic.tell(*(scored(f"player-{n}") for n in range(20)))
    first = reader_of(topic, held)
    first.start(())
    checkpoints = read(first, 20).checkpoints
    topic.tell(scored("later", 3))

    other = reader_of(topic, held)
    other.start(checkpoints)

    assert [event.player_id for event in read(other, 1).events] == ["later"]


def test_a_place_that_is_gone_is_told_and_reading_goes_on_at_what_is_left(
    topic: Topic, held: ExitStack, capsys: pytest.CaptureFixture[str]
) -> None:
    topic.tell(*(scored("ada", n) for n in range(10)))
    partition = partition_for("ada", PARTITIONS)
    reader = reader_of(topic, held)
    reader.start(())
    start = reader.checkpoints()
    topic.forget({partition: 4})

    reader.start(start)

    assert [event.offset for event in read(reader, 6).events] == [4, 5, 6, 7, 8, 9]
    said = capsys.readouterr().out
    assert "never read" in said
    assert "first_left=4" in said
    assert "wanted=0" in said


def test_partitions_that_a_read_model_knows_nothing_of_are_refused(
    topic: Topic, held: ExitStack
) -> None:
    reader = reader_of(topic, held)
    reader.start(())
    with pytest.raises(SetupError, match="3 partitions, but the read model was built from 2"):
        reader.start(reader.checkpoints()[:2])


def test_what_is_no_event_becomes_a_dead_letter_and_the_rest_is_kept(
    empty: Hall, topic: Topic, held: ExitStack, stored: Stored
) -> None:
    model = model_of("event-archive", empty, topic, held)
    live(model)
    topic.tell(scored("ada"))
    topic.put("ada", b"rubbish")
    topic.put("ada", b'{"event_id":"x"}')
    topic.tell(scored("ada"), scored("ada", 1, id="no id"))

    until_read(model)

    assert len(stored.archive()) == 2
    letters = [
        letter
        for letter in consume(empty.kafka, "event-archive.dlq", limit=None, follow=False)
        if letter.key == "ada"
    ]
    partition = partition_for("ada", PARTITIONS)
    assert not [letter for letter in letters if "rubbish" in f"{letter}"], "it is sealed"
    keys = read_keys(empty.kafka)

    def opened(text: str | None) -> str:
        sealed = sealed_in(text or "")
        assert sealed is not None
        return keys.open(sealed) or ""

    values = [opened(letter.value) for letter in letters]
    assert values[:2] == ["rubbish", '{"event_id":"x"}']
    assert json.loads(values[2])["event_id"] == "no id"
    assert [letter.headers["position"] for letter in letters] == [
        f"{TOPIC}/{partition}@{offset}" for offset in (1, 2, 4)
    ]
    assert {letter.headers["consumer"] for letter in letters} == {"event-archive"}
    assert "malformed" in opened(letters[0].headers["reason"])
    assert "uuid" in opened(letters[2].headers["reason"])


def model_of(name: str, servers: Hall, topic: Topic, held: ExitStack) -> Upkeep:
    """A read model of this topic on the real stores."""
    store = store_of(servers.settings, name, held)
    database = held.enter_context(closing(Database(servers.postgres)))
    kind = WholeTopicReader if name == "event-archive" else ArchivedFirstReader
    group = f"test-{uuid.uuid4().hex}"  # of its own: nobody else of this test reads any more
    reader = kind(servers.kafka, group, 0.0, database, topic.name)
    held.enter_context(closing(reader))
    letters = PlayerDeadLetters(
        servers.kafka, name, held.enter_context(closing(BlockingSeals(servers.kafka, None)))
    )
    return Upkeep(name, reader, store, letters, SkipEvent, Batches(100, 100))


def test_workers_of_one_process_fetch_and_decode_once(
    topic: Topic, held: ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    decoded: list[Message] = []

    def counted(records: Sequence[Message]) -> list[PlayerEvent | UnreadableRecord]:
        decoded.extend(records)
        return events_in(records)

    monkeypatch.setattr(reader_module, "events_in", counted)
    fetches = held.enter_context(closing(JointFetches()))
    readers = [member_of(topic, group, fetches, held) for group in ("archive", "counts", "boards")]

    topic.tell(*(scored(f"player-{number}") for number in range(50)))
    found = [read(reader, 50) for reader in readers]

    assert len(decoded) == 50
    assert all(sorted(map(id, each.events)) == sorted(map(id, found[0].events)) for each in found)
    assert all(sorted(each.checkpoints) == sorted(found[0].checkpoints) for each in found)


def test_for_a_worker_that_has_ended_nothing_is_kept(topic: Topic, held: ExitStack) -> None:
    fetches = held.enter_context(closing(JointFetches()))
    ends, stays = [member_of(topic, group, fetches, held) for group in ("archive", "counts")]
    ends.close()

    topic.tell(scored("ada"))
    read(stays, 1)

    assert [len(each._waiting) for each in fetches._fetches.values()] == [0]


def test_a_worker_that_is_given_other_partitions_leaves_its_neighbours(
    topic: Topic, held: ExitStack
) -> None:
    fetches = held.enter_context(closing(JointFetches()))
    moved, stays = [member_of(topic, group, fetches, held) for group in ("archive", "counts")]
    topic.tell(*(scored(f"player-{number}") for number in range(20)))
    read(moved, 20)

    moved.take_up([Checkpoint(TOPIC, at, 0, 0, "", 0) for _, at in moved.held()])

    assert len(read(moved, 20).events) == len(read(stays, 20).events) == 20


@pytest.mark.parametrize("name", ["player-statistics", "leaderboards"])
def test_what_kafka_has_lost_is_rebuilt_from_the_archive(
    name: str, empty: Hall, topic: Topic, held: ExitStack, stored: Stored
) -> None:
    given = str(uuid.uuid4())
    topic.tell(*(scored("ada", n) for n in range(1, 20)), scored("ada", 5, id=given))
    topic.tell(*(did("level_started", f"player-{n}") for n in range(9)))
    for each in ("event-archive", name):
        until_read(model_of(each, empty, topic, held))
    topic.forget({partition_for("ada", PARTITIONS): 20})
    topic.tell(scored("ada", 5, id=given), scored("bob", 4))
    for each in ("event-archive", name):
        until_read(model_of(each, empty, topic, held))
    before = stored.statistics(), stored.best()

    assert outcome(model_of(name, empty, topic, held).rebuild(quietly)) == (True, 0)

    assert (stored.statistics(), stored.best()) == before != ({}, {})


def test_an_archive_of_what_kafka_has_lost_is_neither_rebuilt_nor_verified(
    empty: Hall, topic: Topic, held: ExitStack, stored: Stored
) -> None:
    topic.tell(*(scored("ada", n) for n in range(10)))
    until_read(model_of("event-archive", empty, topic, held))
    topic.forget({partition_for("ada", PARTITIONS): 7})
    model = model_of("event-archive", empty, topic, held)

    for look in (model.rebuild, model.verify):
        with pytest.raises(SetupError, match="holds 7 events that Kafka no longer has"):
            look(quietly)

    assert len(stored.archive()) == 10
    topic.tell(scored("ada"))
    until_read(model)
    assert len(stored.archive()) == 11
