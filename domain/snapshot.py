"""What an aggregate gives away of itself so that it need not be folded from its first event."""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec


class State(msgspec.Struct, frozen=True, kw_only=True, tag_field="type"):
    """What an aggregate, or one part of it, is made of; a subclass pins its name with `tag=`.

    Unlike an event it can be done without: where its shape changes it gets a new version, and
    whoever finds an older one folds the events instead.
    """

    @classmethod
    def wire_name(cls) -> str:
        """The name of this state in a snapshot."""
        return str(cls.__struct_config__.tag)


class Part(NamedTuple):
    """A part of a large aggregate; the event of version `changed` was the last to change it."""

    number: int
    changed: int
    state: State


class Snapshot(NamedTuple):
    """All that an aggregate was after the event of this version."""

    originator_id: str
    version: int
    state: State
    parts: Sequence[Part] = ()
