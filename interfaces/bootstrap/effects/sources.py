"""On what rules can stand, collected from the lists that there are."""

from collections.abc import Mapping

from application.effects.sources import SourceTopic, of_log, of_outbox
from domain.categories import CATEGORIES, EFFECTS
from interfaces.bootstrap.workers import declared


def sources(log_partitions: int) -> Mapping[str, SourceTopic]:
    """Every topic of the log but that of effects, which would never end, and every outbox's."""
    logs = [of_log(each, log_partitions) for each in CATEGORIES if each is not EFFECTS]
    public = [topic for outbox in declared("relay") for topic in of_outbox(outbox)]
    return {source.topic: source for source in (*logs, *public)}
