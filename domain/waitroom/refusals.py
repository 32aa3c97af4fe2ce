"""How a waiting room says no."""

from domain.refusals import Refusal


class WaitroomNotFound(Refusal, type="waitroom-not-found", status=404):
    """No room has been opened for this event."""


class RoomNameReserved(Refusal, type="room-name-reserved", status=422):
    """The name is a part of addresses, where such a room could not be reached."""


class WaitroomAlreadyOpen(Refusal, type="waitroom-already-open"):
    """The room is open, with another capacity or another time limit."""


class SessionNotFound(Refusal, type="session-not-found", status=404):
    """The room has never handed out this session."""


class SessionIdTaken(Refusal, type="session-id-taken"):
    """A new session was to get an id that the room has handed out before."""


class NotYourSession(Refusal, type="not-your-session", status=403):
    """The session belongs to somebody else."""


class NotAdmitted(Refusal, type="not-admitted"):
    """The session is still waiting, so it has no checkout that could end."""


class PassRedeemedBefore(Refusal, type="pass-redeemed-before"):
    """The shop has let somebody in for this pass already."""


class CheckoutOver(Refusal, type="checkout-over"):
    """The session has ended already, and in another way."""


class WaitroomClosedToJoins(Refusal, type="waitroom-closed"):
    """The room is closed, and nobody may join any more."""


class WaitroomOver(Refusal, type="waitroom-archived"):
    """The room has been closed for so long that it is archived; nothing happens in it any more."""


class ExtendedTooFar(Refusal, type="extended-too-far", status=422):
    """The checkout would be open for more than a day from now."""
