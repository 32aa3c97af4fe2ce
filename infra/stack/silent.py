"""A logger for clients that report what they retry, to callers who only want the outcome."""

import logging

SILENT = logging.getLogger("gamehall.silent")
SILENT.propagate = False
SILENT.addHandler(logging.NullHandler())
