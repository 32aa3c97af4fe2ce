"""How an application gets its topics."""

import os
from collections.abc import Iterator
from uuid import UUID

import pytest
from confluent_kafka.admin import AdminClient, NewTopic
from eventsourcing.application import Application
from eventsourcing.domain import Aggregate
from eventsourcing.persistence import InfrastructureFactory, OperationalError, ProgrammingError
from eventsourcing.utils import Environment

from infra.eventlog.persistence import KafkaFactory
from infra.eventlog.recorders.recorders import KafkaApplicationRecorder
from infra.kafka.clients import connection
from infra.kafka.records import describe
from infra.kafka.topics import existing
from tests.conftest import Hall


class Accounts(Application[UUID]):
    """As its users write it."""


class OwnRecorder(KafkaApplicationRecorder):
    """A recorder of one's own."""


@pytest.fixture
def environment(servers: Hall, name: str) -> dict[str, str]:
    return {
        "PERSISTENCE_MODULE": "infra.eventlog.persistence",
        "KAFKA_BOOTSTRAP_SERVERS": servers.kafka,
        "KAFKA_TOPIC_PREFIX": f"{name}-",
    }


@pytest.fixture
def factory(environment: dict[str, str]) -> Iterator[KafkaFactory]:
    with KafkaFactory(Environment("Accounts", environment)) as factory:
        yield factory
        factory.close()


def test_each_purpose_has_a_topic_of_its_own(
    servers: Hall, name: str, environment: dict[str, str]
) -> None:
    with Accounts(environment | {"IS_SNAPSHOTTING_ENABLED": "yes"}) as accounts:
        accounts.save(Aggregate())
    made = {topic for topic in existing(servers.kafka) if topic.startswith(f"{name}-")}
    assert made == {f"{name}-log", f"{name}-accounts-events-log", f"{name}-accounts-snapshots-log"}


def test_its_topics_are_kept_as_the_log_is(servers: Hall, name: str, factory: KafkaFactory) -> None:
    factory.application_recorder()
    made = describe(servers.kafka, f"{name}-accounts-events-log")
    assert len(made["partitions"]) == 1
    assert made["config"]["retention.ms"] == "-1"
    assert made["config"]["cleanup.policy"] == "delete"
    assert made["config"]["unclean.leader.election.enable"] == "false"


def test_topics_are_not_made_for_those_who_say_so(
    environment: dict[str, str],
) -> None:
    factory = KafkaFactory(Environment("Accounts", environment | {"CREATE_TABLE": "no"}))
    with pytest.raises(ProgrammingError, match="There is no topic"):
        factory.application_recorder()


def test_a_topic_with_several_partitions_is_refused(
    servers: Hall, name: str, factory: KafkaFactory
) -> None:
    topic = f"{name}-accounts-events-log"
    admin = AdminClient(connection(servers.kafka))
    admin.create_topics([NewTopic(topic, 3, 1)])[topic].result()
    while topic not in existing(servers.kafka):  # brokers tell each other after the answer
        pass
    with pytest.raises(ProgrammingError, match="has 3 partitions"):
        factory.application_recorder()


def test_a_process_opens_a_topic_once_and_closes_it_when_nobody_uses_it(
    environment: dict[str, str],
) -> None:
    first, second = Accounts(environment), Accounts(environment)
    saved = first.save(Aggregate())
    assert first.recorder._log is second.recorder._log  # type: ignore[attr-defined]
    first.close()
    first.close()
    assert second.save(Aggregate())[0].notification.id == saved[0].notification.id + 1
    log = second.recorder._log  # type: ignore[attr-defined]
    second.close()
    assert not log._thread.is_alive()


def test_kafka_has_to_be_named() -> None:
    with pytest.raises(OSError, match="KAFKA_BOOTSTRAP_SERVERS"):
        KafkaFactory(Environment("Accounts", {}))


def test_a_number_has_to_be_one(environment: dict[str, str]) -> None:
    with pytest.raises(OSError, match="KAFKA_TIMEOUT is 'soon'"):
        KafkaFactory(Environment("Accounts", environment | {"KAFKA_TIMEOUT": "soon"}))


def test_a_kafka_that_is_away_is_told_of(environment: dict[str, str]) -> None:
    away = environment | {"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1", "KAFKA_TIMEOUT": "1"}
    with pytest.raises(OperationalError, match=r"127\.0\.0\.1:1"):
        Accounts(away)


def test_one_s_own_recorder_is_used(environment: dict[str, str]) -> None:
    mine = {"APPLICATION_RECORDER_TOPIC": f"{__name__}:OwnRecorder"}
    with Accounts(environment | mine) as accounts:
        assert type(accounts.recorder) is OwnRecorder
    with pytest.raises(ProgrammingError, match="no KafkaApplicationRecorder"):
        Accounts(environment | {"APPLICATION_RECORDER_TOPIC": f"{__name__}:Accounts"})


def test_a_child_process_leaves_its_parent_s_topics_alone(environment: dict[str, str]) -> None:
    accounts = Accounts(environment)
    accounts.save(Aggregate())
    child = os.fork()
    if not child:
        accounts.close()
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    assert accounts.save(Aggregate())[0].notification.id == 2
    accounts.close()


def test_the_module_is_one_that_the_library_finds(environment: dict[str, str]) -> None:
    factory = InfrastructureFactory.construct(Environment("Accounts", environment))
    assert type(factory) is KafkaFactory
