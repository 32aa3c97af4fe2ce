"""What games report of their players: taken in, and repaired where it could not be."""
