"""Sockets: a player's games, and a session's place in line, as they change."""
