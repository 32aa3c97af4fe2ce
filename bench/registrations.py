"""Handles that everybody wants, while processes are killed: who has them in the end?

    .venv/bin/gamehall up --api 3            # in one terminal
    .venv/bin/python -m bench.registrations  # in another

Each handle is wanted by many at a time. Some people ask for two at once, some change theirs or
close their account; every few seconds an API process or the workers of accounts are killed. Who is
told nothing, or to come back, asks again with the same `Idempotency-Key`. Then, once everything has
come to rest, the log is folded: every handle has at most one owner, who has it; every account has
its handle, and the one that it was told of last; nothing is kept for anybody.
"""

import asyncio
import os
import random
import signal
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import aiohttp
import rich_click as click
import uvloop

from bench.hall import Hall
from bench.machine import machine
from domain.accounts.claimed_name import NameState
from domain.accounts.names import HANDLE_MARK
from domain.accounts.states import AccountState
from domain.aggregate import Aggregate
from domain.categories import USERS
from infra.eventlog.reader import KafkaLogReader
from infra.stack.waiting import wait_for
from interfaces.bootstrap import stack
from interfaces.settings import Settings
from interfaces.tokens import Tokens

AGAIN_S = 0.2
TO_REST_S = 300.0
"""A claim that was left behind goes a minute after it was made, and is settled by a worker."""

VICTIMS = ("api", "worker-names")

Holders = dict[str, str]
"""Who has which handle."""


