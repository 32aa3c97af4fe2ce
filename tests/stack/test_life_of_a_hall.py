"""Starting, stopping, dying and starting again, with real servers."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
import redis

from infra.kafka import records
from infra.stack import orphans
from infra.stack.supervise import Supervisor
from interfaces.setting_kinds import hide_password
from tests.conftest import ROOT, Hall, free_port, hall_in

pytestmark = pytest.mark.timeout(600)


def test_a_hall_keeps_its_data_and_leaves_no_process_behind(hall_home: Path) -> None:
    home = hall_home.resolve()
    first = hall_in(home)
    first.up("--servers")
    write(first)
    assert first.command("up").stderr.count("is already up") == 1
    first.down()
    assert orphans.find(home) == []

    elsewhere = hall_in(home, PORT=str(free_port()), REPLICATION_FACTOR="2")
    assert "Warning: GAMEHALL_REPLICATION_FACTOR is 2, but a topic" in elsewhere.up("--servers")
    assert read(elsewhere) == ["in Kafka", "in PostgreSQL", "in Valkey"]

    kill_supervisor(home)
    left = elsewhere.command("status", "--json")
    assert left.returncode == 3
    assert {each["name"]: each["state"] for each in json.loads(left.stdout)["processes"]} == {
        "kafka": "UNSUPERVISED",
        "postgres": "UNSUPERVISED",
        "sink": "UNSUPERVISED",
        "valkey": "UNSUPERVISED",
    }
    assert "`gamehall down` stops them" in elsewhere.command("status").stdout
    elsewhere.up("--servers")
    assert read(elsewhere) == ["in Kafka", "in PostgreSQL", "in Valkey"]
    elsewhere.down()
    assert orphans.find(home) == []


def test_a_hall_that_is_stopped_from_another_terminal_ends_well(
    servers: Hall, tmp_path: Path
) -> None:
    beside = hall_in(tmp_path, KAFKA=servers.kafka, POSTGRES=servers.postgres, REDIS=servers.redis)
    with subprocess.Popen(
        [sys.executable, "-m", "interfaces.cli", "up", "--servers", "--json"],
        cwd=ROOT,
        env=beside.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as up:
        assert up.stdout is not None
        assert json.loads(up.stdout.readline())["kafka"] == hide_password(servers.kafka)
        beside.down()
        _, said = up.communicate(timeout=60)
    assert (up.returncode, said.splitlines()[-1]) == (0, "The hall was stopped from elsewhere.")


def write(hall: Hall) -> None:
    records.produce(hall.kafka, "QUEUE_JOINED", [("key", "in Kafka")])
    with psycopg.connect(hall.postgres) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 'in PostgreSQL' AS value")
    with redis.Redis.from_url(hall.redis, decode_responses=True) as client:
        client.set("kept", "in Valkey")


def read(hall: Hall) -> list[str | None]:
    found = list(records.consume(hall.kafka, "QUEUE_JOINED", limit=None, follow=False))
    with psycopg.connect(hall.postgres) as connection:
        row = connection.execute("SELECT value FROM kept").fetchone()
    with redis.Redis.from_url(hall.redis, decode_responses=True) as client:
        cached = client.get("kept")
    assert row is not None
    return [*(record.value for record in found), row[0], str(cached)]


def kill_supervisor(home: Path) -> None:
    pid = Supervisor(home).pid()
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
