"""What people are told beside their feeds: whoever is there hears it, and nobody later."""

from application.ports.told import ToldAtOnce


class Asides:
    """The way by which sockets and streams hear of it."""

    def __init__(self, told: ToldAtOnce) -> None:
        self.told = told
