"""The log and the read models in memory, by feature: real decisions, no server."""
