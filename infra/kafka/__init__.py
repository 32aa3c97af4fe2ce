"""Kafka, as far as it is the same for all that stand on it."""
