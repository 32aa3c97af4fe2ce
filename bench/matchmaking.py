"""How soon the matchmaker reacts after a restart, with millions of events in the log of games.

    .venv/bin/gamehall up --servers        # in one terminal, a hall that may be filled
    .venv/bin/python -m bench.matchmaking  # in another

The log is filled with games against bots, some of which go on, as an owner of all its shards would
write them. Then somebody moves while no matchmaker is there, and the worker is started: first where
only its position is stored, as by a version that knew no more, and then again and again with its
state. What counts is the time from the start of its process until its command arrives; it arrives
at a server of this program, which answers in place of the API.
"""

import json
import os
import re
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from statistics import median
from typing import IO, Any, NamedTuple

import msgspec
import psycopg
import rich_click as click
from confluent_kafka import Producer
from rich.console import Console
from rich.table import Table

from application.envelopes import VerdictMessage
from application.games.matchmaking import NAME, BotGame
from application.log.records import Claim, Codec
from application.log.shard import Shard
from application.ports.commands import Envelope
from application.ports.processes import StateChanges
from application.ports.reading import Checkpoint, ShardId
from bench.machine import machine
from domain.aggregate import Command
from domain.categories import GAMES
from domain.events import Metadata
from domain.games.commands import MakeMove, StartGame
from infra.eventlog.partition import partition_for
from infra.kafka.clients import producer_config
from infra.postgres.database import Database
from infra.postgres.processes import PostgresProcess
from infra.stack.waiting import until
from interfaces.settings import PREFIX, Settings, load
from tests.projections.story import standing

PATIENCE_S = 600.0
OWNER = f"bench-{uuid.uuid4().hex}"
GAME = "0" * 32
MOVES = (0, 1, 0, 1, 0, 1, 0)
"""The first player has four in a row, so the last of these is two events."""


# -- the log -----------------------------------------------------------------------------------


class Template(NamedTuple):
    """A commit of any game in any shard, and how many events it has."""

    record: bytes
    events: int


def a_game() -> Sequence[Template]:
    """The commits of a game, which an owner has decided."""
    return [template(value) for value in decided() if json.loads(value)["record"] == "commit"]


def decided() -> Iterator[bytes]:
    appended: list[bytes] = []
    shard = Shard(
        GAMES,
        0,
        owner=OWNER,
        url="",
        append=lambda _, value: appended.append(value),
        restart=lambda: None,
        publish=lambda _: None,
    )
    shard.claim()
    for offset, command in enumerate((*commands(), None)):
        value = appended.pop()
        shard.receive(offset, value)
        yield value
        if command is not None:
            metadata = Metadata(actor="ada", correlation_id=GAME, fingerprint=uuid.uuid4().hex[:16])
            envelope = Envelope(command_id=f"{GAME}/{offset}", command=command, metadata=metadata)
            shard.execute(envelope, lambda _: None, now=datetime.now(UTC), monotonic=0.0)


def commands() -> Iterator[Command]:
    yield StartGame(
        game_id=GAME, player1="ada", player2="bot-easy", bot_level="easy", move_seconds=86_400
    )
    for turn, column in enumerate(MOVES):
        yield MakeMove(game_id=GAME, player=("ada", "bot-easy")[turn % 2], column=column)


def template(value: bytes) -> Template:
    record = value.replace(b"%", b"%%").replace(GAME.encode(), b"%(game)b")
    for field in (b"epoch", b"seq"):
        record = re.sub(b'"%b":[0-9]+' % field, b'"%b":%%(%b)d' % (field, field), record, count=1)
    return Template(record, len(json.loads(value)["events"]))


class GameLog:
    """All shards of the log of games, in the hand of one owner."""

    def __init__(self, kafka: str, partitions: int) -> None:
        self._producer = Producer(producer_config(kafka) | {"message.timeout.ms": 0})
        self._partitions = partitions
        self.at: dict[ShardId, Checkpoint] = {}
        """Where each shard ends."""
        for shard, found in standing(kafka, [GAMES]).items():
            epoch = found.epoch + 1
            self._produce(shard[1], Codec(GAMES).encode(Claim(epoch=epoch, owner=OWNER, url="")))
            self.at[shard] = found._replace(epoch=epoch, owner=OWNER, offset=found.offset + 1)

    def play(self, game: str, commits: Sequence[Template]) -> None:
        """Append some of a game's commits."""
        shard = GAMES.topic, partition_for(game, self._partitions)
        at = self.at[shard]
        seq, id = at.next_seq, game.encode()
        for record, events in commits:
            self._produce(shard[1], record % {b"game": id, b"epoch": at.epoch, b"seq": seq})
            seq += events
        self.at[shard] = at._replace(next_seq=seq, offset=at.offset + len(commits))

    def _produce(self, partition: int, value: bytes) -> None:
        try:
            self._producer.produce(GAMES.topic, value, partition=partition)
        except BufferError:  # a hundred thousand are on their way
            self._producer.poll(0.1)
            self._produce(partition, value)

    def flush(self) -> None:
        assert self._producer.flush(PATIENCE_S) == 0


def fill(log: GameLog, events: int, running: int) -> list[str]:
    """Let so many events happen; gives the games that go on, in each of which a bot has moved."""
    commits = a_game()
    of_each = sum(each.events for each in commits)
    for number in range(max(0, events - running * 3) // of_each):
        log.play(f"{number:032x}", commits)
    games = [uuid.uuid4().hex for _ in range(running)]
    for game in games:
        log.play(game, commits[:3])
    log.flush()
    return games


# -- the worker --------------------------------------------------------------------------------


class Answering(BaseHTTPRequestHandler):
    """Says yes to every command, and tells `arrived` of it before."""

    protocol_version = "HTTP/1.1"
    arrived: Callable[[Sequence[Envelope]], None]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        envelopes = [
            Envelope(command_id=each["command_id"], command=read(each["command"]))
            for each in json.loads(body)
        ]
        type(self).arrived(envelopes)
        answer = msgspec.json.encode(
            [VerdictMessage(position=f"{GAMES.topic}/0@0")] * len(envelopes)
        )
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: Any) -> None:
        """Nobody wants to know."""