@dataclass
class Contest:
    """Many people and few handles; `told` is what those were told last who have one."""

    hall: Hall
    session: aiohttp.ClientSession
    registrations: int
    handles: int
    name: str = field(default_factory=lambda: f"c{uuid.uuid4().hex[:8]}")
    outcomes: Counter[str] = field(default_factory=Counter)
    told: dict[str, set[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._tokens = Tokens(self.hall.settings.signing_secret())
        self._choice = random.Random(self.registrations)

    def wanted(self, number: int) -> str:
        """One of some handles that those want who come at the same time."""
        middle = number * self.handles // self.registrations
        chosen = middle + self._choice.randint(-2, 2)
        return f"{self.name}-{min(max(chosen, 0), self.handles - 1)}"

    async def client(self, numbers: Iterator[int], every_s: float) -> None:
        """Let one user after the other want a handle, no more often than that."""
        for number in numbers:
            began = time.monotonic()
            await self._come(number)
            await asyncio.sleep(max(0.0, began + every_s - time.monotonic()))

    async def _come(self, number: int) -> None:
        user = f"{self.name}.{number}"
        wishes = [self.wanted(number) for _ in range(2 if number % 10 == 0 else 1)]
        bodies = [{"handle": handle} for handle in wishes]
        given = await asyncio.gather(*(self._ask(user, "register", body) for body in bodies))
        has = {handle for handle in given if handle}
        if has and number % 4 == 1:
            other = await self._ask(user, "handle", {"handle": f"{wishes[0]}.x"})
            has = {other} if other else has
        if has and number % 8 == 2:
            await self._ask(user, "delete", None)
            has = set()
        if has:
            self.told[user] = has

    async def _ask(self, user: str, what: str, body: Any) -> str | None:
        """Ask until there is an answer; the handle that the user has by it, if any."""
        url = f"{self.hall.settings.base_url}/api/v1/me/account/{what}"
        headers = {
            "Authorization": f"Bearer {self._tokens.issue(user, 'player')}",
            "Idempotency-Key": uuid.uuid4().hex,
        }
        while True:
            with suppress(aiohttp.ClientError, TimeoutError):
                async with self.session.post(url, json=body, headers=headers) as answer:
                    said = await answer.json()
                    if answer.status != HTTPStatus.SERVICE_UNAVAILABLE:
                        kind = said.get("type", f"{what}: {answer.status}").rpartition(":")[2]
                        self.outcomes[f"{what} {kind.strip()}"] += 1
                        handle: str | None = said.get("handle") if answer.ok else None
                        return handle
            self.outcomes["asked again"] += 1
            await asyncio.sleep(AGAIN_S)


async def kill(settings: Settings, every_s: float, killed: Counter[str]) -> None:
    """End one process after the other, without a warning."""
    chance = random.Random(0)
    while True:
        await asyncio.sleep(every_s)
        running = await asyncio.to_thread(stack.processes, settings)
        victims = [each for each in running if each.pid and each.name.startswith(VICTIMS)]
        if victims and (victim := chance.choice(victims)).pid:
            with suppress(ProcessLookupError):
                os.kill(victim.pid, signal.SIGKILL)
                killed[victim.name.partition(":")[0]] += 1


class Log:
    """All accounts and handles, as the log makes them."""

    def __init__(self, settings: Settings) -> None:
        partitions = {USERS.topic: settings.log_partitions}
        group = f"bench-{uuid.uuid4().hex}"
        self._reader = KafkaLogReader(settings.kafka_bootstrap, [USERS], partitions, group)
        self._reader.start(())
        self._aggregates: dict[str, Aggregate] = {}

    def follow(self) -> None:
        """Fold what has come, up to the end."""
        ends = self._reader.ends()
        while any(c.offset < ends[c.topic, c.partition] for c in self._reader.checkpoints()):
            for event in (each.event for each in self._reader.read(10_000, 1).events):
                id = event.originator_id
                kind = USERS.evolvers[type(event)]
                self._aggregates.setdefault(id, kind(id)).evolve(event)

    def states(self) -> Iterator[tuple[str, Any]]:
        """Every account and handle."""
        return ((id, each.state()) for id, each in self._aggregates.items())

    def at_rest(self) -> bool:
        """Whether no handle is kept for anybody, and each that has an owner is told so."""
        self.follow()
        kept = any(state.claim for _, state in self.states() if isinstance(state, NameState))
        return not kept and self.owners() == self.holders()

    def owners(self) -> Holders:
        """Who has each handle, as handles say."""
        handles = ((id, s) for id, s in self.states() if isinstance(s, NameState))
        return {id.removeprefix(HANDLE_MARK): s.owner.user_id for id, s in handles if s.owner}

    def holders(self) -> Holders:
        """Who has each handle, as accounts say; raises `SystemExit` where it is two."""
        found: Holders = {}
        for id, state in self.states():
            if isinstance(state, AccountState) and state.handle.name:
                handle = state.handle.name.removeprefix(HANDLE_MARK)
                if handle in found:
                    raise SystemExit(f"{id} and {found[handle]} both have {handle}")
                found[handle] = id
        return found

    def close(self) -> None:
        """Let go of Kafka."""
        self._reader.close()


async def contest(
    hall: Hall, registrations: int, handles: int, clients: int, seconds: float
) -> Any:
    """Let everybody come; who was told what, and what was killed."""
    killed: Counter[str] = Counter()
    timeout = aiohttp.ClientTimeout(total=15)
    async with aiohttp.ClientSession(timeout=timeout) as session:
        running = Contest(hall, session, registrations, handles)
        killing = asyncio.ensure_future(kill(hall.settings, 3.0, killed))
        numbers = iter(range(registrations))
        every_s = seconds * clients / registrations
        await asyncio.gather(*(running.client(numbers, every_s) for _ in range(clients)))
        killing.cancel()
        return running, killed


@click.command()
@click.option("--registrations", default=10_000, show_default=True, help="How many people come.")
@click.option("--handles", default=200, show_default=True, help="How many handles they want.")
@click.option("--clients", default=64, show_default=True, help="How many come at a time.")
@click.option("--seconds", default=120.0, show_default=True, help="How long it takes at least.")
def main(registrations: int, handles: int, clients: int, seconds: float) -> None:
    """Let many people want few handles, and see who has them."""
    click.echo(machine())
    hall = Hall()
    running, killed = uvloop.run(contest(hall, registrations, handles, clients, seconds))
    for outcome, count in sorted(running.outcomes.items()):
        click.echo(f"{outcome}: {count:,}")
    click.echo(f"killed: {', '.join(f'{name} {count}' for name, count in sorted(killed.items()))}")
    log = Log(hall.settings)
    ended = time.monotonic()
    wait_for(
        log.at_rest,
        seconds=TO_REST_S,
        otherwise=lambda: f"Handles are kept, or owned by another: {log.owners()} {log.holders()}",
    )
    click.echo(f"at rest {time.monotonic() - ended:.0f} s later")
    users = {user: handle for handle, user in log.holders().items()}
    wrong = {user for user, has in running.told.items() if users.get(user) not in has}
    stray = {user for user in users if user.startswith(f"{running.name}.")} - running.told.keys()
    log.close()
    click.echo(f"handles with an owner: {len(log.holders())}, each with one, who has it")
    click.echo(f"told of another handle than they have: {len(wrong)}; never told: {len(stray)}")
    if wrong or stray:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
