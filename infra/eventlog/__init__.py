"""The log on Kafka: what reads and appends records, owns shards, and finds their owners."""
