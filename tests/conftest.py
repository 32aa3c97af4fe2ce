"""Fixtures for everything: above all `hall`, the real servers with the whole service on them."""

import gc
import os
import random
import signal
import subprocess
import sys
from collections.abc import Generator, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
import pytest
import redis
from hypothesis import settings

from infra.stack import orphans
from infra.stack.ports import is_free
from interfaces.settings import HALL_PORTS, PREFIX, Settings
from interfaces.tokens import Tokens
from tests import lanes, warm
from tests.read_models import TABLES

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # As a shell leaves it for what it runs in the background; programs of ours would inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)

# What takes long on a busy machine is no mistake.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")

ROOT = Path(__file__).parents[1]
JARS = ROOT / ".gamehall" / "kafka" / "jars"  # shared with `make run`, to be downloaded once
START_TIMEOUT_S = 300  # the first start downloads Kafka


@dataclass(frozen=True)
class Hall:
    """A running hall and the hands to reach it."""

    settings: Settings
    environment: Mapping[str, str]

    @property
    def base_url(self) -> str:
        return self.settings.base_url

    @property
    def kafka(self) -> str:
        return self.settings.kafka_bootstrap

    @property
    def postgres(self) -> str:
        return self.settings.postgres_dsn

    @property
    def redis(self) -> str:
        return self.settings.redis_url

    @property
    def tokens(self) -> Tokens:
        return Tokens(self.settings.signing_secret(make=True))

    def player(self, user_id: str, *, priority: int = 0) -> dict[str, str]:
        """The headers of a player's request."""
        return _bearer(self.tokens.issue(user_id, "player", priority=priority))

    def service(self, name: str = "checkout") -> dict[str, str]:
        """The headers of a service's request."""
        return _bearer(self.tokens.issue(name, "service"))

    def admin(self) -> dict[str, str]:
        """The headers of an operator's request."""
        return _bearer(self.tokens.issue("admin", "admin"))

    def command(self, *arguments: str, seconds: float = 60) -> subprocess.CompletedProcess[str]:
        """Run `gamehall` with the settings of this hall."""
        return warm.run(warm.Order(warm.GAMEHALL, arguments, self.environment), seconds)

    def up(self, *arguments: str) -> str:
        """Start what the arguments name, or fail; returns what the command told people."""
        started = subprocess.run(
            [sys.executable, "-m", warm.GAMEHALL, "up", "--detach", *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=START_TIMEOUT_S,
            check=False,
        )
        assert started.returncode == 0, started.stderr
        return started.stderr

    def down(self) -> None:
        """Stop everything, or fail with what the command said."""
        stopped = self.command("down", seconds=START_TIMEOUT_S)
        assert stopped.returncode == 0, stopped.stderr


def hall_in(home: Path, **changes: str) -> Hall:
    """A hall in a folder of its own, on free ports, not yet started."""
    given = {"HOME": str(home), "PORT": str(free_port()), "JARS": str(JARS), **changes}
    outside = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    environment = outside | {f"{PREFIX}{name}": value for name, value in given.items()}
    return Hall(Settings(**{name.lower(): value for name, value in given.items()}), environment)  # type: ignore[arg-type]


def free_port(count: int = HALL_PORTS) -> int:
    """The first of so many free ports, below those of outgoing connections; as a hall takes."""
    while True:
        first = random.randrange(20_000, 32_000)
        if all(is_free(port) for port in range(first, first + count)):
            return first


@pytest.fixture
def hall_home() -> Iterator[Path]:
    """A folder for a hall that the test starts itself."""
    with _home() as home:
        yield Path(home)
        orphans.stop(orphans.find(Path(home)))


@pytest.fixture(scope="session")
def hall() -> Iterator[Hall]:
    """The complete stack with default settings, once for all tests that ask for it."""
    with _home() as home:
        # One port more than it takes, for another API process that somebody may start beside it.
        running = hall_in(Path(home), PORT=str(free_port(HALL_PORTS + 1)))
        running.up()
        yield running
        running.down()


@pytest.fixture(scope="session")
def servers() -> Iterator[Hall]:
    """Kafka, PostgreSQL and Valkey, and nobody who writes to them but the test."""
    with TemporaryDirectory(prefix="gamehall-", ignore_cleanup_errors=True) as home:
        running = hall_in(Path(home))
        running.up("--servers")
        yield running
        running.down()


@pytest.fixture
def empty(servers: Hall) -> Hall:
    """The servers without any read model."""
    with redis.Redis.from_url(servers.redis) as client:
        client.flushall()
    with psycopg.connect(servers.postgres) as connection:
        connection.execute(f"TRUNCATE {TABLES}")
    return servers


def _home() -> TemporaryDirectory[str]:
    # Not pytest's: each run of pytest closes its folders to the user that PostgreSQL runs as.
    return TemporaryDirectory(prefix="gamehall-", ignore_cleanup_errors=True)


@pytest.hookimpl(tryfirst=True)  # before those who read the markers
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark each test with the servers that it needs."""
    for item in items:
        lanes.mark(item)
    config.stash[lanes.FOUND] = [*items]


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Look for no garbage among what lives to the end, which took a third of finding tests."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Keep the promise of the marker `unit`."""
    with lanes.no_servers() if item.get_closest_marker("unit") else nullcontext():
        return (yield)


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}
