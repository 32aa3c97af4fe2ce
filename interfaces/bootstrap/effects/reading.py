"""Readers of what rules stand on."""

from contextlib import ExitStack, closing
from functools import partial

from application.effects.happenings import Happening
from application.effects.sources import TYPE_FIELD, SourceTopic
from application.ports.reading import LogReader
from infra.effects.sources import TopicSource, messages_of
from infra.eventlog.reader import KafkaLogReader
from infra.kafka.reader import TopicReader
from infra.kafka.topics import refuse_missing
from interfaces.bootstrap.consumers import skipping
from interfaces.bootstrap.log import METADATA_TIMEOUT_S, log_reader
from interfaces.settings import Settings

NAME = "effects"


def reader_of(rule: str) -> str:
    """What the reader of a rule is called, as workers are."""
    return f"{NAME}-{rule}"


def source_of(settings: Settings, source: SourceTopic, rule: str, held: ExitStack) -> TopicSource:
    """Build what reads a topic for a rule; raises as `log_reader` does."""
    name = reader_of(rule)
    if source.gated:
        unskipped = skipping(settings, NAME, log_reader(settings, name, [source.topic], held))
        finder = partial(_log_finder, settings, source, name)
        return TopicSource(source.topic, unskipped, finder, gated=True)
    refuse_missing(settings.kafka_bootstrap, [source.topic], METADATA_TIMEOUT_S)
    topic_reader = _topic_reader(settings, source, name)
    held.enter_context(closing(topic_reader))
    finder = partial(_topic_finder, settings, source, name)
    return TopicSource(source.topic, topic_reader, finder, gated=False)


def _topic_reader(
    settings: Settings, source: SourceTopic, name: str, only: int | None = None
) -> TopicReader[Happening]:
    return TopicReader(
        settings.kafka_bootstrap,
        settings.group_of(name),
        {source.topic: source.topic},
        messages_of(TYPE_FIELD),
        only=None if only is None else [only],
    )


def _topic_finder(settings: Settings, source: SourceTopic, name: str, partition: int) -> LogReader:
    return _topic_reader(settings, source, name, partition)


def _log_finder(settings: Settings, source: SourceTopic, name: str, partition: int) -> LogReader:
    with ExitStack() as held:
        reader: KafkaLogReader = log_reader(
            settings, name, [source.topic], held, (source.topic, partition)
        )
        held.pop_all()  # whoever asked closes it
        return reader
