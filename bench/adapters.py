"""What each adapter of effects does by itself, without rules, ledger or worker.

    make run                            # in one terminal, for PostgreSQL, Valkey and Kafka
    .venv/bin/python -m bench.adapters  # in another

A closed loop: so many effects are performed at a time, each followed by the next as soon as it is
known what became of it. Receivers of HTTP, TCP and SMTP are those of the tests, in a process of
their own on the same machine, and do nothing with what they get.
"""

import asyncio
import itertools
import multiprocessing
import statistics
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import ExitStack, asynccontextmanager, contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple
from uuid import uuid4

import rich_click as click
import uvloop
from cryptography.hazmat.primitives.asymmetric import ec
from redis.asyncio import Redis
from rich.console import Console
from rich.table import Table

from application.effects.ports import Adapter, Effect
from application.ports.push import Subscription
from application.topics import Topic
from bench.machine import machine
from domain.effects import actions
from domain.effects.actions import Action
from infra.effects.email import Emails
from infra.effects.file import FileLines
from infra.effects.redis import RedisKeys
from infra.effects.sms import TextMessages
from infra.effects.socket import SocketMessages
from infra.effects.table import TableRows
from infra.effects.tcp import TcpLines
from infra.effects.telling import TellingInRedis
from infra.effects.topic import TopicRecords
from infra.effects.web_push import Signer, WebPushes, public_key
from infra.effects.webhook import Webhooks
from infra.kafka.topics import create_missing, existing
from infra.listening import ListeningInRedis
from infra.mail.smtp import SmtpMail
from interfaces.settings import Settings, load
from tests.effects.given import SECRET, a_post, an_effect, here
from tests.effects.receivers import (
    HERE,
    Browser,
    HttpReceiver,
    PushService,
    Receiver,
    SmtpReceiver,
    TcpReceiver,
)

PATIENT_S = 10.0
NUMBERS = itertools.count(time.time_ns() // 1_000_000)
"""Of effects; none of another run is a repetition."""

NAME = f"bench-{uuid4().hex[:8]}"


class Measured(NamedTuple):
    """What came of a run."""

    rate: float
    p50_ms: float
    p99_ms: float
    not_accepted: int


@click.command()
@click.option("--seconds", default=3.0, show_default=True, help="How long each run takes.")
@click.option("--runs", default=3, show_default=True, help="Runs of each kind.")
@click.option("--at-once", default=64, show_default=True, help="Effects on their way at a time.")
@click.option("--kind", "kinds", multiple=True, help="Of this kind alone.")
def main(seconds: float, runs: int, at_once: int, kinds: Sequence[str]) -> None:
    """Measure the adapters one after the other."""
    table = Table(title=f"{at_once} effects at a time")
    for column in ("kind", "a second", "p50 ms", "p99 ms", "not accepted"):
        table.add_column(column, justify="left" if column == "kind" else "right")
    with _receivers() as ports, TemporaryDirectory(prefix="effects-") as folder:
        for kind in kinds or tuple(KINDS):
            told = [
                uvloop.run(_measure(KINDS[kind](ports, Path(folder)), seconds, at_once))
                for _ in range(runs)
            ]
            table.add_row(
                kind,
                f"{statistics.median(each.rate for each in told):,.0f}",
                f"{statistics.median(each.p50_ms for each in told):.1f}",
                f"{statistics.median(each.p99_ms for each in told):.1f}",
                str(sum(each.not_accepted for each in told)),
            )
    console = Console()
    console.print(f"{machine()}, receivers and servers on this machine")
    console.print(table)


Ports = dict[str, int]
Built = tuple[Adapter, Callable[[], Action]]
Build = Callable[[], AsyncIterator[Built]]


async def _measure(build: "Build", seconds: float, at_once: int) -> Measured:
    async with asynccontextmanager(build)() as (adapter, action):
        took: list[float] = []
        failed = 0
        end = time.perf_counter() + seconds

        async def work() -> None:
            nonlocal failed
            while (begun := time.perf_counter()) < end:
                delivery = await adapter.perform(_effect(action(), next(NUMBERS)))
                took.append(time.perf_counter() - begun)
                failed += delivery.outcome != "accepted"

        await adapter.perform(_effect(action(), next(NUMBERS)))  # connects
        begun = time.perf_counter()
        end = begun + seconds
        await asyncio.gather(*(work() for _ in range(at_once)))
        lasted = time.perf_counter() - begun
        await adapter.close()
    took.sort()
    p50, p99 = (1_000 * took[int(len(took) * part)] for part in (0.5, 0.99))
    return Measured(len(took) / lasted, p50, p99, failed)


def _effect(action: Action, seq: int) -> Effect:
    return an_effect(action, seq)


# -- receivers, in a process of their own ----------------------------------------------------------

RECEIVERS: dict[str, Callable[[str], Receiver]] = {
    "http": lambda _: HttpReceiver(),
    "push": PushService,
    "tcp": lambda _: TcpReceiver(),
    "smtp": lambda _: SmtpReceiver(),
}

KEY = ec.generate_private_key(ec.SECP256R1())


@contextmanager
def _receivers() -> Iterator[Ports]:
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_receive, args=(theirs,))
    process.start()
    try:
        yield ours.recv()
    finally:
        process.terminate()
        process.join()


