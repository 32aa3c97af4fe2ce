"""What games need from outside, for the API and for the matchmaker."""
