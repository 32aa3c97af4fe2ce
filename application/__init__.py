"""Commands on their way to the log, events on their way to read models; all through ports."""
