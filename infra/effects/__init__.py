"""What performs effects: an adapter for each kind, and how the outside is reached."""
