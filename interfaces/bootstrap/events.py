"""The events of one aggregate, as the log has them."""

from collections.abc import Iterator
from contextlib import ExitStack

from domain.categories import CATEGORIES
from domain.events import Recorded
from infra.eventlog.partition import partition_for
from interfaces.bootstrap import Refused
from interfaces.bootstrap.read_models import log_reader
from interfaces.settings import Settings


def events_of(settings: Settings, topic: str, aggregate_id: str) -> Iterator[Recorded]:
    """Read the accepted events of one aggregate up to the end of the log now."""
    if topic not in {category.topic for category in CATEGORIES}:
        raise Refused(f"{topic} is no log; the logs are {', '.join(c.topic for c in CATEGORIES)}.")
    shard = topic, partition_for(aggregate_id, settings.log_partitions)
    with ExitStack() as held:
        reader = log_reader(settings, "events", [topic], held, only=shard)
        reader.start(())
        (end,) = reader.ends().values()
        while any(checkpoint.offset < end for checkpoint in reader.checkpoints()):
            batch = reader.read(5_000, 0.5)
            yield from (each for each in batch.events if each.event.originator_id == aggregate_id)
