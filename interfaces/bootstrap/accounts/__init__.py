"""What accounts need from outside."""
