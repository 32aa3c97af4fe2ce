"""Read models of waiting rooms."""
