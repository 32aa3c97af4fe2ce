"""What the application needs from outside, as protocols that infra implements."""
