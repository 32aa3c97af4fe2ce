"""Accounts and their names without servers, where everything may end between any two steps."""

from collections.abc import Coroutine, Generator
from contextlib import suppress
from datetime import timedelta
from typing import Any
from zlib import crc32

import msgspec

from application.accounts.claiming import Claims, Taking
from application.accounts.names import NamesProcess
from application.ports.commands import Answer, Envelope
from domain.accounts.account import Account
from domain.accounts.claimed_name import ClaimedName
from domain.accounts.commands import (
    ChangeEmail,
    ChangeHandle,
    DeleteAccount,
    RegisterAccount,
    RemoveEmail,
)
from domain.accounts.names import ADDRESS_MARK
from domain.aggregate import Aggregate, Command
from domain.categories import USERS
from domain.events import Metadata, Position, Recorded
from domain.refusals import Refusal
from interfaces.http.platform.command_context import CommandContext
from tests.given import T0

MOST_SKEW_S = 300
"""So far the clocks of two owners of shards are apart, which is much more than a claim lasts."""


class AnyNumber:
    """Tries without end."""

    async def may_try(self, name: str, most: int, seconds: int) -> bool:
        return True


CLAIMS = Claims(AnyNumber())


class Turn:
    """What a request waits for before each of its commands."""

    def __await__(self) -> Generator[None, None, None]:
        yield


def registering(user: str, name: str) -> RegisterAccount:
    return RegisterAccount(user_id=user, handle=name[1:], time_zone="UTC", language="en")


class World:
    """Every account and name, requests that are under way, and the process of handles.

    It remembers no command, so that whatever is repeated happens again. `accounts` and `names` are
    the aggregates that decide; a name is written with its mark, `@night` or `=am`.
    """

    def __init__(
        self, account: type[Account] = Account, name: type[ClaimedName] = ClaimedName
    ) -> None:
        self._kinds: dict[type[Aggregate], type[Aggregate]] = {Account: account, ClaimedName: name}
        self.accounts: dict[str, Account] = {}
        self.names: dict[str, ClaimedName] = {}
        self.log: list[Recorded] = []
        self.requests: list[Coroutine[Any, Any, Any]] = []
        self.now = T0
        self._process = NamesProcess()
        self._stored = 0

    # -- requests ----------------------------------------------------------------------------------

    def take(self, user: str, name: str, steps: int = 3) -> None:
        """Begin to register, or to take another name, and get so many commands decided at once."""
        command: Taking = ChangeHandle(user_id=user, handle=name[1:])
        if name.startswith(ADDRESS_MARK):
            command = ChangeEmail(user_id=user, address=name[1:])
        elif user not in self.accounts or self.accounts[user].handle is None:
            command = registering(user, name)
        self._begin(command, steps)

    def register_with(self, user: str, name: str, address: str, steps: int = 4) -> None:
        """Begin to register with an address, and get so many commands decided at once."""
        command = registering(user, name)
        self._begin(msgspec.structs.replace(command, address=address[1:], origin="hall"), steps)

    def _begin(self, command: Taking, steps: int) -> None:
        request = CLAIMS.take(self, self._context(command.user_id), command)
        self.requests.append(request)
        for _ in range(1 + steps):  # with the first, it comes to its first command
            if request in self.requests:
                self.advance(request)

    def give_up(self, user: str, mark: str) -> None:
        """Give up the name of a kind; an account without handle is none."""
        command = RemoveEmail if mark == ADDRESS_MARK else DeleteAccount
        with suppress(Refusal):
            self._decide(command(user_id=user))

    def _context(self, user: str) -> CommandContext:
        return CommandContext(f"player/{user}/key", Metadata(actor=user, fingerprint="body"))

    def advance(self, request: Coroutine[Any, Any, Any]) -> None:
        """Let a request have its next command decided."""
        try:
            request.send(None)
        except (StopIteration, Refusal):
            self.requests.remove(request)

    def kill(self, request: Coroutine[Any, Any, Any]) -> None:
        """Let a request end where it is."""
        request.close()
        self.requests.remove(request)

    async def execute(self, envelope: Envelope) -> Answer:
        await Turn()
        return self._decide(envelope.command)

    # -- the process and the clock -----------------------------------------------------------------

    def follow(self, events: int, killed_after: int | None = None) -> None:
        """Let the process take some events; killed after so many commands, it stores nothing."""
        commands, batch = 0, self.log[self._stored : self._stored + events]
        for recorded in batch:
            for envelope in self._process.react(recorded):
                if commands == killed_after:
                    return
                self._decide(envelope.command)
                commands += 1
        self._stored += len(batch)

    def pass_time(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def ring(self) -> None:
        """Let owners notice what is due."""
        for each in list(self.names.values()):
            if each.deadline is not None and each.deadline <= self._now(each.id):
                self._decide(each.on_deadline())

    def come_to_rest(self) -> None:
        """Let every request end where it is, and everything happen that follows."""
        for request in [*self.requests]:
            self.kill(request)
        while self._stored < len(self.log) or any(each.deadline for each in self.names.values()):
            self.follow(len(self.log))
            self.pass_time(MOST_SKEW_S)
            self.ring()

    def _now(self, id: str) -> Any:
        return self.now + timedelta(seconds=crc32(id.encode()) % MOST_SKEW_S)

    def _decide(self, command: Command) -> Answer:
        kind, id = USERS.deciders[type(command)], command.aggregate_id
        among: dict[str, Any] = self.accounts if kind is Account else self.names
        aggregate = among.setdefault(id, self._kinds[kind](id))
        reply = aggregate.decide(command, self._now(id))
        for event in aggregate.collect_events():
            position = Position(USERS.topic, 0, len(self.log))
            self.log.append(Recorded(event, position, "command", Metadata()))
        return Answer(Position(USERS.topic, 0, len(self.log) - 1), reply)

    # -- what must hold ----------------------------------------------------------------------------

    def holders(self) -> dict[str, list[str]]:
        """Who has each name, as the accounts have it."""
        found: dict[str, list[str]] = {}
        for account in self.accounts.values():
            state = account.state()
            for held in (state.handle, state.address):
                if held.name is not None:
                    found.setdefault(held.name, []).append(account.id)
        return found

    def owners(self) -> dict[str, list[str]]:
        """Who has each name, as the names have it."""
        return {
            each.id: [owner.user_id]
            for each in self.names.values()
            if (owner := each.state().owner)
        }

    def claims(self) -> list[str]:
        """The names that are kept for somebody."""
        return [each.id for each in self.names.values() if each.state().claim]
