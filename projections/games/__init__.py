"""Read models of games."""
