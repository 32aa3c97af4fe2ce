"""A hall among strangers: another user of the machine gets nothing from it, by any way."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import psycopg
import pytest
import redis

from application.envelopes import HANDOVER_PATH
from infra import reach
from infra.kafka.clients import connection
from infra.stack import orphans, postgres, valkey
from infra.stack.program import MARK, Program
from infra.stack.progress import ConsoleProgress
from infra.stack.waiting import until
from interfaces.settings import PREFIX, SERVICE
from interfaces.tokens import of_peers
from tests.conftest import ROOT, Hall, free_port

NOBODY = 65_534
"""A user to whom no file of a hall belongs."""

SERVERS = {"kafka", "postgres", "valkey"}
PASSWORD = "a-password-of-the-test"
START_TIMEOUT_S = 30.0

Places = dict[str, list[str]]


as_another = pytest.mark.skipif(
    os.geteuid() != 0, reason="only root can act as another user of the machine"
)


def sink_of(hall: Hall) -> str:
    url = hall.settings.sink_url
    assert url is not None
    return url


@as_another
def test_another_user_of_the_machine_gets_nothing(hall: Hall) -> None:
    tried = {
        "postgres": [*at_postgres(hall, SERVICE, "gamehall", "postgres", "daemon")],
        "valkey": [at(hall.redis, ""), at(hall.redis, ":guessed")],
        "kafka": [*at_kafka(hall)],
        "sink": [at(sink_of(hall), ""), at(sink_of(hall), f"{SERVICE}:guessed")],
        "peers": [at(url, token) for url in own_urls(hall) for token in tokens_of(hall)],
        "files": files_of(hall.settings.home),
    }
    assert let_in(tried, NOBODY) == []


@as_another
def test_only_passwords_and_secrets_keep_another_user_from_the_servers(hall: Hall) -> None:
    token = of_peers(hall.settings.signing_secret()).issue("api", "process")
    tried = {
        "postgres": [hall.postgres],
        "valkey": [hall.redis],
        "kafka": [json.dumps(connection(hall.kafka))],
        "sink": [sink_of(hall)],
        "peers": [at(url, token) for url in own_urls(hall)],
    }
    assert let_in(tried, NOBODY) == every(tried)


def test_the_owner_reads_what_the_home_keeps(hall: Hall) -> None:
    tried = {"files": files_of(hall.settings.home)}
    assert let_in(tried) == every(tried)


def test_what_the_supervisor_starts_keeps_its_files_to_itself_and_servers_know_no_secret(
    hall: Hall,
) -> None:
    found = orphans.find(hall.settings.home)
    assert {masked(process) for process in found} == {0o077}
    environments = [process.environ() for process in found]
    told = {
        environment["SUPERVISOR_PROCESS_NAME"]: {
            name for name in environment if name.startswith(PREFIX)
        }
        for environment in environments
        if "SUPERVISOR_PROCESS_NAME" in environment
    }
    assert {name: told[name] for name in SERVERS} == {name: {MARK} for name in SERVERS}
    assert "GAMEHALL_HOME" in told["api"], "what would be seen if servers had it"


def test_the_service_is_no_superuser(hall: Hall) -> None:
    with psycopg.connect(hall.postgres) as connected:
        row = connected.execute(
            "SELECT rolsuper, rolname FROM pg_roles WHERE rolname = current_user"
        ).fetchone()
        assert row == (False, SERVICE)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connected.execute("COPY (SELECT 1) TO PROGRAM 'true'")


def test_no_password_is_shown(hall: Hall) -> None:
    password = hall.settings.password_file.read_text()
    shown = [hall.command(*each.split()) for each in ("status", "status --json", "doctor")]
    said = "".join(each.stdout + each.stderr for each in shown)
    logs = [log.read_text(errors="replace") for log in (hall.settings.home / "logs").iterdir()]
    assert f"{SERVICE}:***@" in said
    assert password not in said
    assert not [log for log in logs if password in log]


def test_a_cluster_that_trusted_everybody_becomes_the_service_s_own(hall_home: Path) -> None:
    port = free_port()
    address = f"postgresql://{SERVICE}:{PASSWORD}@127.0.0.1:{port}/gamehall"
    former_cluster(hall_home, port)

    program = postgres.prepare(hall_home, port, SERVICE, PASSWORD, ConsoleProgress())
    with running(program):
        assert until(lambda: reach.answers(reach.postgres, address), seconds=START_TIMEOUT_S)
        with psycopg.connect(address) as connected:
            connected.execute("ALTER TABLE kept ADD note text")
            connected.execute("ALTER TABLE building.kept ADD note text")
            connected.execute("CREATE OR REPLACE VIEW shown AS SELECT value FROM kept")
            assert connected.execute("SELECT value FROM shown").fetchall() == [("kept",)]
        assert not reach.answers(reach.postgres, f"postgresql://gamehall@127.0.0.1:{port}/gamehall")


def test_valkey_goes_on_when_a_snapshot_fails(hall_home: Path) -> None:
    port = free_port()
    program = valkey.prepare(hall_home, port, PASSWORD)
    address = f"redis://:{PASSWORD}@127.0.0.1:{port}/0"
    with running(program), redis.Redis.from_url(address, decode_responses=True) as client:
        assert until(lambda: reach.answers(reach.valkey, address), seconds=START_TIMEOUT_S)
        (hall_home / "valkey" / "valkey.rdb").mkdir()  # nothing can be put in its place
        client.bgsave()
        assert until(lambda: snapshot_of(client) == "err", seconds=START_TIMEOUT_S)
        client.set("key", "value")
        assert client.get("key") == "value"


def snapshot_of(client: redis.Redis) -> str:
    """How the last snapshot went."""
    return str(client.info("persistence")["rdb_last_bgsave_status"])


def former_cluster(home: Path, port: int) -> None:
    """What an earlier version made: trust for everybody, and all in the name of the superuser."""
    postgres.prepare(home, port, SERVICE, "another", ConsoleProgress())
    folder = home / "postgres"
    user = postgres._server_user()
    commands = (
        "CREATE TABLE kept AS SELECT 'kept' AS value",
        "CREATE VIEW shown AS SELECT value FROM kept",
        "CREATE SCHEMA building",
        "CREATE TABLE building.kept AS SELECT 'kept' AS value",
        "ALTER DATABASE gamehall OWNER TO gamehall",
        f"DROP ROLE {SERVICE}",
    )
    postgres._alone(folder, user, "gamehall", "\n".join(commands), "-c", "exit_on_error=on")
    trust = folder / "data" / "pg_hba.conf"
    trust.write_text("host all all 127.0.0.1/32 trust\n")


@contextmanager
def running(program: Program) -> Iterator[None]:
    """One server of a hall, alone."""
    account = postgres._identity(program.user) if program.user else {}
    with subprocess.Popen(
        program.command, cwd=program.directory, stderr=subprocess.DEVNULL, **account
    ) as process:
        try:
            yield
        finally:
            process.terminate()


def at(address: str, login: str) -> str:
    """The same place, with another way in."""
    parts = urlsplit(address)
    place = parts.netloc.rpartition("@")[2]
    return parts._replace(netloc=f"{login}@{place}" if login else place).geturl()


def at_postgres(hall: Hall, *roles: str) -> Iterator[str]:
    for role in roles:
        yield at(hall.postgres, role)
        yield at(hall.postgres, f"{role}:guessed")


def at_kafka(hall: Hall) -> Iterator[str]:
    """The broker and its controller, without a password and with a wrong one."""
    settings = hall.settings
    for port in (settings.kafka_port, settings.controller_port):
        place = f"127.0.0.1:{port}"
        yield json.dumps(connection(place))
        yield json.dumps(connection(f"sasl_plaintext://{SERVICE}:guessed@{place}"))


def own_urls(hall: Hall) -> list[str]:
    return [f"{hall.settings.peer_address}{HANDOVER_PATH}"]


def tokens_of(hall: Hall) -> Iterator[str]:
    yield "guessed"
    for headers in (hall.player("ada"), hall.service(), hall.admin()):
        yield headers["Authorization"].removeprefix("Bearer ")


def files_of(home: Path) -> list[str]:
    """Everything in the home that anybody wrote to, and the home."""
    logs = [home / "logs" / f"{name}.log" for name in (*SERVERS, "api")]
    kept = ["secret", "password", "kafka/server.properties", "valkey/valkey.conf"]
    within = ["supervisord.sock", "supervisord.conf", "postgres/data/PG_VERSION", "kafka/data"]
    return [str(path) for path in (home, *logs, *(home / each for each in (*kept, *within)))]


def let_in(tried: Places, user: int | None = None) -> list[tuple[str, str]]:
    """The ways and places that let somebody in."""
    command = [sys.executable, "-m", "tests.stack.stranger", *([] if user is None else [str(user)])]
    run = subprocess.run(
        command, cwd=ROOT, input=json.dumps(tried), stdout=subprocess.PIPE, text=True, check=True
    )
    return [(way, place) for way, place in json.loads(run.stdout)]


def every(tried: Places) -> list[tuple[str, str]]:
    return [(way, place) for way, places in tried.items() for place in places]


def masked(process: psutil.Process) -> int:
    """The bits that a process takes from the files it makes."""
    lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
    (line,) = [line for line in lines if line.startswith("Umask:")]
    return int(line.split()[1], 8)
