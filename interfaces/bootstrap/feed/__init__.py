"""Feeds, put together."""
