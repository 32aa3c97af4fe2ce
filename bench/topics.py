"""Topics of their own for what is measured."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from confluent_kafka.admin import AdminClient, NewTopic

from infra.kafka.clients import connection
from infra.kafka.topics import settings_of
from interfaces.bootstrap.topics import declared


@contextmanager
def topics(kafka: str, like: Mapping[str, str], partitions: int = 1) -> Iterator[None]:
    """Topics for as long as the block takes, each set up as one of the hall's."""
    config = {topic.name: settings_of(topic.kind, 1) for topic in declared(1)}
    admin = AdminClient(connection(kafka))
    new = [NewTopic(name, partitions, 1, config=config[model]) for name, model in like.items()]
    for created in admin.create_topics(new).values():
        created.result()
    try:
        yield
    finally:
        for deleted in admin.delete_topics(list(like)).values():
            deleted.result()
