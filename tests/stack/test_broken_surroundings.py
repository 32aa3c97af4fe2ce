"""`gamehall` in surroundings that are not as they should be: one sentence, never a traceback."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import psycopg
import pytest
import redis
import rich_click as click
from click.testing import CliRunner
from confluent_kafka import KafkaError, KafkaException
from psycopg import errors

from interfaces.cli.common import Group
from tests.conftest import ROOT, Hall, hall_in

GAMEHALL = (sys.executable, "-m", "interfaces.cli")
UNWRITABLE = "/proc/gamehall"
"""Where not even root makes a folder."""

Break = Callable[[Path], object]


class Broken(NamedTuple):
    """What is done to a home before a command runs there, and what the command has to say."""

    command: str
    says: str
    by: Break = bool
    settings: Mapping[str, str] = {}


def a_file(name: str, content: bytes = b"") -> Break:
    """Put a file where something else belongs."""
    return lambda home: (home / name).write_bytes(content)


def a_folder(name: str) -> Break:
    """Put a folder where a file belongs."""
    return lambda home: (home / name).mkdir()


def a_home_that_is_a_file(home: Path) -> None:
    home.rmdir()
    home.touch()


IN_THE_WAY = "cannot be used (File exists)"
SURROUNDINGS = {
    "a home that is a file, up": Broken("up --servers", IN_THE_WAY, a_home_that_is_a_file),
    "a home that is a file, status": Broken("status", "Not a directory", a_home_that_is_a_file),
    "a home that is a file, doctor": Broken("doctor", "Not a directory", a_home_that_is_a_file),
    "a home that is a file, token": Broken("token --admin", "is no hall", a_home_that_is_a_file),
    "a home that cannot be made": Broken(
        "up --servers", f"{UNWRITABLE} cannot be used", settings={"HOME": UNWRITABLE}
    ),
    "a home of nobody": Broken("status", "takes a folder", settings={"HOME": "~no-such-user/x"}),
    "a home with too long a name": Broken(
        "status", "File name too long", settings={"HOME": f"/{'n' * 300}"}
    ),
    "a secret that is a folder": Broken("token --admin", "Is a directory", a_folder("secret")),
    "a secret that is empty": Broken("token --admin", "has 0 characters", a_file("secret")),
    "a lock that is a folder": Broken("up --servers", "Is a directory", a_folder("start.lock")),
    "a pid that is a folder": Broken("status", "Is a directory", a_folder("supervisord.pid")),
    "Kafka's folder is a file": Broken("up --servers", IN_THE_WAY, a_file("kafka")),
    "jars in a file": Broken("up --servers", IN_THE_WAY, settings={"JARS": "/dev/null"}),
    "a port in words": Broken("status", "GAMEHALL_PORT is 'abc'", settings={"PORT": "abc"}),
    "an odd port of PostgreSQL": Broken(
        "dlq list", "PostgreSQL at", settings={"POSTGRES": "postgresql://u@127.0.0.1:port/x"}
    ),
    "an odd port of Redis": Broken(
        "projections parked waitroom", "Valkey at", settings={"REDIS": "redis://127.0.0.1:port"}
    ),
    "a broker with an odd port": Broken(
        "topics list", "Kafka at", settings={"KAFKA": "127.0.0.1:99999"}
    ),
}


def run(hall: Hall, command: str) -> subprocess.CompletedProcess[str]:
    return hall.command(*command.split())


def hall_with(home: Path, settings: Mapping[str, str]) -> Hall:
    given = {f"GAMEHALL_{name}": value for name, value in settings.items()}
    hall = hall_in(home)
    return Hall(hall.settings, {**hall.environment, **given})


@pytest.mark.parametrize("surroundings", SURROUNDINGS)
def test_broken_surroundings_are_told_in_a_sentence(surroundings: str, tmp_path: Path) -> None:
    broken = SURROUNDINGS[surroundings]
    home = tmp_path / "home"
    home.mkdir()
    broken.by(home)
    ended = run(hall_with(home, broken.settings), broken.command)
    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr
    assert ended.stdout == ""
    assert "\nError: " in f"\n{ended.stderr}"
    assert broken.says in ended.stderr
    assert ended.stderr.endswith(".\n")


@pytest.mark.parametrize("content", [b"", b"abc", b"\xff", b"-5", b"0", b"1", b"9" * 30])
def test_a_pid_that_is_none_of_ours_is_no_hall(content: bytes, tmp_path: Path) -> None:
    a_file("supervisord.pid", content)(tmp_path)
    ended = run(hall_in(tmp_path), "status")
    assert (ended.returncode, ended.stderr) == (3, "")
    assert "is not up" in ended.stdout


def test_a_port_that_is_taken_is_told_in_a_sentence(tmp_path: Path) -> None:
    hall = hall_in(tmp_path)
    with socket.create_server(("127.0.0.1", hall.settings.port + 1)):
        ended = run(hall, "up --servers")
    assert ended.returncode == 1
    assert f"already listens on port {hall.settings.port + 1} (for Kafka)" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (
            errors.UndefinedTable("there is no table"),
            "does not do what it was asked",
        ),
        (psycopg.OperationalError("the connection is lost"), "PostgreSQL at "),
        (redis.ResponseError("WRONGTYPE"), "Valkey at "),
        (KafkaException(KafkaError(KafkaError._TRANSPORT)), "Kafka at "),
        (KafkaException(KafkaError(KafkaError.TOPIC_AUTHORIZATION_FAILED)), "Kafka at "),
        (PermissionError(13, "Permission denied", "/a/file"), "/a/file cannot be used (Permission"),
    ],
    ids=str,
)
def test_what_goes_wrong_in_the_middle_is_told_in_a_sentence(error: Exception, says: str) -> None:
    @click.group(cls=Group)
    def group() -> None:
        pass

    @group.command()
    def fail() -> None:
        raise error

    result = CliRunner().invoke(group, "fail")
    assert result.exit_code == 1
    assert says in result.stderr
    assert result.stderr.startswith("Error: ")
    assert result.stderr.endswith(".\n")


def test_ctrl_c_ends_a_command_with_a_word(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with (
        subprocess.Popen(
            [*GAMEHALL, "dlq", "edit", "x", pipe],
            cwd=ROOT,
            env=hall_in(tmp_path).environment,
            stderr=subprocess.PIPE,
            text=True,
        ) as command,
        pipe.open("w"),
    ):  # which the command has opened, too, and reads
        command.send_signal(signal.SIGINT)
        _, said = command.communicate(timeout=60)
    assert command.returncode == 1
    assert said.split() == ["Aborted."]


def test_ctrl_c_ends_what_still_loads_without_a_word() -> None:
    loading = f"""
import os, signal, sys

class Interrupting:
    def find_spec(name, path, target=None):
        if name == "interfaces.cli.topics":
            os.kill(os.getpid(), {signal.SIGINT:d})

sys.meta_path.insert(0, Interrupting)
import interfaces.cli
"""
    ended = subprocess.run(
        [sys.executable, "-c", loading], cwd=ROOT, capture_output=True, check=False
    )
    assert (ended.returncode, ended.stderr) == (-signal.SIGINT, b"")
