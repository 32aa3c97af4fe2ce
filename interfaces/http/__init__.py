"""HTTP: requests become commands and queries, answers become responses."""
