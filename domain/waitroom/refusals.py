"""How a waiting room says no."""

from domain.refusals import Refusal


class WaitroomNotFound(Refusal):
    """No room has been opened for this event."""

    type = "waitroom-not-found"
    status = 404


class WaitroomAlreadyOpen(Refusal):
    """The room is open, with another capacity or another time limit."""

    type = "waitroom-already-open"


class SessionNotFound(Refusal):
    """The room has never handed out this session."""

    type = "session-not-found"
    status = 404


class SessionIdTaken(Refusal):
    """A new session was to get an id that the room has handed out before."""

    type = "session-id-taken"


class NotYourSession(Refusal):
    """The session belongs to somebody else."""

    type = "not-your-session"
    status = 403


class NotAdmitted(Refusal):
    """The session is still waiting, so it has no checkout that could end."""

    type = "not-admitted"


class CheckoutOver(Refusal):
    """The session has ended already, and in another way."""

    type = "checkout-over"
