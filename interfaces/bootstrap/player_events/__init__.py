"""What players' events need from outside, for the API and for the command line."""
