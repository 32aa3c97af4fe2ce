"""Keys live and die on a compacted topic, which every process follows."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic

from application.ports.commands import Unavailable
from domain.personal import HALL
from infra.errors import SetupError
from infra.kafka.clients import connection
from infra.kafka.records import consume, describe
from infra.kafka.topics import DAY_MS, KEYS_SEGMENT_MS, settings_of
from infra.subjects.cipher import Master
from infra.subjects.keyring import TICK, StoredKey
from infra.subjects.keys import KEYS, SubjectKeys, erase, read
from infra.subjects.sealing import BlockingSeals
from tests.conftest import Hall

SECONDS = 100


def create(servers: Hall, **config: str) -> str:
    """A topic of keys like the hall's own, but for some of its settings."""
    name = f"{KEYS.name}-{uuid.uuid4().hex[:8]}"
    own = {key.replace("_", "."): value for key, value in config.items()}
    settings = settings_of(KEYS.kind, 1) | own
    admin = AdminClient(connection(servers.kafka))
    admin.create_topics([NewTopic(name, 1, 1, config=settings)])[name].result()
    return name


@pytest.fixture
def topic(servers: Hall) -> str:
    return create(servers)


@pytest.fixture
async def keys(servers: Hall, topic: str) -> AsyncIterator[SubjectKeys]:
    keys = await start(servers, topic)
    yield keys
    await keys.stop()


async def start(
    servers: Hall, topic: str, master: Master | None = None, roll: int = KEYS_SEGMENT_MS
) -> SubjectKeys:
    keys = SubjectKeys(servers.kafka, master, topic=topic, roll=roll)
    await keys.start()
    await until(lambda: keys.problem is None or "GAMEHALL" in keys.problem)
    return keys


async def until(condition: Callable[[], bool], seconds: float = SECONDS) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110  a log has no event for "it has been compacted"
            await asyncio.sleep(0.01)


async def test_a_key_is_there_for_every_process_once_a_text_is_sealed(
    servers: Hall, topic: str, keys: SubjectKeys
) -> None:
    sealed = await keys.seal("ada", "Ada")
    later = await start(servers, topic)
    assert keys.open(sealed) == later.open(sealed) == "Ada"
    assert read(servers.kafka, topic=topic).open(sealed) == "Ada"
    assert later._ring.ids("ada") == keys._ring.ids("ada")
    await later.stop()


async def test_many_texts_at_once_need_one_key(keys: SubjectKeys) -> None:
    sealed = await asyncio.gather(*(keys.seal("ada", f"Ada {n}") for n in range(50)))
    assert [keys.open(each) for each in sealed] == [f"Ada {n}" for n in range(50)]
    assert len(keys._ring.ids("ada")) == 1


async def test_two_processes_that_make_a_key_at_once_read_each_other(
    servers: Hall, topic: str, keys: SubjectKeys
) -> None:
    other = await start(servers, topic)
    mine, theirs = await asyncio.gather(keys.seal("ada", "mine"), other.seal("ada", "theirs"))
    await until(lambda: keys._ring.ids("ada") == other._ring.ids("ada"))
    for each in (keys, other):
        assert (each.open(mine), each.open(theirs)) == ("mine", "theirs")
    await other.stop()


