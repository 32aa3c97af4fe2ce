"""Snapshots and checkpoints: what spares an owner the replay, and memory for what is over."""
