"""The test cases of the `eventsourcing` library, inherited unchanged, on a real Kafka."""
