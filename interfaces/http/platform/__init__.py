"""What every feature over HTTP stands on; it knows none of them."""
