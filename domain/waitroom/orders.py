"""What an operator asks of a room while it runs; `by` is who asks."""

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, UnsetType

from domain.keys import Key
from domain.waitroom.commands import Capacity, CheckoutSeconds, WaitroomCommand
from domain.waitroom.description import Description

Waiting = Literal["serve", "dismiss"]
"""What becomes of those who wait in a room that closes."""

KeepSeconds = Annotated[float, msgspec.Meta(ge=0, le=10 * 366 * 86_400)]
ExtensionSeconds = Annotated[float, msgspec.Meta(gt=0, le=86_400)]


class Order(WaitroomCommand, frozen=True, kw_only=True):
    """A command for a room in an operator's name."""

    by: Key


class ChangeWaitroom(Order, frozen=True, kw_only=True, tag="waitroom.change"):
    """Change the terms of a room; what is left out stays, and so do deadlines that were given."""

    capacity: Capacity | UnsetType = UNSET
    checkout_seconds: CheckoutSeconds | UnsetType = UNSET


class PauseWaitroom(Order, frozen=True, kw_only=True, tag="waitroom.pause"):
    """Admit nobody for now; people may join, and who is admitted goes on."""


class ResumeWaitroom(Order, frozen=True, kw_only=True, tag="waitroom.resume"):
    """Admit people again."""


class CloseWaitroom(Order, frozen=True, kw_only=True, tag="waitroom.close"):
    """Let nobody join any more; `waiting` says what becomes of the line.

    The room is archived `keep_seconds` after the last session in it has ended.
    """

    waiting: Waiting
    keep_seconds: KeepSeconds


class ReopenWaitroom(Order, frozen=True, kw_only=True, tag="waitroom.reopen"):
    """Let people join a closed room again."""


class DescribeWaitroom(Order, frozen=True, kw_only=True, tag="waitroom.describe"):
    """Say how the room looks to visitors, in place of what was said before."""

    description: Description


class ExtendCheckout(Order, frozen=True, kw_only=True, tag="waitroom.extend"):
    """Give a checkout so many seconds more than it has."""

    session_id: Key
    seconds: ExtensionSeconds


class RemoveSession(Order, frozen=True, kw_only=True, tag="waitroom.remove"):
    """Take away somebody's place in line or slot."""

    session_id: Key


class AdmitSession(Order, frozen=True, kw_only=True, tag="waitroom.admit"):
    """Admit somebody who waits, ahead of the line, beyond the capacity, and in a pause."""

    session_id: Key
