"""Effects, put together."""