async def test_what_another_process_has_just_sealed_waits_for_no_poll(
    servers: Hall, topic: str, keys: SubjectKeys, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = await start(servers, topic)
    rests = asyncio.Event()

    async def rest(received: int) -> None:
        rests.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(other, "_pause", rest)
    await rests.wait()
    sealed = await keys.seal("ada", "Ada")
    await until(lambda: other.open(sealed) == "Ada")
    await other.stop()


async def test_whom_one_process_erases_no_process_reads(
    servers: Hall, topic: str, keys: SubjectKeys
) -> None:
    ada, bob = await keys.seal("ada", "Ada"), await keys.seal("bob", "Bob")
    assert await asyncio.to_thread(erase, servers.kafka, "ada", topic) == 1
    await until(lambda: keys.open(ada) is None)
    assert keys.open(bob) == "Bob"
    assert await asyncio.to_thread(erase, servers.kafka, "ada", topic) == 0
    assert read(servers.kafka, topic=topic).open(ada) is None
    again = await keys.seal("ada", "Ada is back")
    assert (keys.open(again), keys.open(ada)) == ("Ada is back", None)


async def test_keys_under_a_master_key_are_refused_without_it(servers: Hall, topic: str) -> None:
    secret = "a master secret that is long enough"
    keys = await start(servers, topic, Master(secret))
    sealed = await keys.seal("ada", "Ada")
    (record,) = consume(servers.kafka, topic, limit=1, follow=False)
    stored = msgspec.json.decode(record.value or "", type=StoredKey)
    assert stored.master == Master(secret).id

    other = await start(servers, topic, Master(secret * 2))
    with pytest.raises(Unavailable, match="1 subject keys need another GAMEHALL_MASTER_KEY"):
        other.open(sealed)
    with pytest.raises(Unavailable, match="set it to what it was"):
        await other.seal("bob", "Bob")
    assert keys.open(sealed) == "Ada"
    await asyncio.gather(keys.stop(), other.stop())


async def test_nothing_is_sealed_or_opened_before_all_keys_are_known(
    servers: Hall, topic: str
) -> None:
    keys = SubjectKeys(servers.kafka, topic=topic)
    await keys.start()
    with pytest.raises(Unavailable, match="has not been read yet"):
        await keys.seal("ada", "Ada")
    await keys.stop()


async def test_rubbish_on_the_topic_is_passed_over(
    servers: Hall, topic: str, keys: SubjectKeys
) -> None:
    producer = Producer(connection(servers.kafka))
    producer.produce(topic, b"rubbish", b"ada/00", partition=0)
    producer.produce(topic, b"rubbish", None, partition=0)
    producer.flush()
    sealed = await keys.seal("ada", "Ada")
    assert keys.open(sealed) == "Ada"
    assert read(servers.kafka, topic=topic).open(sealed) == "Ada"


async def test_a_topic_that_is_not_there_is_told(servers: Hall) -> None:
    with pytest.raises(SetupError, match="There is no topic nowhere"):
        await asyncio.to_thread(erase, servers.kafka, "ada", "nowhere")


# -- how long a key's bytes live -------------------------------------------------------------------


def test_the_hall_s_own_topic_compacts_within_a_bound(servers: Hall) -> None:
    config = describe(servers.kafka, KEYS.name)["config"]
    assert config["cleanup.policy"] == "compact"
    assert int(config["segment.ms"]) == KEYS_SEGMENT_MS
    assert int(config["max.compaction.lag.ms"]) <= DAY_MS
    assert int(config["delete.retention.ms"]) <= DAY_MS


async def test_an_erased_key_is_gone_from_the_disk(servers: Hall) -> None:
    """The same settings and the same code, an hour and a day made a moment each.

    Nothing more is written to the topic after the erasure, but for what `SubjectKeys` writes
    by itself to have the last segment closed.
    """
    moments = {"segment_ms": "500", "max_compaction_lag_ms": "500", "file_delete_delay_ms": "0"}
    topic = create(servers, **moments)
    keys = await start(servers, topic, roll=500)
    sealed = await keys.seal("ada", "Ada")
    (record,) = consume(servers.kafka, topic, limit=1, follow=False)
    stored = msgspec.json.decode((record.value or "").encode())["key"].encode()
    assert on_disk(servers, topic, stored)

    assert await asyncio.to_thread(erase, servers.kafka, "ada", topic) == 1

    await until(lambda: not on_disk(servers, topic, stored))
    assert keys.open(sealed) is None
    left = consume(servers.kafka, topic, limit=None, follow=False)
    assert not [record for record in left if record.value and record.key != TICK.decode()]
    await keys.stop()


def on_disk(servers: Hall, topic: str, data: bytes) -> bool:
    """Whether any file of the topic, deleted ones included, holds the data."""
    folder = servers.settings.home / "kafka" / "data" / f"{topic}-0"
    return any(data in _bytes(file) for file in folder.iterdir())


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except FileNotFoundError:  # Kafka has just removed it
        return b""


async def test_all_processes_digest_with_one_key_whoever_made_it_first(
    servers: Hall, topic: str
) -> None:
    """Both begin with no key, and each makes one before it has heard of the other's."""
    both = [await start(servers, topic) for _ in range(2)]
    made = await asyncio.gather(*(each.digest("ada@hall.example") for each in both))
    later = await start(servers, topic)
    try:
        again = [await each.digest("ada@hall.example") for each in (*both, later)]
        assert {*made, *again} == {made[0]}
        assert await later.digest("eve@hall.example") != made[0]
    finally:
        for each in (*both, later):
            await each.stop()


async def test_the_key_of_the_hall_s_own_is_never_erased(servers: Hall, topic: str) -> None:
    keys = await start(servers, topic)
    digest = await keys.digest("ada@hall.example")
    with pytest.raises(SetupError, match="is no person"):
        erase(servers.kafka, HALL, topic)
    assert await keys.digest("ada@hall.example") == digest
    await keys.stop()


# -- without an event loop -------------------------------------------------------------------------


async def test_a_worker_seals_without_reading_the_keys_of_others(
    servers: Hall, topic: str, keys: SubjectKeys
) -> None:
    await keys.seal("bob", "Bob")
    with closing(BlockingSeals(servers.kafka, None, topic)) as seals:
        for text in ("Ada", "Ada L."):
            (sealed,) = await asyncio.to_thread(seals.seal_all, [("ada", text)])
            assert keys.open(sealed) == text
        assert (len(seals._ring), len(seals._ring.ids("ada"))) == (1, 1)


async def test_a_worker_seals_with_no_key_that_was_erased_meanwhile(
    servers: Hall, topic: str, keys: SubjectKeys
) -> None:
    with closing(BlockingSeals(servers.kafka, None, topic)) as seals:
        (before,) = await asyncio.to_thread(seals.seal_all, [("ada", "Ada")])
        assert await asyncio.to_thread(erase, servers.kafka, "ada", topic) == 1
        (after,) = await asyncio.to_thread(seals.seal_all, [("ada", "Ada is back")])
        await until(lambda: keys.open(after) == "Ada is back")
        assert keys.open(before) is None
        assert await asyncio.to_thread(erase, servers.kafka, "ada", topic) == 1


async def test_a_worker_that_comes_to_an_erasure_destroys_the_keys_that_it_has_made(
    servers: Hall, topic: str, keys: SubjectKeys
) -> None:
    own = await keys.seal("ada", "Ada herself")
    with closing(BlockingSeals(servers.kafka, None, topic)) as seals:
        ada, bob = await asyncio.to_thread(seals.seal_all, [("ada", "Ada"), ("bob", "Bob")])
        await asyncio.to_thread(seals.forget, "ada")
        await asyncio.to_thread(seals.forget, "ada")
        await until(lambda: keys.open(ada) is None)
    assert (keys.open(bob), keys.open(own)) == ("Bob", "Ada herself")