def read(command: Mapping[str, Any]) -> Command:
    kind = next(k for k in GAMES.deciders if k.__struct_config__.tag == command["command"])
    return msgspec.convert(command, kind)


@contextmanager
def answering(arrived: Callable[[Sequence[Envelope]], None]) -> Iterator[str]:
    """A server in place of the API; gives its address."""
    handler = type("ToldAnswering", (Answering,), {"arrived": staticmethod(arrived)})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def matchmaker(
    url: str, environment: Mapping[str, str], log: int | IO[bytes] = subprocess.DEVNULL
) -> Iterator[subprocess.Popen[bytes]]:
    """The worker, as a supervisor starts it, and killed in the end."""
    command = [sys.executable, "-m", "interfaces.cli", "worker", NAME]
    surroundings = {**environment, f"{PREFIX}API_URL": url}
    with subprocess.Popen(command, env=surroundings, stdout=log, stderr=log) as process:
        try:
            yield process
        finally:
            process.kill()


def is_stored(postgres: str, offsets: int) -> bool:
    """Whether the matchmaker has stored its state where the offsets add up to this."""
    with psycopg.connect(postgres) as connection:
        query = "SELECT offsets FROM process_states WHERE process = %s"
        return connection.execute(query, [NAME]).fetchone() == (offsets,)


def first_reaction(log: GameLog, game: str, settings: Settings) -> float:
    """Move in a game while nobody is there; the seconds from a start until the bot moves.

    The worker is killed once it has stored that.
    """
    log.play(game, a_game()[3:4])
    log.flush()
    arrival: list[float] = []

    def arrived(envelopes: Sequence[Envelope]) -> None:
        assert [each.command.aggregate_id for each in envelopes] == [game]
        arrival.append(time.perf_counter())

    with answering(arrived) as url:
        begun = time.perf_counter()
        with matchmaker(url, os.environ):
            offsets = sum(at.offset for at in log.at.values())
            assert until(lambda: is_stored(settings.postgres_dsn, offsets), seconds=PATIENCE_S)
    (arrived_at,) = arrival
    return arrived_at - begun


def measure(
    settings: Settings, events: int, running: int, restarts: int
) -> tuple[float, list[float]]:
    """Seconds to the first reaction with a position alone, and with the state."""
    log = GameLog(settings.kafka_bootstrap, settings.log_partitions)
    games = fill(log, events, running)
    with closing(Database(settings.postgres_dsn)) as database:
        database.connection.execute("DELETE FROM process_states WHERE process = %s", [NAME])
        PostgresProcess(database, NAME).save(list(log.at.values()), None)
    whole = first_reaction(log, games.pop(), settings)
    return whole, [first_reaction(log, games.pop(), settings) for _ in range(restarts)]


# -- what it costs to store --------------------------------------------------------------------


def saving(settings: Settings, changed: int | None, running: int, times: int = 200) -> float:
    """Milliseconds to store a position and a state of which so many entries have changed, or None
    for a position alone.
    """
    name, moves = f"bench-{uuid.uuid4().hex}", "0101010"
    with closing(Database(settings.postgres_dsn)) as database:
        store = PostgresProcess(database, name)
        store.load()

        def save(at: int, keys: Sequence[int], *, is_whole: bool = False) -> None:
            entry = msgspec.json.encode(BotGame(level="easy", moves=moves))
            entries = {f"{key:032x}": entry for key in keys}
            checkpoint = Checkpoint(GAMES.topic, 0, at, 1, OWNER, at)
            changes = StateChanges("bench", at, running, entries, is_whole)
            store.save([checkpoint], None if changed is None else changes)

        save(1, range(running), is_whole=True)
        begun, of_each = time.perf_counter(), changed or 0
        for turn in range(times):
            save(turn + 2, [(turn * of_each + n) % running for n in range(of_each)])
        seconds = time.perf_counter() - begun
        for table in ("positions", "states", "entries"):
            database.connection.execute(f"DELETE FROM process_{table} WHERE process = '{name}'")  # noqa: S608
    return 1_000 * seconds / times


@click.command()
@click.option("--events", default=5_000_000, show_default=True, help="In the log of games.")
@click.option("--running", default=5_000, show_default=True, help="Games that go on.")
@click.option("--restarts", default=9, show_default=True)
def main(events: int, running: int, restarts: int) -> None:
    """Measure restarts of the matchmaker."""
    settings = load()
    whole, restored = measure(settings, events, running, restarts)
    table = Table(title=f"{events:,} events, {running:,} games go on; {machine()}")
    for column in ("from the start of the process", "seconds"):
        table.add_column(column, justify="left" if column.startswith("from") else "right")
    table.add_row("to its first reaction, with a position alone", f"{whole:.1f}")
    table.add_row(
        f"to its first reaction, with its state (median of {restarts})", f"{median(restored):.2f}"
    )
    table.add_row("  the fastest and the slowest", f"{min(restored):.2f}, {max(restored):.2f}")
    Console().print(table)
    table = Table(title=f"storing positions and entries of {running:,}")
    for column in ("entries that have changed", "ms"):
        table.add_column(column, justify="right")
    for changed in (None, 0, 1, 10, 100, 500):
        table.add_row(
            "position alone" if changed is None else f"{changed}",
            f"{saving(settings, changed, running):.2f}",
        )
    Console().print(table)


if __name__ == "__main__":
    main()
