"""Players' events in Kafka."""
