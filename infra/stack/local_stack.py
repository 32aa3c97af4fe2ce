"""The hall as a whole: servers first, then what lies between, then our own processes."""

import fcntl
import signal
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from infra import reach
from infra.errors import SetupError
from infra.stack import api, kafka, orphans, permissions, ports, postgres, sink, valkey, workers
from infra.stack.program import Program, ProgramGroup
from infra.stack.progress import ConsoleProgress
from infra.stack.signals import undisturbed
from infra.stack.supervise import Supervisor
from infra.stack.waiting import until, wait_for

SERVERS = "servers"
READY_TIMEOUT_S = 60
BUILD_PATIENCE_S = 20
ASKED_TO_STOP = (0, -signal.SIGTERM)
"""How a supervisor ends that was asked to; asked again at its very end, it dies of that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Servers:
    """Where the servers are; a port of None means that an existing server is used.

    The addresses hold the way in. `user` and `password` are those of the embedded servers, None as
    long as they have never been started.
    """

    home: Path
    jars: Path
    kafka: str = field(repr=False)
    kafka_port: int | None
    controller_port: int
    postgres: str = field(repr=False)
    postgres_port: int | None
    redis: str = field(repr=False)
    redis_port: int | None
    sink_port: int | None
    password_file: Path
    user: str
    password: str | None = field(repr=False)

    @property
    def ports(self) -> dict[str, int]:
        """Name the ports that the embedded servers listen on."""
        wanted = {
            "Kafka": self.kafka_port,
            "Kafka's controller": self.controller_port if self.kafka_port else None,
            "PostgreSQL": self.postgres_port,
            "Valkey": self.redis_port,
            "the sink of mails": self.sink_port,
        }
        return {name: port for name, port in wanted.items() if port}


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnServices:
    """Our own processes: the API, which listens on `ports`, and the workers."""

    groups: tuple[ProgramGroup, ...]
    host: str
    ports: tuple[int, ...]
    url: str


class LocalStack:
    """Starts and stops the servers and services of one home folder."""

    def __init__(self, servers: Servers, progress: ConsoleProgress) -> None:
        self.servers = servers
        self.supervisor = Supervisor(servers.home)
        self._progress = progress

    def start(
        self, services: OwnServices | None, between: Callable[[], None]
    ) -> Callable[[], bool]:
        """Start everything; `between` runs when the servers answer, before the services start.

        The answer waits for the end of the hall, and says whether somebody asked for it.
        """
        with self._starting():
            self._clear()
            permissions.close(self.servers.home)
            self._refuse_taken(services)
            servers = tuple(self._prepare())
            groups = [ProgramGroup(SERVERS, 1, servers)] if servers else []
            process = self.supervisor.launch([*groups, *(services.groups if services else ())])
            try:
                self._start_servers(bool(servers))
                between()
                if services:
                    self._start_services(services)
            except BaseException:
                self.stop()
                raise
        return lambda: process.wait() in ASKED_TO_STOP

    def stop(self) -> int:
        """Stop everything; give the number of processes that were running."""
        left = orphans.find(self.servers.home)
        if left:
            with undisturbed(), self._progress.step(f"Stopping {len(left)} processes"):
                self.supervisor.stop()
                orphans.stop(orphans.find(self.servers.home))
        return len(left)

    @contextmanager
    def _starting(self) -> Iterator[None]:
        self.servers.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (self.servers.home / "start.lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise SetupError(
                    f"Another `gamehall up` is starting the hall in {self.servers.home};"
                    " wait for it."
                ) from None
            yield

    def _clear(self) -> None:
        if pid := self.supervisor.pid():
            raise SetupError(
                f"The hall in {self.servers.home} is already up (process {pid});"
                " `gamehall status` shows it, `gamehall down` stops it."
            )
        if left := orphans.find(self.servers.home):
            with self._progress.step(f"Stopping {len(left)} processes of a killed supervisor"):
                orphans.make_way(left)
        workers.forget(self.servers.home)

    def _refuse_taken(self, services: OwnServices | None) -> None:
        ports.refuse_taken(self.servers.ports)
        if services:
            own = {f"API process {number}": p for number, p in enumerate(services.ports[1:], 1)}
            ports.refuse_taken({"the API": services.ports[0], **own}, services.host)

    def _prepare(self) -> Iterator[Program]:
        servers, password = self.servers, self.servers.password or ""
        if servers.kafka_port:
            ports, login = (servers.kafka_port, servers.controller_port), (servers.user, password)
            address, progress = servers.kafka, self._progress
            yield kafka.prepare(servers.home, ports, login, address, servers.jars, progress)
        if servers.postgres_port:
            port, user = servers.postgres_port, servers.user
            yield postgres.prepare(servers.home, port, user, password, self._progress)
        if servers.redis_port:
            yield valkey.prepare(servers.home, servers.redis_port, password)
        if servers.sink_port:
            yield sink.prepare(servers.sink_port, servers.password_file)

    def _start_servers(self, embedded: bool) -> None:
        servers = self.servers
        if embedded:
            self.supervisor.start(SERVERS)
        self._await(
            "postgres",
            lambda: reach.answers(reach.postgres, servers.postgres),
            postgres.START_TIMEOUT_S,
        )
        self._await(
            "valkey", lambda: reach.answers(reach.valkey, servers.redis), valkey.START_TIMEOUT_S
        )
        self._await(
            "kafka", lambda: reach.answers(reach.kafka, servers.kafka), kafka.START_TIMEOUT_S
        )
        if port := servers.sink_port:
            self._await("sink", lambda: not ports.is_free(port), sink.START_TIMEOUT_S)

    def _await(self, name: str, answers: Callable[[], bool], seconds: float) -> None:
        with self._progress.step(f"{name.capitalize()} answers"):
            wait_for(
                lambda: self._alive(name) and answers(),
                seconds=seconds,
                otherwise=lambda: self._last_words(
                    [name], f"did not answer within {seconds:.0f} s"
                ),
            )

    def _alive(self, name: str) -> bool:
        """Refuse to wait any longer for a server that ended at once."""
        for process in self.supervisor.processes():
            if process.name == name and process.failing:
                raise SetupError(self._last_words([name], "ended as soon as it was started"))
        return True

    def _start_services(self, services: OwnServices) -> None:
        names = [program.name for group in services.groups for program in group.programs]
        for group in services.groups:
            self.supervisor.start(group.name)
        with self._progress.step(f"{len(names)} services run"):
            wait_for(
                lambda: not self._down(names) and api.answers(services.url, api.TAKES_COMMANDS),
                seconds=READY_TIMEOUT_S,
                otherwise=lambda: self._last_words(
                    self._down(names) or ["api"], f"not ready within {READY_TIMEOUT_S} s"
                ),
            )

        self._await_read_models(services)

    def _await_read_models(self, services: OwnServices) -> None:
        """A hall that is new has them in a moment; one that has lost them takes commands now."""
        with self._progress.step("Read models are looked for"):
            found = until(
                lambda: api.answers(services.url, api.ANSWERS_QUERIES), seconds=BUILD_PATIENCE_S
            )
        if not found:
            self._progress.say("Read models are being built; until then, queries are answered 503.")

    def _down(self, names: Iterable[str]) -> list[str]:
        running = {process.name for process in self.supervisor.processes() if process.running}
        return [name for name in names if name not in running]

    def _last_words(self, names: Iterable[str], what: str) -> str:
        said = "\n".join(f"{name}: {self.supervisor.log_tail(name)}" for name in names)
        return f"{', '.join(names)}: {what}; see {self.supervisor.logs}. The last words:\n{said}"
