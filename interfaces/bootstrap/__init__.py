"""The composition root: the only place that builds infrastructure and hands it to interfaces.

A module for each thing that is built, which loads all that this takes; what stands here takes
nothing, so that `gamehall --help` and completion answer at once.
"""

from infra.errors import SetupError
from infra.stack.signals import interruptible

__all__ = ["SetupError", "interruptible"]
