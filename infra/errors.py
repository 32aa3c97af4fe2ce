"""What infrastructure says when it cannot do what it was asked."""


class SetupError(Exception):
    """A sentence for the person who runs the hall: what happened, with which value, what to do."""
