"""Servers that are away: known by a deadline, and said in a sentence with the remedy."""

import socket
import time
from collections.abc import Callable, Iterator
from functools import partial
from threading import Event

import pytest
import rich_click as click
from click.testing import CliRunner, Result
from confluent_kafka import KafkaException

from infra import reach
from infra.errors import SetupError
from infra.mail import smtp
from infra.reach import Server, begin
from infra.stack import api, doctor
from interfaces.bootstrap import api as building
from interfaces.bootstrap import reach as reaching
from interfaces.cli import gamehall
from interfaces.settings import load
from tests.conftest import free_port

FOREVER_S = 3_600.0
"""What a test does not wait for."""

GREETINGS: dict[str, Callable[[int], Callable[[float], object]]] = {
    "kafka": lambda port: partial(reach.kafka, f"127.0.0.1:{port}"),
    "postgres": lambda port: partial(reach.postgres, f"postgresql://ada:hush@127.0.0.1:{port}/x"),
    "valkey": lambda port: partial(reach.valkey, f"redis://:hush@127.0.0.1:{port}"),
    "api": lambda port: partial(api.clock, f"http://127.0.0.1:{port}"),
    "mail": lambda port: partial(smtp.greet, f"smtp://ada:hush@127.0.0.1:{port}"),
}

COMMANDS = {
    "topics list": "Kafka",
    "topics create": "Kafka",
    "topics describe game-log": "Kafka",
    "topics produce QUEUE_LEFT x": "Kafka",
    "topics consume QUEUE_LEFT": "Kafka",
    "projections list": "Kafka",
    "projections lag": "Kafka",
    "projections parked standings": "PostgreSQL",
    "projections rebuild standings": "PostgreSQL",
    "projections verify standings": "PostgreSQL",
    "projections verify waitroom": "Valkey",
    "events show game-log x": "Kafka",
    "events state game-log x": "Kafka",
    "events export": "PostgreSQL",
    "players void ada --from 2026-11-01": "PostgreSQL",
    "players restore ada x": "PostgreSQL",
    "players voids ada": "PostgreSQL",
    "subjects show ada": "Kafka",
    "subjects export ada -": "API",
    "subjects erase ada": "API",
    "accounts merge-guest ada~2345678 ada": "API",
    "effects rules": "API",
    "effects add -": "API",
    "effects apply -": "API",
    "effects pause x": "API",
    "effects resume x": "API",
    "effects remove x": "API",
    "effects list": "API",
    "effects show x": "API",
    "effects retry x:t:0:1": "API",
    "effects drop x:t:0:1": "API",
    "dlq list": "PostgreSQL",
    "dlq show x": "PostgreSQL",
    "dlq retry x": "Kafka",
    "dlq retry --all": "PostgreSQL",
    "dlq drop x": "Kafka",
    "consumers skip checkout CHECKOUT_FAILED/0@1 --reason x": "API",
    "consumers skip checkout CHECKOUT_FAILED/0@1 --reason x --dry-run": "Kafka",
    "consumers skipped checkout": "Kafka",
    "consumers list": "Kafka",
    "psql": "PostgreSQL",
    "dlq edit x -": "Kafka",
    "accounts find x": "API",
    "accounts disable x": "API",
    "accounts enable x": "API",
    "accounts sign-out x": "API",
    "waitroom list": "API",
    "waitroom show x": "API",
    "waitroom open x --capacity 1 --seconds 60": "API",
    "waitroom change x --capacity 2": "API",
    "waitroom pause x": "API",
    "waitroom resume x": "API",
    "waitroom close x --waiting serve": "API",
    "waitroom reopen x": "API",
    "waitroom describe x -": "API",
    "waitroom minutes x": "API",
    "waitroom presence x --off": "API",
    "waitroom sessions x": "API",
    "waitroom extend x 60": "API",
    "waitroom remove x": "API",
    "waitroom admit x": "API",
}
BEHIND = {"API": 0, "Kafka": 1, "PostgreSQL": 3, "Valkey": 4}
"""How far behind the API's port that of a server is."""

EVENT = """{"event_type": "player_score", "player_id": "ada", "game_id": "snake",
"timestamp": "2026-11-01T00:00:00Z", "data": {"score": 1}}"""

WITHOUT_SERVERS = {
    "up",
    "down",
    "status",
    "logs",
    "doctor",
    "api",
    "worker",
    "token",
    "console",
    "completion",
    "passes",
}
"""Commands that do something else where servers are away."""


@pytest.fixture(autouse=True)
def nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> int:
    """A home without a hall, and ports where nobody listens; returns the first."""
    port = free_port()
    monkeypatch.setenv("GAMEHALL_HOME", str(tmp_path_factory.mktemp("home")))
    monkeypatch.setenv("GAMEHALL_PORT", str(port))
    return port


