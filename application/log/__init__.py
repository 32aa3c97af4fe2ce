"""The log protocol, pure: records, the gate, the fold of a shard, and who owns it."""
