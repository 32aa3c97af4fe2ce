"""Decisions only: events, aggregates, refusals. No I/O, no clock, no randomness."""
