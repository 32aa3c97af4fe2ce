import json
import re
import signal
from collections.abc import Iterator
from typing import Any

import pytest
import redis

from domain.games.events import GameStarted
from domain.waitroom.commands import OpenWaitroom
from infra.kafka.records import consume
from tests import warm
from tests.conftest import Hall
from tests.people import a_name
from tests.projections.stories import tell_of_everything
from tests.projections.story import KafkaNarrator
from tests.read_models import OF_THE_LOG

NOBODY_KNOWS = '"type":"waitroom.painted.v1"'


@pytest.fixture(scope="module")
def written(servers: Hall) -> KafkaNarrator:
    """A log in Kafka: everything that happens, and a record that is none."""
    narrator = KafkaNarrator(servers.kafka)
    tell_of_everything(narrator)
    narrator.put("waitroom-log", 0, b"rubbish")
    return narrator


def answer(servers: Hall, *arguments: str) -> Any:
    done = servers.command("projections", *arguments, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.usefixtures("written")
@pytest.mark.parametrize("name", OF_THE_LOG)
def test_a_read_model_is_built_and_rebuilt_and_found_true(empty: Hall, name: str) -> None:
    first = answer(empty, "rebuild", name)
    assert (first["compared"], first["different"]) == (False, 0)
    assert first["events"] > 0

    again = answer(empty, "rebuild", name)
    assert (again["compared"], again["different"]) == (True, 0)

    verified = empty.command("projections", "verify", name)
    assert verified.returncode == 0, verified.stderr
    assert "every value is the same as before" in verified.stdout
    assert f"{again['events']:,} events" in verified.stderr, "the bar has come to its end"


@pytest.mark.usefixtures("written")
def test_a_read_model_that_is_not_true_is_told_with_exit_code_one(empty: Hall) -> None:
    answer(empty, "rebuild", "waitroom")
    with redis.Redis.from_url(empty.redis, decode_responses=True) as client:
        client.hset(f"{client.get('projection:waitroom')}:sessions:concert-0-5", "status", "lost")

    verified = empty.command("projections", "verify", "waitroom")

    assert verified.returncode == 1
    assert "1 values differed" in verified.stdout
    assert "sessions:concert-0-5" in verified.stdout


def test_verifying_what_is_not_there_says_so(empty: Hall) -> None:
    verified = empty.command("projections", "verify", "waitroom")
    assert verified.returncode == 1
    assert "no read model" in verified.stderr


@pytest.mark.usefixtures("written")
def test_the_read_models_are_listed_with_their_lag(empty: Hall) -> None:
    answer(empty, "rebuild", "waitroom")

    listed = {each["name"]: each for each in answer(empty, "list")}
    lag = {each["name"]: each for each in answer(empty, "lag")}

    assert listed["waitroom"]["lag"] == 0
    assert listed["waitroom"]["generation"].startswith("waitroom@")
    assert listed["game-records"]["generation"] == "none yet"
    assert lag["game-records"]["lag"] > 0
    assert {shard["lag"] for shard in lag["waitroom"]["shards"]} == {0}
    assert "records behind" in empty.command("projections", "list").stdout
    assert "waitroom-log" in empty.command("projections", "lag").stdout


def test_a_projection_that_does_not_exist_is_refused_with_those_that_do(servers: Hall) -> None:
    refused = servers.command("projections", "rebuild", "nonsense")
    assert refused.returncode == 2
    assert "game-records" in refused.stderr


def _see_a_part_of_them(servers: Hall, events: list[dict[str, Any]]) -> None:
    for moment in (
        ("--at-version", "4"),
        ("--at-position", events[3]["position"]),
        ("--at-time", events[3]["event"]["timestamp"]),
    ):
        shown = servers.command("events", "show", "game-log", "game-0", "--json", *moment)
        assert [json.loads(line) for line in shown.stdout.splitlines()] == events[:4]


def test_the_state_of_an_aggregate_is_shown_as_of_any_moment(
    servers: Hall, written: KafkaNarrator
) -> None:
    asked = ("events", "state", "game-log", "game-0")
    shown = json.loads(servers.command(*asked, "--at-version", "4", "--json").stdout)
    first = next(e.event for e in written.events if e.event.originator_id == "game-0")
    assert isinstance(first, GameStarted)
    assert (shown["version"], shown["state"]["moves"]) == (4, 3)
    assert shown["state"]["to_move"] == first.player2
    told = servers.command(*asked, "--at-position", shown["position"]).stdout
    assert "game-0, version 4" in told
    assert "moves    3" in told
    now = json.loads(servers.command(*asked, "--json").stdout)
    assert now["state"]["status"] == "finished"


@pytest.mark.usefixtures("written")
@pytest.mark.parametrize(
    ("moment", "sentence"),
    [
        (("--at-time", "2020-01-01T00:00:00Z"), "holds no event of 'game-0' up to then"),
        (("--at-position", "waitroom-log/3@1"), "is no position of game-log"),
        (("--at-position", "there"), "is not a position"),
        (("--at-time", "noon"), "is no time"),
    ],
)
def test_a_moment_that_is_none_is_told(
    servers: Hall, moment: tuple[str, str], sentence: str
) -> None:
    refused = servers.command("events", "state", "game-log", "game-0", *moment)
    assert refused.returncode in {1, 2}
    assert sentence in " ".join(refused.stderr.split())


def test_the_events_of_an_aggregate_are_shown(servers: Hall, written: KafkaNarrator) -> None:
    shown = servers.command("events", "show", "game-log", "game-0", "--json")
    events = [json.loads(line) for line in shown.stdout.splitlines()]

    ours = [e for e in written.events if e.event.originator_id == "game-0"]
    assert [each["position"] for each in events] == [str(each.position) for each in ours]
    assert events[0]["event"]["type"] == "game.started.v1"
    _see_them_written_for_people(servers.command("events", "show", "game-log", "game-0").stdout)
    _see_a_part_of_them(servers, events)
    assert "no event" in servers.command("events", "show", "game-log", "never").stdout
    assert servers.command("events", "show", "QUEUE_READY", "x").returncode == 1


def _see_them_written_for_people(shown: str) -> None:
    started, ended = shown.splitlines()[0], shown.splitlines()[-1]
    assert re.match(r" +1  \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z  game\.started\.v1 ", started)
    assert "bot_level=none, move_seconds=60  (game-log/" in started
    assert re.search(r"line=(none|\[\[\d, \d\],.*\])  \(game-log/", ended)


@pytest.fixture(params=["waitroom", "waitroom checkout standings"])
def worker(empty: Hall, request: pytest.FixtureRequest) -> Iterator[warm.Process]:
    """A worker, alone and beside others in its process."""
    arguments = ["worker", *request.param.split()]
    process = warm.Process(warm.Order(warm.GAMEHALL, arguments, empty.environment))
    yield process
    process.kill()
    process.wait()


def test_a_worker_builds_follows_parks_and_ends_when_told(
    empty: Hall, worker: warm.Process, written: KafkaNarrator
) -> None:
    """The process as the supervisor runs it: an event of tomorrow stops nothing."""
    room = a_name("tomorrow")
    topic, partition, seq = written.tell(
        OpenWaitroom(event_id=room, capacity=1, checkout_seconds=60)
    )[0].position
    _write_unknown(written, room, topic, partition, seq + 1)

    parked = _wait_for_parked(empty, room)

    assert "v1" in parked["reason"]
    letters = list(consume(empty.kafka, "waitroom.dlq", limit=None, follow=False))
    letter = [each for each in letters if each.key == room][-1]
    assert letter.headers["position"] == f"{topic}/{partition}@{seq + 1}"
    assert NOBODY_KNOWS in (letter.value or "")
    assert room in empty.command("projections", "parked", "waitroom").stdout
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(10) == 0


def _write_unknown(
    narrator: KafkaNarrator, room: str, topic: str, partition: int, seq: int
) -> None:
    epoch = narrator._epochs[topic, partition]
    narrator._next[topic, partition] = seq + 1
    event = (
        f'{{{NOBODY_KNOWS},"originator_id":"{room}","originator_version":2,'
        '"timestamp":"2026-11-01T12:00:00Z","colour":"red"}'
    )
    record = (
        f'{{"record":"commit","epoch":{epoch},"owner":"{narrator._owner}","seq":{seq},'
        f'"command_id":"c","metadata":{{}},"events":[{event}],"reply":null}}'
    )
    narrator.put(topic, partition, record.encode())
    assert narrator._producer.flush(10) == 0


def _wait_for_parked(servers: Hall, room: str) -> Any:
    for _ in range(30):  # each look takes most of a second by itself
        for parked in answer(servers, "parked", "waitroom"):
            if parked["aggregate_id"] == room:
                return parked
    return pytest.fail("nothing was parked")
