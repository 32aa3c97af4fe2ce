"""The shard's own code on a simulated log, network and clock, driven by a seed."""
