"""What the command line says of a hall that is up."""

import json

from tests.conftest import Hall


def test_every_process_runs_and_every_check_is_well(hall: Hall) -> None:
    status = json.loads(hall.command("status", "--json").stdout)
    assert {process["state"] for process in status["processes"]} == {"RUNNING"}
    checks = json.loads(hall.command("doctor", "--json").stdout)
    assert [check for check in checks if check["remedy"]] == []


def test_topics_are_created_once(hall: Hall) -> None:
    assert json.loads(hall.command("topics", "create", "--json").stdout) == {"created": []}
    found = json.loads(hall.command("topics", "list", "--json").stdout)
    assert {"topic": "game-log", "partitions": 12} in found


def test_the_partition_count_of_a_log_never_changes(hall: Hall) -> None:
    changed = Hall(hall.settings, {**hall.environment, "GAMEHALL_LOG_PARTITIONS": "24"})
    refused = changed.command("topics", "create")
    assert refused.returncode == 1
    assert "waitroom-log has 12 partitions, not 24" in refused.stderr
    assert "set GAMEHALL_LOG_PARTITIONS=12" in refused.stderr


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
