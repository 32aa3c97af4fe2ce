"""Read models: what a projection folds the log into, and the queries that read it."""
