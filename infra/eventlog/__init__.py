"""The log on Kafka: records, the gate every reader runs, the shards that decide commands."""
