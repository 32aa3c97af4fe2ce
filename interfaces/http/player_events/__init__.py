"""What players do, over HTTP."""
