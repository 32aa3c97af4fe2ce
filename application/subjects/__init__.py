"""People, on behalf of every family: all that is known of somebody, and forgetting it."""
