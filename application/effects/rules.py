"""Rules as whoever carries them out needs them."""

from collections.abc import Mapping
from datetime import datetime

import msgspec

from domain.effects.actions import AnyAction
from domain.effects.rule import Beginning, Scalar, Status


class RuleOrders(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule orders; `version` tells it from what it ordered before."""

    name: str
    version: int
    topic: str
    of_type: str | None
    where: Mapping[str, Scalar]
    action: AnyAction
    begins: tuple[Beginning, ...]
    since: datetime | None
    status: Status

    @property
    def kind(self) -> str:
        """The kind of its action."""
        return kind_of(self.action)


def kind_of(action: AnyAction) -> str:
    """What an action is called."""
    return str(action.__struct_config__.tag)
