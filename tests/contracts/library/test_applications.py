"""The library's cases for applications."""

from eventsourcing.tests import application as library


class TestExampleApplication(library.ExampleApplicationTestCase):
    expected_factory_topic = "infra.eventlog.persistence:KafkaFactory"


class TestApplication(library.ApplicationTestCase):
    pass
