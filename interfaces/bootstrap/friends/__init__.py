"""Friends, put together."""
