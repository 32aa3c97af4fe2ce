"""What lounges are built with."""
