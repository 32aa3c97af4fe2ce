"""A logger for clients that report what they retry, to callers who only want the outcome."""

import logging

QUIET = logging.getLogger("gamehall.quiet")
QUIET.propagate = False
QUIET.addHandler(logging.NullHandler())
