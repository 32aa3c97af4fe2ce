"""A logger for clients that report every refused connection while a caller waits for a server."""

import logging

SILENT = logging.getLogger("gamehall.silent")
SILENT.propagate = False
SILENT.addHandler(logging.NullHandler())
