"""Names, a process manager: what an account says of its own, each name is told, and back."""

import msgspec

from application.ports.commands import Envelope
from application.process_state import ProcessState
from domain.accounts.claimed_name import ClaimDoubted, ConfirmName, GiveUpName, ReleaseName
from domain.accounts.commands import SettleClaim
from domain.accounts.events import (
    AccountDeleted,
    AccountRegistered,
    ClaimForgone,
    ClaimKept,
    EmailChanged,
    EmailRemoved,
    HandleChanged,
)
from domain.accounts.names import ADDRESS_MARK, HANDLE_MARK
from domain.aggregate import Command
from domain.events import Recorded
from domain.snapshot import State

NAME = "names"


class NothingRemembered(State, frozen=True, kw_only=True, tag="names.nothing-snapshot.v1"):
    """There is no such entry: each event says all that follows from it."""


class NamesProcess:
    """Confirms the handles and addresses that accounts have, and gives back what they have not.

    It remembers nothing, and nothing that it asks for does harm when it is asked for again.
    """

    def __init__(self) -> None:
        self.state = ProcessState(NothingRemembered)

    def fold(self, recorded: Recorded) -> None:
        """There is nothing to remember."""

    def react(self, recorded: Recorded) -> list[Envelope]:
        """Say what an event leads to: one command, two for a name that takes another's place."""
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
            return [SettleClaim(user_id=user_id, name=id, claimed_until=until)]
        case ClaimForgone(name=name, claimed_until=until):
            return [ReleaseName(name=name, user_id=id, until=until)]
        case HandleChanged() as event:
            return _exchanged(HANDLE_MARK, event.handle, event)
        case EmailChanged() as event:
            return _exchanged(ADDRESS_MARK, event.address, event)
    return _taken(recorded) or _given_up(recorded)


def _taken(recorded: Recorded) -> list[Command]:
    """Confirm the name that an account says to have."""
    id = recorded.event.originator_id
    match recorded.event:
        case AccountRegistered(handle=handle, claimed_until=until):
            return [ConfirmName(name=HANDLE_MARK + handle, user_id=id, until=until)]
        case ClaimKept(name=name, claimed_until=until):
            return [ConfirmName(name=name, user_id=id, until=until)]
    return []


def _given_up(recorded: Recorded) -> list[Command]:
    """Give up the name that an account says to have no more."""
    id = recorded.event.originator_id
    match recorded.event:
        case AccountDeleted(handle=handle, claimed_until=until):
            return [GiveUpName(name=HANDLE_MARK + handle, user_id=id, until=until)]
        case EmailRemoved(address=address, claimed_until=until):
            return [GiveUpName(name=ADDRESS_MARK + address, user_id=id, until=until)]
    return []


def _exchanged(mark: str, name: str, event: HandleChanged | EmailChanged) -> list[Command]:
    """Confirm a name, and give up the one that it takes the place of, if there was one."""
    id, former, until = event.originator_id, event.previous, event.previous_claimed_until
    confirmed = ConfirmName(name=mark + name, user_id=id, until=event.claimed_until)
    if former is None or until is None:
        return [confirmed]
    return [confirmed, GiveUpName(name=mark + former, user_id=id, until=until)]
