"""What is between two people, and who is told of it."""
