"""Conversations, put together."""
