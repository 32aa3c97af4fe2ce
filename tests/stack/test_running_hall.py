"""What the command line says of a hall that is up."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import pytest

from interfaces.cli.stack import first_request
from tests.conftest import ROOT, Hall
from tests.people import eventually


def with_settings(hall: Hall, **changes: str) -> Hall:
    """The same hall, as somebody sees it who has set something else."""
    changed = {f"GAMEHALL_{name}": value for name, value in changes.items()}
    return Hall(hall.settings, {**hall.environment, **changed})


def test_every_process_runs_and_every_check_is_well(hall: Hall) -> None:
    status = json.loads(hall.command("status", "--json").stdout)
    assert {process["state"] for process in status["processes"]} == {"RUNNING"}
    checks = json.loads(hall.command("doctor", "--json").stdout)
    assert [check for check in checks if check["remedy"]] == []


def test_what_up_prints_opens_a_room_from_any_folder(hall: Hall, tmp_path: Path) -> None:
    text = first_request(hall.settings, f"PYTHONPATH={ROOT} {sys.executable} -m interfaces.cli")
    room = f"room-{uuid4().hex[:8]}"
    (tmp_path / "pasted.sh").write_text(text.partition(":\n")[2].replace("concert", room))
    elsewhere = {name: each for name, each in os.environ.items() if "GAMEHALL" not in name}
    pasted = subprocess.run(
        ["bash", "pasted.sh"],
        cwd=tmp_path,
        env=elsewhere,
        capture_output=True,
        text=True,
        check=False,
    )
    assert f'"event_id":"{room}","capacity":1' in pasted.stdout
    assert '"user_id":"ada","status":"ready"' in pasted.stdout


def test_topics_are_created_once(hall: Hall) -> None:
    assert json.loads(hall.command("topics", "create", "--json").stdout) == {"created": []}
    found = json.loads(hall.command("topics", "list", "--json").stdout)
    assert {"topic": "game-log", "partitions": 12} in found


def test_the_partition_count_of_a_log_never_changes(hall: Hall) -> None:
    refused = with_settings(hall, LOG_PARTITIONS="24").command("topics", "create")
    assert refused.returncode == 1
    assert "waitroom-log has 12 partitions, not 24" in refused.stderr
    assert "set GAMEHALL_LOG_PARTITIONS=12" in refused.stderr


@pytest.mark.parametrize(
    "command",
    [
        ("api",),
        ("worker", "waitroom"),
        ("projections", "list"),
        ("events", "show", "game-log", "x"),
    ],
    ids=" ".join,
)
def test_nothing_works_on_a_log_of_another_partition_count(
    hall: Hall, command: tuple[str, ...]
) -> None:
    refused = with_settings(hall, LOG_PARTITIONS="11").command(*command)
    assert refused.returncode == 1
    assert "-log has 12 partitions, not 11" in refused.stderr
    assert "set GAMEHALL_LOG_PARTITIONS=12" in refused.stderr


def test_topics_keep_their_replication_factor_and_it_is_said(hall: Hall) -> None:
    raised = with_settings(hall, REPLICATION_FACTOR="3").command("topics", "create")
    assert raised.returncode == 0
    assert raised.stdout == "All topics are there.\n"
    assert raised.stderr.startswith("Warning: GAMEHALL_REPLICATION_FACTOR is 3, but a topic keeps")
    assert re.search(r"created with: 1 for .*game-log.*\. Change it with", raised.stderr)
    assert "min.insync.replicas to 2" in raised.stderr
    assert hall.command("topics", "create").stderr == ""


def test_doctor_says_what_the_topics_are_not(hall: Hall) -> None:
    changed = with_settings(hall, REPLICATION_FACTOR="3", LOG_PARTITIONS="11")
    checks = json.loads(changed.command("doctor", "--json").stdout)
    remedies = {check["name"]: check["remedy"] for check in checks if check["remedy"]}
    assert remedies.keys() == {"log partitions", "replication"}
    assert "set GAMEHALL_LOG_PARTITIONS=12" in remedies["log partitions"]
    assert "kafka-reassign-partitions" in remedies["replication"]


def test_what_is_produced_is_consumed_with_its_key(hall: Hall) -> None:
    written = hall.command("topics", "produce", "QUEUE_LEFT", "hello", "--key", "k", "--json")
    (place,) = json.loads(written.stdout)
    lines = hall.command("topics", "consume", "QUEUE_LEFT", "--json").stdout.splitlines()
    records = [json.loads(line) for line in lines]
    assert [record["value"] for record in records if record["key"] == "k"] == ["hello"]
    described = json.loads(hall.command("topics", "describe", "QUEUE_LEFT", "--json").stdout)
    assert described["partitions"][place["partition"]]["end"] == place["offset"] + 1


def test_an_unknown_topic_is_a_sentence(hall: Hall) -> None:
    refused = hall.command("topics", "consume", "no-such-topic")
    assert refused.returncode == 1
    assert "There is no topic no-such-topic" in refused.stderr


def test_the_read_models_are_asked_in_sql(hall: Hall) -> None:
    asked = hall.command("psql", "-Atc", "SELECT count(*) >= 0 FROM games")
    assert (asked.stdout, asked.stderr) == ("t\n", "")
    assert hall.command("psql", "-c", "SELECT nothing FROM games").returncode == 1


async def test_the_lag_of_every_consumer_group_is_told(hall: Hall) -> None:
    async def groups() -> dict[tuple[str, str], int]:
        listed = json.loads(hall.command("consumers", "list", "--json").stdout)
        return {(each["group"], each["topic"]): each["lag"] for each in listed}

    workers = {("gamehall-relay", "game-log"), ("gamehall-matchmaking", "game-log")}
    await eventually(groups, lambda found: workers <= found.keys(), patience=30)
