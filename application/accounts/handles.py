"""Handles, a process manager: what an account says of a handle, the handle is told, and back."""

import msgspec

from application.ports.commands import Envelope
from application.process_state import ProcessState
from domain.accounts.commands import (
    SettleClaim,
)
from domain.accounts.events import (
    AccountDeleted,
    AccountRegistered,
    ClaimForgone,
    ClaimKept,
    HandleChanged,
)
from domain.accounts.handle import (
    MARK,
    ClaimDoubted,
    ConfirmHandle,
    GiveUpHandle,
    ReleaseHandle,
)
from domain.aggregate import Command
from domain.events import Recorded
from domain.snapshot import State

NAME = "handles"


class NothingRemembered(State, frozen=True, kw_only=True, tag="handles.nothing-snapshot.v1"):
    """There is no such entry: each event says all that follows from it."""


class HandlesProcess:
    """Confirms the handles that accounts have, and gives back those that they have not.

    It remembers nothing, and nothing that it asks for does harm when it is asked for again.
    """

    def __init__(self) -> None:
        self.state = ProcessState(NothingRemembered)

    def fold(self, recorded: Recorded) -> None:
        """There is nothing to remember."""

    def react(self, recorded: Recorded) -> list[Envelope]:
        """Say what an event leads to: one command, two for a handle that takes another's place."""
        commands = _commands_for(recorded)
        issued = [Envelope.because_of(recorded, each, process=NAME) for each in commands]
        return [
            msgspec.structs.replace(each, command_id=f"{each.command_id}:{n}") if n else each
            for n, each in enumerate(issued)
        ]

    def after_refusal(self, _envelope: Envelope) -> list[Envelope]:
        """Nothing; none of its commands is refused."""
        return []


def _commands_for(recorded: Recorded) -> list[Command]:
    id = recorded.event.originator_id
    match recorded.event:
        case ClaimDoubted(user_id=user_id, until=until):
            handle = id.removeprefix(MARK)
            return [SettleClaim(user_id=user_id, handle=handle, claimed_until=until)]
        case AccountRegistered() | ClaimKept() as event:
            return [ConfirmHandle(handle=event.handle, user_id=id, until=event.claimed_until)]
        case ClaimForgone() as event:
            return [ReleaseHandle(handle=event.handle, user_id=id, until=event.claimed_until)]
        case AccountDeleted() as event:
            return [GiveUpHandle(handle=event.handle, user_id=id, until=event.claimed_until)]
        case HandleChanged(previous=handle, previous_claimed_until=until) as event:
            return [
                ConfirmHandle(handle=event.handle, user_id=id, until=event.claimed_until),
                GiveUpHandle(handle=handle, user_id=id, until=until),
            ]
    return []