def _receive(told: Connection) -> None:
    async def receive() -> None:
        receivers = {name: make("") for name, make in RECEIVERS.items()}
        for each in receivers.values():
            await each.start()
        told.send({name: each.port for name, each in receivers.items()})
        while True:
            await asyncio.sleep(1)
            for each in receivers.values():
                _forget(each)

    uvloop.run(receive())


def _forget(receiver: Receiver) -> None:
    """Let go of what came, which a test would look at."""
    for kept in ("got", "requests", "lines", "mails"):
        getattr(receiver, kept, []).clear()


# -- the adapters ----------------------------------------------------------------------------------


def _settings() -> Settings:
    return load()


def _webhook(ports: Ports, _: Path) -> Build:
    async def build() -> AsyncIterator[Built]:
        url = f"http://{HERE}:{ports['http']}/hook"
        adapter = Webhooks(a_post(seconds=PATIENT_S), SECRET)
        yield adapter, lambda: actions.Webhook(url=url)

    return build


def _sms(ports: Ports, _: Path) -> Build:
    async def build() -> AsyncIterator[Built]:
        url = f"http://{HERE}:{ports['http']}/sms"
        adapter = TextMessages(a_post(seconds=PATIENT_S), url, SECRET)
        yield adapter, lambda: actions.TextMessage(to="+436601234567", text="You're in line!")

    return build


def _tcp(ports: Ports, _: Path) -> Build:
    async def build() -> AsyncIterator[Built]:
        yield TcpLines(here()), lambda: actions.TcpLine(host=HERE, port=ports["tcp"])

    return build


def _email(ports: Ports, _: Path) -> Build:
    async def address_of(_: str) -> str:
        return "ada@mail.example"

    async def build() -> AsyncIterator[Built]:
        mail = SmtpMail(f"smtp://{HERE}:{ports['smtp']}", "Hall <hall@hall.example>")
        adapter = Emails(mail, address_of)
        yield adapter, lambda: actions.Email(to="ada", subject="Hello", text="You're in line!")

    return build


class _OneBrowser:
    def __init__(self, browser: Subscription) -> None:
        self._browser = browser

    async def of(self, person: str) -> list[Subscription]:
        return [self._browser]

    async def forget(self, id: str) -> None:
        raise AssertionError("it is there")


def _web_push(ports: Ports, _: Path) -> Build:
    async def build() -> AsyncIterator[Built]:
        service = PushService(public_key(KEY))
        service.port = ports["push"]
        known = _OneBrowser(Browser("phone").at(service))
        adapter = WebPushes(a_post(seconds=PATIENT_S), known, Signer(KEY, "mailto:a@b.example"))
        yield adapter, lambda: actions.WebPush(person="ada", title="You're in line!")

    return build


def _file(_: Ports, folder: Path) -> Build:
    async def build() -> AsyncIterator[Built]:
        yield FileLines(folder), lambda: actions.FileLine(file=NAME)

    return build


def _table(_: Ports, __: Path) -> Build:
    async def build() -> AsyncIterator[Built]:
        yield TableRows(_settings().effects_dsn), lambda: actions.TableRow(table="bench")

    return build


def _redis(_: Ports, __: Path) -> Build:
    async def build() -> AsyncIterator[Built]:
        adapter = RedisKeys(Redis.from_url(_settings().redis_url))
        yield adapter, lambda: actions.RedisKey(key=NAME, keep_seconds=60)

    return build


def _topic(_: Ports, __: Path) -> Build:
    async def build() -> AsyncIterator[Built]:
        kafka = _settings().kafka_bootstrap
        if NAME not in existing(kafka):
            create_missing(kafka, [Topic(NAME, 3, "messages")], 1)
        while NAME not in existing(kafka):
            pass
        yield TopicRecords(kafka, ()), lambda: actions.TopicRecord(topic=NAME, key="ada")

    return build


def _socket(_: Ports, __: Path) -> Build:
    async def build() -> AsyncIterator[Built]:
        redis = Redis.from_url(_settings().redis_url, decode_responses=True)
        telling, listening = TellingInRedis(redis), ListeningInRedis(redis)
        following = asyncio.create_task(listening.follow())
        with ExitStack() as held:
            held.callback(following.cancel)
            held.enter_context(listening.heard([NAME], lambda _: None))
            while not await telling.tell(NAME, "{}"):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
            yield SocketMessages(telling), lambda: actions.SocketMessage(person=NAME, text="Hello")

    return build


KINDS: dict[str, Callable[[Ports, Path], Build]] = {
    "socket": _socket,
    "tcp": _tcp,
    "webhook": _webhook,
    "table": _table,
    "email": _email,
    "web-push": _web_push,
    "sms": _sms,
    "redis": _redis,
    "file": _file,
    "topic": _topic,
}

if __name__ == "__main__":
    main()
