"""What somebody in a room says over its socket."""

from typing import Annotated

import msgspec

from application.lounges.walking import LONGEST_PATH_TILES
from domain.lounges.commands import Coordinate


class TileOfPath(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A tile to walk over."""

    x: Coordinate
    y: Coordinate


class WalkPayload(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where to go, tile by tile; nothing is to stand still."""

    path: Annotated[list[TileOfPath], msgspec.Meta(max_length=LONGEST_PATH_TILES)]


class NothingSaid(msgspec.Struct, frozen=True):
    """Nothing."""


class SaidInLounge(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something that somebody says; what is answered to it carries the same `id`."""

    id: Annotated[str, msgspec.Meta(min_length=1, max_length=200)] | msgspec.UnsetType = (
        msgspec.UNSET
    )


class WalkMessage(SaidInLounge, frozen=True, tag="walk"):
    """Walk along a path, from where one is."""

    payload: WalkPayload


class LoungePing(SaidInLounge, frozen=True, tag="ping"):
    """Asks whether anybody is there."""

    payload: NothingSaid = NothingSaid()


class LoungePong(SaidInLounge, frozen=True, tag="pong"):
    """Says that somebody is here."""

    payload: NothingSaid = NothingSaid()


IntoLounge = WalkMessage | LoungePing | LoungePong
"""All that may be said."""
