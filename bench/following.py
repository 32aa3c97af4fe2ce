"""What it costs that every process of the API follows every shard, with more and more logs.

    .venv/bin/gamehall up --servers        # in one terminal
    .venv/bin/python -m bench.following    # in another

Two processes: one owns all shards of some logs, twelve of each, and decides commands at a fixed
rate, spread over all of them; the other one only follows. What each takes of a core is measured
while nothing happens, and meanwhile; their memory is what the whole process has in the end.
"""

import asyncio
import json
import random
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import psutil
import rich_click as click
import uvloop
from rich.console import Console
from rich.table import Table

from application.ports.commands import Envelope
from bench.bank import Account, Deposit
from bench.machine import machine, worked_s
from bench.topics import topics
from domain.category import Category
from infra.eventlog.log import KafkaLog
from interfaces.garbage import collect_garbage_rarely
from interfaces.settings import load

SHARDS = 12
ACCOUNTS = 10_000
REST_S = 3.0
"""After the start, until what it has left behind is done with."""


def categories(run: str, logs: int) -> list[Category]:
    return [Category(f"bench-{run}-{number}", _account(number)) for number in range(logs)]


def _account(number: int) -> Any:
    """An account of its own for each log, as commands say by their type where they belong."""
    deposit = type(f"Deposit{number}", (Deposit,), {}, frozen=True, kw_only=True, tag=f"d{number}")
    account: Any = type(f"Account{number}", (Account,), {})
    account.decisions = {deposit: Account.decisions[Deposit]}
    return account


# -- the processes ----------------------------------------------------------------------------


async def serve(run: str, logs: int, *, owns: bool) -> None:
    """Say when all shards have an owner; then do as each line says, until there is none."""
    owned = categories(run, logs)
    partitions = {category.topic: SHARDS for category in owned}
    kafka, name, url = load().kafka_bootstrap, uuid.uuid4().hex, f"http://here/{int(owns)}"
    log = KafkaLog(kafka, owned, partitions, owner=name, url=url, wants=lambda *_: owns)
    await log.start()
    while not log.ready:  # noqa: ASYNC110  as the health check does
        await asyncio.sleep(0.01)
    collect_garbage_rarely()
    print(json.dumps("ready"), flush=True)
    deposits = [kind for category in owned for kind in category.deciders]
    while line := await asyncio.to_thread(sys.stdin.readline):
        rate, seconds = json.loads(line)
        print(json.dumps(await decide(log, deposits, rate, seconds)), flush=True)
    await log.stop()


async def decide(log: KafkaLog, deposits: Sequence[Any], rate: float, seconds: float) -> Any:
    """The milliseconds that each command took, from when it was due; in order."""
    start, chance = time.perf_counter(), random.Random(int(rate))

    async def one(number: int) -> float:
        due = start + number / rate
        await asyncio.sleep(due - time.perf_counter())
        account = f"account-{chance.randrange(ACCOUNTS)}"
        command = deposits[number % len(deposits)](account=account, amount=1)
        await log.execute(Envelope(command_id=uuid.uuid4().hex, command=command))
        return (time.perf_counter() - due) * 1e3

    return sorted(await asyncio.gather(*map(one, range(int(rate * seconds)))))


class Served:
    """One of the processes, from outside."""

    def __init__(self, do: str, run: str, logs: int) -> None:
        command = [sys.executable, "-m", "bench.following", f"--do={do}", f"--of={run}"]
        self._process = subprocess.Popen(
            [*command, f"--logs={logs}"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._seen = psutil.Process(self._process.pid)
        self._worked_s = 0.0

    def told(self) -> Any:
        """The next that it says."""
        assert self._process.stdout
        return json.loads(self._process.stdout.readline())

    def tell(self, what: Any) -> None:
        assert self._process.stdin
        print(json.dumps(what), file=self._process.stdin, flush=True)

    def worked_s(self) -> float:
        """The processor time since the last call."""
        before, self._worked_s = self._worked_s, worked_s(self._seen)
        return self._worked_s - before

    @property
    def memory_mb(self) -> float:
        return self._seen.memory_info().rss / 2**20

    def end(self) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait()


# -- the table --------------------------------------------------------------------------------


@contextmanager
def both(kafka: str, logs: int) -> Iterator[tuple[Served, Served]]:
    """Who owns, and who follows."""
    run = uuid.uuid4().hex[:6]
    like: dict[str, str] = {}
    for category in categories(run, logs):
        like |= {category.topic: "user-log", category.snapshots_topic: "user-snapshots"}
    with ExitStack() as held:
        held.enter_context(topics(kafka, like, SHARDS))
        processes = []
        for do in ("own", "follow"):
            processes.append(Served(do, run, logs))
            held.callback(processes[-1].end)
            assert processes[-1].told() == "ready"
        yield processes[0], processes[1]


def measured(kafka: str, logs: int, rate: float, seconds: float) -> Iterator[str]:
    with both(kafka, logs) as (owner, follower):
        time.sleep(REST_S)
        empty_mb = [each.memory_mb for each in (owner, follower)]
        for each in (owner, follower):
            each.worked_s()
        time.sleep(seconds)
        idle = [each.worked_s() / seconds for each in (owner, follower)]
        owner.tell((rate, seconds))
        took = owner.told()
        worked = [each.worked_s() for each in (owner, follower)]
        busy = [(w - i * seconds) / len(took) * 1e6 for w, i in zip(worked, idle, strict=True)]
        yield f"{logs} x {SHARDS}"
        yield " and ".join(f"{share:.1%}" for share in idle)
        yield " and ".join(f"{each:.0f}" for each in busy)
        yield f"{took[len(took) // 2]:.1f} and {took[int(len(took) * 0.99)]:.1f}"
        yield " and ".join(f"{mb:.0f}" for mb in empty_mb)


@click.command()
@click.option("--logs", type=int, multiple=True, default=(1, 4, 8), show_default=True)
@click.option("--rate", default=1_000.0, show_default=True, help="Commands a second.")
@click.option("--seconds", default=10.0, show_default=True)
@click.option("--do", type=click.Choice(["own", "follow"]), hidden=True)
@click.option("--of", "run", hidden=True)
def main(logs: Sequence[int], rate: float, seconds: float, do: str, run: str) -> None:
    """Measure what owning and following cost, with more and more logs."""
    if do:
        uvloop.run(serve(run, logs[0], owns=do == "own"))
        return
    table = Table(title=f"owner and follower; {machine()}")
    for column in ("shards", "idle, of a core", "µs a command", "p50 and p99 ms", "MB"):
        table.add_column(column, justify="right")
    for number in logs:
        table.add_row(*measured(load().kafka_bootstrap, number, rate, seconds))
    Console().print(table)


if __name__ == "__main__":
    main()
