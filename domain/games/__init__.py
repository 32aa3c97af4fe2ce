"""Games: the lobby, where opponents meet, and four in a row."""
