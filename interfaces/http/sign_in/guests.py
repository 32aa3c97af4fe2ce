"""Guests: people whom nobody knows, under names of their own choice."""

import secrets

from domain.accounts.names import GUEST_MARK
from domain.keys import flaw_in_key
from interfaces.http.platform.problems import invalid, no_guests

MOST_NAME_CHARACTERS = 24

LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"
MARK_CHARACTERS = 7
"""Of 31 letters that people can tell apart: 27 thousand million for each name."""

OF_BOTS = "bot-"


class Guests:
    """Who may sign in as a guest."""

    def __init__(self, *, allowed: bool) -> None:
        self.allowed = allowed

    def user_id(self, name: str) -> str:
        """A new user who is called by a name; raises `Problem` 403 and 422."""
        if not self.allowed:
            raise no_guests()
        flaw = flaw_in_key(name)
        if GUEST_MARK in name:
            flaw = f"Expected a name without {GUEST_MARK}"
        if name.lower().startswith(OF_BOTS):
            flaw = f"Names that begin with {OF_BOTS} are those of bots"
        if flaw:
            raise invalid(422, "not-a-name", "name", flaw)
        return name + GUEST_MARK + "".join(secrets.choice(LETTERS) for _ in range(MARK_CHARACTERS))
