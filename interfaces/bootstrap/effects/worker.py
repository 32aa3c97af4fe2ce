"""The worker `effects`; it loads nothing of HTTP."""

import asyncio
from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from uuid import uuid4

from application.effects.crew import Crew, Stopped
from application.effects.lines import WORKER, Lines
from application.effects.performing import perform
from application.effects.ports import Adapters, Effect
from application.effects.rules import RuleOrders
from application.effects.runner import RuleRunner
from application.ports.deliveries import Delivery
from domain.effects.names import line_id
from infra.commands_client import CommandsClient
from infra.effects.rules import rules_in
from infra.kafka.groups import delete
from infra.postgres.database import Database
from infra.postgres.positions import PostgresPositions
from infra.relay import RelayLock
from interfaces.bootstrap import SetupError
from interfaces.bootstrap.effects.adapters import adapters
from interfaces.bootstrap.effects.reading import reader_of, source_of
from interfaces.bootstrap.effects.sources import sources
from interfaces.bootstrap.worker import Context, Work
from interfaces.settings import Settings
from interfaces.tokens import Tokens


def effects(context: Context) -> Work:
    """Build the worker, which waits until it is the only one."""
    settings, held = context.settings, context.held
    database = held.enter_context(closing(Database(settings.postgres_dsn)))
    # By another name than that under which rows of effects are written, or these would wait for it.
    lock = held.enter_context(closing(RelayLock(database, f"worker {WORKER}")))
    crew = Crew(
        lambda: rules_in(database.connection),
        partial(runner, settings),
        lock.check,
        partial(forget_groups, settings),
    )

    def work(stopped: Stopped) -> None:
        lock.wait(stopped)
        crew.run(stopped)

    return work


@contextmanager
def runner(settings: Settings, rule: RuleOrders, stopped: Stopped) -> Iterator[RuleRunner]:
    """Build what carries out a rule, in the thread that does, and close what it holds."""
    known = sources(settings.log_partitions)
    if rule.topic not in known:
        raise SetupError(f"The rule {rule.name!r} stands on {rule.topic}, which is no topic here.")
    source = known[rule.topic]
    with ExitStack() as held:
        database = held.enter_context(closing(Database(settings.postgres_dsn)))
        tokens = Tokens(settings.signing_secret(make=True))
        client = CommandsClient(settings.base_url, lambda: tokens.issue(WORKER, "process"), stopped)
        held.enter_context(closing(client))
        ids = {p: line_id(rule.name, rule.topic, p) for p in range(source.partitions)}
        yield RuleRunner(
            rule,
            source_of(settings, source, rule.name, held),
            Lines(ids, uuid4().hex, client.execute),
            held.enter_context(performing(settings)),
            PostgresPositions(database, f"{WORKER}/{rule.name}"),
        )


def forget_groups(settings: Settings, rules: Collection[str]) -> Collection[str]:
    """Delete the consumer groups of rules; gives the rules whose groups are no more."""
    groups = {settings.group_of(reader_of(rule)): rule for rule in rules}
    return [groups[group] for group in delete(settings.kafka_bootstrap, groups)]


class Performing:
    """Performs effects in an event loop of its own, which runs while some are performed."""

    def __init__(self, of_all: Adapters, loop: asyncio.Runner) -> None:
        self._adapters = of_all
        self._loop = loop

    def __call__(self, effects: Sequence[Effect]) -> Sequence[Delivery]:
        """Perform them, and say what came of each."""
        return self._loop.run(perform(self._adapters, effects)) if effects else ()

    async def close(self) -> None:
        """Close every adapter."""
        for adapter in self._adapters.values():
            await adapter.close()


@contextmanager
def performing(settings: Settings) -> Iterator[Performing]:
    """Build the adapters, for one thread, and close them."""
    with ExitStack() as held, asyncio.Runner() as loop:
        performing = Performing(adapters(settings, held), loop)
        try:
            yield performing
        finally:
            loop.run(performing.close())
