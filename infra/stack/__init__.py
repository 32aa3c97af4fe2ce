"""Real servers from the package index: Kafka, PostgreSQL and Valkey under one folder."""
