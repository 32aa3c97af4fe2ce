"""An application of the `eventsourcing` library on Kafka, beside the same on PostgreSQL.

    gamehall up --servers               # in one terminal
    .venv/bin/python -m bench.recorder  # in another

A command reads an account, deposits a little and saves it, as `Application` has it: the account
comes from the library's cache, brought up to date from the store. Runs on the two stores take
turns; each is a fresh topic or a fresh database.
"""

import random
import statistics
import time
import uuid
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from decimal import Decimal
from itertools import pairwise
from typing import NamedTuple
from urllib.parse import urlsplit

import psycopg
import rich_click as click
import stamina
from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event
from psycopg import sql
from rich.console import Console
from rich.table import Table

from bench.machine import machine
from interfaces.settings import Settings, load

ACCOUNTS = 50
"""For each thread, so that no two of them write to one account."""
WARM_UP = 1.0
MANY = 1_000  # from here on nobody looks at tenths


class Account(Aggregate):
    @event("Opened")
    def __init__(self, holder: str) -> None:
        self.holder = holder
        self.balance = Decimal()

    @event("Deposited")
    def deposit(self, amount: Decimal) -> None:
        self.balance += amount


class Bank(Application[uuid.UUID]):
    def open(self) -> uuid.UUID:
        account = Account("somebody")
        self.save(account)
        return account.id

    def deposit(self, account_id: uuid.UUID) -> None:
        account: Account = self.repository.get(account_id)
        account.deposit(Decimal(1))
        self.save(account)


class Run(NamedTuple):
    rate: float
    p50: float
    p99: float


@contextmanager
def on_kafka(settings: Settings) -> Iterator[dict[str, str]]:
    yield {
        "PERSISTENCE_MODULE": "infra.eventlog.persistence",
        "KAFKA_BOOTSTRAP_SERVERS": settings.kafka_bootstrap,
        "KAFKA_TOPIC_PREFIX": f"bench-{uuid.uuid4().hex[:8]}-",
    }


@contextmanager
def on_postgres(settings: Settings) -> Iterator[dict[str, str]]:
    server, name = urlsplit(settings.postgres_dsn), f"bench_{uuid.uuid4().hex[:8]}"
    with psycopg.connect(settings.postgres_dsn, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            yield {
                "PERSISTENCE_MODULE": "eventsourcing.postgres",
                "POSTGRES_DBNAME": name,
                "POSTGRES_HOST": server.hostname or "",
                "POSTGRES_PORT": str(server.port or 5432),
                "POSTGRES_USER": server.username or "",
                "POSTGRES_PASSWORD": server.password or "",
            }
        finally:
            drop = sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name))
            # PostgreSQL's own processes that tidy up there are nobody's to be thrown out.
            for attempt in stamina.retry_context(on=psycopg.errors.InsufficientPrivilege):
                with attempt:
                    connection.execute(drop)


STORES = {"Kafka": on_kafka, "PostgreSQL": on_postgres}


def measure(environment: dict[str, str], threads: int, seconds: float) -> Run:
    cache = {"AGGREGATE_CACHE_MAXSIZE": str(ACCOUNTS * threads)}
    with closing(Bank(environment | cache)) as bank, ThreadPoolExecutor(threads) as pool:
        accounts = list(pool.map(lambda _: [bank.open() for _ in range(ACCOUNTS)], range(threads)))
        begin = time.perf_counter() + WARM_UP
        ended = [
            moment
            for moments in pool.map(lambda own: deposits(bank, own, begin, seconds), accounts)
            for moment in moments
        ]
    latencies = sorted(took for _, took in ended)
    percentile = statistics.quantiles(latencies, n=100)
    return Run(len(ended) / seconds, percentile[49] * 1e3, percentile[98] * 1e3)


def deposits(
    bank: Bank, accounts: Sequence[uuid.UUID], begin: float, seconds: float
) -> list[tuple[float, float]]:
    """When each deposit ended and how long it took, of those that ended in the time."""
    chance, moments = random.Random(), [time.perf_counter()]
    while moments[-1] < begin + seconds:
        bank.deposit(chance.choice(accounts))
        moments.append(time.perf_counter())
    return [
        (after, after - before)
        for before, after in pairwise(moments)
        if begin <= after < begin + seconds
    ]


@click.command()
@click.option("--seconds", default=6.0, show_default=True, help="How long each run takes.")
@click.option("--runs", default=5, show_default=True, help="Runs of each kind.")
@click.option("--threads", default=[1, 8, 64], multiple=True, show_default=True)
def main(seconds: float, runs: int, threads: Sequence[int]) -> None:
    """Measure commands a second through Application.save on both stores, in turns."""
    settings = load()
    table = Table(title="get an account, deposit, save", caption="median (least to most)")
    for column in ("threads", "store", "commands a second", "p50, ms", "p99, ms"):
        table.add_column(column, justify="right")
    for count in threads:
        found: dict[str, list[Run]] = {name: [] for name in STORES}
        for _ in range(runs):
            for name, store in STORES.items():
                with store(settings) as environment:
                    found[name].append(measure(environment, count, seconds))
        for name, results in found.items():
            table.add_row(
                str(count), name, *(spread(values) for values in zip(*results, strict=True))
            )
    Console().print(table)
    Console().print(f"{machine()}, servers and application on this machine")


def spread(values: Sequence[float]) -> str:
    digits = 0 if min(values) >= MANY else 1
    least, middle, most = min(values), statistics.median(values), max(values)
    return f"{middle:,.{digits}f} ({least:,.{digits}f} to {most:,.{digits}f})"


if __name__ == "__main__":
    main()
