"""How a lounge says no; people know it as a room."""

from domain.refusals import Refusal


class LoungeNotFound(Refusal, type="room-not-found", status=404):
    """Nobody has opened this room."""


class LoungeIdTaken(Refusal, type="room-id-taken"):
    """A new room was to get an id that there is already."""


class LoungeOver(Refusal, type="room-closed"):
    """The room is closed for good."""


class LoungeFull(Refusal, type="room-full"):
    """As many people are in as there may be."""


class NotInvited(Refusal, type="not-invited", status=403):
    """The room is by invitation, and who asks has none."""


class BarredFromLounge(Refusal, type="barred-from-room", status=403):
    """They were kicked or banned, and the time of that is not over."""


class NotInLounge(Refusal, type="not-in-room", status=404):
    """They are not in the room."""


class NotYoursToDecide(Refusal, type="not-yours-to-decide", status=403):
    """It takes the owner, or a moderator, and nobody decides about who stands as high."""


class LoungeListFull(Refusal, type="room-list-full"):
    """As many people are invited, muted, banned or moderators as there may be."""
