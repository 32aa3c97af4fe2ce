"""The events of one aggregate, as the log has them, and its state as they made it."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from application.history import HistoryUnreadable, Moment, OtherShard, Past, events_of, fold
from application.ports.reading import LogReader
from domain.categories import CATEGORIES
from domain.category import Category
from domain.events import Recorded
from infra.eventlog.partition import partition_for
from interfaces.bootstrap import SetupError
from interfaces.bootstrap.log import log_reader
from interfaces.settings import Settings


def events(settings: Settings, topic: str, aggregate_id: str, moment: Moment) -> Iterator[Recorded]:
    """Read the accepted events of one aggregate up to a moment."""
    with _reader(settings, _category(topic), aggregate_id, moment) as reader:
        yield from events_of(reader, aggregate_id, moment)


def past(settings: Settings, topic: str, aggregate_id: str, moment: Moment) -> Past | None:
    """Fold one aggregate up to a moment; None when it was not there."""
    category = _category(topic)
    with _reader(settings, category, aggregate_id, moment) as reader:
        try:
            return fold(category, events_of(reader, aggregate_id, moment))
        except HistoryUnreadable as error:
            raise SetupError(str(error)) from error


@contextmanager
def _reader(
    settings: Settings, category: Category, aggregate_id: str, moment: Moment
) -> Iterator[LogReader]:
    shard = category.topic, partition_for(aggregate_id, settings.log_partitions)
    try:
        moment.require(shard)
    except OtherShard as error:
        raise SetupError(str(error)) from error
    with ExitStack() as held:
        yield log_reader(settings, "events", [category.topic], held, shard, aggregate_id)


def _category(topic: str) -> Category:
    for category in CATEGORIES:
        if category.topic == topic:
            return category
    raise SetupError(f"{topic} is no log; the logs are {', '.join(c.topic for c in CATEGORIES)}.")
