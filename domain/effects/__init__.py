"""Effects: what is done in the world because something happened, and what became of it."""
