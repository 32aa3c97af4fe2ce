"""Snapshots, pure: what is written of a shard, and how it begins again from that."""