@pytest.fixture
def frozen() -> Iterator[int]:
    """The port of a server that accepts connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def run(*arguments: str) -> Result:
    return CliRunner().invoke(gamehall, arguments, input=EVENT)


@pytest.mark.parametrize("greeting", GREETINGS)
def test_a_refused_connection_is_known_without_waiting(greeting: str, nowhere: int) -> None:
    asked = begin({"it": partial(GREETINGS[greeting](nowhere), FOREVER_S)}, FOREVER_S)
    assert "onnection refused" in asked()["it"].problem


@pytest.mark.parametrize("greeting", GREETINGS)
def test_nobody_waits_for_a_frozen_server_beyond_the_deadline(greeting: str, frozen: int) -> None:
    asked = begin({"it": partial(GREETINGS[greeting](frozen), FOREVER_S)}, 0.01)
    assert asked()["it"].problem == "not within 0.01 s"


def test_one_deadline_holds_for_all_and_who_answers_is_heard() -> None:
    silent = Event()
    questions: dict[str, Callable[[], object]] = {
        str(number): partial(silent.wait, FOREVER_S) for number in range(1_000)
    }
    answers = begin({**questions, "quick": lambda: True}, 0.05)()
    assert answers.pop("quick").told is True
    assert {answer.problem for answer in answers.values()} == {"not within 0.05 s"}
    silent.set()


def test_a_server_that_does_not_let_us_in_says_why() -> None:
    refused = reach.words(ValueError('connection to "x" failed: FATAL:  role "ada" is not there\n'))
    assert refused == 'role "ada" is not there'


def test_every_server_that_is_away_is_named_with_its_address_and_the_remedy() -> None:
    def away(_: float) -> None:
        raise OSError("port 1 failed: Connection refused")

    servers = {"a": Server("Alpha", "host:1", "GAMEHALL_A", away), "b": Server("B", "", "", float)}
    with pytest.raises(SetupError) as refused:
        reach.require(servers, FOREVER_S)
    assert str(refused.value) == (
        "Alpha at host:1 does not answer (Connection refused); start the hall with `gamehall up`,"
        " or correct GAMEHALL_A."
    )


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_says_which_server_is_away(command: str, nowhere: int) -> None:
    result = run(*command.split())
    assert result.exit_code == 1
    assert result.stdout == ""
    told = [line for line in result.stderr.splitlines() if COMMANDS[command] in line]
    assert len(told) == 1
    assert f"127.0.0.1:{nowhere + BEHIND[COMMANDS[command]]}" in told[0]
    assert "does not answer" in told[0]
    assert "start the hall with `gamehall up`" in told[0]


DERIVES = "effects secret"
"""What stands beside commands that ask a server, and asks none."""


def test_every_command_that_asks_a_server_is_tried() -> None:
    tried = {command.partition(" ")[0] for command in COMMANDS}
    assert tried == gamehall.commands.keys() - WITHOUT_SERVERS
    for name in tried:
        command = gamehall.commands[name]
        each = command.commands if isinstance(command, click.Group) else ()
        assert {f"{name} {one}" for one in each} - {DERIVES} <= {
            " ".join(command.split()[:2]) for command in COMMANDS
        }


def test_a_command_waits_for_a_frozen_server_no_longer_than_for_a_greeting(
    monkeypatch: pytest.MonkeyPatch, frozen: int
) -> None:
    monkeypatch.setattr(reaching, "PATIENCE_S", 0.01)
    monkeypatch.setenv("GAMEHALL_KAFKA", f"127.0.0.1:{frozen}")
    result = run("topics", "list")
    assert result.exit_code == 1
    assert f"Kafka at 127.0.0.1:{frozen} does not answer (not within 0.01 s)" in result.stderr


async def test_an_api_process_waits_for_no_kafka_that_refuses_its_connection() -> None:
    with pytest.raises(KafkaException, match="refused"):
        async with building.api(load()):
            pass


def test_a_password_is_not_told(monkeypatch: pytest.MonkeyPatch, nowhere: int) -> None:
    monkeypatch.setenv("GAMEHALL_POSTGRES", f"postgresql://ada:hush@127.0.0.1:{nowhere}/x")
    monkeypatch.setenv("GAMEHALL_REDIS", f"redis://:hush@127.0.0.1:{nowhere}/0")
    monkeypatch.setenv("GAMEHALL_SMTP_URL", f"smtp://ada:hush@127.0.0.1:{nowhere}")
    said = run("projections", "list").stderr + run("doctor").stdout
    assert "smtp://ada:***@" in said
    assert "postgresql://ada:***@" in said
    assert "redis://:***@" in said
    assert "hush" not in said


def test_doctor_names_each_server_that_is_away_and_what_nobody_knows_therefore() -> None:
    result = run("doctor")
    assert result.exit_code == 1
    for server in ("Kafka", "PostgreSQL", "Valkey", "API", "sink of mails"):
        assert f"✗ {server}: does not answer at " in result.stdout
    assert "✗ topics: unknown, since Kafka does not answer" in result.stdout
    assert "✗ migrations: unknown, since PostgreSQL does not answer" in result.stdout


@pytest.mark.parametrize(("ahead_s", "finding"), [(7_200, "ahead of"), (-7_200, "behind")])
def test_doctor_tells_a_clock_that_goes_wrong(ahead_s: int, finding: str) -> None:
    check = doctor.clock("the API", lambda _: time.time() + ahead_s, 5.0)
    assert f"s {finding} the one here" in check.finding
    assert "GAMEHALL_CLOCK_LEEWAY_SECONDS=5" in check.remedy


@pytest.mark.parametrize("ahead_s", [-5, 5])
def test_doctor_allows_clocks_the_leeway(ahead_s: int) -> None:
    assert doctor.clock("the API", lambda _: time.time() + ahead_s, 5.0).well
