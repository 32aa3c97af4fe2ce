"""The library's cases for projections."""

from typing import ClassVar

from eventsourcing.persistence import StoredEvent, Tracking
from eventsourcing.tests import projection as library

from infra.eventlog.recorders.recorders import KafkaProcessRecorder
from tests.contracts.library.conftest import factory


class CountersOnKafka(KafkaProcessRecorder, library.EventCountersView):
    """A view that is itself event-sourced: each count is a version of its counter."""

    def get_created_event_counter(self) -> int:
        return self._count("created")

    def get_subsequent_event_counter(self) -> int:
        return self._count("subsequent")

    def incr_created_event_counter(self, tracking: Tracking) -> None:
        self._increment("created", tracking)

    def incr_subsequent_event_counter(self, tracking: Tracking) -> None:
        self._increment("subsequent", tracking)

    def _count(self, counter: str) -> int:
        latest = self.select_events(counter, desc=True, limit=1)
        return latest[0].originator_version if latest else 0

    def _increment(self, counter: str, tracking: Tracking) -> None:
        counted = StoredEvent(counter, self._count(counter) + 1, "counted", b"")
        self.insert_events([counted], tracking=tracking)


class TestEventCountersView(library.EventCountersViewTestCase):
    def construct_event_counters_view(self) -> library.EventCountersView:
        return factory().tracking_recorder(CountersOnKafka)


class TestAggregateEventCountersProjection(library.AggregateEventCountersProjectionTestCase):
    view_class = CountersOnKafka


class TestTaggedDecisionCountersProjection(library.TaggedDecisionCountersProjectionTestCase):
    """The view is on Kafka; the application, which has no aggregates, in memory."""

    view_class = CountersOnKafka
    env: ClassVar[dict[str, str]] = {
        "DCBAPPLICATION_PERSISTENCE_MODULE": "eventsourcing.dcb.popo",
        "DCBAPPLICATION_MAPPER_TOPIC": "eventsourcing.dcb.msgpack:MessagePackMapper",
        "MAPPER_TOPIC": "eventsourcing.dcb.msgpack:MessagePackMapper",
    }


class TestEventSourcedProjection(library.EventSourcedProjectionTestCase):
    pass
