"""The worker `effects`; it loads nothing of HTTP."""

import time
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from uuid import uuid4

import httpx
import structlog

from application.effects.crew import Crew, Stopped
from application.effects.lines import WORKER, LedgerRefuses, Lines
from application.effects.performing import Performing
from application.effects.rules import RuleOrders
from application.effects.runner import RuleRunner
from domain.effects.names import line_id
from infra.commands_client import REQUEST_TIMEOUT_S, ApiAway, CommandsClient
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

FORGET_TIMEOUT_S = 3.0
"""For the lines of removed rules to be closed; those that are not are asked for again later."""

logger = structlog.get_logger(__name__)


def effects(context: Context) -> Work:
    """Build the worker, which waits until it is the only one."""
    settings, held = context.settings, context.held
    database = held.enter_context(closing(Database(settings.postgres_dsn)))
    # By another name than that under which rows of effects are written, or these would wait for it.
    lock = held.enter_context(closing(RelayLock(database, f"worker {WORKER}")))

    def work(stopped: Stopped) -> None:
        lock.wait(stopped)
        crew = Crew(
            lambda: rules_in(database.connection),
            partial(runner, settings),
            lock.check,
            partial(forget, settings, stopped),
        )
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
        client = held.enter_context(closing(_client(settings, stopped)))
        yield RuleRunner(
            rule,
            source_of(settings, source, rule.name, held),
            _lines(rule, range(source.partitions), client),
            held.enter_context(performing(settings)),
            PostgresPositions(database, f"{WORKER}/{rule.name}"),
        )


def forget(settings: Settings, stopped: Stopped, rules: Sequence[RuleOrders]) -> Collection[str]:
    """Give up what is open of rules that were removed, and then delete their consumer groups.

    Gives the names of those of which nothing is left, as far as that could be said in time.
    """
    give_up = time.monotonic() + FORGET_TIMEOUT_S

    def is_over() -> bool:
        return stopped() or time.monotonic() > give_up

    with closing(_client(settings, is_over, FORGET_TIMEOUT_S)) as client:
        closed = [
            rule.name
            for rule in rules
            if not is_over() and _is_closed(client, rule, _partitions(settings, rule))
        ]
    groups = {settings.group_of(reader_of(rule)): rule for rule in closed}
    return [groups[group] for group in delete(settings.kafka_bootstrap, groups)] if groups else ()


def _partitions(settings: Settings, rule: RuleOrders) -> Collection[int]:
    """Those of its topic, which may be none here any more, or have more than it had once."""
    known = sources(settings.log_partitions).get(rule.topic)
    return {each.partition for each in rule.begins} | set(range(known.partitions if known else 0))


def _is_closed(client: CommandsClient, rule: RuleOrders, partitions: Iterable[int]) -> bool:
    """Close the lines of a rule; whether that was possible by now."""
    try:
        _lines(rule, partitions, client).close()
    except (ApiAway, httpx.TransportError, LedgerRefuses):
        logger.warning("effects of a removed rule not dropped yet", rule=rule.name, exc_info=True)
        return False
    return True


def _client(
    settings: Settings, stopped: Stopped, timeout_s: float = REQUEST_TIMEOUT_S
) -> CommandsClient:
    tokens, url = Tokens(settings.signing_secret(make=True)), settings.base_url
    return CommandsClient(url, lambda: tokens.issue(WORKER, "process"), stopped, None, timeout_s)


def _lines(rule: RuleOrders, partitions: Iterable[int], client: CommandsClient) -> Lines:
    ids = {p: line_id(rule.name, rule.topic, p) for p in partitions}
    return Lines(ids, uuid4().hex, client.execute)


@contextmanager
def performing(settings: Settings) -> Iterator[Performing]:
    """Build the adapters, for one thread, and close them."""
    with ExitStack() as held:
        yield held.enter_context(closing(Performing(adapters(settings, held))))
