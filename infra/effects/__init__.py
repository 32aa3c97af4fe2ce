"""What performs effects, and where their events come from."""
