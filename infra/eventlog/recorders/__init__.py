"""Recorders of the `eventsourcing` library on the log: blocking, for any thread.

A topic with one partition holds what one recorder stores. It is decided on by a `Ledger`, through
the same shard, gate and Kafka plumbing as every other log here, in a thread of its own.
"""
