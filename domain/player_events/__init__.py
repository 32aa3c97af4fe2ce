"""What players do, as games report it: many producers, no aggregate, nothing to decide."""
