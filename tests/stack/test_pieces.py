"""The stack's pieces, each without a server."""

import os
import signal
import socket
import stat
from pathlib import Path

import psutil
import pytest

from domain.categories import CATEGORIES
from infra.errors import SetupError
from infra.kafka.clients import connection, shown
from infra.kafka.topics import settings_of
from infra.stack import jars, orphans, permissions
from infra.stack.jars import Jar
from infra.stack.ports import refuse_taken
from infra.stack.program import NAMED, Program, ProgramGroup
from infra.stack.psql import client
from infra.stack.supervise import Supervisor
from infra.stack.waiting import wait_for
from interfaces.bootstrap.topics import declared
from interfaces.bootstrap.workers import PROJECTIONS
from projections.player_events.dead_letters import NAME as DEAD_LETTERS
from tests.conftest import free_port


def test_every_jar_is_pinned_and_kafka_comes_in_one_version() -> None:
    pinned = {f"{jar.group}:{jar.name}:{jar.version}" for jar in jars.pinned()}
    assert {*jars.ROOTS, *jars.LOGGING} <= pinned
    assert {jar.version for jar in jars.pinned() if jar.group == "org.apache.kafka"} == {jars.KAFKA}


def test_a_jar_that_arrives_altered_is_not_kept(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    altered = tmp_path / "altered"
    altered.write_bytes(b"something else")
    monkeypatch.setattr(jars, "_download", lambda _context, _jar: altered)
    jar = Jar("org.example", "thing", "1.0", "0" * 64)
    with pytest.raises(SetupError, match=r"thing-1\.0\.jar arrived with sha256"):
        jars.fetch([jar], tmp_path / "jars", lambda _: None)
    assert list((tmp_path / "jars").iterdir()) == []


def test_a_taken_port_is_refused_by_a_sentence() -> None:
    port = free_port()
    taken = pytest.raises(SetupError, match=f"port {port} \\(for Kafka\\)")
    with socket.create_server(("127.0.0.1", port)), taken:
        refuse_taken({"Kafka": port})
    refuse_taken({"Kafka": port})


def test_waiting_ends_with_a_sentence() -> None:
    with pytest.raises(SetupError, match="it never came"):
        wait_for(lambda: False, seconds=0, otherwise=lambda: "it never came")


def test_a_folder_that_the_supervisor_cannot_read_is_refused(tmp_path: Path) -> None:
    supervisor = Supervisor(tmp_path / "games ;here")
    group = ProgramGroup("servers", 1, (Program("kafka", ("java",)),))
    with pytest.raises(SetupError, match="choose another folder with GAMEHALL_HOME"):
        supervisor.launch([group])


def test_the_way_to_a_folder_is_opened_for_passing_only(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    inner = closed / "inner"
    inner.mkdir(parents=True)
    closed.chmod(0o700)
    assert permissions.path_to(inner)[0] == closed
    assert stat.S_IMODE(closed.stat().st_mode) == 0o701
    assert permissions.path_to(inner) == []


def test_an_installation_under_a_strict_umask_becomes_readable(tmp_path: Path) -> None:
    installed = tmp_path / "bin"
    installed.mkdir(mode=0o700)
    program, library = installed / "program", installed / "library"
    program.touch(0o700)
    library.touch(0o600)
    permissions.tree(installed)
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (installed, program, library)]
    assert modes == [0o705, 0o705, 0o604]


def test_a_home_is_closed_with_what_lies_in_it(tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / "logs").mkdir(parents=True)
    (home / "secret").touch()
    for path in (home, home / "logs", home / "secret"):
        path.chmod(0o755)
    permissions.close(home)
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (home, home / "logs", home / "secret")]
    assert modes == [0o700, 0o700, 0o700]


def test_a_folder_of_everybody_is_no_home(tmp_path: Path) -> None:
    tmp_path.chmod(0o1777)
    with pytest.raises(SetupError, match="choose a folder of its own with GAMEHALL_HOME"):
        permissions.close(tmp_path)
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o1777


