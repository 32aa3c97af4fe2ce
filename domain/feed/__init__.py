"""A person's feed: what they were told, in order, and what they have seen of it."""
