"""Guests: people whom nobody knows, under names of their own choice."""

import secrets

from application.ports.limits import Tries
from domain.keys import flaw_in_key
from interfaces.http.platform.addresses import network_of
from interfaces.http.platform.problems import Problem, invalid, no_guests

MOST_TRIES = 20
"""To sign in from one network address, whoever succeeds, in `TRIES_S` seconds."""

TRIES_S = 600
MOST_NAME_CHARACTERS = 24

MARK = "~"
"""Before what tells guests of one name apart. Names have none, so no guest is called like another
one, and none like a person who is known by a name without it."""

LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"
MARK_CHARACTERS = 7
"""Of 31 letters that people can tell apart: 27 thousand million for each name."""

OF_BOTS = "bot-"


class Guests:
    """Who may sign in as a guest, and how often anybody may try to sign in."""

    def __init__(self, tries: Tries, *, allowed: bool) -> None:
        self._tries = tries
        self.allowed = allowed

    async def admit(self, address: str) -> None:
        """Count a try from a network address; raises `Problem` 429 where there were too many."""
        network = network_of(address)
        if not await self._tries.may_try(f"sign-in:{network}", MOST_TRIES, TRIES_S):
            raise Problem(
                429,
                "too-many-sign-ins",
                f"{MOST_TRIES} people have tried to sign in from {network} within "
                f"{TRIES_S // 60} minutes; wait, and try again.",
                headers={"Retry-After": f"{TRIES_S}"},
            )

    def user_id(self, name: str) -> str:
        """A new user who is called by a name; raises `Problem` 403 and 422."""
        if not self.allowed:
            raise no_guests()
        flaw = flaw_in_key(name)
        if MARK in name:
            flaw = f"Expected a name without {MARK}"
        if name.lower().startswith(OF_BOTS):
            flaw = f"Names that begin with {OF_BOTS} are those of bots"
        if flaw:
            raise invalid(422, "not-a-name", "name", flaw)
        return name + MARK + "".join(secrets.choice(LETTERS) for _ in range(MARK_CHARACTERS))
