"""Games beyond the domain: who plays whom."""
