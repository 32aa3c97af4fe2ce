"""Effects: rules, what they lead to, and how each is performed once."""
