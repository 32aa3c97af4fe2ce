"""The adapters of all kinds."""

from contextlib import ExitStack

from application.effects.ports import Adapters
from interfaces.settings import Settings


def adapters(settings: Settings, held: ExitStack) -> Adapters:  # noqa: ARG001
    """Build an adapter of each kind, for one event loop; what they hold is closed with `held`."""
    return {}