def test_a_server_is_told_nothing_of_our_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("GAMEHALL_MASTER_KEY", "hush")
    supervisor = Supervisor(tmp_path)
    told = supervisor._command(Program("kafka", ("java",), bare=True))
    assert told[:2] == ("env", "-i")
    assert not [each for each in told if "MASTER_KEY" in each]
    assert f"GAMEHALL_SUPERVISED={tmp_path}" in told, "by which it is found when it is an orphan"
    assert supervisor._command(Program("api", ("api",))) == ("api",)


def test_who_waits_for_a_start_waits_for_servers_only() -> None:
    names = ("worker-relay", "kafka", "postgres")
    processes = [psutil.Popen(["sleep", "600"], env={**os.environ, NAMED: name}) for name in names]
    wait_for(
        lambda: all(process.environ().get(NAMED) for process in processes),
        seconds=30,
        otherwise=lambda: "a process has no environment",
    )
    orphans.make_way(processes)
    ended_by = {name: -process.wait() for name, process in zip(names, processes, strict=True)}
    assert ended_by == {
        "worker-relay": signal.SIGKILL,
        "kafka": signal.SIGTERM,
        "postgres": signal.SIGINT,
    }


@pytest.mark.parametrize(
    ("address", "settings"),
    [
        ("one:9092,two:9092", {"bootstrap.servers": "one:9092,two:9092"}),
        (
            "ssl://one:9093?ssl.ca.location=/etc/ca.pem",
            {
                "bootstrap.servers": "one:9093",
                "security.protocol": "ssl",
                "ssl.ca.location": "/etc/ca.pem",
            },
        ),
        (
            "sasl_ssl://ada:p%40ss@one:9093?sasl.mechanisms=SCRAM-SHA-512",
            {
                "bootstrap.servers": "one:9093",
                "security.protocol": "sasl_ssl",
                "sasl.mechanisms": "SCRAM-SHA-512",
                "sasl.username": "ada",
                "sasl.password": "p@ss",
            },
        ),
    ],
)
def test_the_way_to_kafka_is_said_in_its_client_s_words(
    address: str, settings: dict[str, str]
) -> None:
    assert connection(address) == settings
    assert shown(address) == settings["bootstrap.servers"]


def test_log_topics_keep_everything_and_lose_nothing() -> None:
    planned = {topic.name: topic for topic in declared(12)}
    for category in CATEGORIES:
        config = settings_of(planned[category.topic].kind, 3)
        assert config["retention.ms"] == "-1"
        assert config["min.insync.replicas"] == "2"
        assert config["unclean.leader.election.enable"] == "false"
    assert planned["QUEUE_READY"].partitions == 10
    assert planned["checkout.dlq"].partitions == 12


def test_who_sets_records_aside_has_a_topic_for_them_and_nobody_else() -> None:
    setting_aside = set(PROJECTIONS) - {DEAD_LETTERS}
    letters = {name for topic in declared(12) if (name := topic.name).endswith(".dlq")}
    others = ("checkout", "feed", "friend-requests", "ingest", "matchmaking", "names", "visits")
    assert letters == {f"{name}.dlq" for name in (*others, *setting_aside)}


def test_the_control_socket_moves_when_the_home_is_too_deep_for_one(tmp_path: Path) -> None:
    deep = Supervisor(tmp_path / ("deep" * 30))
    assert len(os.fsencode(deep._socket())) <= 100
    assert deep._socket() != Supervisor(tmp_path / ("deep" * 31))._socket()


def test_the_password_of_a_database_is_in_no_list_of_processes() -> None:
    command, environment = client("postgresql://hall:hush@127.0.0.1:8083/gamehall")
    assert "hush" not in " ".join(command)
    assert environment == {"PGPASSWORD": "hush"}
    assert client("postgresql://127.0.0.1/gamehall")[1] == {}
