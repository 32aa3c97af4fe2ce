"""The library's cases for recorders."""

from uuid import UUID, uuid4

from eventsourcing.tests import persistence as library

from infra.eventlog.recorders.recorders import (
    KafkaAggregateRecorder,
    KafkaApplicationRecorder,
    KafkaProcessRecorder,
    KafkaTrackingRecorder,
)
from tests.contracts.library.conftest import factory


class TestAggregateRecorder(library.AggregateRecorderTestCase):
    def create_recorder(self) -> KafkaAggregateRecorder:
        return factory().aggregate_recorder()


class TestAggregateRecorderOfSnapshots(library.AggregateRecorderTestCase):
    def create_recorder(self) -> KafkaAggregateRecorder:
        return factory().aggregate_recorder("snapshots")


class TestAggregateRecorderWithTextIds(library.AggregateRecorderTestCase):
    INITIAL_VERSION = 0

    def new_originator_id(self) -> UUID | str:
        return f"account-{uuid4()}"

    def create_recorder(self) -> KafkaAggregateRecorder:
        return factory().aggregate_recorder()


class TestApplicationRecorder(library.ApplicationRecorderTestCase[KafkaApplicationRecorder]):
    def create_recorder(self) -> KafkaApplicationRecorder:
        return factory().application_recorder()

    def test_insert_subscribe(self) -> None:
        self.optional_test_insert_subscribe()


class TestApplicationRecorderWithTextIds(TestApplicationRecorder):
    INITIAL_VERSION = 0

    def new_originator_id(self) -> UUID | str:
        return f"account-{uuid4()}"


class TestNonInterleavingNotificationIDs(library.NonInterleavingNotificationIDsBaseCase):
    def create_recorder(self) -> KafkaApplicationRecorder:
        return factory().application_recorder()


class TestTrackingRecorder(library.TrackingRecorderTestCase):
    def create_recorder(self) -> KafkaTrackingRecorder:
        return factory().tracking_recorder()


class TestProcessRecorder(library.ProcessRecorderTestCase):
    def create_recorder(self) -> KafkaProcessRecorder:
        return factory().process_recorder()


class TestProcessRecorderAsApplicationRecorder(TestApplicationRecorder):
    def create_recorder(self) -> KafkaApplicationRecorder:
        return factory().process_recorder()


class TestProcessRecorderAsTrackingRecorder(library.TrackingRecorderTestCase):
    def create_recorder(self) -> KafkaTrackingRecorder:
        return factory().process_recorder()
