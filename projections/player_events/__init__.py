"""Read models of what players did."""
