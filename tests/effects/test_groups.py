"""What a rule's reader is called by Kafka goes with the rule."""

from collections.abc import Iterator
from contextlib import closing, contextmanager

import httpx
import pytest
from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import AdminClient

from application.topics import Topic
from infra.kafka.clients import connection, consumer_config
from infra.kafka.groups import delete
from infra.kafka.topics import create_missing
from infra.stack.waiting import until
from interfaces.bootstrap.effects.reading import reader_of
from tests.conftest import Hall, free_port
from tests.effects.kinds import Crowd
from tests.people import a_name

PATIENCE_S = 60.0


def groups(hall: Hall) -> set[str]:
    admin = AdminClient(connection(hall.kafka))
    return {each.group_id for each in admin.list_consumer_groups().result().valid}


@pytest.fixture
def topic(servers: Hall) -> str:
    name = a_name("read-by-rules")
    create_missing(servers.kafka, [Topic(name, 1, "messages")], 1)
    return name


@contextmanager
def reading(hall: Hall, group: str) -> Iterator[Consumer]:
    with closing(Consumer(consumer_config(hall.kafka, group))) as consumer:
        yield consumer


def test_a_group_is_deleted_once_it_has_no_member(servers: Hall, topic: str) -> None:
    there, member, never = (a_name(each) for each in ("there", "member", "never"))
    with reading(servers, there) as consumer:
        consumer.commit(offsets=[TopicPartition(topic, 0, 0)], asynchronous=False)
    with reading(servers, member) as consumer:
        consumer.subscribe([topic])

        def is_assigned() -> bool:
            consumer.poll(0.1)
            return bool(consumer.assignment())

        assert until(is_assigned, seconds=PATIENCE_S)
        consumer.commit(offsets=[TopicPartition(topic, 0, 0)], asynchronous=False)
        assert delete(servers.kafka, [there, member, never]) == {there, never}
        assert member in groups(servers)
    assert until(lambda: bool(delete(servers.kafka, [member])), seconds=PATIENCE_S)
    assert not {there, member, never} & groups(servers)


def test_where_kafka_is_away_none_is_taken_for_deleted() -> None:
    assert delete(f"127.0.0.1:{free_port(1)}", ["there"], 0.2) == set()


def test_a_rule_that_is_removed_takes_its_group_along_and_one_that_is_paused_does_not(
    hall: Hall,
) -> None:
    room = a_name("grouped")
    removed, paused = (a_name(each) for each in ("removed", "paused"))
    for name in (removed, paused):
        action = {"kind": "file", "file": room}
        rule = {"name": name, "on": "QUEUE_JOINED", "where": {"event_id": room}, "action": action}
        _ask(hall, "POST", "", rule)
    crowd = Crowd(hall, room)
    of_removed, of_paused = (f"gamehall-{reader_of(name)}" for name in (removed, paused))

    def are_there() -> bool:
        crowd.join(1)
        return {of_removed, of_paused} <= groups(hall)

    assert until(are_there, seconds=PATIENCE_S)
    _ask(hall, "POST", f"/{paused}/pause")
    _ask(hall, "DELETE", f"/{removed}")
    assert until(lambda: of_removed not in groups(hall), seconds=PATIENCE_S)
    assert of_paused in groups(hall)


def _ask(hall: Hall, method: str, path: str, body: object = None) -> None:
    url = f"{hall.base_url}/api/v1/effects/rules{path}"
    answer = httpx.request(method, url, json=body, headers=hall.admin())
    assert answer.is_success, answer.text
