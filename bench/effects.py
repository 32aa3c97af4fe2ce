"""Effects a second by a worker, rules and ledger included, beside what the bare adapter does.

    make run                           # in one terminal
    .venv/bin/python -m bench.effects  # in another

For each kind, messages are written to `QUEUE_JOINED`, and a rule that holds on them alone is
carried out as the worker `effects` does: from the topic, over the API and its log, to a receiver
of `bench.adapters`. `nothing` accepts at once, so that it shows what the ledger takes.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import ExitStack, asynccontextmanager, closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple
from uuid import uuid4

import msgspec
import rich_click as click
from rich.console import Console
from rich.table import Table

from application.effects.lines import WORKER, Lines
from application.effects.performing import Performed, Performing
from application.effects.ports import Adapter, Effect
from application.effects.rules import RuleOrders, kind_of
from application.effects.runner import Perform, RuleRunner
from application.ports.deliveries import Delivery
from bench.adapters import KINDS, Build, Built, Ports, _measure, _receivers
from bench.machine import machine
from domain.effects.actions import AnyAction, FileLine
from domain.effects.names import line_id
from domain.effects.rule import Beginning
from infra.commands_client import CommandsClient
from infra.kafka.append import NewRecord, append_durably
from infra.kafka.watermarks import Watermarks
from infra.postgres.database import Database
from infra.postgres.positions import PostgresPositions
from interfaces.bootstrap.effects.reading import source_of
from interfaces.bootstrap.effects.sources import sources
from interfaces.settings import Settings, load
from interfaces.tokens import Tokens

TOPIC = "QUEUE_JOINED"
APPEND_TIMEOUT_S = 60
BARE_SECONDS, BARE_AT_ONCE = 2.0, 32


class Measured(NamedTuple):
    """Effects a second of a worker and of its adapter alone, and how many were not accepted."""

    carried_out: float
    bare: float
    not_accepted: int


class Nothing:
    """Accepts everything, and does nothing."""

    async def perform(self, _effect: Effect) -> Delivery:
        """See the port."""
        return Delivery("accepted")

    async def close(self) -> None:
        """Hold nothing."""


def _nothing(_: Ports, __: Path) -> Build:
    async def build() -> AsyncIterator[Built]:
        yield Nothing(), lambda: FileLine(file="nothing")

    return build


ALL: dict[str, Callable[[Ports, Path], Build]] = {"nothing": _nothing, **KINDS}


@click.command()
@click.option("--events", default=5_000, show_default=True, help="Effects of each kind.")
@click.option("--kind", "kinds", multiple=True, help="Of this kind alone.")
def main(events: int, kinds: Sequence[str]) -> None:
    """Measure kind after kind."""
    table = Table(title=f"{events:,} effects of each kind")
    for column in ("kind", "a second", "bare adapter", "not accepted"):
        table.add_column(column, justify="left" if column == "kind" else "right")
    with _receivers() as ports, TemporaryDirectory(prefix="effects-") as folder:
        for kind in kinds or tuple(ALL):
            told = measure(ALL[kind](ports, Path(folder)), events)
            table.add_row(
                kind, f"{told.carried_out:,.0f}", f"{told.bare:,.0f}", str(told.not_accepted)
            )
    console = Console()
    console.print(f"{machine()}, receivers and servers on this machine")
    console.print(table)


class Opened:
    """An adapter that is built where it is used: what it holds belongs to one event loop."""

    def __init__(self, build: Build) -> None:
        self._building = asynccontextmanager(build)()
        self._turn = asyncio.Lock()
        self._adapter: Adapter | None = None

    async def perform(self, effect: Effect) -> Delivery:
        """See `Adapter`."""
        async with self._turn:
            if self._adapter is None:
                self._adapter, _ = await self._building.__aenter__()
        return await self._adapter.perform(effect)

    async def close(self) -> None:
        """See `Adapter`."""
        if self._adapter is not None:
            await self._adapter.close()
            await self._building.__aexit__(None, None, None)


async def _action(build: Build) -> AnyAction:
    async with asynccontextmanager(build)() as (adapter, action):
        await adapter.close()
        return action()  # type: ignore[return-value]


def measure(build: Build, events: int) -> Measured:
    """What comes of so many events, and of the adapter alone."""
    settings, ended, wrong = load(), 0, 0
    with asyncio.Runner() as loop, ExitStack() as held:
        bare = loop.run(_measure(build, BARE_SECONDS, BARE_AT_ONCE)).rate
        action = loop.run(_action(build))
        adapters: dict[str, Adapter] = {kind_of(action): Opened(build)}
        performing = held.enter_context(closing(Performing(adapters)))

        def do(effects: Sequence[Effect]) -> Sequence[Performed]:
            nonlocal ended, wrong
            told = performing(effects)
            ended += len(told)
            wrong += sum(each.delivery.outcome != "accepted" for each in told)
            return told

        rule = _rule(settings, action)
        runner = _runner(settings, rule, do, held)
        runner.resume()
        _write(settings, rule.name, events)
        began = time.perf_counter()
        while ended < events:
            runner.step()
        took = time.perf_counter() - began
    return Measured(events / took, bare, wrong)


def _rule(settings: Settings, action: AnyAction) -> RuleOrders:
    shards = [(TOPIC, number) for number in range(sources(1)[TOPIC].partitions)]
    with closing(Watermarks(settings.kafka_bootstrap)) as watermarks:
        ends = watermarks.ends(shards)
    name = f"bench-{uuid4().hex[:10]}"
    return RuleOrders(
        name=name,
        version=1,
        topic=TOPIC,
        of_type=None,
        where={"event_id": name},
        action=action,
        begins=tuple(Beginning(partition=p, offset=at, next_seq=at) for (_, p), at in ends.items()),
        since=None,
        status="active",
    )


def _runner(
    settings: Settings,
    rule: RuleOrders,
    do: Perform,
    held: ExitStack,
) -> RuleRunner:
    source = sources(settings.log_partitions)[TOPIC]
    tokens = Tokens(settings.signing_secret())
    client = CommandsClient(settings.base_url, lambda: tokens.issue(WORKER, "process"))
    held.enter_context(closing(client))
    database = held.enter_context(closing(Database(settings.postgres_dsn)))
    ids = {p: line_id(rule.name, TOPIC, p) for p in range(source.partitions)}
    return RuleRunner(
        rule,
        source_of(settings, source, rule.name, held),
        Lines(ids, uuid4().hex, client.execute),
        do,
        PostgresPositions(database, f"{WORKER}/{rule.name}"),
    )


def _write(settings: Settings, room: str, events: int) -> None:
    """Write messages as the relay does, for one room but with keys that spread them."""
    message = {"session_id": "", "event_id": room, "position": 1, "joined_at": None}
    records = (
        NewRecord(TOPIC, f"{n}", msgspec.json.encode({**message, "user_id": f"user-{n}"}))
        for n in range(events)
    )
    append_durably(settings.kafka_bootstrap, records, APPEND_TIMEOUT_S)


if __name__ == "__main__":
    main()
